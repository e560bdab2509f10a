package fetch

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"firstframe/fetch/fetchtest"
)

// An answer that is not a list leads to an error that says what it is, after one request. The
// memory in use stays in proportion to its size.
func TestNoList(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"a page":          {"<!DOCTYPE html><html>" + token, "a page (text/html)"},
		"nothing":         {"", "with nothing"},
		"null":            {"null", "something that is not a list"},
		"a string":        {`"[]"`, "something that is not a list"},
		"an object":       {`{"files":[]}`, "something that is not a list"},
		"no error":        {`{"error":null,"code":400}`, "something that is not a list"},
		"cut":             {`[{"cdn_url":"https://cdn.example/1"},{"cdn_u`, "ends in the middle, after 1 complete items"},
		"cut between":     {`[{"cdn_url":"https://cdn.example/1"},`, "ends in the middle"},
		"without an end":  {`[{"cdn_url":"https://cdn.example/1"}`, "ends in the middle"},
		"followed":        {`[] []`, "followed by something else"},
		"not JSON":        {`[{"cdn_url":'x'}]`, "cannot be read at item 1"},
		"too large":       {"[" + strings.Repeat(" ", maxAnswer-1) + "]", "larger than 16 MiB"},
		"deep array":      {strings.Repeat("[", 1e6), "depth"},
		"deep array, end": {strings.Repeat("[", 1e6) + strings.Repeat("]", 1e6), "depth"},
		"deep item":       {`[{"cdn_url":"x","y":` + strings.Repeat(`{"a":[`, 1e6), "depth"},
		"deep object":     {strings.Repeat(`{"error":`, 1e6), "something that is not a list"},
		"deep error":      {`{"error":` + strings.Repeat(`[`, 1e6) + strings.Repeat("]", 1e6) + "}", "something that is not a list"},
	} {
		t.Run(name, func(t *testing.T) {
			api, s := answering(t, fetchtest.Answer(200, test.body))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := api.Files(t.Context(), "", 0)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), token) {
				t.Errorf("got error %v", err)
			}
			if _, ok := errors.AsType[*ServiceError](err); ok {
				t.Errorf("got a ServiceError for an answer that is not an error: %v", err)
			}
			if s.Listings() != 1 {
				t.Errorf("got %d requests", s.Listings())
			}
			// This counts all allocations, including those of the server and those that were freed
			// again.
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 200 {
				t.Errorf("got %d MiB of allocations", used)
			}
		})
	}
}

// A status that means neither a refusal nor a temporary failure leads to an error without a retry.
func TestOddStatus(t *testing.T) {
	for _, status := range []int{201, 204, 405, 418, 501, 599} {
		api, s := answering(t, fetchtest.Answer(status, ""))
		_, err := api.Files(t.Context(), "", 0)
		if odd, ok := errors.AsType[*ServiceError](err); !ok || odd.Status != status || odd.Refused() || s.Listings() != 1 {
			t.Errorf("%d: got %d requests, error %v", status, s.Listings(), err)
		}
	}
}

// The token never goes to another address, whatever the service answers.
func TestRedirectOfAListing(t *testing.T) {
	var elsewhere atomic.Int32
	other := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	otherPort := other.Listener.Addr().(interface{ String() string }).String()
	for name, location := range map[string]string{
		"same host":   "/v1/minimax/files",
		"other port":  other.URL + "/a?secret=query",
		"other host":  strings.Replace(other.URL, "127.0.0.1", "localhost", 1) + "/",
		"subdomain":   "http://eu.localhost:" + otherPort[strings.LastIndex(otherPort, ":")+1:],
		"user":        "http://" + token + "@" + otherPort + "/",
		"the token":   other.URL + "/" + token,
		"the token %": "https://api.useapi.net/" + strings.ReplaceAll(url.QueryEscape(token), "a", "%61"),
		"no URL":      "http://[::1/%zz",
		"nowhere":     "",
	} {
		for _, status := range []int{301, 307} {
			api, s := answering(t, fetchtest.Redirect(status, location))
			_, err := api.Files(t.Context(), "", 0)
			refused, ok := errors.AsType[*ServiceError](err)
			if !ok || refused.Status != status || !strings.Contains(refused.Hint(), "--api") || !strings.Contains(err.Error(), "redirects are refused") {
				t.Errorf("%s, %d: got error %v", name, status, err)
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "abcd") {
				t.Errorf("%s, %d: got error %v", name, status, err)
			}
			if s.Listings() != 1 || elsewhere.Load() != 0 {
				t.Fatalf("%s, %d: got %d requests, %d of them elsewhere", name, status, s.Listings(), elsewhere.Load())
			}
		}
	}
}

func TestListingCancelled(t *testing.T) {
	for _, fault := range []fetchtest.Fault{
		fetchtest.Hang(),
		fetchtest.Stall(5),
		fetchtest.Answer(429, "", "Retry-After", "60"),
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &fetchtest.Service{Token: token, Pictures: pictures(1)}
			s.FailListing(-1, fault)
			ctx, cancel := context.WithCancel(t.Context())
			api := apiInMemory(t, s)
			start := time.Now()
			time.AfterFunc(5*time.Second, cancel)
			if _, err := api.Files(ctx, "", 0); !errors.Is(err, context.Canceled) || s.Listings() != 1 || time.Since(start) != 5*time.Second {
				t.Errorf("got error %v after %d requests and %v", err, s.Listings(), time.Since(start))
			}
		})
	}
}

// A listing ends after its time. Its error includes what failed before.
func TestListingOutOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fetchtest.Service{Token: token, Pictures: pictures(2)}
		api := apiInMemory(t, s)
		s.FailListing(-1, fetchtest.Drip(20*time.Second))
		start := time.Now()
		if _, err := api.Files(t.Context(), "", 0); !errors.Is(err, context.DeadlineExceeded) || s.Listings() != 1 || time.Since(start) != listingTime {
			t.Errorf("got error %v after %d requests and %v", err, s.Listings(), time.Since(start))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := &fetchtest.Service{Token: token, Pictures: pictures(2)}
		api := apiInMemory(t, s)
		api.Timeout = 20 * time.Second
		s.FailListing(1, fetchtest.Answer(503, "busy"))
		s.FailListing(-1, fetchtest.Hang())
		_, err := api.Files(t.Context(), "", 0)
		if busy, ok := errors.AsType[*ServiceError](err); !ok || busy.Status != 503 || s.Listings() != 2 {
			t.Errorf("got error %v after %d requests, want 503 after 2", err, s.Listings())
		}
	})
}

func TestBadSettings(t *testing.T) {
	for _, api := range []API{
		{Root: "https://api.example"},
		{Root: "https://api.example", Token: "a\nb"},
		{Root: "https://api.example", Token: "user:1 2"},
		{Root: "https://api.example", Token: "täken"},
		{Root: "ftp://api.example", Token: token},
		{Root: "api.example", Token: token},
		{Root: "https://", Token: token},
		{Root: "https://" + token + "@api.example", Token: token},
		{Root: "https://api.example?x=" + token, Token: token},
		{Root: "https://api.example/%zz", Token: token},
		{Token: token},
	} {
		_, err := api.Files(t.Context(), "", 0)
		if err == nil || api.Token != "" && strings.Contains(err.Error(), api.Token) {
			t.Errorf("%+v: got error %v", api, err)
		}
	}
	if _, err := (&API{Root: "https://api.example", Token: token}).Files(t.Context(), "", -1); err == nil {
		t.Error("got no error for a limit below 0")
	}
}

// A listing from a host with an untrusted certificate fails before the token is sent.
func TestCertificate(t *testing.T) {
	var asked atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	srv.Config.ErrorLog = quiet
	srv.StartTLS()
	defer srv.Close()
	_, err := newAPI(srv).Files(t.Context(), "", 0)
	if err == nil || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "tries") || asked.Load() != 0 {
		t.Errorf("got %d requests, error %v", asked.Load(), err)
	}
	plain := serve(t, http.NotFoundHandler())
	api := &API{Root: strings.Replace(plain.URL, "http:", "https:", 1), Token: token, FirstWait: time.Millisecond}
	if _, err := api.Files(t.Context(), "", 0); err == nil || !strings.Contains(err.Error(), "does not answer with https") {
		t.Errorf("got error %v", err)
	}
}

func TestNoService(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	_, err := newAPI(srv).Files(t.Context(), "", 0)
	if err == nil || err.Error() != "listing files: "+srv.Listener.Addr().String()+": connection refused (after 4 tries)" {
		t.Errorf("got error %v", err)
	}
}
