// Package workflows holds tests only: they run the workflows and the action of this repository as
// GitHub's runner does, and the recipes of docs/publishing.md as their readers do.
//
// workflow_test.go reads the files, expressions_test.go evaluates the expressions in them,
// runner_test.go runs workflows, and machine_test.go runs the steps of one job. The other files
// hold the tests: of the workflow for a gallery and the one for shards, of the action, of rules for
// all of them, of the Containerfile, and of the recipes.
package workflows
