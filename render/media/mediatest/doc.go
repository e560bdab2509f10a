// Package mediatest makes files for tests: pictures, their metadata, and films.
//
//   - pictures.go draws pictures, encodes them, and puts chunks and segments into them.
//   - exif.go makes EXIF blocks and XMP packets. credentials.go makes Content Credentials.
//   - riff.go makes WebP files.
//   - avif.go makes AVIF files of others.
//   - film.go makes MP4 files.
//   - raw.go makes files whose bytes stay the same with every version of Go.
//   - memory.go measures memory.
//
// It imports no other package of this program, because their tests import it, and Go forbids import
// cycles.
package mediatest
