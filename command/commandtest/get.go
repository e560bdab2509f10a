package commandtest

import (
	"io"
	"net/http"
	"testing"
)

// client has its own connections. The default ones are closed whenever any test closes an
// httptest.Server, and a request of another test that runs at the same time can fail then.
var client = &http.Client{Transport: &http.Transport{}}

// Get requests an address. It fails the test if there is no answer.
func Get(t *testing.T, address string) (status int, contentType string, body []byte) {
	t.Helper()
	response, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("Content-Type"), body
}
