// Package guides holds tests only: they do what the README and the guides in docs/ say, as an owner
// would, with the commands and files that are printed there. So a guide cannot be wrong about them.
//
// guides_test.go is where to begin. blocks_test.go reads the guides, and owner_test.go is an
// owner's computer. firsthour_test.go follows docs/getting-started.md from top to bottom, and
// otherguides_test.go the README and other guides. verify_test.go verifies a release as
// docs/verify.md says. apart_test.go lists what is not run, and why. Package command/workflows runs
// the recipes of docs/publishing.md and docs/large-galleries.md.
package guides
