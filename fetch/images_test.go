package fetch

import (
	"slices"
	"strings"
	"testing"
	"time"

	"firstframe/fetch/fetchtest"
)

// A finished picture of the service is a file with everything that the listing says about it. The
// others are counted.
func TestImageListing(t *testing.T) {
	created := time.Date(2025, 3, 17, 1, 2, 14, 0, time.UTC)
	s := &fetchtest.Service{Token: token, Pictures: pictures(3), Images: []fetchtest.Image{
		{Prompt: "a", Status: fetchtest.Completed, Data: picture(9), Created: created, Model: "image-01", Batch: "b1"},
		{Prompt: "a", Status: fetchtest.Completed, File: "frame 1.png", Created: created, Model: "image-01", Batch: "b1"},
		{Prompt: "b", Status: fetchtest.Completed, Data: picture(8), Batch: "b2"},
		{Prompt: "c", Status: fetchtest.Processing}, {Prompt: "d", Status: 12}, {Prompt: "e", Status: 3}, {Prompt: "f", Status: fetchtest.Moderated},
		{Prompt: "g", Status: fetchtest.Queued},
	}}
	srv := serve(t, s)
	list, err := newAPI(srv).Images(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Files) != 3 || list.Others != 5 || list.Items() != 8 || len(list.Videos) != 0 || !list.Complete || list.Skipped != nil {
		t.Fatalf("got %+v", list)
	}
	first, second, third := list.Files[0], list.Files[1], list.Files[2]
	hour := created.Truncate(time.Hour)
	if g := first.Generated; g.Prompt != "a" || g.Model != "image-01" || !g.Created.Equal(hour) || len(g.Batch) != 20 || g.Batch != second.Generated.Batch {
		t.Errorf("got %+v and %+v", first.Generated, second.Generated)
	}
	if !first.Uploaded().Equal(hour) || first.ID != "" || first.Key() != first.Generated.Key || len(first.Keys()) != 1 ||
		!strings.HasPrefix(first.URL, srv.URL+"/moss/prod/") || strings.Contains(first.URL, "?") {
		t.Errorf("got %+v", first)
	}
	// A picture that is also a file has the key of the file in all listings, and its own.
	files, err := newAPI(srv).Files(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	if second.Key() != files.Files[1].Key() || !slices.Equal(second.Keys(), []string{second.Key(), second.Generated.Key}) || second.Key() == second.Generated.Key {
		t.Errorf("got the keys %v, and %s for the file", second.Keys(), files.Files[1].Key())
	}
	if g := third.Generated; g.Model != "" || !g.Created.IsZero() || g.Batch == "" || g.Batch == first.Generated.Batch {
		t.Errorf("got %+v", g)
	}
}

// The state of published sites contains keys of ids, so they must never change.
func TestImageKey(t *testing.T) {
	parse := func(item string) File { return parseImage([]byte(item), "").files[0] }
	before := parse(`{"imageId":"user:1-minimax:2-image:3","status":2,"videoURL":"x"}`)
	after := parse(`{"imageId":"user:1-minimax:2-image:3","status":2,"videoURL":"y","fileID":"user:1-minimax:2-file:4","batchID":"5"}`)
	if before.Key() != "334882d504e70b2a9952" || after.Key() != (File{ID: "user:1-minimax:2-file:4"}).Key() || after.Generated.Key != before.Key() || after.Generated.Batch != "fd4568845b6deafba058" {
		t.Errorf("got %s, then %v and %s", before.Key(), after.Keys(), after.Generated.Batch)
	}
	bare := parse(`{"id":388888888888888881,"status":2,"videoURL":"x"}`)
	if text := parse(`{"id":"388888888888888881","status":2,"videoURL":"x"}`); bare.Key() != text.Key() || bare.Key() == before.Key() {
		t.Errorf("got %s and %s for one id", bare.Key(), text.Key())
	}
}

// Any field of an image can be missing. Items that are not images do not affect the others, and
// fields that nothing depends on cannot make an image unusable.
func TestImageItems(t *testing.T) {
	api, _ := answers(t, `{"images":[
		{"imageId":"a","status":2,"downloadURL":"1","videoURL":"2","coverURL":"3"},
		{"imageId":"b","status":2,"downloadURL":"","videoURL":"2"},
		{"imageId":"c","videoURL":"2"},
		{"fileID":"d","status":2,"videoURL":"2"},
		{"imageId":"e","id":5,"fileID":null,"status":2.0,"videoURL":"2","createTime":{},"modelID":7.5,"batchID":[1],"desc":null},
		{"imageId":"f","status":2,"videoURL":"2","createTime":"1742173334234","modelID":" image-01 ","batchID":12},
		{"imageId":"g","status":2,"videoURL":"2","createTime":1742173334,"modelID":"<b>"},
		{"imageId":"h","status":0,"videoURL":"2"},
		{"imageId":"i","status":99},
		{"status":5},
		{"imageId":"k"},
		{"imageId":"l","status":2,"coverURL":"3"},
		{"status":2,"videoURL":"2"},
		{"imageId":"n","status":"2","videoURL":"2"},
		{"imageId":"o","status":2,"videoURL":{}},
		{"imageId":15,"status":2,"videoURL":"2"},
		{}, null, "x"
	]}`, "[]")
	list, err := api.Images(t.Context(), "x", 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range list.Files {
		g, at := f.Generated, "-"
		if !f.Uploaded().IsZero() {
			at = f.Uploaded().Format("2006-01-02T15")
		}
		got = append(got, strings.Join([]string{f.ID, f.URL, f.Account, at, g.Model, g.Prompt, g.Batch}, " "))
	}
	if want := []string{
		" 1 x -   ", " 2 x -   ", " 2 x -   ", "d 2 x -   ", " 2 x - 7.5  ",
		" 2 x 2025-03-17T01 image-01  " + keyOf("batch\x0012"), " 2 x -   ",
	}; !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	got = nil
	for _, err := range list.Skipped {
		got = append(got, err.Error())
	}
	if want := []string{
		"item 12 of the listing: downloadURL is missing",
		"item 13 of the listing: imageId is missing",
		"item 14 of the listing: status is a string, not a number",
		"item 15 of the listing: videoURL is an object, not a string",
		"item 16 of the listing: imageId is a number, not a string",
		"item 17 of the listing: imageId is missing",
		"item 18 of the listing: the item is null, not an object",
		"item 19 of the listing: the item is a string, not an object",
	}; !slices.Equal(got, want) || list.Others != 4 {
		t.Errorf("%d others, skipped:\n%s", list.Others, strings.Join(got, "\n"))
	}
}

// A picture with several entries is listed once, also if only one of them says that it is a file.
func TestImageTwice(t *testing.T) {
	api, _ := answers(t, `[{"imageId":"a","status":2,"videoURL":"1","fileID":"f"},{"imageId":"b","status":2,"videoURL":"2","fileID":"f"},
		{"imageId":"a","status":2,"videoURL":"1"}]`, "[]")
	if list, err := api.Images(t.Context(), "", 0); err != nil || len(list.Files) != 1 || list.Files[0].URL != "1" {
		t.Errorf("got %+v, error %v", list.Files, err)
	}
}

func TestImagesOfAccounts(t *testing.T) {
	s := &fetchtest.Service{Token: token, Accounts: []string{"111222333", "444555666"}, Images: generated(2)}
	s.Images[1].Account = "444555666"
	list, err := newAPI(serve(t, s)).Images(t.Context(), "444555666", 0)
	if err != nil || len(list.Files) != 1 || list.Files[0].Account != "444555666" {
		t.Errorf("got %+v, error %v", list, err)
	}
}

func TestModelName(t *testing.T) {
	for name, want := range map[string]string{
		"image-01": "image-01", "MiniMax-Hailuo-2.3-Fast": "MiniMax-Hailuo-2.3-Fast", " I2V_01 live ": "I2V_01 live", "": "",
		strings.Repeat("x", maxModel): strings.Repeat("x", maxModel), strings.Repeat("x", maxModel+1): "",
		"<b>": "", "image:01": "", "a/b": "", "modèle": "", "a\nb": "", "a\u202eb": "",
	} {
		if got := modelName(name); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
	r := NewRedactor("letters-only")
	for name, want := range map[string]string{"image-01": "image-01", "of LETTERS-only": "", "288230376151711": "", "": ""} {
		if got := r.model(name); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
}
