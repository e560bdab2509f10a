package fetch

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"firstframe/fetch/fetchtest"
)

// A refusal leads to an error with the message of the service, after one request.
func TestRefused(t *testing.T) {
	for _, test := range []struct {
		status int
		body   string
		code   int
		want   string
		hint   string
	}{
		{400, `{"error":"Parameter account is required","code":400}`, 400, "listing files: the service answered 400 Bad Request: Parameter account is required", "--account ID"},
		{400, `{"error":"limit must be below 100","code":400}`, 400, "400 Bad Request: limit must be below 100", "--limit"},
		{401, `{"error":"Unauthorized","code":401}`, 401, "listing files: the service answered 401 Unauthorized: Unauthorized", "https://useapi.net/docs/start-here/setup-useapi"},
		{402, `{"error":{"message":"Subscription expired"}}`, 402, "402 Payment Required: Subscription expired", "subscription"},
		{403, `Forbidden for you`, 403, "403 Forbidden: Forbidden for you", "token"},
		{404, `{"error":"no"}`, 404, "404 Not Found: no", "--account"},
		{412, `{"error":"Insufficient credits"}`, 412, "412 Precondition Failed: Insufficient credits", "credits"},
		{596, `{"error":"Session"}`, 596, "listing files: the service answered 596: Session", "add the account"},
		{401, `<html><body>no</body></html>`, 401, "listing files: the service answered 401 Unauthorized", "token"},
		{403, ``, 403, "listing files: the service answered 403 Forbidden", "token"},
		{200, `{"error":"Unauthorized","code":401}`, 401, "401 Unauthorized: Unauthorized", "token"},
		{200, `{"error":{"message":"on hold","code":1},"code":"596"}`, 596, "answered 596: on hold", "add the account"},
		{200, `{"code":400,"error":"bad","more":[]}`, 400, "400 Bad Request: bad", "does not accept the request"},
	} {
		t.Run(fmt.Sprintf("%d %s", test.status, test.body), func(t *testing.T) {
			api, s := answering(t, fetchtest.Answer(test.status, test.body))
			_, err := api.Files(t.Context(), "", 0)
			refused, ok := errors.AsType[*ServiceError](err)
			if !ok || refused.Status != test.code || !refused.Refused() {
				t.Fatalf("got error %v", err)
			}
			if !strings.HasSuffix(err.Error(), test.want) || !strings.Contains(refused.Hint(), test.hint) {
				t.Errorf("got error %v, hint %s", err, refused.Hint())
			}
			if s.Listings() != 1 {
				t.Errorf("got %d requests", s.Listings())
			}
		})
	}
}
