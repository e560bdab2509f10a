// Package gallery has the state of a gallery: which images, videos and renditions there are, and
// where the files of a site are.
//
// The state is published with the site, as gallery.json. It is the public data of the gallery and
// the memory of the next run, so it has nothing private. A [State] (state.go) has images, and these
// have videos. Runs and listings are merged in merge.go. Files that turned out to be no images rest
// for a while (skipped.go).
//
// [State.Write] (encode.go) writes a line for each image and a checksum, within the limits in
// limits.go. [Decode] (decode.go) reads that again and trusts nothing: a state can come from
// anywhere. [Load] (salvage.go) also repairs a damaged state. [ReadPublished] (published.go) reads
// one that is published elsewhere.
//
// layout.go has the names of all files and folders of a site.
package gallery
