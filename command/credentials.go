package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"firstframe/command/terminal"
	"firstframe/fetch"
	"firstframe/render"
	"firstframe/render/secrets"
)

// tokenHint says where to get a token.
const tokenHint = "set USEAPI_TOKEN to your API token (see https://useapi.net/docs/start-here/setup-useapi), " +
	"or use what needs none: --pictures DIR for pictures of your own, or --demo"

// tokenStart is the beginning of a token.
var tokenStart = regexp.MustCompile(`user:[0-9]+-`)

// readToken returns the token from a file ("-" is stdin), or from the environment if no file is
// given.
func readToken(file string, stdin io.Reader) (string, error) {
	token, from := os.Getenv("USEAPI_TOKEN"), "USEAPI_TOKEN"
	if file != "" {
		from = "standard input"
		in := stdin
		if file != "-" {
			from = file
			f, err := os.Open(file)
			if errors.Is(err, fs.ErrNotExist) {
				return "", usage("--token-file names a file that contains the token, or - for standard input", "there is no file %s", file)
			}
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
		return "", usage("a token is one line like user:1234-abcd…", "what %s contains is not a token", from)
	}
	return token, nil
}

// tokenInput returns a reader for a token on stdin. At a terminal it asks for the token, and does
// not show what is typed.
func tokenInput(ctx context.Context, stdin io.Reader, ui *terminal.Terminal) io.Reader {
	if f, ok := stdin.(*os.File); ok && terminal.Is(f) {
		return ui.Secret(ctx, "Token", f)
	}
	return interruptible{ctx, stdin}
}

// interruptible is a reader that ends with its context. It lets somebody who is asked for a token
// interrupt the program instead.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

// Read reads like the underlying reader, or returns the error of the context.
func (i interruptible) Read(p []byte) (int, error) {
	var n int
	var err error
	b, done := make([]byte, len(p)), make(chan struct{})
	go func() { // runs until there is input, even after the context has ended
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

// account is an account of the service. Its id is private. Its label, which the owner gave it, is
// not.
type account struct{ id, label string }

// name returns what messages call account i of n, without its id.
func (a account) name(i, n int) string {
	switch {
	case a.label != "":
		return a.label
	case n > 1:
		return fmt.Sprintf("account %d of %d", i+1, n)
	}
	return "the account"
}

// parseAccounts returns the accounts that --account names, or the accounts in USEAPI_ACCOUNT if the
// flag is not given. If neither names one, it returns an account without an id: the service then
// takes the only one.
func parseAccounts(given []string) []account {
	var accounts []account
	for _, a := range namedAccounts(given) {
		if a.id != "" && !slices.ContainsFunc(accounts, func(b account) bool { return b.id == a.id }) {
			accounts = append(accounts, a)
		}
	}
	if len(accounts) == 0 {
		return []account{{}}
	}
	return accounts
}

// namedAccounts returns what --account or, if the flag is not given, USEAPI_ACCOUNT says, mistakes
// included.
func namedAccounts(given []string) []account {
	if len(given) == 0 {
		given = strings.FieldsFunc(os.Getenv("USEAPI_ACCOUNT"), func(r rune) bool { return strings.ContainsRune(",\r\n", r) })
		given = slices.DeleteFunc(given, func(s string) bool { return strings.TrimSpace(s) == "" })
	}
	accounts := make([]account, len(given))
	for i, s := range given {
		id, label, _ := strings.Cut(s, "=")
		accounts[i] = account{strings.TrimSpace(id), render.OneLine(label)}
	}
	return accounts
}

// checkAccounts refuses an account without an id, and two labels for one account. Its errors show
// neither.
func checkAccounts(accounts []account) error {
	first := map[string]int{}
	for i, a := range accounts {
		if a.id == "" {
			return usage("for example: --account 1234=Studio", "account %d has no id", i+1)
		}
		at, again := first[a.id]
		if again && a.label != "" && accounts[at].label != "" && a.label != accounts[at].label {
			return usage("name each account once", "account %d is account %d again, with another label", i+1, at+1)
		}
		if !again {
			first[a.id] = i
		}
	}
	return nil
}

// warnOfLabels names the accounts that cannot be told apart on the pages.
func (r *run) warnOfLabels() {
	for i, a := range r.opts.accounts {
		same := func(b account) bool { return b.label == a.label }
		if at := slices.IndexFunc(r.opts.accounts, same); a.label != "" && at < i {
			r.ui.Warn("accounts %d and %d have the same label, %s, so pages show them as one account", at+1, i+1, a.label)
		}
	}
}

// namesAccounts reports whether accounts are named, and not only the token's one is meant.
func (o *options) namesAccounts() bool { return len(o.accounts) > 0 && o.accounts[0].id != "" }

// label returns the label of the account with this id, or "".
func (o *options) label(id string) string {
	for _, a := range o.accounts {
		if a.id == id {
			return a.label
		}
	}
	return ""
}

// checkLabels refuses a label that seems to contain another account. Labels are published, and ids
// are private. So its errors do not show the label.
func (o *options) checkLabels() error {
	for i, a := range o.accounts {
		if strings.Contains(a.label, "=") || longNumber.MatchString(a.label) {
			return usage("separate accounts by commas or lines in USEAPI_ACCOUNT, or use --account once for each",
				"the label of account %d seems to contain the id of another one", i+1)
		}
	}
	return nil
}

// shortestSecret is the length of the shortest token or account id that is looked for and hidden,
// in bytes. Shorter words and numbers are common everywhere.
const shortestSecret = 6

// secret is a value that must be neither published nor printed.
type secret struct{ name, value string }

// secrets returns the token and the ids of the accounts.
func (o *options) secrets() []secret {
	secrets := []secret{{"the token", o.token}}
	for i, a := range o.accounts {
		secrets = append(secrets, secret{fmt.Sprintf("the id of account %d", i+1), a.id})
	}
	return slices.DeleteFunc(secrets, func(s secret) bool { return len(s.value) < shortestSecret })
}

// unpublishable returns the secrets in all forms that package render looks for.
func (o *options) unpublishable() []secrets.Secret {
	var forms []secrets.Secret
	for _, s := range o.secrets() {
		forms = append(forms, secrets.Secret{Name: s.name, Forms: fetch.Forms(s.value)})
	}
	return forms
}

// redactor returns a redactor that hides the secrets in everything that is printed.
func (o *options) redactor() fetch.Redactor {
	var values []string
	for _, s := range o.secrets() {
		values = append(values, s.value)
	}
	return fetch.NewRedactor(values...)
}
