// Package fetch talks to the network: the listings, the downloads, the originals on disk. In the order in which
// things happen:
//
// A listing, of files (listing.go) or of the videos that were made from them (video.go), is asked for with the token, and for nothing else is the token ever used. Requests go
// through an http.Transport and not through an http.Client, because a client follows redirects, keeps cookies and
// names where it came from: without one there is no header that could leave for another host. What the service
// says is untrusted: the size of its answer, its nesting and the number of its items are bounded; every item is
// decoded on its own, so that one that cannot be used costs no other; and a message is made one short line without
// the token, an account or an id before anybody sees it (service.go, redact.go).
//
// What fails for a moment is tried again, at most four times in all, with growing waits, or as long as the service
// asks (retry.go). What is refused is not. Every wait is bounded twice: by the time in which nothing arrives, and by
// the time for everything together (transport.go).
//
// A download (download.go) is made by a transport of its own. Its addresses come from the listing,
// so they are untrusted, too: whether an address may be dialled is decided when it is dialled
// (address.go), after the name is resolved, so that neither a redirect nor a name that changes its
// address leads into the owner's network. The bytes flow through SHA-256 into a temporary file;
// they decide what they are (mediatype.go), and whatever is not a picture is left at its first
// kilobyte. A compression that nobody asked for is undone (encoding.go). A host that does not
// answer is left alone for a while (circuit.go), and there is an end to all downloads together.
// When each of many downloads begins, so that they come in one after the other and not all at once
// at the end, a queue tells (queue.go).
//
// A cache (cache.go) keeps the originals under the hash of their bytes, and beside them, under the
// hash of a file's id, which file had which bytes at which address, once the caller could use them.
// It is private and can be deleted at any time. Nothing in it is believed: an original counts only
// if its size and its hash are right. So it needs no lock and no fsync; two runs can share it.
//
// Errors say a host at most, never a path or a query, since the URL of an image can name its uploader.
package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// File is an entry of a listing. ID, URL and Account are private: they are never printed or published.
type File struct {
	ID            string // file_id
	Name          string // file_name, as the owner uploaded it; untrusted
	Type          string // file_type as declared; never trusted, only the bytes tell
	URL           string // cdn_url
	Scene, Status string // as the service gave them, "" when missing; numbers as they were written
	Account       string // the account it was listed for, "" when none was named
	Secret        bool   // Name holds a secret or an id: it tells files apart, and is never printed or published

	key string // "" when it has not been made yet
}

// Key names f without telling what it is: the first 20 hex digits of the SHA-256 of its ID, or of its URL when it has
// no ID. 80 bits are enough to tell files apart, and too few to be taken for the hash of an original.
func (f File) Key() string {
	if f.key != "" {
		return f.key
	}
	named := f.ID
	if named == "" {
		// An ID has no NUL, so no ID can have the key of a URL.
		named = "cdn_url\x00" + f.URL
	}
	return keyOf(named)
}

func keyOf(named string) string {
	sum := sha256.Sum256([]byte(named))
	return hex.EncodeToString(sum[:10])
}

// Entry is a hash of what the listing says of where f is and of what it is: another one means
// another try. It is too short to find the address by it.
func (f File) Entry() string { return entryOf(f.URL, f.Type) }

// entryOf leaves out the query of an address: a signature in it would make a new entry of every
// listing.
func entryOf(address, mediaType string) string {
	if u, err := url.Parse(address); err == nil {
		address = u.Hostname() + u.EscapedPath()
	}
	sum := sha256.Sum256([]byte("entry\x00" + address + "\x00" + mediaType))
	return hex.EncodeToString(sum[:8])
}

// china is the zone of the hour in the paths of the CDN. It has no summer time, so it needs no zone database.
var china = time.FixedZone("UTC+8", 8*60*60)

// Uploaded returns when f was uploaded, to the hour and in UTC, as the path of its URL tells (…/2024-10-12-05/…).
// It is zero when the path does not tell.
func (f File) Uploaded() time.Time { return hourIn(f.URL) }

// hourIn returns the first hour in the path of a URL of the CDN, in UTC; zero when there is none.
func hourIn(address string) time.Time {
	u, err := url.Parse(address)
	if err != nil {
		return time.Time{}
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if t, ok := hourOf(segment); ok {
			return t.UTC()
		}
	}
	return time.Time{}
}

// hourOf reads YYYY-MM-DD-HH. Years before 2000 and after 2099 are some other number, and a day that is not in the
// calendar is no date, although time.Date would make one of it.
func hourOf(s string) (time.Time, bool) {
	if len(s) != len("2006-01-02-15") || s[4] != '-' || s[7] != '-' || s[10] != '-' {
		return time.Time{}, false
	}
	var part [4]int
	for i, digits := range []string{s[:4], s[5:7], s[8:10], s[11:]} {
		n, err := strconv.ParseUint(digits, 10, 16)
		if err != nil {
			return time.Time{}, false
		}
		part[i] = int(n)
	}
	year, month, day, hour := part[0], time.Month(part[1]), part[2], part[3]
	t := time.Date(year, month, day, hour, 0, 0, 0, china)
	if year < 2000 || year > 2099 || t.Month() != month || t.Day() != day || t.Hour() != hour {
		return time.Time{}, false
	}
	return t, true
}
