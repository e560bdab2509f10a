package fetch

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
)

const (
	// firstLimit is how many files are asked for when all are wanted. The default of the service is 10; nobody is
	// known to have a thousand, so that one request is enough for all but few.
	firstLimit = 1000
	// lastLimit is where asking for more ends. As many items fit into maxAnswer only if they are nearly empty.
	lastLimit = firstLimit << 6
	// maxSkipped is how many unusable items are named one by one.
	maxSkipped = 100
)

// Listing is what the service says that there is. It is a window: what is not in it may exist all the same.
type Listing struct {
	Files    []File  // as listed: in the service's order, and twice if they are in it twice
	Complete bool    // false when the answer was cut, at the caller's limit or the service's, so that there may be more
	Skipped  []error // items that could not be used; each names the item by its position, and what is wrong with it
	Requests int     // sent for it, with every try
}

// Files lists the files of account; of the only account of the owner when it is "". With a limit above 0, at most so
// many are asked for and returned. With a limit of 0 all are: there is no other page to ask for, so the limit of the
// request doubles until the answer is shorter than it. An answer that does not grow with the limit is cut by the
// service, as far as can be told; then what it has is returned with Complete false.
//
// An error is a *ServiceError when the service answered with one. It contains neither the token nor the account.
func (a *API) Files(ctx context.Context, account string, limit int) (Listing, error) {
	if limit < 0 {
		return Listing{}, fmt.Errorf("listing files: the limit is %d, below 0", limit)
	}
	s, err := a.session("listing files", account)
	if err != nil {
		return Listing{}, err
	}
	defer s.close()
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(a.Timeout, listingTime))
	defer cancel()

	var list Listing
	listed := -1 // items in the answer before, none yet
	for ask := cmp.Or(limit, firstLimit); ; ask *= 2 {
		next, n, err := s.files(ctx, account, ask)
		if errors.Is(err, errTooLarge) && listed >= 0 {
			// The smaller answer is good, and all that can be had.
			list.Requests = s.requests
			return list, nil
		}
		if err != nil {
			return Listing{Requests: s.requests}, err
		}
		list, list.Requests = next, s.requests
		switch {
		case limit > 0:
			list.Complete = n < limit
			return list, nil
		case n <= listed:
			return list, nil
		case n < ask:
			list.Complete = true
			return list, nil
		case ask >= lastLimit:
			return list, nil
		}
		listed = n
	}
}

// files asks once for at most ask files, and returns how many items there were in the answer.
func (s *session) files(ctx context.Context, account string, ask int) (Listing, int, error) {
	query := url.Values{"limit": {strconv.Itoa(ask)}}
	if account != "" {
		query.Set("account", account)
	}
	body, err := s.get(ctx, "/v1/minimax/files/", query)
	if err != nil {
		return Listing{}, 0, err
	}
	list, n, err := parseFiles(body, account, ask)
	if err != nil {
		return Listing{}, 0, fmt.Errorf("%s: %w", s.doing, err)
	}
	return list, n, nil
}

// parseFiles reads a listing, and returns how many items there are in it. Those beyond the first keep are counted, but
// not looked at: a service that sends more than it was asked for must not fill the memory.
func parseFiles(body []byte, account string, keep int) (Listing, int, error) {
	var (
		list    Listing
		skipped int
	)
	n, err := eachItem(body, func(i int, item json.RawMessage) {
		if i >= keep {
			return
		}
		f, err := parseFile(item)
		if err != nil {
			if skipped++; skipped <= maxSkipped {
				list.Skipped = append(list.Skipped, fmt.Errorf("item %d of the listing: %w", i+1, err))
			}
			return
		}
		f.Account = account
		list.Files = append(list.Files, f)
	})
	if err != nil {
		return Listing{}, 0, err
	}
	if more := skipped - maxSkipped; more > 0 {
		list.Skipped = append(list.Skipped, fmt.Errorf("and %d more items of the listing", more))
	}
	return list, n, nil
}

// eachItem calls do for every item of the JSON array that body is, and returns how many there are. One item is decoded
// at a time, and encoding/json refuses to go deeper than 10,000 levels, so nesting costs no memory.
func eachItem(body []byte, do func(i int, item json.RawMessage)) (int, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return 0, errors.New("the service answered with nothing where a list was expected")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	if start, err := dec.Token(); err != nil || start != json.Delim('[') {
		return 0, errors.New("the service answered with something else where a list was expected")
	}
	n := 0
	for ; dec.More(); n++ {
		var item json.RawMessage
		if err := dec.Decode(&item); err != nil {
			return 0, badList(n, err)
		}
		do(n, item)
	}
	if _, err := dec.Token(); err != nil {
		return 0, badList(n, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return 0, errors.New("the service's list is followed by something else")
	}
	return n, nil
}

// badList says where a list is not JSON any more.
func badList(item int, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the service's list ends in the middle, after %d complete items", item)
	}
	return fmt.Errorf("the service's list is not JSON, at item %d: %s", item+1, cut(oneLine(err.Error()), longest))
}

// parseFile reads one item. All fields are optional but cdn_url, without which there is nothing to download. The
// fields are taken out of a map because a struct would also accept them under names in another case.
func parseFile(item json.RawMessage) (File, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(item, &fields); err != nil || fields == nil {
		return File{}, fmt.Errorf("it is %s, not an object", kind(item))
	}
	var f File
	for _, field := range []struct {
		name string
		to   *string
	}{{"file_id", &f.ID}, {"file_name", &f.Name}, {"file_type", &f.Type}, {"cdn_url", &f.URL}} {
		// An id that comes as a number is no longer the right one: it has more digits than a float64.
		if raw := fields[field.name]; kind(raw) != "null" && json.Unmarshal(raw, field.to) != nil {
			return File{}, fmt.Errorf("%s is %s, not a string", field.name, kind(raw))
		}
	}
	for _, field := range []struct {
		name string
		to   *string
	}{{"file_scene", &f.Scene}, {"file_status", &f.Status}} {
		text, err := scalar(fields[field.name])
		if err != nil {
			return File{}, fmt.Errorf("%s is %w", field.name, err)
		}
		*field.to = text
	}
	if f.URL == "" {
		return File{}, errors.New("cdn_url is missing")
	}
	return f, nil
}

// scalar returns a number as it is written, the text of a string, "true" or "false"; "" for null and nothing.
func scalar(raw json.RawMessage) (string, error) {
	switch kind(raw) {
	case "null":
		return "", nil
	case "a string":
		var text string
		err := json.Unmarshal(raw, &text)
		return cut(oneLine(text), longest), err
	case "a number", "a boolean":
		return cut(string(raw), longest), nil
	}
	return "", fmt.Errorf("%s, not a number", kind(raw))
}

// kind names what raw is, without its content. Nothing at all is null.
func kind(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "null"
	}
	switch raw[0] {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a string"
	case '[':
		return "an array"
	case '{':
		return "an object"
	}
	return "a number"
}
