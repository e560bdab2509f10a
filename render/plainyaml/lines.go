package plainyaml

import "strings"

// Lines returns the line of each key at the top of YAML that Decode has read. It returns nil for
// YAML that Decode refuses.
func Lines(data []byte) map[string]int {
	text, err := Text("", data)
	if err != nil {
		return nil
	}
	lines := strings.Split(text, "\n")
	root, problem := parse(lines, text)
	if root == nil || problem != nil {
		return nil
	}
	d := &decoder{lines: lines}
	pairs, _ := d.pairs(name{}, root)
	found := make(map[string]int, len(pairs))
	for _, pair := range pairs {
		found[keyOf(pair)] = lineOf(pair.Key)
	}
	return found
}
