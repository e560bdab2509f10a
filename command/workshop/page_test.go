package workshop

import (
	"strings"
	"testing"
)

// TestWithScript adds the script to pages of all kinds. Everything else must stay as it is.
func TestWithScript(t *testing.T) {
	const script = `<script src="/.firstframe/script.js" data-build="b-1" defer></script>`
	for _, tt := range []struct{ name, page, want string }{
		{"a page", "<!DOCTYPE html>\n<html><head><title>a</title></head><body>b</body></html>\n",
			"<!DOCTYPE html>\n<html><head><title>a</title>" + script + "</head><body>b</body></html>\n"},
		{"without a head", "<p>a &amp; b", "<p>a &amp; b" + script},
		{"empty", "", script},
		{"a head in a script and in a comment", "<HEAD><script>'</head>'</script><!-- </head> --></HEAD>",
			"<HEAD><script>'</head>'</script><!-- </head> -->" + script + "</HEAD>"},
		{"two heads", "<head></head></head>", "<head>" + script + "</head></head>"},
		{"broken at the end", "<p>a<div class=", "<p>a<div class=" + script},
		{"a comment that has no end", "<p>a<!-- b", "<p>a<!-- b" + script},
		{"other elements", `<head><META Charset=utf-8><meta name="x" content="default-src 'none'"></head>`,
			`<head><META Charset=utf-8><meta name="x" content="default-src 'none'">` + script + "</head>"},
		{"a policy", `<head><meta http-equiv="content-security-policy" content="script-src 'none'"></head>`,
			`<head><meta http-equiv="content-security-policy" content="script-src &#39;none&#39;; script-src-elem &#39;self&#39;">` + script + "</head>"},
	} {
		if got := string(withScript([]byte(tt.page), "b-1")); got != tt.want {
			t.Errorf("%s:\ngot  %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

// TestAllowOwn changes policies. What they limit besides scripts and requests must stay limited.
func TestAllowOwn(t *testing.T) {
	for policy, want := range map[string]string{
		"":                   "",
		"img-src 'self'":     "img-src 'self'",
		"default-src 'self'": "default-src 'self'",
		"default-src 'none'": "default-src 'none'; script-src-elem 'self'; connect-src 'self'",
		"default-src 'none'; script-src 'self'; connect-src 'self'":   "default-src 'none'; script-src 'self'; connect-src 'self'",
		"Script-Src https://a.example;; connect-src":                  "script-src https://a.example; connect-src 'self'; script-src-elem https://a.example 'self'",
		"script-src-elem 'none'; script-src 'self'; connect-src *":    "script-src-elem 'self'; script-src 'self'; connect-src * 'self'",
		"script-src 'self'; script-src 'none'; default-src https://b": "script-src 'self'; default-src https://b; connect-src https://b 'self'",
	} {
		if got := allowOwn(policy); got != want {
			t.Errorf("allowOwn(%q)\ngot  %q\nwant %q", policy, got, want)
		}
	}
}

// FuzzWithScript looks for pages from which something is lost.
func FuzzWithScript(f *testing.F) {
	for _, page := range []string{"", "<head></head>", "<!--", "<a b", "<script>", "</head", "\x00<p>", "<textarea></head>", "<plaintext></head>"} {
		f.Add(page)
	}
	f.Fuzz(func(t *testing.T, page string) {
		if strings.Contains(strings.ToLower(page), "content-security-policy") {
			t.Skip("the policy changes")
		}
		got := string(withScript([]byte(page), "b-1"))
		before, after, ok := strings.Cut(got, `<script src="/.firstframe/script.js" data-build="b-1" defer></script>`)
		if !ok || before+after != page {
			t.Errorf("%q became %q", page, got)
		}
	})
}
