package fetch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Generated is what the service says about a picture that it made itself. It contains nothing
// private, except for the prompt.
type Generated struct {
	Key     string    // a public name of its imageId, like the Key of a File; "" when missing
	Created time.Time // hour of its createTime, in UTC; zero when missing
	Model   string    // modelID, such as image-01; "" when missing or unusual
	Prompt  string    // desc, as its author wrote it; untrusted
	Batch   string    // a hash of its batchID; the pictures of one request have the same; "" when missing
}

// imageListing is the listing of the pictures that the service made itself.
var imageListing = pagedListing{name: "images", path: "/v1/minimax/images/", cursor: "lastImageId", parse: parseImage}

// Images lists the pictures of account that the service made itself, page by page, with the same
// errors as Files. A limit above 0 is the largest number of pictures to return. Entries that have
// no picture, because they are not finished or not shown, are counted in the listing's Others.
func (a *API) Images(ctx context.Context, account string, limit int) (Listing, error) {
	return imageListing.list(ctx, a, account, limit)
}

// completed is the status of a video or a picture that can be downloaded.
const completed = 2

// parseImage parses one item of the listing of images. A finished picture needs an address and an
// id: of its file, or at least its own. An item without a status is finished if it has an address.
func parseImage(raw json.RawMessage, account string) entry {
	o := readObject(raw)
	id, file := cmp.Or(o.text("imageId"), o.word("id")), o.text("fileID")
	status, address := o.integer("status", -1), cmp.Or(o.text("downloadURL"), o.text("videoURL"))
	prompt := cutWords(o.text("desc"), maxPrompt)
	e := entry{id: id}
	if id != "" {
		e.key = keyOf("image\x00" + id)
	}
	done := status == completed || status == -1 && address != ""
	switch {
	case o.err != nil:
		e.err = o.err
	case (done || status == -1) && id == "" && file == "":
		e.err = errors.New("imageId is missing")
	case done && address == "":
		e.err = errors.New("downloadURL is missing")
	default:
		e.usable = true
	}
	if !e.usable || !done {
		return e
	}
	f := File{ID: file, URL: address, Account: account, Generated: &Generated{
		Key: e.key, Created: o.hour("createTime"), Model: modelName(o.word("modelID")), Prompt: prompt,
	}}
	if batch := o.word("batchID"); batch != "" {
		f.Generated.Batch = keyOf("batch\x00" + batch)
	}
	f.key = f.Key()
	if e.key == "" {
		e.key = f.key
	}
	e.files = []File{f}
	return e
}
