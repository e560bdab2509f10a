package render

import (
	"strings"
	"testing"

	"firstframe/render/secrets"
)

// The owner's words are searched as they were written. On the page, two hyphens are a dash, a plus
// sign is a number, and text between two underscores is emphasis.
func TestCheckSecrets(t *testing.T) {
	const token = "user:1234-_ab--cd_+e&f"
	secrets := []secrets.Secret{{Name: "the token", Forms: []string{token}}, {Name: "the id", Forms: []string{"20240711"}}}
	for name, opts := range map[string]Options{
		"about.md":    {Content: &Content{Texts: []Text{{Name: "about", Body: "It is " + token + "."}}}},
		"more.md":     {Content: &Content{Texts: []Text{{Name: "more", Title: token}}}},
		"index.md":    {Content: &Content{Intro: token}},
		"images/a.md": {Content: &Content{Captions: map[string]Caption{"a": {File: "images/a.md", Tags: []string{"sea", token}}}}},
		"tags/a.md":   {Content: &Content{Topics: map[string]*Topic{"tag/a": {File: "tags/a.md", Description: token}}}},
		"months/b.md": {Content: &Content{Topics: map[string]*Topic{"month/b": {File: "months/b.md", Body: token}}}},
		"--title":     {Content: &Content{}, Title: token},
		"--base-url":  {Content: &Content{}, BaseURL: "https://example.org/20240711/"},
	} {
		err := opts.CheckSecrets(secrets)
		if err == nil || !strings.HasPrefix(err.Error(), name+": it contains the ") || strings.Contains(err.Error(), "ab--cd") {
			t.Errorf("%s: got error %v", name, err)
		}
		if err := opts.CheckSecrets(nil); err != nil {
			t.Errorf("%s without secrets: %v", name, err)
		}
	}
	longer := Options{Content: &Content{Intro: "No. 120240711"}}
	if err := longer.CheckSecrets(secrets); err != nil {
		t.Errorf("a longer number: %v", err)
	}
}
