// Package browser holds tests only: they use the built sites as visitors do, in Chromium.
//
// The tests use the built command only. Read the files in this order: main_test.go builds the
// command, sites_test.go builds and serves the sites, and window_test.go drives the browser. The
// tests of pages begin in pages_test.go, and the tests of the viewer in viewer_test.go. Two files
// measure or take pictures, and run only when they are asked to: figures_test.go and
// screenshots_test.go.
package browser
