package gallery

import (
	"regexp"
	"strings"
)

// dataName is the file that the site's scripts search in. It is a script and
// not JSON, because a page that is opened from disk may load nothing else.
const DataName = "data.js"

// dataVersion is the version of its format. Bump it when the same names mean something else.
const DataVersion = 2

// The feeds of a site whose address is known.
const (
	AtomName     = "feed.xml"
	JSONFeedName = "feed.json"
)

// The files for search engines.
const (
	SitemapName = "sitemap.xml"
	RobotsName  = "robots.txt"
)

// sitemapPartForm is the form of the names of a large site's sitemaps.
var SitemapPartForm = regexp.MustCompile(`^sitemap-[1-9][0-9]*\.xml$`)

// manifestName holds what the run leaves for the next one: which pages were
// made of what. It is disposable: without it all pages are made anew.
const ManifestName = ".firstframe-files"

const (
	LockName        = ".firstframe.lock"
	TemporaryPrefix = ".firstframe-"
	TemporarySuffix = ".tmp"
)

func IsTemporary(name string) bool {
	return strings.HasPrefix(name, TemporaryPrefix) && strings.HasSuffix(name, TemporarySuffix)
}

// missingPath is where servers look for what they show instead of a page.
const MissingPath = "404.html"

// imageFolder has a folder for each image, with its page and nothing else.
const ImageFolder = "image"

func ImagePath(slug string) string { return ImageFolder + "/" + slug + "/index.html" }

// ownFolders are the folders whose files are all ours.
var OwnFolders = []string{"assets", "image", "media", "month", "page", "tag"}

// StateName is the file that holds the state, at the root of the site.
const StateName = "gallery.json"

// backupName holds the same bytes as the state: a damaged file is replaced by
// the other one. Its name has a dot, so that it stays out of a published site.
const BackupName = ".firstframe-gallery.json"
