// Package fetch talks to the network: it lists the owner's files, videos and images, downloads
// them, and keeps the originals on disk. It also lists the pictures in a folder. Its files, in the
// order in which a run needs them:
//
//	fetch.go        File: an entry of a listing, its key, and the date in its address
//	service.go      API: requests to the service, with the token
//	serviceerror.go what the service answers instead of a list, and hints for the owner
//	listing.go      Listing: what the service or a folder lists
//	files.go        the listing of files and its parser
//	accounts.go     the accounts that the token can use
//	pages.go        listings that come page by page
//	videos.go       the listing of videos and its parser
//	images.go       the listing of the pictures that the service made itself, and its parser
//	folder.go       Folder: a folder of the owner's pictures, as a listing
//	seen.go         what the cache remembers of the files in such a folder
//	changetime_linux.go, changetime_other.go  when a file was changed, as the system says
//	json.go         reads untrusted JSON, one item at a time
//	redact.go       removes secrets and ids from text
//	retry.go        the retry policy
//	transport.go    connections, timeouts, and errors of the network in our own words
//	queue.go        when and in which order downloads start
//	cache.go        Cache: the originals on disk, downloaded when missing
//	original.go     Original: how the cache stores and verifies one
//	download.go     one download: tries, redirects, checks
//	circuit.go      the circuit breaker: leaves a silent host alone
//	address.go      the check that an address is public
//	encoding.go     unpacks answers that are compressed although we did not ask for that
//	mediatype.go    what bytes really are
//	sitefile.go     a download that is not kept: a file of a published site
//	disk.go         every operation that changes the disk
//	limits.go       all limits on input from others
//
// # Listings
//
// Only requests for listings carry the token. They go through an http.Transport instead of an
// http.Client, because a client follows redirects, keeps cookies and sends a Referer. So no header
// can leak to another host. The answer is untrusted: its size, its nesting and its number of items
// are limited. Each item is decoded on its own, so an unusable one does not affect the others.
// Before anybody sees a message of the service, it is cut to one short line without the token,
// accounts and ids.
//
// A temporary failure is retried, with at most four tries in total. Each wait is about twice as
// long as the one before. If the service names a wait, that one is used. A refusal is not retried.
// Two timeouts limit every wait: one for time without a byte, one for everything together.
//
// # Downloads
//
// Downloads have a transport of their own. Their addresses come from the listing, so they are
// untrusted, too. An address is checked when the connection is made, after the name is resolved. So
// neither a redirect nor a name with changing addresses can lead into the owner's network. The
// bytes flow through SHA-256 into a temporary file. Their first kilobyte decides the media type;
// anything but a picture is dropped there. A host that does not answer is left alone for a while,
// and there is a time limit for all downloads together.
//
// # Folders
//
// A folder of the owner's pictures is a listing like the others. It is read only as plain files in
// plain folders. A picture in it is known by the hash of its bytes. When its renditions are made,
// the bytes are copied first, and must still have this hash.
//
// # The cache
//
// The cache keeps originals under the hash of their bytes. For each file that was usable, it also
// keeps a record: the hash of its bytes, and the hash of its address. The record is named after the
// hash of the file's id. The cache is private and can be deleted at any time. Nothing in it is
// trusted: an original counts only if its size and its hash are right. So it needs no lock and no
// fsync, and two runs can share it.
//
// Errors name a host at most, never a path or a query, because the URL of an image can identify its
// uploader.
package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"time"
)

// File is an entry of a listing. ID, URL and Account are private: they are never printed or
// published.
type File struct {
	ID            string // file_id
	Name          string // file_name from the upload; untrusted
	Type          string // file_type as declared; untrusted, only the bytes count
	URL           string // cdn_url
	Scene, Status string // as in the listing, "" when missing; numbers keep their spelling
	Account       string // account of the listing, "" when none was named
	Secret        bool   // whether Name contains a secret or an id; then it is never printed or published

	Generated *Generated // nil unless the service made it and lists it among its images

	Picture *Picture // nil unless the file is in a Folder; then ID, URL, Type, Scene, Status and Account are ""

	key string // cached Key; "" when not computed yet
}

// Key returns a public name of f that does not reveal its ID: the first 20 hex digits of the
// SHA-256 of the ID, or of the imageId of a picture of the service, or of the URL when there is
// neither. 80 bits are enough to distinguish files, and too few to be mistaken for the hash of an
// original.
func (f File) Key() string {
	if f.key != "" {
		return f.key
	}
	switch {
	case f.ID != "":
		return keyOf(f.ID)
	case f.Generated != nil && f.Generated.Key != "":
		return f.Generated.Key
	}
	// IDs contain no NUL, so no ID has the same key as a URL.
	return keyOf("cdn_url\x00" + f.URL)
}

// Keys returns all keys that f can be known by, its Key first. A picture of the service has one for
// its imageId, too, because the service can list it before it has a file_id.
func (f File) Keys() []string {
	keys := []string{f.Key()}
	if g := f.Generated; g != nil && g.Key != "" && g.Key != keys[0] {
		keys = append(keys, g.Key)
	}
	return keys
}

// keyOf returns the first 20 hex digits of the SHA-256 of named.
func keyOf(named string) string {
	sum := sha256.Sum256([]byte(named))
	return hex.EncodeToString(sum[:10])
}

// Entry returns a hash of the address and the type of f in the listing. When it changes, a file
// that could not be used is tried again. It is too short to find the address from it.
func (f File) Entry() string { return entryOf(f.URL, f.Type) }

// entryOf returns the hash of an address and a type. It ignores the query of the address, because a
// signature in it would change with every listing.
func entryOf(address, mediaType string) string {
	if u, err := url.Parse(address); err == nil {
		address = u.Hostname() + u.EscapedPath()
	}
	sum := sha256.Sum256([]byte("entry\x00" + address + "\x00" + mediaType))
	return hex.EncodeToString(sum[:8])
}

// china is the time zone of the hours in the paths of the CDN. It has no summer time, so it needs
// no time zone database.
var china = time.FixedZone("UTC+8", 8*60*60)

// Uploaded returns the hour of the upload in UTC: when the service made f, else the hour in the path
// of the URL (…/2024-10-12-05/…). It is zero when the path has no such hour.
func (f File) Uploaded() time.Time {
	if f.Generated != nil && !f.Generated.Created.IsZero() {
		return f.Generated.Created
	}
	return hourIn(f.URL)
}

// hourIn returns the first hour in the path of a URL of the CDN, in UTC; zero when it has none.
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

// hourOf parses YYYY-MM-DD-HH. It rejects implausible years, because such a number is not a date.
func hourOf(s string) (time.Time, bool) {
	const layout = "2006-01-02-15"
	t, err := time.ParseInLocation(layout, s, china)
	// Parse accepts an hour of one digit, too.
	return t, err == nil && len(s) == len(layout) && plausible(t)
}

// plausible reports whether t is in a year from 2000 to 2099.
func plausible(t time.Time) bool { return t.Year() >= 2000 && t.Year() <= 2099 }
