package fetch

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
)

// This file contains all limits on input from the service and other hosts: bytes, items, depth and
// time.

// Answers of the service.
const (
	// maxAnswer is the largest accepted answer, in bytes. A request for more than maxAnswer/maxItem
	// files accepts maxItem for each of them, twice the usual size. Such a request is sent only
	// when so many files are likely.
	maxAnswer = 16 << 20
	maxItem   = 1 << 10
	// maxExplanation is the largest answer with an error whose message is shown, in bytes.
	maxExplanation = 64 << 10
	// maxDepth is the deepest nesting of an item. encoding/json has the same limit for a list with
	// such an item.
	maxDepth = 9999
	// maxFields is how many fields of an item are kept, several times as many as the service sends.
	maxFields = 64
	// maxSkipped is how many unusable items are named one by one.
	maxSkipped = 100
	// maxName and maxPrompt are how many bytes of a name and of a prompt are kept. That is several
	// times what file systems and the service allow. Millions of bytes would slow down showing them
	// and searching them for secrets.
	maxName   = 1 << 10
	maxPrompt = 16 << 10
	// maxModel is the longest name of a model, in bytes. The longest known one has 23.
	maxModel = 40
	// maxSeconds is the longest plausible video, in seconds. The service makes at most 10 at once.
	maxSeconds = 60 * 60
)

// Listings.
const (
	// firstLimit is the limit of the first request for all files. The default of the service is 10.
	// No owner is known to have a thousand files, so one request is enough for nearly all.
	firstLimit = 1000
	// lastLimit is the largest limit of a request for files.
	lastLimit = firstLimit << 7
	// maxPage is how many entries of one page are read, if the service sends more than requested.
	// The next page begins after the last entry that was read.
	maxPage = 10_000
	// maxPages, maxEntries and maxPagesTogether (in bytes) end a listing that would go on forever.
	// They limit the memory, because the result is kept in memory. 64 MiB are some 20,000 videos
	// with prompts of 2,000 characters.
	maxPages         = 1000
	maxEntries       = 100_000
	maxPagesTogether = 4 * maxAnswer
	// maxOrigins is how many source images of one video are read, many times as many as a video can
	// have.
	maxOrigins = 64
	// listingTime is the time for one listing with all its requests, retries and waits.
	listingTime = 2 * time.Minute
)

// Folders of pictures.
const (
	// maxFolderDepth is how many folders deep pictures are looked for. It ends a folder that was
	// copied into itself.
	maxFolderDepth = 32
	// maxMemory is the largest memory of a folder, in bytes, more than maxEntries files need.
	maxMemory = 64 << 20
)

// Requests and downloads.
const (
	// listingTries is the largest number of tries of a request for a listing, and downloadTries of
	// a download. The first try counts. If a host stays busy after so many, more requests do not
	// help it.
	listingTries  = 4
	downloadTries = 4
	// firstWait is the wait before the second try. Each further wait is twice as long. Waits vary
	// by half at random, so that the runs of many owners that start at the same full hour do not
	// retry together.
	firstWait = time.Second
	// maxRedirects is how many redirects of one download are followed.
	maxRedirects = 5
	// maxHeaders is the largest size of all headers of an answer, in bytes.
	maxHeaders = 64 << 10
	// connectTime is the time for a connection, and the time for its TLS handshake.
	connectTime = 10 * time.Second
	// idleTimeout is the time without a byte that ends a try.
	idleTimeout = 30 * time.Second
	// maxOriginal is the largest original, in bytes, three times as large as image-to-video
	// services accept.
	maxOriginal = 64 << 20
	// downloadTime is the time for one file with all its retries and waits, enough for 64 MiB at 2
	// Mbit/s.
	downloadTime = 5 * time.Minute
	// silentAfter is the number of downloads in a row without an answer, each with all its tries,
	// after which a host is left alone.
	silentAfter = 5
	// restFor is how long a silent host is left alone before one download tries it again.
	restFor = 30 * time.Second
)

// Limits returns all limits of this package. Each row names what is limited, the limit, and what
// happens beyond it.
func Limits() [][3]string {
	size := func(bytes uint64) string { return humanize.IBytes(bytes) }
	number := func(n int64) string { return humanize.Comma(n) }
	const ends = "the listing ends there, and nothing is pruned"
	return [][3]string{
		{"an answer of the service", size(maxAnswer), "exit 1"},
		{"an answer to a request for more than " + number(maxAnswer/maxItem) + " files", size(maxItem) + " for each file", "exit 1"},
		{"an error answer", size(maxExplanation), "the message is not shown"},
		{"nesting levels of an item", number(maxDepth), "exit 1"},
		{"fields of an item", number(maxFields), "the rest is ignored"},
		{"unusable items that are named one by one", number(maxSkipped), "the rest is counted"},
		{"a file name", size(maxName), "cut"},
		{"a prompt", size(maxPrompt), "cut between two words"},
		{"the name of a model", size(maxModel), "not shown"},
		{"files in one request", number(lastLimit), ends},
		{"videos or images on one page", number(maxPage), "the next page begins there"},
		{"pages of a listing", number(maxPages), ends},
		{"videos and images of a listing", number(maxEntries), ends},
		{"all pages of a listing", size(maxPagesTogether), ends},
		{"files in a folder of pictures", number(maxEntries), ends},
		{"folders inside each other, in a folder of pictures", number(maxFolderDepth), "deeper ones are not read, and nothing is pruned"},
		{"source images of a video", number(maxOrigins), "the rest is ignored, exit 3"},
		{"tries of a request for a listing, including the first", number(listingTries), "the listing fails"},
		{"tries of a download, including the first", number(downloadTries), "the download fails"},
		{"redirects of a download", number(maxRedirects), "the download fails"},
		{"headers of an answer", size(maxHeaders), "the try fails"},
		{"connecting; the same again for the TLS handshake", fmt.Sprint(connectTime), "the try fails"},
		{"time without a byte", fmt.Sprint(idleTimeout), "the try fails"},
		{"downloads in a row without an answer from a host", number(silentAfter), "the host gets no request for " + fmt.Sprint(restFor)},
	}
}
