package media

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"firstframe/render/media/mediatest"
)

// Programs of others must find what a file says, and must have nothing to complain about.
func TestMarkForExiftool(t *testing.T) {
	if _, err := exec.LookPath("exiftool"); err != nil {
		t.Skip("not run:", err)
	}
	p, dir := fullProvenance(), t.TempDir()
	for name, data := range markable(t) {
		mediaType := formatWith(filepath.Ext(name)).mediaType
		stripped, err := Strip(data, mediaType)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		marked, err := Mark(stripped, mediaType, p.Packet())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for prefix, data := range map[string][]byte{"stripped ": stripped, "marked ": marked} {
			if err := os.WriteFile(filepath.Join(dir, prefix+name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	found := runExiftool(t, dir)
	for name := range markable(t) {
		got, before := found["marked "+name], found["stripped "+name]
		for tag, want := range map[string]string{
			"XMP-iptcExt:DigitalSourceType":   p.Address(),
			"XMP-iptcExt:AISystemUsed":        p.AISystem,
			"XMP-iptcExt:AIPromptInformation": p.Prompt,
			"XMP-dc:Creator":                  p.Creator,
			"XMP-xmpRights:WebStatement":      p.LicenseURL,
			"XMP-xmpRights:UsageTerms":        p.License,
			// It warns of an orientation that comes alone.
			"ExifTool:Validate": before["ExifTool:Validate"],
			"ExifTool:Warning":  before["ExifTool:Warning"],
		} {
			if got[tag] != want {
				t.Errorf("%s: %s is %q, want %q", name, tag, got[tag], want)
			}
		}
		if got["ExifTool:Validate"] == "" || got["ExifTool:Validate"] != "OK" && name != "turned.jpg" {
			t.Errorf("%s: it says %q", name, got["ExifTool:Validate"])
		}
	}
}

// runExiftool returns what exiftool says about each file in a folder.
func runExiftool(t *testing.T, dir string) map[string]map[string]string {
	t.Helper()
	out, err := exec.Command("exiftool", "-json", "-G1", "-validate", "-warning", "-xmp:all", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]string
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	found := map[string]map[string]string{}
	for _, one := range list {
		found[filepath.Base(one["SourceFile"])] = one
	}
	return found
}

// markable returns files of each format, with parts that a packet must not disturb.
func markable(t testing.TB) map[string][]byte {
	lossy := readTestdata(t, "lossy.webp")
	open := mediatest.PlainFilm()
	open.AfterMovie = mediatest.Fields(0) + "free" + mediatest.Canary
	files := map[string][]byte{
		"plain.jpg": mediatest.JPEG(t, mediatest.Blocks(64, 48)),
		"turned.jpg": mediatest.InsertJPEG(mediatest.GrayJPEG(t, 64, 48),
			0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00", markerAPP1, mediatest.EXIFHead+mediatest.FullEXIF(6)),
		"plain.png":     mediatest.PNG(t, mediatest.Blocks(64, 48)),
		"turned.png":    dressed(t)["image/png"],
		"animated.gif":  dressed(t)["image/gif"],
		"lossy.webp":    lossy,
		"extended.webp": mediatest.RIFF("VP8X", mediatest.VP8X(0, 64, 48), "VP8 ", chunk(t, lossy, "VP8 ")),
		"lossless.webp": readTestdata(t, "lossless.webp"),
		"animated.webp": readTestdata(t, "animated.webp"),
		"plain.avif":    readTestdata(t, "rendition.avif"),
		"profile.avif":  dressedAVIF(t),
		"open.mp4":      open.Bytes(),
	}
	for name, data := range clips(t) {
		files[name] = data
	}
	return files
}
