package fetch

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// pageLimit is how many videos are asked for at a time. The service names no maximum; a hundred are few enough not
	// to look like one, and so many that most owners have all their videos in one or two pages.
	pageLimit = 100
	// defaultPage is the service's own limit, for when it finds pageLimit too large.
	defaultPage = 30
)

// Video is an entry of the listing of videos. ID, URLs and Account are private: they are never printed or published.
type Video struct {
	ID            string   // videoId, else id
	Prompt        string   // desc, as it was written; untrusted
	Status        int      // as the service gave it; -1 when missing
	StatusLabel   string   // statusLabel as given, "" when missing
	Final         bool     // statusFinal: the status will not change any more
	Width, Height int      // as given, 0 when missing
	Cover         string   // coverURL
	URL           string   // downloadURL if there is one (paid, without the watermark), else videoURL; "" when there is none yet
	Files         []string // keys of its source images (File.Key), in order, each once
	Account       string   // the account it was listed for, "" when none was named
}

// Key names v without telling what it is, as the Key of a File does. No video has the key of a file.
func (v Video) Key() string {
	if v.ID != "" {
		return keyOf("video\x00" + v.ID)
	}
	named := append([]string{"video without id", v.URL, v.Cover, v.Prompt}, v.Files...)
	return keyOf(strings.Join(named, "\x00"))
}

// Entry is a hash of what the listing says of where v is, as the Entry of a File.
func (v Video) Entry() string { return entryOf(v.URL, clipType) }

// CoverKey and CoverEntry are the Key and the Entry of the cover of v.
func (v Video) CoverKey() string   { return keyOf("cover\x00" + v.Key()) }
func (v Video) CoverEntry() string { return entryOf(v.Cover, "") }

// Created returns when v was made, to the hour and in UTC, as the path of its cover tells, else that of the video. It is
// zero when neither tells.
func (v Video) Created() time.Time {
	if t := hourIn(v.Cover); !t.IsZero() {
		return t
	}
	return hourIn(v.URL)
}

// State returns what the status of v means: "pending", "processing", "completed", "moderated" (the service does not
// show it), "queued", or "unknown".
func (v Video) State() string {
	switch v.Status {
	case 0:
		return "pending"
	case 1:
		return "processing"
	case 2:
		return "completed"
	case 5, 7, 14:
		return "moderated"
	case 11:
		return "queued"
	}
	return "unknown"
}

// Videos lists the videos of account, as Files does with files, and with the same errors. Files of the listing are the
// images that the videos were made from, each once; the service does not tell their names. With a limit above 0, at
// most so many are returned; then Videos are those of the pages that were read until there were so many, and some may
// be made from images beyond the limit.
//
// The list is read page by page, each from the last video of the one before. It ends with a page that says so (hasNext is
// false), is empty, or brings no video that was not on an earlier page, whatever the number of videos on it: how many a
// service gives at most, it does not say. It ends with Complete false after
// 1,000 pages, 100,000 videos and images, or 64 MiB. Videos that are made meanwhile, at the top, are for the next listing.
// Where an image that is Known is not on any of them, the end is asked for once more, from the video before the last one:
// a page is empty, too, behind a video that was deleted meanwhile.
func (a *API) Videos(ctx context.Context, account string, limit int) (Listing, error) {
	s, ctx, err := a.session(ctx, "listing videos", account, limit)
	if err != nil {
		return Listing{}, err
	}
	defer s.close()

	v := videoPages{account: account, limit: limit, seen: map[string]bool{}}
	for ask, more := pageLimit, true; more; {
		var body []byte
		err := s.list(ctx, "/v1/minimax/videos/", ask, v.after(), func(answer io.Reader) (err error) {
			body, err = io.ReadAll(answer)
			return err
		})
		if ask > defaultPage && v.pages == 0 && aboutLimit(err) {
			ask = defaultPage
			continue
		}
		if err != nil {
			return Listing{Requests: s.requests}, err
		}
		if more, err = v.add(body); err != nil {
			return Listing{Requests: s.requests}, fmt.Errorf("%s: %w", s.doing, err)
		}
		if !more && v.list.Complete && slices.ContainsFunc(a.Known, func(key string) bool { return !v.seen[key] }) {
			more = v.askBack()
		}
	}
	v.list.Skipped, v.list.Requests = v.skipped.errors(), s.requests
	s.redactor.withhold(&v.list)
	return v.list, nil
}

// aboutLimit reports whether the service does not like how many items it was asked for.
func aboutLimit(err error) bool {
	refused, ok := errors.AsType[*ServiceError](err)
	return ok && refused.Status == http.StatusBadRequest && strings.Contains(strings.ToLower(refused.Message), "limit")
}

// videoPages are the pages of a listing, put together.
type videoPages struct {
	account string
	limit   int
	pages   int             // so far
	items   int             // on them
	size    int             // of them, in bytes
	last    string          // the video behind which the next page begins
	before  string          // the one before it
	back    bool            // the next page begins behind that one
	sure    string          // the last video when that was so
	seen    map[string]bool // keys of videos and files
	list    Listing
	skipped skips
}

// add adds a page, and reports whether there may be another one.
func (v *videoPages) add(body []byte) (bool, error) {
	v.size += len(body)
	body, next, err := unwrap(body)
	if err != nil {
		return false, err
	}
	var page []videoItem
	_, err = eachItem(bytes.NewReader(body), func(i int, item json.RawMessage) {
		if i < maxPage {
			page = append(page, parseVideo(item, v.account))
		}
	})
	if err != nil {
		return false, err
	}
	v.pages++
	fresh := slices.ContainsFunc(page, func(item videoItem) bool {
		return item.video.ID != "" && !v.seen[item.video.Key()]
	})
	if v.pages > 1 && !fresh {
		// This is the end if nothing comes behind the last video. Other videos once more are what a service sends that
		// does not understand where it was asked to begin.
		v.list.Complete = next != isTrue && (len(page) == 0 && !v.back || len(page) == 1 && page[0].video.ID == v.last)
		v.back = false
		return false, nil
	}
	v.back = false
	for i, item := range page {
		v.addItem(v.items+i+1, item)
	}
	v.items += len(page)
	v.list.Complete = len(page) == 0 && next != isTrue
	if next == isFalse && len(page) < maxPage {
		v.list.Complete = v.limit == 0 || len(v.list.Files) < v.limit
		v.sure = v.last // there is nothing behind it
		return false, nil
	}
	return fresh && !v.full(), nil
}

// after is the video behind which the next page begins; "" for the first page.
func (v *videoPages) after() string {
	if v.back {
		return v.before
	}
	return v.last
}

// askBack makes the next page that behind the last video but one, unless it was that already, or there was no video:
// what must come is the last one, and nothing else.
func (v *videoPages) askBack() bool {
	v.back = v.last != v.sure
	v.sure = v.last
	return v.back
}

// full reports whether there is enough of the list, or all that can be kept.
func (v *videoPages) full() bool {
	return v.limit > 0 && len(v.list.Files) >= v.limit ||
		v.pages >= maxPages || len(v.seen) >= maxEntries || v.size >= maxPagesTogether
}

// take adds what is new in an item.
func (v *videoPages) addItem(position int, item videoItem) {
	if id := item.video.ID; id != "" && id != v.last {
		v.before, v.last = v.last, id
	}
	if key := item.video.Key(); item.usable || item.video.ID != "" {
		if v.seen[key] {
			return
		}
		v.seen[key] = true
	}
	if item.err != nil {
		v.skipped.add(position, item.err)
	}
	if !item.usable {
		return
	}
	v.list.Videos = append(v.list.Videos, item.video)
	for _, f := range item.images {
		if key := f.Key(); !v.seen[key] && (v.limit == 0 || len(v.list.Files) < v.limit) {
			v.seen[key] = true
			v.list.Files = append(v.list.Files, f)
		}
	}
}

// The values of a field that says yes or no, where it does.
const (
	isTrue  = "true"
	isFalse = "false"
)

// unwrap returns the list in an object that has one: the only one of its first maxFields that is an array of objects, or
// an empty one; and its field hasNext as it is written. What is no object is returned as it is, with an empty one.
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

// videoItem is an item of the listing: a video with its source images.
type videoItem struct {
	video  Video
	images []File // those that can be downloaded
	err    error  // what is wrong with it, if anything
	usable bool   // as a video; if not, it has an ID at most
}

// parseVideo reads one item. All fields are optional, but something has to tell it from others. An image without a URL
// is an error, and belongs to the video all the same: it may be known from elsewhere.
func parseVideo(raw json.RawMessage, account string) videoItem {
	o := readObject(raw)
	v := Video{
		ID: cmp.Or(o.text("videoId"), o.text("id")), Prompt: cutWords(o.text("desc"), maxPrompt),
		Status: o.integer("status", -1), StatusLabel: o.text("statusLabel"), Final: o.boolean("statusFinal"),
		Width: o.integer("width", 0), Height: o.integer("height", 0),
		Cover: o.text("coverURL"), URL: cmp.Or(o.text("downloadURL"), o.text("videoURL")),
		Account: account,
	}
	origins, given := o.is("originFiles", "an array")
	if o.err != nil {
		return videoItem{video: Video{ID: v.ID}, err: o.err}
	}
	var item videoItem
	if given {
		item.err = item.origins(origins, &v)
	}
	if v.ID == "" && v.URL == "" && v.Cover == "" && v.Files == nil {
		return videoItem{err: cmp.Or(item.err, errors.New("videoId is missing"))}
	}
	item.video, item.usable = v, true
	return item
}

// origins reads the source images of v. Its error is that of the first that cannot be used.
func (item *videoItem) origins(list json.RawMessage, v *Video) error {
	var first error
	seen := map[string]bool{}
	n, err := eachItem(bytes.NewReader(list), func(i int, raw json.RawMessage) {
		if i >= maxOrigins {
			return
		}
		o := readObject(raw)
		f := File{ID: o.text("id"), URL: o.text("url"), Type: o.scalar("type"), Account: v.Account}
		wrong := o.err
		if wrong == nil && f.URL == "" {
			wrong = errors.New("url is missing")
		}
		if wrong != nil && first == nil {
			first = fmt.Errorf("image %d of the video: %w", i+1, wrong)
		}
		if o.err != nil || f.ID == "" && f.URL == "" || seen[f.Key()] {
			return
		}
		seen[f.Key()] = true
		v.Files = append(v.Files, f.Key())
		if f.URL != "" {
			item.images = append(item.images, f)
		}
	})
	if n > maxOrigins && first == nil {
		first = fmt.Errorf("there are %d images of the video, and no more than %d are read", n, maxOrigins)
	}
	return cmp.Or(err, first)
}
