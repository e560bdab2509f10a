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

// ServiceError is an answer of the service that is an error: by its status, or by an error object with status 200.
type ServiceError struct {
	Status  int           // of the answer, or the code in the error object when the status was 200
	Message string        // what the service said: one short line, without secrets and ids; "" when it said nothing
	Tries   int           // how often it was asked
	Wait    time.Duration // how long it asked to wait, when that is longer than the time that was left

	doing string // what was asked for, as in "listing files"
}

// Error is "listing files: the service answered 401 Unauthorized: <message>".
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
		fmt.Fprintf(&b, "; it asks to wait for %v, which is longer than the time that is left", e.Wait)
	}
	return b.String()
}

// sessionBroken is the service's own status for an account that it cannot use.
const sessionBroken = 596

// Hint says what to do about e, as a clause without a capital letter or a period; "" when there is nothing to do but
// to wait.
func (e *ServiceError) Hint() string {
	about := func(word string) bool { return strings.Contains(strings.ToLower(e.Message), word) }
	switch {
	case e.Status == http.StatusBadRequest && about("account"):
		return "several accounts are configured at the service: pass --account ID, once for each that is to be listed"
	case e.Status == http.StatusBadRequest && about("limit"):
		return "pass a --limit that the service accepts"
	case e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden:
		return "check the token, which must be complete, with its \"user:\": see https://useapi.net/docs/start-here/setup-useapi"
	case e.Status == http.StatusPaymentRequired || e.Status == http.StatusPreconditionFailed:
		return "check the subscription and the credits: see https://useapi.net/docs/start-here/setup-useapi"
	case e.Status == http.StatusNotFound:
		return "the service does not know this account, or not this address: check --account and --api"
	case e.Status == sessionBroken:
		return "the service has lost its session with this account: add the account to the service again, see https://useapi.net/docs/start-here/setup-minimax"
	case e.Status >= 300 && e.Status < 400:
		return "check --api: the token is never sent to where a redirect leads"
	}
	return ""
}

// Refused reports whether the service does not want this request, so that trying again does not help.
func (e *ServiceError) Refused() bool {
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden,
		http.StatusNotFound, http.StatusPreconditionFailed, sessionBroken:
		return true
	}
	return false
}

// status names a status as in "503 Service Unavailable". The words are the standard's, never those of the answer.
func status(code int) string {
	return strings.TrimSpace(strconv.Itoa(code) + " " + http.StatusText(code))
}

// errorAnswer is what the service sends instead of a list: {"error": "…", "code": 400}.
type errorAnswer struct {
	Error      json.RawMessage // a string, or an object with a message
	Code       json.RawMessage // a number, or a number in a string
	RetryAfter string          // an ISO time, with 429
}

// errorObject returns the error object that body is. What is no JSON object, or has no error in its first maxFields, is
// none.
func errorObject(body []byte) (errorAnswer, bool) {
	// A list is not read for this: Unmarshal would go through all of it before it says that it is no object.
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return errorAnswer{}, false
	}
	body = bytes.TrimSpace(body)
	if !json.Valid(body) {
		return errorAnswer{}, false
	}
	o := readObject(body)
	e := errorAnswer{Error: o.raw("error"), Code: o.raw("code")}
	_ = json.Unmarshal(o.raw("retryAfter"), &e.RetryAfter) // of another type, it is no time to wait for
	return e, len(e.Error) > 0 && string(e.Error) != "null"
}

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

// status is the code of e when that is an HTTP status of an error, else 200: the status that the answer had.
func (e errorAnswer) status() int {
	code, err := strconv.Atoi(strings.Trim(string(e.Code), `"`))
	if err != nil || code < 400 || code > 599 {
		return http.StatusOK
	}
	return code
}
