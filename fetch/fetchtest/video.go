package fetchtest

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// defaultVideos is the number of videos in an answer when the request has no limit.
const defaultVideos = 30

// The statuses of a video.
const (
	Pending    = 0
	Processing = 1
	Completed  = 2
	Moderated  = 5 // so are 7 and 14
	Queued     = 11
)

// Video is a video in any status.
type Video struct {
	ID            string        // videoId; derived from the other fields when empty
	Prompt        string        // desc
	Status        int           // Pending, Processing and so on, or any other number
	Files         []string      // names or IDs of its source Pictures; unknown ones are ignored
	Width, Height int           // missing in the listing when 0
	Cover         []byte        // when nil, a Completed video has its first source picture as its cover
	DrawCover     func() []byte // returns the bytes instead of Cover, when a download asks for them; or nil
	Clip          []byte        // missing in the listing when nil
	Paid          bool          // the clip also has a downloadURL
	Created       time.Time     // createTime, and the time in the paths and in Last-Modified; missing when zero
	Model         string        // modelID; missing when empty
	Seconds       float64       // duration; missing when 0
	Account       string        // the first account of the service when empty
}

// videoEntry is a Video with its downloads. Those that exist have a path.
type videoEntry struct {
	Video
	cover, clip, download entry
	origins               []entry
}

// SetVideos replaces the videos, even while requests are running.
func (s *Service) SetVideos(videos []Video) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Videos, s.entries = slices.Clone(videos), nil
}

// deriveVideos makes the entries of the videos. The entries of the pictures must exist. The caller
// holds s.mu.
func (s *Service) deriveVideos() {
	byName, byID := make(map[string]entry, len(s.entries)), make(map[string]entry, len(s.entries))
	for _, e := range s.entries {
		byName[e.Name], byID[e.ID] = e, e
	}
	s.videos = make([]videoEntry, len(s.Videos))
	for i, v := range s.Videos {
		v.Account = cmp.Or(v.Account, s.accounts()[0])
		e := videoEntry{Video: v}
		for _, name := range v.Files {
			if origin, ok := byName[name]; ok {
				e.origins = append(e.origins, origin)
			} else if origin, ok := byID[name]; ok {
				e.origins = append(e.origins, origin)
			}
		}
		h := sha256.New()
		for _, part := range append([]string{v.ID, v.Prompt, v.Account, v.Created.UTC().Format(time.RFC3339)}, v.Files...) {
			fmt.Fprintf(h, "%d:%s", len(part), part)
		}
		if v.ID == "" {
			e.ID = fmt.Sprintf("user:1234-minimax:%s-video:%018d", v.Account, number(h, "video"))
		}
		serve := func(folder string, p Picture) entry {
			p.Name, p.Uploaded = v.Prompt, v.Created
			h.Write([]byte(folder))
			made := entry{p, path(p, folder, h)}
			s.paths[made.path] = made
			return made
		}
		switch {
		case v.Cover != nil || v.DrawCover != nil:
			e.cover = serve("video_cover", Picture{Type: "jpeg", Data: v.Cover, Draw: v.DrawCover})
		case v.Status == Completed && len(e.origins) > 0:
			e.cover = serve("video_cover", e.origins[0].Picture)
		}
		if v.Clip != nil {
			clip := Picture{Type: "mp4", Data: v.Clip, ContentType: "video/mp4"}
			e.clip = serve("video_watermark", clip)
			if v.Paid {
				e.download = serve("video", clip)
			}
		}
		s.videos[i] = e
	}
}

// video is an item in the listing of videos. Empty fields are omitted.
type video struct {
	ID          string   `json:"id"`
	VideoID     string   `json:"videoId"`
	Prompt      string   `json:"desc"`
	CoverURL    string   `json:"coverURL,omitempty"`
	VideoURL    string   `json:"videoURL,omitempty"`
	DownloadURL string   `json:"downloadURL,omitempty"`
	Status      int      `json:"status"`
	StatusLabel string   `json:"statusLabel,omitempty"`
	StatusFinal bool     `json:"statusFinal"`
	Message     string   `json:"message,omitempty"`
	Width       int      `json:"width,omitempty"`
	Height      int      `json:"height,omitempty"`
	OriginFiles []origin `json:"originFiles,omitempty"`
	CreateTime  int64    `json:"createTime,omitempty"`
	ModelID     string   `json:"modelID,omitempty"`
	Duration    float64  `json:"duration,omitempty"`
	CanAppeal   bool     `json:"canAppeal"`
	CanRetry    bool     `json:"canRetry"`
}

// origin is a source picture of a video.
type origin struct {
	ID   string `json:"id"`
	URL  string `json:"url"`
	Type string `json:"type"`
}

// listVideos answers a request for a page of the listing of videos. With lastVideoId, the page
// begins after that video, and is empty if there is no such video.
func (s *Service) listVideos(r *http.Request) reply {
	account, limit, no := s.asked(r, defaultVideos)
	if no != nil {
		return *no
	}
	root, last := s.root(r), r.URL.Query().Get("lastVideoId")

	s.mu.Lock()
	defer s.mu.Unlock()
	s.derive()
	videos := []video{} // never null
	entries, _ := pageAfter(s.videos, account, last, limit, func(e videoEntry) (id, account string) { return e.ID, e.Account })
	for _, e := range entries {
		videos = append(videos, e.item(root))
	}
	return reply{http.StatusOK, encode(videos)}
}

// item returns the video as it is listed. URLs begin with root.
func (e videoEntry) item(root string) video {
	at := func(target entry) string {
		if target.path == "" {
			return ""
		}
		return root + target.path
	}
	label, final, message := meaning(e.Status)
	v := video{
		ID: e.ID[max(0, len(e.ID)-18):], VideoID: e.ID, Prompt: e.Prompt,
		CoverURL: at(e.cover), VideoURL: at(e.clip), DownloadURL: at(e.download),
		Status: e.Status, StatusLabel: label, StatusFinal: final, Message: message,
		Width: e.Width, Height: e.Height, ModelID: e.Model, Duration: e.Seconds,
		CanAppeal: label == "moderated", CanRetry: label == "moderated",
	}
	if !e.Created.IsZero() {
		v.CreateTime = e.Created.UnixMilli()
	}
	for _, o := range e.origins {
		v.OriginFiles = append(v.OriginFiles, origin{o.ID, root + o.path, o.Type})
	}
	return v
}

// meaning returns what the service says about a status, and whether the status is final.
func meaning(status int) (label string, final bool, message string) {
	switch status {
	case Pending:
		return "pending", false, ""
	case Processing:
		return "processing", false, ""
	case Completed:
		return "completed", true, ""
	case Moderated, 7, 14:
		return "moderated", true, "The video violates our community guidelines"
	case Queued:
		return "queued", false, ""
	}
	return "", false, ""
}
