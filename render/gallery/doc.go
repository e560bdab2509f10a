// Package gallery contains the state of a gallery: which images, videos and renditions there are,
// and where the files of a site are.
//
// The state is published with the site, as gallery.json. It is the public data of the gallery and
// the memory of the next run, so it contains nothing private. A [State] (state.go) contains
// images, and an image contains the videos that were made from it. sort.go sorts both. merge.go
// merges what listings and runs know of an image. origin.go tells how an image or a film was made.
// Of a hidden image, only a tombstone stays (tombstone.go). A file that is not an image is not
// downloaded again for some days (skipped.go).
//
// [State.Write] (encode.go) writes a line for each image and a checksum, within the limits in
// limits.go. [Decode] (decode.go) reads these lines again and trusts nothing: a state can come from
// anywhere. [Load] (salvage.go) also repairs a damaged state. [ReadPublished] (published.go) reads
// a state that is published elsewhere.
//
// layout.go contains the names of all files and folders of a site.
package gallery
