// Package planaravif writes and reads still pictures in AVIF: one AV1 key frame with 8 bits a
// sample, in a file that has nothing else.
//
// The package in the order of its work:
//
//   - encode.go encodes a picture. quality.go chooses the encoder's quality. compare.go decodes
//     what was encoded, and compares it with the picture.
//   - library.go calls libavif and libaom, which run as WebAssembly. pixels.go converts planes to
//     the pixels that they take.
//   - worker.go encodes in processes of their own, because an encoder stops everything else in its
//     process. memory.go has the memory that they take.
//   - sequence.go reads and writes the sequence header of AV1, and obu.go finds it.
//   - file.go reads files: the boxes (boxes.go) and the properties (properties.go) of the picture.
//     write.go writes them. A file that is read and written again has one form.
//   - metadata.go finds what is in a file besides the picture.
//
// Sources: AV1 Bitstream & Decoding Process Specification (2019-01-08), called AV1 here; AV1 Codec
// ISO Media File Format Binding 1.2.0 (AV1-ISOBMFF); AV1 Image File Format 1.1.0 (AVIF);
// ISO/IEC 14496-12 (boxes), 23008-12 (HEIF) and 23000-22 (MIAF); ITU-T H.273 (numbers of colours).
package planaravif
