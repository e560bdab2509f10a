// Package media turns originals into the files in a site's folder media/: renditions, stripped
// originals, and clips.
//
// The package in the order of its work:
//
//   - formats.go lists the file formats. Each has its own file (jpeg.go, png.go, gif.go, webp.go,
//     avif.go, mp4.go), which defines its format value: how to inspect, decode, encode and strip
//     it, and how to find metadata in it.
//   - original.go opens an original and inspects it: the header tells its size, its orientation,
//     its camera (exif.go, xmporientation.go) and its colours (icc.go, pngcolors.go), before a
//     pixel is decoded.
//   - decode.go decodes the original, with a time limit and within a budget of memory (budget.go).
//   - rendition.go makes the renditions: each smaller one from the next larger one. renditions.go
//     says which of them is for what. made.go takes those that an interrupted run has made.
//     tints.go makes the colours that a page shows until a picture is loaded.
//   - names.go builds and parses file names. versions.go contains the versions that are part of the
//     names.
//   - strip.go publishes originals without their metadata. jpegstrip.go (with jpegscan.go),
//     pngstrip.go, gifstrip.go and webpstrip.go write each format anew from what its pixels need.
//   - Colours: icc.go carries ICC profiles over, iccprofile.go and icctable.go rebuild them without
//     their metadata, primaries.go makes new profiles. pngcolors.go, jpegcolors.go, cmyk.go and
//     cmykprofile.go convert colours if no profile that browsers understand can describe them.
//   - clip.go publishes videos as clips. mp4.go and its neighbours (mp4boxes.go, mp4tracks.go,
//     mp4config.go, mp4tables.go, mp4fragments.go, mp4units.go) strip them.
//   - Origin: origin.go says how a picture was made. provenance.go writes that as an XMP packet.
//     mark.go puts the packet into a stripped file and takes it out again; each format has its own
//     file for it (jpegmark.go, pngmark.go, gifmark.go, webpmark.go, avifmark.go, mp4mark.go).
//     credentials.go finds Content Credentials. topboxes.go walks over the outermost boxes of a film.
//   - verify.go checks files that a run reads back: from a published site, or from the disk.
//     leaks.go finds metadata in a file.
//   - limits.go contains the limits of this package.
//
// The codecs are packages of their own: planarjpeg and planarpng decode to planes (package planar)
// instead of RGB, and stillgif decodes the first frame of a GIF. Package mediatest makes files for
// tests.
package media
