package fetch

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ServiceError means that the service answered with an error: a status, or an error object with
// status 200.
type ServiceError struct {
	Status  int           // status of the answer, or the code in the error object when that was 200
	Message string        // one short line of the service without secrets and ids; "" when there was none
	Tries   int           // number of requests
	Wait    time.Duration // wait that the service asked for, if that was longer than the time left

	// Accounts are the ids of the accounts that the service asked to choose from, if it named them.
	// They are private, so they are not in Message.
	Accounts []string

	doing string // for example "listing files"
}

// Error returns for example "listing files: the service answered 401 Unauthorized: <message>".
func (e *ServiceError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: the service answered %s", cmp.Or(e.doing, "asking the service"), status(e.Status))
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.Tries > 1 {
		fmt.Fprintf(&b, " (after %d tries)", e.Tries)
	}
	if e.Wait > 0 {
		fmt.Fprintf(&b, "; %s", tooLong(e.Wait))
	}
	return b.String()
}

// sessionBroken is the service's own status for an account to which it has lost access.
const sessionBroken = 596

// Hint returns what the owner can do about e, in lower case and without a period; "" when waiting
// is all that helps.
func (e *ServiceError) Hint() string {
	about := func(word string) bool { return strings.Contains(strings.ToLower(e.Message), word) }
	switch {
	case e.Status == http.StatusBadRequest && about("account"):
		return "you have several accounts at the service: name each that you want with --account ID (firstframe --accounts lists them, on a terminal)"
	case e.Status == http.StatusBadRequest && about("limit"):
		return "the service does not accept this --limit: try a smaller one, or leave --limit out"
	case e.Status == http.StatusBadRequest:
		return "the service does not accept the request: check USEAPI_ACCOUNT or --account, and --limit and --api if you set them"
	case e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden:
		return "check the token, which must be complete, with its \"user:\": see https://useapi.net/docs/start-here/setup-useapi"
	case e.Status == http.StatusPaymentRequired || e.Status == http.StatusPreconditionFailed:
		return "check the subscription and the credits: see https://useapi.net/docs/start-here/setup-useapi"
	case e.Status == http.StatusNotFound:
		return "the service does not know this account, or not this address: check USEAPI_ACCOUNT or --account, and --api if you set it"
	case e.Status == sessionBroken:
		return "the service has lost its session with this account: add the account to the service again, see https://useapi.net/docs/start-here/setup-minimax"
	case e.Status >= 300 && e.Status < 400:
		return "check --api: the token is never sent to the target of a redirect"
	}
	return ""
}

// Refused reports whether the service refuses this request, so that a retry does not help.
func (e *ServiceError) Refused() bool {
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden,
		http.StatusNotFound, http.StatusPreconditionFailed, sessionBroken:
		return true
	}
	return false
}

// status returns for example "503 Service Unavailable". The words come from the standard, never
// from the answer.
func status(code int) string {
	return strings.TrimSpace(strconv.Itoa(code) + " " + http.StatusText(code))
}

// errorAnswer is an error object, which the service sends instead of a list: {"error": "…", "code":
// 400}.
type errorAnswer struct {
	Error      json.RawMessage // a string, or an object with a message
	Code       json.RawMessage // a number, or a number in a string
	RetryAfter string          // an ISO time, with 429
}

// errorObject parses an error object. It reports false when body is not a JSON object, or has no
// error in its first maxFields.
func errorObject(body []byte) (errorAnswer, bool) {
	// This check is cheap. Validation would read all of a long list first.
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return errorAnswer{}, false
	}
	body = bytes.TrimSpace(body)
	if !json.Valid(body) {
		return errorAnswer{}, false
	}
	o := readObject(body)
	e := errorAnswer{Error: o.raw("error"), Code: o.raw("code")}
	_ = json.Unmarshal(o.raw("retryAfter"), &e.RetryAfter) // a value of another type is ignored
	return e, len(e.Error) > 0 && string(e.Error) != "null"
}

// message returns the text of the error; "" when it has none.
func (e errorAnswer) message() string {
	var text string
	if json.Unmarshal(e.Error, &text) == nil {
		return text
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(e.Error, &object) == nil && json.Unmarshal(object["message"], &text) == nil {
		return text
	}
	return ""
}

// status returns the code of e if it is an HTTP status of an error. Otherwise it returns 200, the
// status of the answer.
func (e errorAnswer) status() int {
	code, err := strconv.Atoi(strings.Trim(string(e.Code), `"`))
	if err != nil || code < 400 || code > 599 {
		return http.StatusOK
	}
	return code
}
