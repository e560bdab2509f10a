//go:build ignore

// Draw writes pictures of the demo into the current folder: go run draw.go NAME…
package main

import (
	"log"
	"os"
	"slices"

	"firstframe/fetch/fetchtest"
)

func main() {
	for _, p := range fetchtest.Demo() {
		if !slices.Contains(os.Args[1:], p.Name) {
			continue
		}
		if err := os.WriteFile(p.Name, p.Draw(), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
