package fetch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"unique"
)

// Files lists the files of account, or of the owner's only account when account is "". A limit
// above 0 is the largest number of files to request and return; 0 means all. The service has no
// pages for files. So to get all, the limit of the request doubles until the answer is shorter. If
// an answer does not grow with the limit, the service probably cut it. Then Files returns what
// there is, with Complete false.
//
// The error is a *ServiceError when the service answered with one. It contains neither the token
// nor the account.
func (a *API) Files(ctx context.Context, account string, limit int) (Listing, error) {
	s, ctx, err := a.session(ctx, "listing files", account, limit)
	if err != nil {
		return Listing{}, err
	}
	defer s.close()

	var list Listing
	listed := -1 // items in the previous answer; -1 when there was none
	for ask := cmp.Or(limit, a.firstAsk()); ; ask *= 2 {
		next, n, err := s.files(ctx, ask)
		if _, tooLarge := errors.AsType[*tooLargeError](err); tooLarge && listed >= 0 {
			// The previous, smaller answer is good, and there is no way to get more.
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

// firstAsk returns the limit of the first request for all files. It leaves room for the expected
// files and some new ones, so a run with nothing new needs one request, however large the gallery
// is.
func (a *API) firstAsk() int {
	return min(max(firstLimit, a.Expected+a.Expected/8), lastLimit)
}

// files requests at most ask files. It also returns the number of items in the answer.
func (s *session) files(ctx context.Context, ask int) (Listing, int, error) {
	s.maxAnswer = max(maxAnswer, ask*maxItem)
	var (
		list Listing
		n    int
	)
	err := s.list(ctx, "/v1/minimax/files/", ask, nil, func(answer io.Reader) (err error) {
		list, n, err = parseFiles(answer, s.account, ask, s.Expected)
		return err
	})
	if err != nil {
		return Listing{}, 0, err
	}
	s.redactor.withhold(&list)
	return list, n, nil
}

// parseFiles reads a listing, and also returns its number of items. Items after the first keep are
// counted but not parsed, so that a service that sends too many cannot fill the memory. expected is
// the likely number of files.
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
		f.key = f.Key() // computed once, because it is needed often
		if list.Files == nil {
			list.Files = make([]File, 0, min(keep, expected+expected/32)) // growing would need the memory twice
		}
		list.Files = append(list.Files, f)
	})
	if err != nil {
		return Listing{}, 0, err
	}
	list.Skipped = skipped.errors()
	return list, n, nil
}

// parseFile parses one item. Only cdn_url is required, because there is nothing to download without
// it. Values that many files share are stored once.
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
