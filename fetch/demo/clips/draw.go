//go:build ignore

// Draw writes pictures of the demo to the current folder: go run draw.go NAME…
package main

import (
	"log"
	"os"
	"slices"

	"firstframe/fetch/demo"
)

func main() {
	for _, p := range demo.Pictures() {
		if !slices.Contains(os.Args[1:], p.Name) {
			continue
		}
		if err := os.WriteFile(p.Name, p.Draw(), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
