package fetch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Account is an account that the token can use. Its id is private.
type Account struct {
	ID   string
	Name string // what the account is called on Hailuo; "" when the service does not say
}

// accountID matches the ids in a message about accounts.
var accountID = regexp.MustCompile(`\b[0-9]{3,}\b`)

// Accounts returns the accounts that the token can use, sorted by id. It returns none if there is
// only one and the service does not say its id. Such an account needs no id in a request.
//
// The error is a *ServiceError when the service answered with one. It contains neither the token
// nor an account.
func (a *API) Accounts(ctx context.Context) ([]Account, error) {
	s, ctx, err := a.session(ctx, "listing accounts", "", 0)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var accounts []Account
	err = s.get(ctx, "/v1/minimax/accounts", url.Values{}, func(answer io.Reader) (err error) {
		accounts, err = s.parseAccounts(answer)
		return err
	})
	if refused, ok := errors.AsType[*ServiceError](err); !ok || refused.Status != http.StatusNotFound {
		return accounts, err
	}
	// A service without a list of accounts names them when it refuses a request that must name one.
	err = s.list(ctx, "/v1/minimax/files/", 1, nil, func(io.Reader) error { return nil })
	if refused, ok := errors.AsType[*ServiceError](err); ok && len(refused.Accounts) > 0 {
		for _, id := range refused.Accounts {
			accounts = append(accounts, Account{ID: id})
		}
		return accounts, nil
	}
	return nil, err
}

// parseAccounts reads an object with an account under each id. It decodes nothing else, because the
// object also contains the credentials of the accounts.
func (s *session) parseAccounts(answer io.Reader) ([]Account, error) {
	var byID map[string]json.RawMessage
	if err := json.NewDecoder(answer).Decode(&byID); err != nil {
		return nil, errors.New("the service answered with something that is not a list of accounts")
	}
	var accounts []Account
	for id, data := range byID {
		var fields struct {
			JWT struct{ User struct{ Name string } }
		}
		_ = json.Unmarshal(data, &fields) // an account without a name can be used, too
		accounts = append(accounts, Account{ID: oneLine(id), Name: s.redactor.message(fields.JWT.User.Name)})
	}
	slices.SortFunc(accounts, func(a, b Account) int { return cmp.Compare(a.ID, b.ID) })
	return accounts, nil
}

// choices returns the ids in the message of a refusal that asks for one of several accounts, sorted.
func choices(status int, message string) []string {
	if status != http.StatusBadRequest || !strings.Contains(strings.ToLower(message), "account") {
		return nil
	}
	ids := accountID.FindAllString(message, -1)
	slices.Sort(ids)
	return slices.Compact(ids)
}
