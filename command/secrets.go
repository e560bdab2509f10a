package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"firstframe/fetch"
	"firstframe/render"
	"firstframe/render/secrets"
)

// tokenHint says where the token comes from.
const tokenHint = "set USEAPI_TOKEN to your API token (see https://useapi.net/docs/start-here/setup-useapi), " +
	"or try firstframe --demo, which needs none"

// tokenStart is how a token begins.
var tokenStart = regexp.MustCompile(`user:[0-9]+-`)

// longestToken bounds what is read of a token file: not a picture, by mistake.
const longestToken = 4096

func readToken(file string, stdin io.Reader) (string, error) {
	token, from := os.Getenv("USEAPI_TOKEN"), "USEAPI_TOKEN"
	if file != "" {
		from = "--token-file"
		in := stdin
		if file != "-" {
			f, err := os.Open(file)
			if err != nil {
				return "", usage("", "reading the token: %v", err)
			}
			defer f.Close()
			in = f
		}
		data, err := io.ReadAll(io.LimitReader(in, longestToken+1))
		if errors.Is(err, context.Canceled) {
			return "", err
		}
		if err != nil {
			return "", usage("", "reading the token: %v", err)
		}
		token = string(data)
	}
	token = strings.TrimSpace(token)
	switch {
	case token == "":
		return "", usage(tokenHint, "there is no token in %s", from)
	case len(token) > longestToken || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return "", usage("it is one line like user:1234-abcd…", "what is in %s is not a token", from)
	}
	return token, nil
}

// interruptible is a reader that ends with its context: somebody may be asked
// for a token, and think better of it.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i interruptible) Read(p []byte) (int, error) {
	var n int
	var err error
	b, done := make([]byte, len(p)), make(chan struct{})
	go func() { // left behind when nothing comes
		n, err = i.r.Read(b)
		close(done)
	}()
	select {
	case <-done:
		return copy(p, b[:n]), err
	case <-i.ctx.Done():
		return 0, i.ctx.Err()
	}
}

// account is an account of the service. The id is private; the label, which
// the owner gave it, is not.
type account struct{ id, label string }

// name is how an account is called in a message: its id is private.
func (a account) name(i, n int) string {
	switch {
	case a.label != "":
		return a.label
	case n > 1:
		return fmt.Sprintf("account %d of %d", i+1, n)
	}
	return "the account"
}

// parseAccounts reads --account, else USEAPI_ACCOUNT. Without any, the service
// chooses the only one there is.
func parseAccounts(given []string) []account {
	if len(given) == 0 {
		given = strings.FieldsFunc(os.Getenv("USEAPI_ACCOUNT"), func(r rune) bool { return strings.ContainsRune(",\r\n", r) })
	}
	var accounts []account
	for _, s := range given {
		id, label, _ := strings.Cut(s, "=")
		a := account{strings.TrimSpace(id), render.OneLine(label)}
		if a.id != "" && !slices.ContainsFunc(accounts, func(b account) bool { return b.id == a.id }) {
			accounts = append(accounts, a)
		}
	}
	if len(accounts) == 0 {
		return []account{{}}
	}
	return accounts
}

// label is what the owner calls the account with this id, or "".
func (o *options) label(id string) string {
	for _, a := range o.accounts {
		if a.id == id && id != "" {
			return a.label
		}
	}
	return ""
}

// checkLabels refuses a label that looks as if another account had become a part of it: labels are published, and ids are
// private. Its errors do not show the label.
func (o *options) checkLabels() error {
	for i, a := range o.accounts {
		if strings.Contains(a.label, "=") || hasNumber(a.label) {
			return usage("separate accounts by commas or lines in USEAPI_ACCOUNT, and give each an --account of its own",
				"the label of account %d may hold the id of another one", i+1)
		}
	}
	return nil
}

// shortestSecret is the shortest token or account id that is looked for and
// struck out: a word or a number of a few digits is everywhere.
const shortestSecret = 6

// secret is a value of the owner's that must be neither published nor printed.
type secret struct{ name, value string }

func (o *options) secrets() []secret {
	secrets := []secret{{"the token", o.token}}
	for i, a := range o.accounts {
		secrets = append(secrets, secret{fmt.Sprintf("the id of account %d", i+1), a.id})
	}
	return slices.DeleteFunc(secrets, func(s secret) bool { return len(s.value) < shortestSecret })
}

// unpublishable are the secrets in all their forms, as package render looks for them.
func (o *options) unpublishable() []secrets.Secret {
	var values []secrets.Secret
	for _, s := range o.secrets() {
		values = append(values, secrets.Secret{Name: s.name, Forms: fetch.Forms(s.value)})
	}
	return values
}

// redactor returns what hides the secrets in everything that is printed.
func (o *options) redactor() fetch.Redactor {
	var values []string
	for _, s := range o.secrets() {
		values = append(values, s.value)
	}
	return fetch.NewRedactor(values...)
}

// forgetSecrets takes out of the state what became a secret only now, as the id of an account that is
// named the first time: it would be published further on, or end every run that writes something.
func (r *run) forgetSecrets() {
	for i := range r.state.Images {
		m := &r.state.Images[i]
		if r.ui.Private.Hide(m.Name) != m.Name {
			m.Name = "" // a name with a part struck out is none
		}
		for j := range m.Videos {
			v := &m.Videos[j]
			v.Prompt = r.ui.Private.Hide(v.Prompt)
		}
	}
}
