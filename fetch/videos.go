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

// The sizes of a page.
const (
	// pageLimit is the number of videos to request at a time. The service names no maximum. A
	// hundred is a modest number, and enough for most owners to get all their videos in one or two
	// pages.
	pageLimit = 100
	// defaultPage is the service's default, for when the service refuses pageLimit.
	defaultPage = 30
)

// Video is an entry of the listing of videos. ID, URLs and Account are private: they are never
// printed or published.
type Video struct {
	ID            string   // videoId, else id
	Prompt        string   // desc, as its author wrote it; untrusted
	Status        int      // -1 when missing
	StatusLabel   string   // statusLabel, "" when missing
	Final         bool     // statusFinal: the status will not change any more
	Width, Height int      // 0 when missing
	Cover         string   // coverURL
	URL           string   // downloadURL (paid, without the watermark), else videoURL; "" when there is none yet
	Files         []string // keys of its source images (File.Key), in order, without duplicates
	Account       string   // account of the listing, "" when none was named
}

// Key returns a public name of v that does not reveal its ID, like the Key of a File. No video has
// the key of a file.
func (v Video) Key() string {
	if v.ID != "" {
		return keyOf("video\x00" + v.ID)
	}
	named := append([]string{"video without id", v.URL, v.Cover, v.Prompt}, v.Files...)
	return keyOf(strings.Join(named, "\x00"))
}

// Entry returns a hash of the address of v in the listing, like the Entry of a File.
func (v Video) Entry() string { return entryOf(v.URL, clipType) }

// CoverKey returns the Key of the cover of v.
func (v Video) CoverKey() string { return keyOf("cover\x00" + v.Key()) }

// CoverEntry returns the Entry of the cover of v.
func (v Video) CoverEntry() string { return entryOf(v.Cover, "") }

// Created returns the hour in which v was made, in UTC, from the path of its cover, else from the
// path of the video. It is zero when neither has an hour.
func (v Video) Created() time.Time {
	if t := hourIn(v.Cover); !t.IsZero() {
		return t
	}
	return hourIn(v.URL)
}

// State returns the meaning of the status: "pending", "processing", "completed", "moderated" (the
// service does not show the video), "queued" or "unknown".
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

// Videos lists the videos of account, like Files lists files and with the same errors. The Files of
// the listing are the source images of the videos, without duplicates. The service does not give
// their names. A limit above 0 is the largest number of images to return. Then Videos reads pages
// until it has so many images. Some videos can have source images that are not in Files.
//
// Videos reads the list page by page. Each page begins after the last video of the previous one.
// The list ends with a page that says so (hasNext is false), is empty, or has no new video. The
// number of videos on a page says nothing, because the service does not name its maximum. After
// 1,000 pages, 100,000 videos and images, or 64 MiB, the list ends with Complete false. Videos made
// in the meantime appear at the top, so the next listing will have them.
//
// A page is also empty when the video before it was deleted in the meantime. So if an image in
// Known was missing, Videos requests the end once more, from the last but one video on.
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

// aboutLimit reports whether the service refused the requested number of items.
func aboutLimit(err error) bool {
	refused, ok := errors.AsType[*ServiceError](err)
	return ok && refused.Status == http.StatusBadRequest && strings.Contains(strings.ToLower(refused.Message), "limit")
}

// videoPages puts the pages of a listing together.
type videoPages struct {
	account string
	limit   int
	pages   int             // number of pages so far
	items   int             // number of items on them
	size    int             // size of the pages, in bytes
	last    string          // the last video, after which the next page begins
	before  string          // the last but one video
	back    bool            // whether the next page begins after before instead of last
	sure    string          // the last video that was confirmed to be the end
	seen    map[string]bool // keys of videos and files
	list    Listing
	skipped skips
}

// add adds a page, and reports whether there can be another page.
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
		// This is the end if nothing follows the last video. A service that ignores where the page
		// should begin repeats other videos.
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
		v.sure = v.last // nothing follows it
		return false, nil
	}
	return fresh && !v.full(), nil
}

// after returns the video after which the next page begins; "" for the first page.
func (v *videoPages) after() string {
	if v.back {
		return v.before
	}
	return v.last
}

// askBack makes the next page begin after the last but one video, and reports whether that page is
// needed. It should contain the last video and nothing else. It is not needed if the end was
// confirmed, or there was no video.
func (v *videoPages) askBack() bool {
	v.back = v.last != v.sure
	v.sure = v.last
	return v.back
}

// full reports whether the caller's limit or a limit of the list is reached.
func (v *videoPages) full() bool {
	return v.limit > 0 && len(v.list.Files) >= v.limit ||
		v.pages >= maxPages || len(v.seen) >= maxEntries || v.size >= maxPagesTogether
}

// addItem adds the video and the images of an item, unless they are known.
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

// videoItem is an item in the listing of videos: a video with its source images.
type videoItem struct {
	video  Video
	images []File // source images that can be downloaded
	err    error  // what is wrong with the item, or nil
	usable bool   // whether it is a usable video; an unusable one has an ID at most
}

// parseVideo parses one item. Every field is optional, but at least one field must distinguish the
// video from others. An image without a URL is an error, but still belongs to the video, because
// its file can be known from elsewhere.
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

// origins parses the source images of v. It returns the error of the first unusable one.
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
		first = fmt.Errorf("the video has %d images, and only the first %d are read", n, maxOrigins)
	}
	return cmp.Or(err, first)
}
