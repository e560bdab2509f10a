package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"firstframe/fetch/fetchtest"
	"firstframe/render/check"
	"firstframe/render/gallery"
	"firstframe/render/media/mediatest"
	"firstframe/render/slowtest"
)

// TestScripts runs the scripts in testdata/script. They specify what the command does. They run the
// real binary against a service on loopback.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			env.Setenv("HOME", env.WorkDir)
			env.Values["services"] = &services{}
			return nil
		},
		// A slow script begins with "[!slow] skip".
		Condition: func(condition string) (bool, error) {
			if condition != "slow" {
				return false, fmt.Errorf("there is no condition %s", condition)
			}
			return slowtest.Run(), nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"service":  startService,
			"pictures": setPictures,
			"folder":   writeFolder,
			"videos":   setVideos,
			"images":   setImages,
			"fail":     failService,
			"recover":  recoverService,
			"requests": countRequests,
			"await":    awaitRequests,
			"snapshot": takeSnapshot,
			"same":     compareSnapshot,
			"complete": checkComplete,
			"publish":  publishSite,
			"mode":     checkMode,
		},
	})
}

// services holds the service of a script and its snapshots.
type services struct {
	service   *fetchtest.Service
	snapshots map[string]map[string]string
}

// of returns the services of a script.
func of(ts *testscript.TestScript) *services { return ts.Value("services").(*services) }

// service returns the service of a script.
func service(ts *testscript.TestScript) *fetchtest.Service {
	s := of(ts).service
	if s == nil {
		ts.Fatalf("start a service first")
	}
	return s
}

// startService starts the service: service [account...]. $API is its address, and $USEAPI_TOKEN is
// the token that it expects.
func startService(ts *testscript.TestScript, neg bool, args []string) {
	s := &fetchtest.Service{Token: "user:1234-secret-token", Accounts: args, Record: true}
	server := httptest.NewServer(s)
	ts.Defer(func() {
		server.CloseClientConnections()
		server.Close()
	})
	of(ts).service = s
	ts.Setenv("API", server.URL)
	ts.Setenv("USEAPI_TOKEN", s.Token)
}

// setPictures replaces the pictures of the service: pictures PICTURE... See parsePictures.
func setPictures(ts *testscript.TestScript, neg bool, args []string) {
	service(ts).Set(parsePictures(args))
}

// parsePictures returns the pictures that NAME[=OTHER|~OTHER][@ACCOUNT]... stands for. The
// extension of the name decides the format, and the whole name decides the content. Names that end
// with ".html" or ".pdf" are not images, ".mp3" is a sound and ".mp4" is a film. With "=" the
// picture has the bytes of OTHER. With "~" the picture OTHER is uploaded once more, under the name
// NAME.
func parsePictures(args []string) []fetchtest.Picture {
	pictures := make([]fetchtest.Picture, len(args))
	for i, arg := range args {
		arg, account, _ := strings.Cut(arg, "@")
		name, other, differs := strings.Cut(arg, "=")
		pictures[i] = picture(name)
		if differs {
			pictures[i].Data = picture(other).Data
		}
		if name, other, again := strings.Cut(arg, "~"); again {
			pictures[i] = picture(other)
			pictures[i].Name, pictures[i].ID = name, picture(arg).ID
		}
		pictures[i].Account = account
	}
	return pictures
}

// writeFolder writes pictures into a folder: folder DIR PICTURE... See writePictures.
func writeFolder(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(writePictures(ts.MkAbs(args[0]), args[1:]))
}

// writePictures writes the pictures NAME[=OTHER][@TIME]... into a folder. The name decides the
// bytes, as in parsePictures. With "=" the file has the bytes of OTHER, with which the service has
// that picture. With "@" a JPEG says when it was taken: 2024-05-06T07:08:09. Every file was written
// on 1 August 2024.
func writePictures(dir string, args []string) error {
	for _, arg := range args {
		name, taken, _ := strings.Cut(arg, "@")
		name, other, _ := strings.Cut(name, "=")
		data := picture(cmp.Or(other, path.Base(name))).Data
		if taken != "" {
			at, err := time.Parse("2006-01-02T15:04:05", taken)
			if err != nil {
				return err
			}
			exif := mediatest.EXIF(nil, []mediatest.Tag{mediatest.ASCII(0x9003, at.Format("2006:01:02 15:04:05"))})
			data = mediatest.InsertJPEG(data, 0xe1, mediatest.EXIFHead+exif)
		}
		file := filepath.Join(dir, name)
		written := time.Date(2024, 8, 1, 0, 0, 0, 0, time.UTC)
		err := cmp.Or(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, data, 0o644), os.Chtimes(file, written, written))
		if err != nil {
			return err
		}
	}
	return nil
}

// setVideos replaces the videos of the service: videos [-only] VIDEO... With -only the listing of
// files is empty. See parseVideos.
func setVideos(ts *testscript.TestScript, neg bool, args []string) {
	s := service(ts)
	if s.HideFiles = len(args) > 0 && args[0] == "-only"; s.HideFiles {
		args = args[1:]
	}
	videos, err := parseVideos(args)
	ts.Check(err)
	s.SetVideos(videos)
}

// parseVideos returns the videos that PROMPT:STATUS:FILE,...[@ACCOUNT]... stands for. A video of
// status 2 has a clip.
func parseVideos(args []string) ([]fetchtest.Video, error) {
	videos := make([]fetchtest.Video, len(args))
	for i, arg := range args {
		arg, account, _ := strings.Cut(arg, "@")
		parts := strings.SplitN(arg, ":", 3)
		if len(parts) < 3 {
			return nil, fmt.Errorf("%q is not PROMPT:STATUS:FILE,...", arg)
		}
		status, err := strconv.Atoi(parts[1])
		if err != nil {
			return nil, err
		}
		videos[i] = fetchtest.Video{
			Prompt: parts[0], Status: status, Width: 640, Height: 360, Account: account,
			Created: time.Date(2024, 9, 1, i, 0, 0, 0, time.UTC),
		}
		if parts[2] != "" {
			videos[i].Files = strings.Split(parts[2], ",")
		}
		if status == fetchtest.Completed {
			videos[i].Clip = demoClip()
		}
		if strings.HasPrefix(parts[0], "odd") { // a clip that is cut, so it cannot be stripped
			videos[i].Clip = videos[i].Clip[:len(videos[i].Clip)-10]
		}
		if strings.HasPrefix(parts[0], "signed") {
			videos[i].Clip = mediatest.AddCredentials(videos[i].Clip, "video/mp4", "CANARY-SIGNED")
		}
	}
	return videos, nil
}

// setImages replaces the pictures that the service made: images IMAGE... See parseImages.
func setImages(ts *testscript.TestScript, neg bool, args []string) {
	images, err := parseImages(args)
	ts.Check(err)
	service(ts).SetImages(images)
}

// parseImages returns the images that PROMPT:STATUS:NAME[:FILE][@ACCOUNT]... stands for. The name
// decides the bytes, as in parsePictures. With FILE, the image is also a file: the picture of this
// name, or else the file with this id. Images with the same prompt are of one batch.
func parseImages(args []string) ([]fetchtest.Image, error) {
	images := make([]fetchtest.Image, len(args))
	for i, arg := range args {
		arg, account, _ := strings.Cut(arg, "@")
		parts := strings.SplitN(arg+":", ":", 5)
		if len(parts) < 4 {
			return nil, fmt.Errorf("%q is not PROMPT:STATUS:NAME[:FILE]", arg)
		}
		status, err := strconv.Atoi(parts[1])
		if err != nil {
			return nil, err
		}
		p := picture(parts[2])
		images[i] = fetchtest.Image{
			ID: "user:1234-minimax:5-image:" + p.ID, Prompt: parts[0], Status: status, File: parts[3], Type: p.Type, Data: p.Data,
			Created: time.Date(2025, 3, 1, i, 0, 0, 0, time.UTC), Model: "image-01", Batch: parts[0], Account: account,
		}
	}
	return images, nil
}

// failService makes the service fail: fail listing|videos|images|NAME TIMES FAULT [arg]. With TIMES
// below 0 it fails until recover.
func failService(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: fail listing|videos|images|NAME TIMES FAULT [arg...]")
	}
	times, err := strconv.Atoi(args[1])
	ts.Check(err)
	fault, err := faultOf(args[2], args[3:])
	ts.Check(err)
	switch args[0] {
	case "listing":
		service(ts).FailListing(times, fault)
	case "videos":
		service(ts).FailVideos(times, fault)
	case "images":
		service(ts).FailImages(times, fault)
	default:
		service(ts).FailDownload(args[0], times, fault)
	}
}

// faultOf returns the fault with a name.
func faultOf(name string, args []string) (fetchtest.Fault, error) {
	switch name {
	case "hang":
		return fetchtest.Hang(), nil
	case "reset":
		return fetchtest.Reset(), nil
	case "cut":
		return fetchtest.Cut(100), nil
	case "short": // half of the bytes, with a length that matches
		return func(w http.ResponseWriter, r *http.Request, body []byte) {
			fetchtest.Data(body[:len(body)/2], "image/jpeg")(w, r, body)
		}, nil
	case "endless":
		return fetchtest.Endless(), nil
	case "gzip":
		return fetchtest.Bomb(0), nil
	case "answer": // STATUS [BODY [HEADER VALUE]...]
		status, err := strconv.Atoi(args[0])
		if err != nil {
			return nil, err
		}
		if len(args) == 1 {
			args = append(args, "")
		}
		return fetchtest.Answer(status, args[1], args[2:]...), nil
	case "redirect":
		return fetchtest.Redirect(302, args[0]), nil
	}
	return nil, fmt.Errorf("there is no fault %q", name)
}

// recoverService ends all faults: recover.
func recoverService(ts *testscript.TestScript, neg bool, args []string) { service(ts).Recover() }

// countRequests compares the number of requests so far: requests LISTINGS DOWNLOADS.
func countRequests(ts *testscript.TestScript, neg bool, args []string) {
	s := service(ts)
	got := fmt.Sprintf("%d %d", s.Listings()+s.VideoListings()+s.ImageListings(), s.Downloads())
	if want := strings.Join(args, " "); got != want {
		ts.Fatalf("there were %s listings and downloads so far, want %s", got, want)
	}
}

// awaitRequests waits for a number of downloads: await DOWNLOADS.
func awaitRequests(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for deadline := time.Now().Add(time.Minute); service(ts).Downloads() < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("there were only %d downloads within a minute", service(ts).Downloads())
		}
	}
}

// takeSnapshot remembers a folder: snapshot DIR. It also remembers that a folder is missing.
func takeSnapshot(ts *testscript.TestScript, neg bool, args []string) {
	tree, err := snapshotTree(ts.MkAbs(args[0]))
	if !errors.Is(err, fs.ErrNotExist) {
		ts.Check(err)
	}
	s := of(ts)
	if s.snapshots == nil {
		s.snapshots = map[string]map[string]string{}
	}
	s.snapshots[args[0]] = tree
}

// compareSnapshot compares a folder with its snapshot: [!] same DIR [OTHER]. With OTHER it compares
// that folder with the snapshot of DIR, by names and bytes, but not by times.
func compareSnapshot(ts *testscript.TestScript, neg bool, args []string) {
	before := of(ts).snapshots[args[0]]
	dir := args[len(args)-1]
	after, err := snapshotTree(ts.MkAbs(dir))
	if !errors.Is(err, fs.ErrNotExist) {
		ts.Check(err)
	}
	bytesOnly := len(args) > 1
	var differences []string
	for name := range before {
		if !sameEntry(before[name], after[name], bytesOnly) {
			differences = append(differences, name)
		}
	}
	for name := range after {
		if before[name] == "" {
			differences = append(differences, name)
		}
	}
	slices.Sort(differences)
	if same := len(differences) == 0; same == neg {
		ts.Fatalf("%s: want same=%v; these files differ: %v", dir, !neg, differences)
	}
}

// checkComplete checks that a site is complete, and counts its images: complete DIR IMAGES.
func checkComplete(ts *testscript.TestScript, neg bool, args []string) {
	site := os.DirFS(ts.MkAbs(args[0]))
	report, err := check.Site(context.Background(), site, check.Options{})
	ts.Check(err)
	for _, f := range report.Errors {
		ts.Logf("%s", f)
	}
	state, _, err := gallery.Load(site)
	ts.Check(err)
	visible := 0
	for _, m := range state.Images {
		if !m.Hidden {
			visible++
		}
	}
	if len(report.Errors) > 0 || strconv.Itoa(visible) != args[1] {
		ts.Fatalf("%s has %d images (want %s) and %d findings (want 0)", args[0], visible, args[1], len(report.Errors))
	}
}

// publishSite serves a folder at $SITE: publish DIR.
func publishSite(ts *testscript.TestScript, neg bool, args []string) {
	server := httptest.NewServer(http.FileServer(http.Dir(ts.MkAbs(args[0]))))
	ts.Defer(server.Close)
	ts.Setenv("SITE", server.URL)
}

// checkMode checks the permissions of files: mode OCTAL FILE...
func checkMode(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args[1:] {
		info, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[0] {
			ts.Fatalf("%s has mode %s, want %s", name, got, args[0])
		}
	}
}
