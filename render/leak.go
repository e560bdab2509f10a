package render

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

const (
	// searched is how much of a file is looked through at once.
	searched = 1 << 20

	// overlap is how much is looked through again with what follows, so that
	// nothing is missed at a border: more than the longest token in base64.
	overlap = 16 << 10
)

// privateForm is what something private looks like, whoever's it is.
type privateForm struct {
	what string
	form *regexp.Regexp
}

// privateForms begin with letters in a case of their own each, which makes
// the search as fast as the disk.
var privateForms = []privateForm{
	{"an id of a user and an account", regexp.MustCompile(`user(?::|%3[aA])[0-9]+(?:-|%2[dD])minimax(?::|%3[aA])[0-9]+`)},
	{"what looks like an API token", regexp.MustCompile(`user(?::|%3[aA])[0-9]+(?:-|%2[dD])[A-Za-z0-9]{16,}`)},
	{"what looks like a bearer token", regexp.MustCompile(`Bearer(?: |%20|\+)[A-Za-z0-9._~+/:=%-]{16,}`)},
	{"an address of the service's images", regexp.MustCompile(`moss(?:/|\\/|%2[fF])prod(?:/|\\/|%2[fF])`)},
}

// leakSearch looks for what must not be in any file.
type leakSearch struct {
	*checker
	secrets []Secret
	found   map[string]bool // in the file that is looked through
}

func newLeakSearch(c *checker, secrets []Secret) *leakSearch {
	return &leakSearch{checker: c, secrets: secrets}
}

func (l *leakSearch) run(ctx context.Context) error {
	buffer := make([]byte, overlap+searched)
	for _, name := range l.names(func(string) bool { return true }) {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.found = map[string]bool{}
		l.search(name, []byte(name)) // names are published, too
		if err := l.searchFile(ctx, name, buffer); err != nil {
			return fmt.Errorf("reading the site: %w", err)
		}
		if !hidden(name) {
			if err := l.checkPicture(name); err != nil {
				return fmt.Errorf("reading the site: %w", err)
			}
		}
	}
	return nil
}

func (l *leakSearch) searchFile(ctx context.Context, name string, buffer []byte) error {
	f, err := l.site.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	for kept := 0; ctx.Err() == nil; {
		n, err := io.ReadFull(f, buffer[kept:])
		l.search(name, buffer[:kept+n])
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		}
		if err != nil {
			return err
		}
		kept = copy(buffer, buffer[kept+n-overlap:kept+n])
	}
	return ctx.Err()
}

func (l *leakSearch) search(name string, data []byte) {
	for _, s := range l.secrets {
		if !l.found[s.Name] && s.in(data) {
			l.foundIn(name, s.Name)
		}
	}
	for _, p := range privateForms {
		if !l.found[p.what] && p.form.Match(data) {
			l.foundIn(name, p.what)
		}
	}
}

func (l *leakSearch) foundIn(name, what string) {
	l.found[what] = true
	l.error(name, "it holds %s", what)
}

// checkPicture looks for metadata in a picture or a clip, by its bytes. Our own are
// published without any; in those that the owner has put beside them a place
// is an error, and what else there is a warning.
func (l *leakSearch) checkPicture(name string) error {
	mediaType, err := l.pictureType(name)
	if err != nil || mediaType == "" {
		return err
	}
	if l.files[name] > maxLooked {
		l.warn(name, "it is too large for its metadata to be looked for")
		return nil
	}
	data, err := fs.ReadFile(l.site, name)
	if err != nil {
		return err
	}
	metadata := metadataOf(data, mediaType)
	ours := isRendition(name) || filedForm.MatchString(name) || clipForm.MatchString(name)
	if ours {
		// What is of no known kind is metadata as well.
		if stripped, err := stripAny(data, mediaType); len(metadata) == 0 && (err != nil || !bytes.Equal(stripped, data)) {
			metadata = []string{"what is no part of the picture"}
		}
	}
	if len(metadata) == 0 {
		return nil
	}
	report := l.warn
	if ours || slices.Contains(metadata, gpsMetadata) {
		report = l.error
	}
	report(name, "it holds %s", strings.Join(metadata, ", "))
	return nil
}

func (l *leakSearch) pictureType(name string) (string, error) {
	f, err := l.site.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, 12)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return "", err
	}
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte{0xff, 0xd8, 0xff}):
		return "image/jpeg", nil
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png", nil
	case bytes.HasPrefix(head, []byte("GIF8")):
		return "image/gif", nil
	case n == 12 && string(head[:4]) == "RIFF" && string(head[8:]) == "WEBP":
		return "image/webp", nil
	case n >= 8 && string(head[4:8]) == "ftyp" && clipForm.MatchString(name):
		return "video/mp4", nil
	}
	if clipForm.MatchString(name) || filedForm.MatchString(name) {
		l.error(name, "it is neither a picture nor a video")
	}
	return "", nil
}

func stripAny(data []byte, mediaType string) ([]byte, error) {
	if mediaType == "video/mp4" {
		return StripMP4(data)
	}
	return Strip(data, mediaType)
}

const (
	gpsMetadata  = "a GPS position"
	exifMetadata = "EXIF"
	xmpMetadata  = "XMP"
	iptcMetadata = "IPTC"
)

// metadataOf names the kinds of metadata in a picture, sorted. An orientation
// alone is none: a picture lies on its side without it.
func metadataOf(data []byte, mediaType string) []string {
	found := map[string]bool{}
	note := func(kind string, content []byte) {
		found[kind] = true
		// In XMP a position is written in plain words.
		if kind == xmpMetadata && bytes.Contains(content, []byte("GPS")) {
			found[gpsMetadata] = true
		}
	}
	exif := func(block []byte) {
		block = bytes.TrimPrefix(block, []byte(exifPrefix+"\x00"))
		if onlyOrientation(block) {
			return
		}
		note(exifMetadata, nil)
		if hasGPS(block) {
			found[gpsMetadata] = true
		}
	}
	switch mediaType {
	case "image/jpeg":
		for marker, content := range jpegSegments(section(data)) {
			body, _ := io.ReadAll(content)
			switch {
			case marker == markerAPP1 && bytes.HasPrefix(body, []byte(exifPrefix)):
				exif(body)
			case marker == markerAPP1 && bytes.HasPrefix(body, []byte("http://ns.adobe.com/x")):
				note(xmpMetadata, body)
			case marker == markerAPP13 && bytes.HasPrefix(body, []byte("Photoshop")):
				note(iptcMetadata, nil)
			}
		}
	case "image/png":
		for kind, content := range pngChunks(section(data)) {
			switch body, _ := io.ReadAll(content); {
			case kind == "eXIf":
				exif(body)
			case kind == "iTXt" && bytes.HasPrefix(body, []byte("XML:com.adobe.xmp")):
				note(xmpMetadata, body)
			case (kind == "tEXt" || kind == "zTXt") && bytes.HasPrefix(body, []byte("Raw profile type")):
				note(exifMetadata, nil) // as ImageMagick writes it: EXIF, IPTC or XMP in hex
			}
		}
	case "image/webp":
		for kind, content := range riffChunks(section(data), 12, int64(len(data))) {
			switch body, _ := io.ReadAll(content); kind {
			case "EXIF":
				exif(body)
			case "XMP ":
				note(xmpMetadata, body)
			}
		}
	case "image/gif":
		if bytes.Contains(data, []byte("XMP DataXMP")) {
			note(xmpMetadata, data)
		}
	}
	var kinds []string
	for _, kind := range []string{gpsMetadata, exifMetadata, xmpMetadata, iptcMetadata} {
		if found[kind] {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// onlyOrientation reports whether an EXIF block says no more than that.
func onlyOrientation(block []byte) bool {
	for o := 1; o <= 8; o++ {
		if bytes.Equal(block, orientationEXIF(o)) {
			return true
		}
	}
	return false
}

// hasGPS reports whether the first directory of an EXIF block leads to one with
// a position (tag 34853).
func hasGPS(block []byte) bool {
	const tagGPS = 34853
	var order binary.ByteOrder = binary.LittleEndian
	if len(block) < 8 {
		return false
	}
	if block[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(block[4:]))
	if at+2 > int64(len(block)) {
		return false
	}
	entries := int64(order.Uint16(block[at:]))
	for i := range entries {
		entry := at + 2 + 12*i
		if entry+12 > int64(len(block)) {
			return false
		}
		if order.Uint16(block[entry:]) == tagGPS {
			return true
		}
	}
	return false
}
