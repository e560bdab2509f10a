package fetchtest

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// defaultImages is the number of images in an answer when the request has no limit.
const defaultImages = 30

// Image is a picture that the service made itself, in any status.
type Image struct {
	ID      string        // imageId; derived from the other fields when empty
	Prompt  string        // desc
	Status  int           // Pending, Processing and so on, or any other number
	File    string        // fileID, or the name of a Picture that is the same picture; "" if it is no file
	Type    string        // jpeg when empty; only for the extension and the Content-Type
	Data    []byte        // bytes of the download; those of the Picture that File names when nil
	Draw    func() []byte // returns the bytes instead of Data, when a download asks for them; or nil
	Created time.Time     // createTime, and the time in the path and in Last-Modified; missing when zero
	Model   string        // modelID; missing when empty
	Batch   string        // batchID; missing when empty
	Ratio   string        // aspectRatio; missing when empty
	Account string        // the first account of the service when empty
}

// imageEntry is an Image with its download. A Completed image has a path.
type imageEntry struct {
	Image
	number  uint64 // id
	picture entry
}

// SetImages replaces the images, even while requests are running.
func (s *Service) SetImages(images []Image) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Images, s.entries = slices.Clone(images), nil
}

// deriveImages makes the entries of the images. The entries of the pictures must exist. The caller
// holds s.mu.
func (s *Service) deriveImages() {
	byName := make(map[string]entry, len(s.entries))
	for _, e := range s.entries {
		byName[e.Name] = e
	}
	s.images = make([]imageEntry, len(s.Images))
	alike := map[string]int{} // how many equal ones there are so far
	for i, m := range s.Images {
		m.Account, m.Type = cmp.Or(m.Account, s.accounts()[0]), cmp.Or(m.Type, "jpeg")
		file, isFile := byName[m.File]
		if isFile {
			m.File = file.ID
		}
		if isFile && m.Data == nil && m.Draw == nil {
			m.Data, m.Draw, m.Type = file.Data, file.Draw, file.Type
		}
		h := sha256.New()
		for _, part := range []string{m.ID, m.Prompt, m.Account, m.Batch, m.File, m.Created.UTC().Format(time.RFC3339)} {
			fmt.Fprintf(h, "%d:%s", len(part), part)
		}
		h.Write(m.Data)
		sum := string(h.Sum(nil))
		alike[sum]++
		fmt.Fprintf(h, "%d", alike[sum])
		e := imageEntry{Image: m, number: number(h, "image")}
		if m.ID == "" {
			e.ID = fmt.Sprintf("user:1234-minimax:%s-image:%018d", m.Account, e.number)
		}
		if m.Status == Completed {
			p := Picture{Name: m.Prompt, Type: m.Type, Data: m.Data, Draw: m.Draw, Uploaded: m.Created}
			e.picture = entry{p, path(p, "image", h)}
			s.paths[e.picture.path] = e.picture
		}
		s.images[i] = e
	}
}

// image is an item in the listing of images. Empty fields are omitted, except for the size, which the
// service gives as 0.
type image struct {
	ID          string      `json:"id"`
	ImageID     string      `json:"imageId"`
	FileID      string      `json:"fileID,omitempty"`
	BatchID     string      `json:"batchID,omitempty"`
	UserID      string      `json:"userID"`
	UserIDStr   string      `json:"userIDStr"`
	Prompt      string      `json:"desc"`
	CoverURL    string      `json:"coverURL,omitempty"`
	VideoURL    string      `json:"videoURL,omitempty"`
	DownloadURL string      `json:"downloadURL,omitempty"`
	VideoURLs   *furtherURL `json:"videoURLs,omitempty"`
	Status      int         `json:"status"`
	StatusLabel string      `json:"statusLabel,omitempty"`
	StatusFinal bool        `json:"statusFinal"`
	CreateTime  int64       `json:"createTime,omitempty"`
	ModelID     string      `json:"modelID,omitempty"`
	AspectRatio string      `json:"aspectRatio,omitempty"`
	Width       int         `json:"width"`
	Height      int         `json:"height"`
}

// furtherURL is where a copy of a picture is.
type furtherURL struct {
	WithWatermark string `json:"downloadURLWithWatermark"`
}

// user is the user whose account the service makes pictures for.
const user = "1234"

// listImages answers a request for a page of the listing of images. With lastImageId, the page
// begins after that image, and is empty if there is no such image.
func (s *Service) listImages(r *http.Request) reply {
	account, limit, no := s.asked(r, defaultImages)
	if no != nil {
		return *no
	}
	root, last := s.root(r), r.URL.Query().Get("lastImageId")

	s.mu.Lock()
	defer s.mu.Unlock()
	s.derive()
	page := struct {
		Images  []image `json:"images"`
		HasNext bool    `json:"hasNext"`
	}{Images: []image{}} // never null
	entries, more := pageAfter(s.images, account, last, limit, func(e imageEntry) (id, account string) { return e.ID, e.Account })
	page.HasNext = more
	for _, e := range entries {
		page.Images = append(page.Images, e.item(root))
	}
	return reply{http.StatusOK, encode(page)}
}

// item returns the image as it is listed. URLs begin with root.
func (e imageEntry) item(root string) image {
	label, final, _ := meaning(e.Status)
	m := image{
		ID: fmt.Sprintf("%018d", e.number), ImageID: e.ID, FileID: e.File, BatchID: e.Batch, UserID: user, UserIDStr: user, Prompt: e.Prompt,
		Status: e.Status, StatusLabel: label, StatusFinal: final, ModelID: e.Model, AspectRatio: e.Ratio,
	}
	if !e.Created.IsZero() {
		m.CreateTime = e.Created.UnixMilli()
	}
	if e.picture.path != "" {
		m.VideoURL, m.DownloadURL = root+e.picture.path, root+e.picture.path
		m.CoverURL = m.VideoURL + "?x-oss-process=image/resize,p_50/format,webp"
		m.VideoURLs = &furtherURL{m.VideoURL + "?watermark=1"}
	}
	return m
}
