package gallery

import (
	"regexp"
	"slices"
	"strings"

	"firstframe/render/media"
)

// The folders of a site whose files are all ours. Further pages by the owner have folders of their
// own beside these.
const (
	AssetFolder = "assets"     // style sheets, scripts, fonts
	ImageFolder = "image"      // a folder for each image, with its page and nothing else
	MediaFolder = media.Folder // renditions, originals, clips
	MonthFolder = "month"      // the pages of each month
	PageFolder  = "page"       // the pages of older images
	TagFolder   = "tag"        // the pages of each tag
)

// OwnFolders are the folders whose files are all ours, sorted. A further page must not have one of
// these names.
var OwnFolders = []string{AssetFolder, ImageFolder, MediaFolder, MonthFolder, PageFolder, TagFolder}

// The pages at the root of the site.
const (
	IndexName   = "index.html" // the gallery's first page, and the page of every other folder
	MissingName = "404.html"   // the page that servers show for a missing one
)

// PageIn returns the path of the page that a server shows for a folder.
func PageIn(folder string) string { return folder + "/" + IndexName }

// ImagePath returns the path of an image's page.
func ImagePath(slug string) string { return PageIn(ImageFolder + "/" + slug) }

// DataName is the file that the site's scripts search in. It is a script and not JSON, because a
// page that is opened from disk cannot load anything else.
const DataName = "data.js"

// DataVersion is the version of the format of DataName. Bump it when a field of the same name means
// something else.
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

// rootFiles are the files at the root of a site whose names do not begin with a dot, but without
// the parts of a sitemap.
var rootFiles = []string{
	IndexName, MissingName, DataName, AtomName, JSONFeedName, SitemapName, RobotsName, StateName,
}

// IsReserved reports whether a path is that of a file of ours, is in a folder of ours, or would
// stand in the way of one. Case does not count, because on some file systems it makes no
// difference. Hidden files and further pages are not considered.
func IsReserved(name string) bool {
	first, _, _ := strings.Cut(strings.ToLower(name), "/")
	return slices.Contains(rootFiles, first) || first == PartName || slices.Contains(OwnFolders, first) || SitemapPartForm.MatchString(first)
}

// wellKnown is the only folder with a hidden name that is published. Browsers and services ask for
// files in it (RFC 8615).
const wellKnown = ".well-known"

// IsHiddenFile reports whether a part of a path begins with a dot, so that hosts do not show the
// file or folder. At the root of a site, .well-known is not hidden.
func IsHiddenFile(name string) bool {
	if first, rest, _ := strings.Cut(name, "/"); first == wellKnown || first == "." {
		name = rest
	}
	return strings.Contains("/"+name, "/.")
}

// SitemapPartForm matches the names of the parts of a large site's sitemap.
var SitemapPartForm = regexp.MustCompile(`^sitemap-[1-9][0-9]*\.xml$`)

// The state, in two copies.
const (
	// StateName is the file with the state, at the root of the site. It is published.
	StateName = "gallery.json"

	// BackupName is a copy of the state, which replaces a damaged one. Its name begins with a dot,
	// so that it is not published.
	BackupName = ".firstframe-gallery.json"
)

// PartName is the file that makes a folder a part of a gallery instead of a site.
const PartName = "shard.json"

// The other hidden files of an output folder.
const (
	// ManifestName is the list of the files that a run has left, for the next run. It can be
	// deleted: then all pages are made again.
	ManifestName = ".firstframe-files"

	// LockName is the file that a run locks, so that no other run writes at the same time.
	LockName = ".firstframe.lock"

	// TemporaryPrefix and TemporarySuffix are the ends of a temporary file's name.
	TemporaryPrefix = ".firstframe-"
	TemporarySuffix = ".tmp"
)

// IsTemporary reports whether a temporary file can have this name. A killed run leaves some.
func IsTemporary(name string) bool {
	return strings.HasPrefix(name, TemporaryPrefix) && strings.HasSuffix(name, TemporarySuffix)
}
