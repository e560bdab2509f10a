// Package browser holds tests only: they use the built sites as visitors do, in Chromium.
//
// The command is run as it is, and nothing of its inside is known here. In the order of a reading:
// main_test.go builds the command, sites_test.go builds and serves the sites, and window_test.go
// drives the browser. The tests of the pages start in pages_test.go, those of the viewer and the
// search in viewer_test.go. Two files measure or take pictures, and run only when they are asked
// to: figures_test.go and screenshots_test.go.
package browser
