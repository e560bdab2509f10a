package check

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"firstframe/render/gallery"
	"firstframe/render/media"
	"firstframe/render/secrets"
)

// How a file is searched.
const (
	// searched is how many bytes of a file are searched at once.
	searched = 1 << 20

	// overlap is how many bytes are searched again with the next part, so that nothing at a border
	// is missed: more than the longest token in base64.
	overlap = 16 << 10
)

// privateForm is the form of something private, such as any user's token.
type privateForm struct {
	what string
	form *regexp.Regexp
}

// privateForms each begin with letters in one case, which makes the search as fast as the disk.
var privateForms = []privateForm{
	{"an id of a user and an account", regexp.MustCompile(`user(?::|%3[aA])[0-9]+(?:-|%2[dD])minimax(?::|%3[aA])[0-9]+`)},
	{"what looks like an API token", regexp.MustCompile(`user(?::|%3[aA])[0-9]+(?:-|%2[dD])[A-Za-z0-9]{16,}`)},
	{"what looks like a bearer token", regexp.MustCompile(`Bearer(?: |%20|\+)[A-Za-z0-9._~+/:=%-]{16,}`)},
	{"an address of the service's images", regexp.MustCompile(`moss(?:/|\\/|%2[fF])prod(?:/|\\/|%2[fF])`)},
}

// leakSearch looks for what must not be in any file.
type leakSearch struct {
	*checker
	secrets []secrets.Secret
	found   map[string]bool // what was found in the current file
}

// newLeakSearch returns the search for these secrets, and for privateForms and metadata.
func newLeakSearch(c *checker, secrets []secrets.Secret) *leakSearch {
	return &leakSearch{checker: c, secrets: secrets}
}

// run searches all files.
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
		if !gallery.IsHiddenFile(name) {
			if err := l.checkPicture(name); err != nil {
				return fmt.Errorf("reading the site: %w", err)
			}
		}
	}
	return nil
}

// searchFile searches the bytes of a file, which need not fit in the buffer.
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

// search searches a part of a file, or its name.
func (l *leakSearch) search(name string, data []byte) {
	for _, s := range l.secrets {
		if !l.found[s.Name] && s.In(data) {
			l.foundIn(name, s.Name)
		}
	}
	for _, p := range privateForms {
		if !l.found[p.what] && p.form.Match(data) {
			l.foundIn(name, p.what)
		}
	}
}

// foundIn reports a find, once for each file.
func (l *leakSearch) foundIn(name, what string) {
	l.found[what] = true
	l.error(name, "it contains %s; take it out before you publish the site", what)
}

// checkPicture looks for metadata in the bytes of a picture or a clip. Our own files are published
// without any, except for the packet whose mark is in their name. In the files that the owner has
// added, a GPS position is an error, and other metadata a warning.
func (l *leakSearch) checkPicture(name string) error {
	mediaType, err := l.typeOf(name)
	if err != nil || mediaType == "" {
		return err
	}
	if l.files[name] > media.MaxLooked {
		l.warn(name, "it is too large to be searched for metadata; make sure that it has none")
		return nil
	}
	data, err := fs.ReadFile(l.site, name)
	if err != nil {
		return err
	}
	_, ours := media.ParseName(name)
	if ours {
		var packet []byte
		data, packet = media.Unmark(data, mediaType)
		l.checkOrigin(name, packet)
	}
	metadata := media.MetadataOf(data, mediaType)
	if ours && len(metadata) == 0 {
		// Bytes of no known kind count as metadata.
		if stripped, err := media.Strip(data, mediaType); err != nil || !bytes.Equal(stripped, data) {
			metadata = []string{"data that is not part of the picture"}
		}
	}
	if len(metadata) == 0 {
		return nil
	}
	report, remedy := l.warn, "to remove that, run "+media.CleanCommand+" FILE, and build the site again"
	if ours {
		remedy = "delete it, and run firstframe again"
	}
	if ours || slices.Contains(metadata, media.GPSMetadata) {
		report = l.error
	}
	report(name, "it contains %s; %s", strings.Join(metadata, ", "), remedy)
	return nil
}

// typeOf returns the media type of a picture or of one of our clips, according to its bytes, or ""
// for other files. One of our own names with another content is an error.
func (l *leakSearch) typeOf(name string) (string, error) {
	f, err := l.site.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, media.Sniffed)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return "", err
	}
	mediaType := media.Sniff(head[:n])
	parsed, ours := media.ParseName(name)
	switch {
	case strings.HasPrefix(mediaType, "image/"), mediaType != "" && parsed.IsClip():
		return mediaType, nil
	case ours && !parsed.IsRendition():
		l.error(name, "it is neither a picture nor a video; delete it, and run firstframe again")
	}
	return "", nil
}
