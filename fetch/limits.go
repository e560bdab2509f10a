package fetch

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
)

// What comes from the service or from a host is bounded in bytes, items, depth
// and time. All these limits are here; Limits lists them.

// Answers of the service.
const (
	// maxAnswer is the size of an answer that is still read, unless more than maxAnswer/maxItem
	// files are asked for, which is done only where there are likely to be so many: then it is
	// maxItem for each, twice the usual.
	maxAnswer = 16 << 20
	maxItem   = 1 << 10
	// maxExplanation is how much of an answer is read that is an error.
	maxExplanation = 64 << 10
	// maxDepth is how deep an item may be nested, as deep as encoding/json goes in a list.
	maxDepth = 9999
	// maxFields is how many fields of an item are kept: several times what the service sends.
	maxFields = 64
	// maxSkipped is how many unusable items are named one by one.
	maxSkipped = 100
	// maxName and maxPrompt are how many bytes of a name and of a prompt are kept: several times
	// what file systems and the service allow. Showing them, and looking for secrets in them, must
	// not be held up by millions.
	maxName   = 1 << 10
	maxPrompt = 16 << 10
)

// Listings.
const (
	// firstLimit is how many files are asked for when all are wanted. The default of the service is
	// 10; nobody is known to have a thousand, so that one request is enough for all but few.
	firstLimit = 1000
	// lastLimit is where asking for more ends.
	lastLimit = firstLimit << 7
	// maxPage is how many videos of one page are read, if a service sends more than it was asked
	// for. The next page begins behind the last one that was read.
	maxPage = 10_000
	// maxPages, maxEntries and maxPagesTogether, in bytes, are where a listing ends that would go
	// on for ever. What is read is kept in memory. 64 MiB are some 20,000 videos with prompts of
	// 2,000 characters.
	maxPages         = 1000
	maxEntries       = 100_000
	maxPagesTogether = 4 * maxAnswer
	// maxOrigins is how many source images of one video are read: many times what a video is made
	// from.
	maxOrigins = 64
	// listingTime is the time for one listing with all its requests, tries and waits.
	listingTime = 2 * time.Minute
)

// Requests and downloads.
const (
	// maxTries is how often one request is sent at most: more requests do not free a service that
	// is busy for longer.
	maxTries = 4
	// maxRedirects is how many redirects of one download are followed.
	maxRedirects = 5
	// maxHeaders is how many bytes the headers of an answer may have.
	maxHeaders = 64 << 10
	// connectTime is the time for a connection, and again for its TLS handshake.
	connectTime = 10 * time.Second
	// idleTimeout is how long nothing may arrive before a try is given up.
	idleTimeout = 30 * time.Second
	// maxOriginal is three times what the makers of videos accept for an image.
	maxOriginal = 64 << 20
	// downloadTime is the time for one file with all its tries and waits: 64 MiB at 2 Mbit/s.
	downloadTime = 5 * time.Minute
	// silentAfter is how many downloads in a row a host may fail to answer, each with all its
	// tries, before it is left alone.
	silentAfter = 5
	// restFor is how long it is left alone before one download asks it again.
	restFor = 30 * time.Second
)

// Limits returns all limits of this package: what is bounded, the limit, and what happens beyond it.
func Limits() [][3]string {
	size := func(bytes uint64) string { return humanize.IBytes(bytes) }
	number := func(n int64) string { return humanize.Comma(n) }
	const ends = "the listing ends there; nothing is pruned"
	return [][3]string{
		{"an answer of the service", size(maxAnswer), "exit 1"},
		{"the same, where more than " + number(maxAnswer/maxItem) + " files are asked for", size(maxItem) + " for each", "exit 1"},
		{"an answer that is an error", size(maxExplanation), "the message is not shown"},
		{"levels of nesting in an item", number(maxDepth), "exit 1"},
		{"fields of an item", number(maxFields), "the others are not read"},
		{"unusable items that are named one by one", number(maxSkipped), "the others are counted"},
		{"a file's name", size(maxName), "it is cut"},
		{"a prompt", size(maxPrompt), "it is cut between two words"},
		{"files asked for", number(lastLimit), ends},
		{"videos of one page", number(maxPage), "the next page begins there"},
		{"pages of a listing", number(maxPages), ends},
		{"videos and images of a listing", number(maxEntries), ends},
		{"all pages of a listing", size(maxPagesTogether), ends},
		{"source images of a video", number(maxOrigins), "the others are not read, exit 3"},
		{"tries of a request", number(maxTries), "the request has failed"},
		{"redirects of a download", number(maxRedirects), "the download has failed"},
		{"headers of an answer", size(maxHeaders), "the try has failed"},
		{"connecting, and the TLS handshake", fmt.Sprint(connectTime), "the try has failed"},
		{"time without a byte", fmt.Sprint(idleTimeout), "the try has failed"},
		{"downloads in a row that a host does not answer", number(silentAfter), "it is left alone for " + fmt.Sprint(restFor)},
	}
}
