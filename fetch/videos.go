package fetch

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
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
	Model         string   // modelID, such as MiniMax-Hailuo-02; "" when missing or unusual
	Seconds       float64  // duration; 0 when missing or implausible
	Account       string   // account of the listing, "" when none was named

	created time.Time // hour of its createTime, in UTC; zero when missing
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

// Created returns the hour in which v was made, in UTC: its createTime, else the hour in the path of
// its cover, else the hour in the path of the video. It is zero when none of them has an hour.
func (v Video) Created() time.Time {
	if !v.created.IsZero() {
		return v.created
	}
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
	case completed:
		return "completed"
	case 5, 7, 14:
		return "moderated"
	case 11:
		return "queued"
	}
	return "unknown"
}

// videoListing is the listing of videos.
var videoListing = pagedListing{name: "videos", path: "/v1/minimax/videos/", cursor: "lastVideoId", parse: parseVideo}

// Videos lists the videos of account, page by page, like Files lists files and with the same errors.
// The Files of the listing are the source images of the videos, without duplicates. The service does
// not give their names. A limit above 0 is the largest number of images to return. Some videos can
// then have source images that are not in Files.
func (a *API) Videos(ctx context.Context, account string, limit int) (Listing, error) {
	return videoListing.list(ctx, a, account, limit)
}

// parseVideo parses one item. Every field is optional, but at least one field must distinguish the
// video from others. An image without a URL is an error, but still belongs to the video, because
// its file can be known from elsewhere.
func parseVideo(raw json.RawMessage, account string) entry {
	o := readObject(raw)
	v := Video{
		ID: cmp.Or(o.text("videoId"), o.text("id")), Prompt: cutWords(o.text("desc"), maxPrompt),
		Status: o.integer("status", -1), StatusLabel: o.text("statusLabel"), Final: o.boolean("statusFinal"),
		Width: o.integer("width", 0), Height: o.integer("height", 0),
		Cover: o.text("coverURL"), URL: cmp.Or(o.text("downloadURL"), o.text("videoURL")),
		Model: modelName(o.word("modelID")), Seconds: o.seconds("duration"), Account: account, created: o.hour("createTime"),
	}
	origins, given := o.is("originFiles", "an array")
	e := entry{id: v.ID}
	if v.ID != "" {
		e.key = v.Key()
	}
	if e.err = o.err; e.err != nil {
		return e
	}
	if given {
		e.files, e.err = parseOrigins(origins, &v)
	}
	if v.ID == "" && v.URL == "" && v.Cover == "" && v.Files == nil {
		return entry{err: cmp.Or(e.err, errors.New("videoId is missing"))}
	}
	e.key, e.video, e.usable = v.Key(), &v, true
	return e
}

// parseOrigins parses the source images of v, and adds their keys to v. It returns those that can be
// downloaded, and the error of the first unusable one.
func parseOrigins(list json.RawMessage, v *Video) (images []File, first error) {
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
			images = append(images, f)
		}
	})
	if n > maxOrigins && first == nil {
		first = fmt.Errorf("the video has %d images, and only the first %d are read", n, maxOrigins)
	}
	return images, cmp.Or(err, first)
}
