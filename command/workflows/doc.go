// Package workflows holds tests only: they run the workflows and the action of this repository as
// GitHub's runner does, and the recipes of docs/publishing.md as a reader would run them.
//
// workflow_test.go reads the files, expressions_test.go evaluates the expressions in them,
// runner_test.go runs workflows, and machine_test.go runs the steps of one job. The other files
// hold the tests: of the workflow for a gallery, the workflow for shards, the action, the rules for
// all workflows, the Containerfile, and the recipes.
package workflows
