package fetch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The sizes of a page.
const (
	// pageLimit is the number of entries to request at a time. The service names no maximum. A
	// hundred is a modest number, and enough for most owners to get all their videos in one or two
	// pages.
	pageLimit = 100
	// defaultPage is the service's default, for when the service refuses pageLimit.
	defaultPage = 30
)

// pagedListing is a listing that the service gives page by page.
type pagedListing struct {
	name   string // what it lists, for messages
	path   string
	cursor string // the parameter with the id of the entry after which a page begins
	parse  func(item json.RawMessage, account string) entry
}

// entry is an item of a listing with pages.
type entry struct {
	id     string // names it as a cursor; "" when missing
	key    string // distinguishes it from all other entries of its listing; "" if nothing does
	video  *Video // nil in a listing of something else
	files  []File // what can be downloaded
	err    error  // what is wrong with it, or nil
	usable bool   // an unusable one has an id and a key at most
}

// list returns a listing of account. A limit above 0 is the largest number of images to return. Then
// it reads pages until it has so many.
//
// Each page begins after the last entry of the previous one. The list ends with a page that says so
// (hasNext is false), is empty, or has no new entry. The number of entries on a page says nothing,
// because the service does not name its maximum. After 1,000 pages, 100,000 entries and images, or
// 64 MiB, the list ends with Complete false. Entries made in the meantime appear at the top, so the
// next listing will have them.
//
// A page is also empty when the entry before it was deleted in the meantime. So if an image in
// a.Known was missing, list requests the end once more, from the last but one entry on.
func (p pagedListing) list(ctx context.Context, a *API, account string, limit int) (Listing, error) {
	s, ctx, err := a.session(ctx, "listing "+p.name, account, limit)
	if err != nil {
		return Listing{}, err
	}
	defer s.close()

	all := newPager(p, account, limit)
	for ask, more := pageLimit, true; more; {
		var body []byte
		err := s.list(ctx, p.path, ask, all.after(), func(answer io.Reader) (err error) {
			body, err = io.ReadAll(answer)
			return err
		})
		if ask > defaultPage && all.pages == 0 && aboutLimit(err) {
			ask = defaultPage
			continue
		}
		if err != nil {
			return Listing{Requests: s.requests}, err
		}
		if more, err = all.add(body); err != nil {
			return Listing{Requests: s.requests}, fmt.Errorf("%s: %w", s.doing, err)
		}
		if !more && all.list.Complete && slices.ContainsFunc(a.Known, func(key string) bool { return !all.files[key] }) {
			more = all.askBack()
		}
	}
	all.list.Skipped, all.list.Requests = all.skipped.errors(), s.requests
	s.redactor.withhold(&all.list)
	return all.list, nil
}

// aboutLimit reports whether the service refused the requested number of items.
func aboutLimit(err error) bool {
	refused, ok := errors.AsType[*ServiceError](err)
	return ok && refused.Status == http.StatusBadRequest && strings.Contains(strings.ToLower(refused.Message), "limit")
}

// pager puts the pages of a listing together.
type pager struct {
	pagedListing
	account string
	limit   int
	pages   int             // number of pages so far
	items   int             // number of items on them
	size    int             // size of the pages, in bytes
	last    string          // the last entry, after which the next page begins
	before  string          // the last but one entry
	back    bool            // whether the next page begins after before instead of last
	sure    string          // the last entry that was confirmed to be the end
	entries map[string]bool // keys of the entries so far
	files   map[string]bool // keys of their files
	list    Listing
	skipped skips
}

// newPager returns a pager without a page.
func newPager(p pagedListing, account string, limit int) *pager {
	return &pager{pagedListing: p, account: account, limit: limit, entries: map[string]bool{}, files: map[string]bool{}}
}

// add adds a page, and reports whether there can be another page.
func (p *pager) add(body []byte) (bool, error) {
	p.size += len(body)
	body, next, err := unwrap(body)
	if err != nil {
		return false, err
	}
	var page []entry
	_, err = eachItem(bytes.NewReader(body), func(i int, item json.RawMessage) {
		if i < maxPage {
			page = append(page, p.parse(item, p.account))
		}
	})
	if err != nil {
		return false, err
	}
	p.pages++
	fresh := slices.ContainsFunc(page, func(e entry) bool { return e.id != "" && !p.entries[e.key] })
	if p.pages > 1 && !fresh {
		// This is the end if nothing follows the last entry. A service that ignores where the page
		// should begin repeats other entries.
		p.list.Complete = next != isTrue && (len(page) == 0 && !p.back || len(page) == 1 && page[0].id == p.last)
		p.back = false
		return false, nil
	}
	p.back = false
	for i, e := range page {
		p.addEntry(p.items+i+1, e)
	}
	p.items += len(page)
	p.list.Complete = len(page) == 0 && next != isTrue
	if next == isFalse && len(page) < maxPage {
		p.list.Complete = p.limit == 0 || len(p.list.Files) < p.limit
		p.sure = p.last // nothing follows it
		return false, nil
	}
	return fresh && !p.full(), nil
}

// after returns the parameter that says where the next page begins; nil for the first page.
func (p *pager) after() url.Values {
	at := p.last
	if p.back {
		at = p.before
	}
	if at == "" {
		return nil
	}
	return url.Values{p.cursor: {at}}
}

// askBack makes the next page begin after the last but one entry, and reports whether that page is
// needed. It should contain the last entry and nothing else. It is not needed if the end was
// confirmed, or there was no entry.
func (p *pager) askBack() bool {
	p.back = p.last != p.sure
	p.sure = p.last
	return p.back
}

// full reports whether the caller's limit or a limit of the list is reached.
func (p *pager) full() bool {
	return p.limit > 0 && len(p.list.Files) >= p.limit ||
		p.pages >= maxPages || len(p.entries)+len(p.list.Files) >= maxEntries || p.size >= maxPagesTogether
}

// addEntry adds what an entry lists, unless it is known.
func (p *pager) addEntry(position int, e entry) {
	if e.id != "" && e.id != p.last {
		p.before, p.last = p.last, e.id
	}
	if e.key != "" {
		if p.entries[e.key] {
			return
		}
		p.entries[e.key] = true
	}
	if e.err != nil {
		p.skipped.add(position, e.err)
	}
	if !e.usable {
		return
	}
	switch {
	case e.video != nil:
		p.list.Videos = append(p.list.Videos, *e.video)
	case len(e.files) == 0:
		p.list.Others++
	}
	for _, f := range e.files {
		if p.files[f.Key()] || p.limit > 0 && len(p.list.Files) >= p.limit {
			continue
		}
		for _, key := range f.Keys() {
			p.files[key] = true
		}
		p.list.Files = append(p.list.Files, f)
	}
}

// The JSON of booleans.
const (
	isTrue  = "true"
	isFalse = "false"
)

// unwrap finds the list in an object: the only array of objects among its first maxFields, or else
// an empty array. It also returns the JSON of the field hasNext. It returns anything but an object
// unchanged, with an empty hasNext.
func unwrap(body []byte) (list []byte, hasNext string, err error) {
	body = bytes.TrimSpace(body)
	if !bytes.HasPrefix(body, []byte("{")) {
		return body, "", nil
	}
	var whole json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		return nil, "", fmt.Errorf("the service's answer is not JSON: %s", cut(oneLine(err.Error()), longest))
	}
	var lists, empty [][]byte
	object := readObject(whole)
	hasNext = string(object.raw("hasNext"))
	for _, f := range object.fields {
		raw := f.value
		if kind(raw) != "an array" {
			continue
		}
		switch first := bytes.TrimSpace(raw[1:]); first[0] {
		case '{':
			lists = append(lists, raw)
		case ']':
			empty = append(empty, raw)
		}
	}
	switch {
	case len(lists) == 1:
		return lists[0], hasNext, nil
	case len(lists) == 0 && len(empty) > 0:
		return empty[0], hasNext, nil
	}
	return nil, "", errNoList
}
