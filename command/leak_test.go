package command

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"firstframe/fetch"
	"firstframe/fetch/fetchtest"
	"firstframe/render/media/mediatest"
)

// These values must never be published or printed. They appear nowhere else. Digits in the order in
// which they count down are in every GIF with a packet.
const (
	canaryToken   = "user:986754321-tok3n+CANARY/0123456789"
	canaryUser    = "986754321"
	canaryAccount = "288230376151799"
	canaryVideo   = "377777777777777771"
	canaryImage   = "388888888888888881"
	canaryBatch   = "399999999999999991"
	canaryPlace   = "CANARY-PLACE"
	canaryPrompt  = "CANARY-PROMPT"
	canaryCamera  = "CANARY-CAMERA"
	canaryPath    = "CANARY-PATH"
)

// canaryID returns the id of a picture.
func canaryID(i int) string {
	return fmt.Sprintf("user:%s-minimax:%s-file:%018d", canaryUser, canaryAccount, 311111111111111111+i)
}

// canaryVideoID returns the id of a video.
func canaryVideoID() string {
	return fmt.Sprintf("user:%s-minimax:%s-video:%s", canaryUser, canaryAccount, canaryVideo)
}

// canaryImageID returns the id of a picture that the service made.
func canaryImageID() string {
	return fmt.Sprintf("user:%s-minimax:%s-image:%s", canaryUser, canaryAccount, canaryImage)
}

// leakWorld is a service whose pictures and answers are full of canaries.
type leakWorld struct {
	service *fetchtest.Service
	api     string
	private map[string][]string // forms of what must not be found, by its name
}

// newLeakWorld starts such a service.
func newLeakWorld(t *testing.T) *leakWorld {
	w := &leakWorld{service: &fetchtest.Service{Token: canaryToken, Accounts: []string{canaryAccount}}, private: map[string][]string{}}
	server := httptest.NewServer(w.service)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	w.api = server.URL
	var pictures []fetchtest.Picture
	for i, kind := range []string{"jpeg", "png", "webp", "gif"} {
		pictures = append(pictures, fetchtest.Picture{
			ID: canaryID(i), Name: "beach." + kind, Type: kind, Data: placed(t, kind),
			Uploaded: time.Date(2024, 7, 1, i, 0, 0, 0, time.UTC),
		})
	}
	// These are names that upload tools invent, and a name with the token.
	for i, name := range []string{canaryID(4), canaryAccount + "_1.jpg", "311111111111111116.jpg", "x " + canaryToken + ".jpg"} {
		pictures = append(pictures, fetchtest.Picture{
			ID: canaryID(4 + i), Name: name, Type: "jpeg", Data: pictureData("jpg", uint64(100+i)),
			Uploaded: time.Date(2024, 7, 2, i, 0, 0, 0, time.UTC),
		})
	}
	w.service.Set(pictures)
	w.service.SetVideos([]fetchtest.Video{{
		ID: canaryVideoID(), Prompt: canaryPrompt + " a dawn", Status: fetchtest.Completed, Files: []string{"beach.jpeg"},
		Created: time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC), Clip: demoClip(),
	}})
	created := time.Date(2024, 9, 2, 0, 0, 0, 0, time.UTC)
	w.service.SetImages([]fetchtest.Image{
		{
			ID: canaryImageID(), Prompt: canaryPrompt + " a dusk", Status: fetchtest.Completed, Data: placed(t, "jpeg"), File: canaryID(90),
			Model: "image-01", Batch: canaryBatch, Created: created,
		},
		{ID: canaryImageID() + "2", Prompt: canaryPrompt, Status: fetchtest.Completed, File: "beach.png", Model: canaryAccount, Batch: canaryBatch, Created: created},
		{ID: canaryImageID() + "3", Prompt: canaryPrompt, Status: fetchtest.Moderated, Model: canaryToken, Batch: canaryBatch},
	})
	w.hide("the token", canaryToken)
	w.hide("the user", canaryUser)
	w.hide("the account", canaryAccount)
	w.hide("the id of a video", canaryVideo)
	w.hide("the id of an image", canaryImage)
	w.hide("the id of a batch", canaryBatch)
	w.hide("the id of an image's file", canaryID(90)[len(canaryID(90))-18:])
	w.hide("the place", canaryPlace)
	for i := range pictures {
		w.hide("an id", canaryID(i))
		w.hide("the number of an id", canaryID(i)[len(canaryID(i))-18:])
	}
	for _, p := range w.service.Paths() {
		w.hide("an address", p)
		w.hide("a name at the service", strings.TrimSuffix(p[strings.LastIndex(p, "/")+1:], filepath.Ext(p)))
	}
	w.private["the service's folders"] = []string{"/moss/", "%2Fmoss%2F", "multi_chat_file", "minimax:"}
	return w
}

// hide adds a value that must not be found.
func (w *leakWorld) hide(what, value string) {
	w.private[what] = append(w.private[what], fetch.Forms(value)...)
}

// everything returns a text that repeats everything private. Answers of the service may do that.
func (w *leakWorld) everything() string {
	all := []string{
		canaryToken, url.QueryEscape(canaryToken), base64.StdEncoding.EncodeToString([]byte("Bearer " + canaryToken)),
		canaryID(0), canaryAccount, canaryUser, w.api + w.service.Paths()[0], w.service.Paths()[1][1:],
	}
	return strings.Join(all, " | ")
}

// placed returns a picture that holds the place where it was taken in every possible way.
func placed(t *testing.T, kind string) []byte {
	t.Helper()
	xmp := `<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>` + canaryPlace + `</exif:GPSLatitude></x:xmpmeta>`
	switch kind {
	case "jpeg":
		data := mediatest.InsertJPEG(pictureData("jpg", 1),
			mediatest.APP1, "http://ns.adobe.com/xap/1.0/\x00"+xmp, mediatest.APP1, mediatest.EXIFHead+gpsBlock(),
			0xed, "Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x11\x1c\x02\x5a\x00\x0c"+canaryPlace, 0xfe, canaryPlace)
		return append(data, canaryPlace...) // and after its end
	case "png":
		data := mediatest.InsertPNG(pictureData("png", 2), "eXIf", gpsBlock())
		data = mediatest.InsertPNG(data, "iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00"+xmp)
		return mediatest.InsertPNG(data, "tEXt", "Comment\x00"+canaryPlace)
	case "webp":
		data, err := os.ReadFile("../render/media/testdata/lossy.webp")
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(data, []byte("VP8 "))
		size := int(binary.LittleEndian.Uint32(data[at+4:]))
		const hasEXIFAndXMP = 0x0c
		return mediatest.RIFF("VP8X", mediatest.VP8X(hasEXIFAndXMP, 64, 48), "VP8 ", string(data[at+8:at+8+size]), "EXIF", gpsBlock(), "XMP ", xmp)
	}
	data := pictureData("gif", 3)
	comment := "\x21\xfe" + string(rune(len(canaryPlace))) + canaryPlace + "\x00"
	return slices.Concat(data[:len(data)-1], []byte(comment), data[len(data)-1:])
}

// writeOwn writes what an owner may have in a folder: pictures with everything that a camera, a phone
// and the program for photos write into them, and words and settings with secrets.
func (w *leakWorld) writeOwn(t *testing.T, dir string) {
	t.Helper()
	exif := mediatest.EXIF(
		[]mediatest.Tag{mediatest.ASCII(0x10f, canaryCamera), mediatest.ASCII(0x13b, canaryPlace)},
		[]mediatest.Tag{mediatest.ASCII(0x9003, "2019:03:04 15:16:17"), mediatest.ASCII(0xa431, canaryPlace)},
		[]mediatest.Tag{{ID: 0x1b, Kind: 7, Count: uint32(len(canaryPlace)), Value: canaryPlace}},
	)
	pictures := canaryPath + "/mine/"
	named := strings.ReplaceAll(canaryID(0), ":", "_") // as a browser names a download
	writeFiles(t, dir, map[string]string{
		pictures + "beach.jpg":                                       string(mediatest.InsertJPEG(pictureData("jpg", 201), mediatest.APP1, mediatest.EXIFHead+exif)),
		pictures + "sea/IMG_20190304_151617.png":                     string(placed(t, "png")),
		pictures + "sea/plain.webp":                                  string(placed(t, "webp")),
		pictures + canaryAccount + "/a.jpg":                          string(pictureData("jpg", 202)),
		pictures + named + "/b.jpg":                                  string(pictureData("jpg", 203)),
		pictures + "x " + canaryID(0)[len(canaryID(0))-18:] + ".jpg": string(pictureData("jpg", 204)),
		pictures + "sea/." + canaryPath + "/c.jpg":                   string(pictureData("jpg", 205)),
		pictures + "broken.jpg":                                      canaryPath,
		pictures + named + ".txt":                                    canaryPath,
		"static/notes.txt":                                           canaryPath + " " + canaryToken,
		"theme/custom.css":                                           "p::after { content: '" + canaryAccount + "' }",
		"origin/index.md":                                            "---\ndigital_source_type: trainedAlgorithmicMedia\nai_system: Painter\nauthor: Ann\n---\n",
		"author/index.md":                                            "---\ndigital_source_type: trainedAlgorithmicMedia\nai_system: x " + canaryAccount + "\n---\n",
		"token.yaml":                                                 "title: x\n# " + canaryToken + "\n",
		"escaped.yaml":                                               "title: \"user\\x3a986754321\\x2dtok3n\\x2bCANARY/0123456789\"\n",
		"account.yaml":                                               "base_url: https://example.org/" + canaryAccount + "/\n",
		"label.yaml":                                                 "account_labels: [\"" + canaryAccount + "\"]\n",
		"wrong.yaml":                                                 "title: [\"" + canaryAccount + "\"]\n" + canaryAccount + ": 1\n",
	})
}

// gpsBlock returns an EXIF block that holds only a place.
func gpsBlock() string {
	return mediatest.EXIF(nil, nil, []mediatest.Tag{{ID: 0x1b, Kind: 7, Count: uint32(len(canaryPlace)), Value: canaryPlace}})
}

// TestNothingLeaks looks for private values after all kinds of runs: in the site, in messages, and
// in what GitHub's runner gets.
func TestNothingLeaks(t *testing.T) {
	object := func(w *leakWorld, code int) string {
		return fmt.Sprintf(`{"error":{"message":%q},"code":%d}`, w.everything(), code)
	}
	answer := func(status int) func(*leakWorld) {
		return func(w *leakWorld) { w.service.FailListing(-1, fetchtest.Answer(status, object(w, status))) }
	}
	download := func(fault func(w *leakWorld) fetchtest.Fault) func(*leakWorld) {
		return func(w *leakWorld) { w.service.FailDownload("", -1, fault(w)) }
	}
	for _, tt := range []struct {
		name  string
		exit  int
		args  []string
		spoil func(w *leakWorld)
	}{
		{name: "a first build"},
		{name: "used uploads only", args: []string{"--source=auto"}},
		{name: "originals", args: []string{"--originals"}},
		{name: "clips", args: []string{"--clips", "--source=both"}},
		{name: "prompts", args: []string{"--prompts", "--source=both"}},
		{name: "videos", args: []string{"--source=videos"}},
		{name: "images", args: []string{"--source=images"}},
		{name: "prompts of images", args: []string{"--prompts", "--source=images", "--originals"}},
		{name: "a part", args: []string{"--source=images", "--shard=1/1"}},
		{name: "a dry run", args: []string{"--dry-run"}},
		{name: "another account", exit: exitRefused, args: []string{"--account=" + canaryAccount + "9"}},
		{name: "400", exit: exitRefused, spoil: answer(400)},
		{name: "401", exit: exitRefused, spoil: answer(401)},
		{name: "402", exit: exitRefused, spoil: answer(402)},
		{name: "403", exit: exitRefused, spoil: answer(403)},
		{name: "404", exit: exitRefused, spoil: answer(404)},
		{name: "412", exit: exitRefused, spoil: answer(412)},
		{name: "418", exit: exitFailed, spoil: answer(418)},
		{name: "429", exit: exitFailed, args: []string{"--timeout=300ms"}, spoil: answer(429)},
		{name: "500", exit: exitFailed, args: []string{"--timeout=300ms"}, spoil: answer(500)},
		{name: "596", exit: exitRefused, spoil: answer(596)},
		{name: "an error with status 200", exit: exitRefused, spoil: func(w *leakWorld) {
			w.service.FailListing(-1, fetchtest.Answer(200, object(w, 402)))
		}},
		{name: "text", exit: exitFailed, args: []string{"--timeout=300ms"}, spoil: func(w *leakWorld) { w.service.FailListing(-1, fetchtest.Answer(503, w.everything())) }},
		{name: "a page", exit: exitFailed, spoil: func(w *leakWorld) {
			w.service.FailListing(-1, fetchtest.Answer(200, "<html>"+w.everything()))
		}},
		{name: "broken JSON", exit: exitFailed, spoil: func(w *leakWorld) {
			w.service.FailListing(-1, fetchtest.Answer(200, `[{"file_id": `+w.everything()))
		}},
		{name: "cut JSON", exit: exitFailed, spoil: func(w *leakWorld) {
			w.service.FailListing(-1, fetchtest.Answer(200, `[{"file_id": "`+w.everything()))
		}},
		{name: "items of other kinds", exit: exitIncomplete, spoil: func(w *leakWorld) {
			w.service.FailListing(-1, fetchtest.Answer(200, fmt.Sprintf(`[%q, {"cdn_url": 1, "file_id": %q}, {"file_id": {"%[1]s": 1}}]`, canaryToken, canaryID(0))))
		}},
		{name: "fields that repeat", exit: exitOK, spoil: func(w *leakWorld) {
			w.service.FailListing(-1, fetchtest.Answer(200, fmt.Sprintf(
				`[{"file_id": %q, "cdn_url": %q, "file_name": %q, "file_type": %[3]q, "file_scene": %[3]q, "file_status": %[3]q, %[3]q: 1}]`,
				canaryID(0), w.api+w.service.Paths()[0], canaryToken)))
		}},
		{name: "a scene that is an id", exit: exitOK, spoil: func(w *leakWorld) {
			w.service.FailListing(-1, fetchtest.Answer(200, fmt.Sprintf(
				`[{"file_id": %[1]q, "cdn_url": %[2]q, "file_scene": %[1]q, "file_status": %[3]s}]`,
				canaryID(0), w.api+w.service.Paths()[0], canaryAccount)))
		}},
		{name: "a redirect of the listing", exit: exitFailed, spoil: func(w *leakWorld) {
			w.service.FailListing(-1, fetchtest.Redirect(302, "/"+canaryToken+"?"+url.QueryEscape(w.everything())))
		}},
		{name: "no service", exit: exitFailed, args: []string{"--api=http://127.0.0.1:1", "--timeout=300ms"}},
		{name: "a download that is gone", exit: exitFailed, spoil: download(func(w *leakWorld) fetchtest.Fault {
			return fetchtest.Answer(404, w.everything())
		})},
		{name: "a download that fails", exit: exitFailed, args: []string{"--timeout=300ms"}, spoil: download(func(w *leakWorld) fetchtest.Fault {
			return fetchtest.Answer(500, w.everything())
		})},
		{name: "a download that is cut", exit: exitFailed, args: []string{"--timeout=300ms"}, spoil: download(func(*leakWorld) fetchtest.Fault {
			return fetchtest.Cut(100)
		})},
		{name: "a download that is text", exit: exitFailed, spoil: download(func(w *leakWorld) fetchtest.Fault {
			return fetchtest.Answer(200, w.everything())
		})},
		{name: "a download that redirects", exit: exitFailed, args: []string{"--timeout=300ms"}, spoil: download(func(w *leakWorld) fetchtest.Fault {
			return fetchtest.Redirect(302, "http://127.0.0.1:1/"+canaryToken+w.service.Paths()[0])
		})},
		{name: "a redirect to no address", exit: exitFailed, args: []string{"--timeout=300ms"}, spoil: download(func(w *leakWorld) fetchtest.Fault {
			return fetchtest.Redirect(302, "http://[::1"+canaryToken)
		})},
		{name: "a redirect with a password", exit: exitFailed, args: []string{"--timeout=300ms"}, spoil: download(func(w *leakWorld) fetchtest.Fault {
			return fetchtest.Redirect(302, "http://"+canaryUser+":"+canaryAccount+"@127.0.0.1/")
		})},
		{name: "a decoder that fails", exit: exitFailed, spoil: download(func(w *leakWorld) fetchtest.Fault {
			return fetchtest.Answer(200, "\xff\xd8\xff\xe0"+w.everything())
		})},
		{name: "a PNG that fails", exit: exitFailed, spoil: download(func(w *leakWorld) fetchtest.Fault {
			return fetchtest.Answer(200, "\x89PNG\r\n\x1a\n"+w.everything())
		})},
		{name: "too large", exit: exitFailed, args: []string{"--max-bytes=100"}},
		{name: "a cache that is a file", exit: exitFailed, args: []string{"--cache=" + os.DevNull}},
		{name: "an out that is a file", exit: exitFailed, args: []string{"--out=" + os.DevNull}},
		{name: "the token as an argument", exit: exitUsage, args: []string{canaryToken}},
		{name: "a listing of videos that fails", exit: exitRefused, args: []string{"--source=videos"}, spoil: func(w *leakWorld) {
			w.service.FailVideos(-1, fetchtest.Answer(404, object(w, 404)))
		}},
		{name: "videos that repeat", exit: exitOK, args: []string{"--source=videos"}, spoil: func(w *leakWorld) {
			w.service.FailVideos(1, fetchtest.Answer(200, fmt.Sprintf(
				`[{"id": %[1]q, "videoId": %[1]q, "desc": %[1]q, "statusLabel": %[1]q, "message": %[1]q, "status": 2, "originFiles": [{"id": %[2]q, "url": %[3]q, "type": %[1]q}]}]`,
				canaryToken, canaryID(0), w.api+w.service.Paths()[0])))
		}},
		{name: "a listing of images that fails", exit: exitRefused, args: []string{"--source=images"}, spoil: func(w *leakWorld) {
			w.service.FailImages(-1, fetchtest.Answer(404, object(w, 404)))
		}},
		{name: "no listing of images", spoil: func(w *leakWorld) { w.service.FailImages(-1, fetchtest.Answer(404, object(w, 404))) }},
		{name: "images that repeat", exit: exitOK, args: []string{"--source=images"}, spoil: func(w *leakWorld) {
			w.service.FailImages(1, fetchtest.Answer(200, fmt.Sprintf(
				`{"images":[{"id": %[1]q, "imageId": %[4]q, "fileID": %[2]q, "batchID": %[5]q, "userID": %[6]q, "userIDStr": %[6]q, "desc": %[1]q, "statusLabel": %[1]q,
				"message": %[1]q, "status": 2, "modelID": %[1]q, "aspectRatio": %[1]q, "downloadURL": %[3]q, "coverURL": %[7]q, "videoURLs": {"downloadURLWithWatermark": %[7]q}}],
				"hasNext": false}`,
				canaryToken, canaryID(0), w.api+w.service.Paths()[0], canaryImageID(), canaryBatch, canaryUser, w.api+w.service.Paths()[1])))
		}},
		{name: "images that cannot be used", exit: exitIncomplete, args: []string{"--source=images"}, spoil: func(w *leakWorld) {
			w.service.FailImages(1, fetchtest.Answer(200, fmt.Sprintf(
				`[{"imageId": %[1]q, "status": 2}, {"imageId": {%[1]q: 1}}, %[1]q, {"fileID": %[1]q, "status": 2, "downloadURL": %[2]q}]`,
				canaryImageID(), w.api+w.service.Paths()[0])))
		}},
		{name: "the token as a flag's value", exit: exitUsage, args: []string{"--quality=" + canaryToken}},
		{name: "the token as a flag", exit: exitUsage, args: []string{"--token=" + canaryToken}},
		{name: "the token as a source", exit: exitUsage, args: []string{"--source=" + canaryToken}},
		{name: "a folder", exit: exitIncomplete, args: []string{"--pictures={}/" + canaryPath + "/mine", "--originals", "--base-url=https://example.org/"}},
		{name: "a folder, no camera", exit: exitIncomplete, args: []string{
			"--pictures={}/" + canaryPath + "/mine", "--originals", "--base-url=https://example.org/", "--exif=none",
		}},
		{name: "a folder, a dry run", args: []string{"--pictures={}/" + canaryPath + "/mine", "--dry-run"}},
		{name: "a folder and no service", exit: exitIncomplete, args: []string{"--pictures={}/" + canaryPath + "/mine", "--source=folder"}},
		{name: "an origin", args: []string{"--content={}/origin", "--originals", "--clips"}},
		{name: "an origin and prompts", args: []string{"--content={}/origin", "--originals", "--clips", "--prompts"}},
		{name: "an origin of pictures in a folder", exit: exitIncomplete, args: []string{
			"--content={}/origin", "--originals", "--pictures={}/" + canaryPath + "/mine",
		}},
		{name: "a secret as an AI system", exit: exitFailed, args: []string{"--content={}/author"}},
		{name: "a secret in a static file", exit: exitFailed, args: []string{"--static={}/static"}},
		{name: "a secret in the theme", exit: exitFailed, args: []string{"--theme={}/theme"}},
		{name: "the token in the settings", exit: exitUsage, args: []string{"--config={}/token.yaml"}},
		{name: "the token in the settings, disguised", exit: exitFailed, args: []string{"--config={}/escaped.yaml"}},
		{name: "an account in the settings", exit: exitFailed, args: []string{"--config={}/account.yaml"}},
		{name: "an account as a label", exit: exitUsage, args: []string{"--config={}/label.yaml"}},
		{name: "wrong settings", exit: exitUsage, args: []string{"--config={}/wrong.yaml"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newLeakWorld(t)
			if tt.spoil != nil {
				tt.spoil(w)
			}
			dir := t.TempDir()
			for name, value := range map[string]string{
				"USEAPI_TOKEN": canaryToken, "USEAPI_ACCOUNT": canaryAccount, "GITHUB_ACTIONS": "true",
				"GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"), "GITHUB_OUTPUT": filepath.Join(dir, "output"),
			} {
				t.Setenv(name, value)
			}
			out := filepath.Join(dir, "out")
			if strings.Contains(strings.Join(tt.args, " "), "{}") {
				w.writeOwn(t, dir)
			}
			for _, more := range [][]string{{"-v"}, {"--json"}} {
				args := slices.Concat([]string{
					"--api=" + w.api, "--allow-private-hosts", "--out=" + out, "--cache=" + filepath.Join(dir, "cache"), "--timeout=20s", "--source=both",
				}, tt.args, more)
				for i := range args {
					args[i] = strings.ReplaceAll(args[i], "{}", dir)
				}
				var stdout, stderr bytes.Buffer
				exit := Run(t.Context(), repositoryFiles(), args, strings.NewReader(""), &stdout, &stderr)
				if exit != tt.exit && more[0] == "-v" {
					t.Errorf("exit code %d, want %d:\n%s", exit, tt.exit, stderr.String())
				}
				w.search(t, "stdout", stdout.Bytes())
				w.search(t, "stderr", stderr.Bytes())
			}
			if !strings.Contains(tt.name, "prompts") {
				w.hide("a prompt", canaryPrompt)
			}
			w.hide("the folder of pictures", canaryPath) // messages can name it
			w.private["the time of a photograph"] = []string{"15:16", "T15", "15:00"}
			if strings.Contains(tt.name, "no camera") {
				w.hide("the camera", canaryCamera)
			}
			for _, where := range []string{"out", "summary", "output"} {
				w.searchTree(t, filepath.Join(dir, where))
			}
		})
	}
}

// search looks for private values in data.
func (w *leakWorld) search(t *testing.T, where string, data []byte) {
	t.Helper()
	for what, forms := range w.private {
		for _, form := range forms {
			if at := bytes.Index(data, []byte(form)); at >= 0 {
				t.Errorf("%s holds %s: …%q…", where, what, data[max(0, at-40):min(len(data), at+len(form)+20)])
				break
			}
		}
	}
}

// searchTree looks for private values in the files of a folder and in their names.
func (w *leakWorld) searchTree(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(filepath.Dir(dir), name)
		w.search(t, rel, data)
		w.search(t, "the name of "+rel, []byte(rel))
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}
