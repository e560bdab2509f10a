package fetch

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"firstframe/fetch/fetchtest"
)

// The ids come from the service's list of accounts or, where it has none, from its refusal to
// choose one of several accounts.
func TestAccounts(t *testing.T) {
	const choose = `{"error":"Parameter account is required when you have multiple accounts configured: 78910,123456","code":400}`
	for name, test := range map[string]struct {
		accounts, files string // the answers, each with its status before a blank
		want            []Account
		status          int // of the error; 0 when there is none
	}{
		"a list": {
			`200 {"78910":{"jwt":{"token":"t","user":{"name":"Studio\u001b[1m"}}},"123456":{"jwt":7}}`, "",
			[]Account{{"123456", ""}, {"78910", "Studio [1m"}}, 0,
		},
		"no list":              {"404 no", "400 " + choose, []Account{{"123456", ""}, {"78910", ""}}, 0},
		"no list, one account": {"404 no", "200 []", nil, 0},
		"no list, bad token":   {"404 no", `401 {"error":"Unauthorized"}`, nil, 401},
		"bad token":            {`401 {"error":"Unauthorized"}`, "400 " + choose, nil, 401},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := test.files
				if r.URL.Path == "/v1/minimax/accounts" {
					answer = test.accounts
				}
				status, body, _ := strings.Cut(answer, " ")
				fetchtest.Answer(map[string]int{"200": 200, "400": 400, "401": 401, "404": 404}[status], body)(w, r, nil)
			}))
			defer server.Close()
			got, err := (&API{Root: server.URL, Token: "user:1-token"}).Accounts(t.Context())
			refused, _ := errors.AsType[*ServiceError](err)
			if !slices.Equal(got, test.want) || (refused == nil) != (test.status == 0) || refused != nil && refused.Status != test.status {
				t.Errorf("got %v, error %v; want %v, status %d", got, err, test.want, test.status)
			}
		})
	}
}

// An answer that is no list of accounts is an error that repeats nothing of it.
func TestAccountsUnreadable(t *testing.T) {
	for _, body := range []string{`["a secret"]`, `{"a secret":`, `"a secret"`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fetchtest.Answer(200, body)(w, r, nil)
		}))
		_, err := (&API{Root: server.URL, Token: "user:1-token"}).Accounts(t.Context())
		server.Close()
		if err == nil || !strings.Contains(err.Error(), "listing accounts: ") || strings.Contains(err.Error(), "a secret") {
			t.Errorf("%s: got error %v", body, err)
		}
	}
}

// Ids are hidden in messages, however short they are.
func TestChoicesAreHidden(t *testing.T) {
	api, _ := answering(t, fetchtest.Answer(400, `{"error":"name one of the accounts 789, 78910 and 12345678","code":400}`))
	_, err := api.Files(t.Context(), "", 0)
	refused, ok := errors.AsType[*ServiceError](err)
	if !ok || !slices.Equal(refused.Accounts, []string{"12345678", "789", "78910"}) {
		t.Fatalf("got accounts %v, error %v", refused.Accounts, err)
	}
	if want := "name one of the accounts [redacted], [redacted] and [redacted]"; refused.Message != want {
		t.Errorf("got message %q, want %q", refused.Message, want)
	}
	if !strings.Contains(refused.Hint(), "firstframe --accounts") {
		t.Errorf("the hint does not say how to see the ids: %s", refused.Hint())
	}
}
