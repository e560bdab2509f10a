// Package workflows holds tests only: they run the workflows and the action of this repository as
// GitHub's runner does, and the recipes of docs/publishing.md and docs/large-galleries.md as a
// reader would run them.
//
// workflow_test.go reads the files, expressions_test.go evaluates the expressions in them,
// runner_test.go runs workflows, machine_test.go runs the steps of one job, and hub_test.go is
// GitHub itself, with a release of the program. The other files hold the tests: of the workflow for
// a gallery, the template, what an ordinary night costs, the workflow for shards, the action and
// the program that it gets, the workflow that releases the program, the rules for all workflows,
// the Containerfile, the forms for issues, and the recipes.
package workflows
