package fetch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"unique"
)

// Files lists the files of account; of the only account of the owner when it is "". With a limit above 0, at most so
// many are asked for and returned. With a limit of 0 all are: there is no other page to ask for, so the limit of the
// request doubles until the answer is shorter than it. An answer that does not grow with the limit is cut by the
// service, as far as can be told; then what it has is returned with Complete false.
//
// An error is a *ServiceError when the service answered with one. It contains neither the token nor the account.
func (a *API) Files(ctx context.Context, account string, limit int) (Listing, error) {
	s, ctx, err := a.session(ctx, "listing files", account, limit)
	if err != nil {
		return Listing{}, err
	}
	defer s.close()

	var list Listing
	listed := -1 // items in the answer before, none yet
	for ask := cmp.Or(limit, a.firstAsk()); ; ask *= 2 {
		next, n, err := s.files(ctx, ask)
		if _, tooLarge := errors.AsType[*tooLargeError](err); tooLarge && listed >= 0 {
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

// firstAsk is the limit of the first request for all files: enough for those that are expected and some new ones, so that
// a run with nothing new makes one request whatever the size of its gallery.
func (a *API) firstAsk() int {
	return min(max(firstLimit, a.Expected+a.Expected/8), lastLimit)
}

// files asks once for at most ask files, and returns how many items there were in the answer.
func (s *session) files(ctx context.Context, ask int) (Listing, int, error) {
	s.maxAnswer = max(maxAnswer, ask*maxItem)
	var (
		list Listing
		n    int
	)
	err := s.list(ctx, "/v1/minimax/files/", ask, "", func(answer io.Reader) (err error) {
		list, n, err = parseFiles(answer, s.account, ask, s.Expected)
		return err
	})
	if err != nil {
		return Listing{}, 0, err
	}
	s.redactor.withhold(&list)
	return list, n, nil
}

// parseFiles reads a listing, and returns how many items there are in it. Those beyond the first keep are counted, but
// not looked at: a service that sends more than it was asked for must not fill the memory. There is room for those that
// are expected from the start.
func parseFiles(answer io.Reader, account string, keep, expected int) (Listing, int, error) {
	var (
		list    Listing
		skipped skips
		o       object
	)
	n, err := eachItem(answer, func(i int, item json.RawMessage) {
		if i >= keep {
			return
		}
		o.read(item)
		f, err := parseFile(&o)
		if err != nil {
			skipped.add(i+1, err)
			return
		}
		f.Account = account
		f.key = f.Key() // which is asked for again and again
		if list.Files == nil {
			list.Files = make([]File, 0, min(keep, expected+expected/32)) // grown bit by bit there would be two of it
		}
		list.Files = append(list.Files, f)
	})
	if err != nil {
		return Listing{}, 0, err
	}
	list.Skipped = skipped.errors()
	return list, n, nil
}

// parseFile reads one item. All fields are optional but cdn_url, without which there is nothing to download. What many
// files have in common is kept once.
func parseFile(o *object) (File, error) {
	f := File{
		ID: o.text("file_id"), Name: cutWords(o.text("file_name"), maxName), Type: unique.Make(o.text("file_type")).Value(),
		URL: o.text("cdn_url"), Scene: unique.Make(o.scalar("file_scene")).Value(), Status: unique.Make(o.scalar("file_status")).Value(),
	}
	switch {
	case o.err != nil:
		return File{}, o.err
	case f.URL == "":
		return File{}, errors.New("cdn_url is missing")
	}
	return f, nil
}
