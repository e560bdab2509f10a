package render

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"firstframe/render/gallery"
	"firstframe/render/plainyaml"
)

// This file contains all limits of what the owner writes, in bytes, items, depth and time.

// The limits of the owner's files. The largest known site has some thousand captions of a few
// hundred bytes each; a long page has 30 KiB.
const (
	maxContentFile  = 128 << 10 // bytes
	maxContentBytes = 128 << 20
	maxCaptionDepth = 32 // folders inside each other with captions
	maxContentFiles = 100_000
	maxThemeFile    = 16 << 20 // fonts and pictures
	maxThemeBytes   = 64 << 20
	maxThemeFiles   = 10_000
	maxStaticFile   = 25 << 20 // what some hosts take
	maxStaticBytes  = 100 << 20
	maxStaticFiles  = 10_000
	maxTemplate     = 256 << 10 // the built-in ones have some kilobytes
	maxTemplates    = 1 << 20   // bytes of all templates that a page can use
	// maxPage is far above the size of a page with ten thousand tags.
	maxPage      = 64 << 20         // bytes of a page that a theme's template makes
	templateTime = 10 * time.Second // for one page
)

// The limits of what front matter says.
const (
	maxFrontMatterText = 4 << 10 // bytes of a title, a description …
	maxTagLength       = 1 << 10 // bytes
	maxTagPages        = 10_000  // different tags of all images; each has a page
	maxTopics          = 10_000  // texts about tags and months
	// Every page has a link to each further page, with its title.
	maxTexts  = 200
	maxTitles = 16 << 10 // bytes
)

// The limits of looking for the name that a misspelt name means. With these, a hundred misspelt
// names in a large gallery take a second instead of minutes.
const (
	maxNearName  = 80        // bytes of a name
	maxNearTries = 1_000_000 // pairs of names
)

// The limits of the Markdown of a page or a caption. With these, the worst text that a search over
// repeated fragments has found takes a third of a second and 13 MiB. A caption is also limited by
// maxContentFile, which must be larger than maxMarkdown.
const (
	maxMarkdown      = 64 << 10 // bytes
	maxMarkdownLines = 10_000
	maxMarkdownDepth = 32     // nested lists and quotes
	maxLinks         = 2_000  // opening brackets
	maxMarks         = 10_000 // characters of emphasis and quotation marks
	maxCells         = 10_000 // of tables
	// maxCode limits the backquotes of a text times its lines. For each unclosed one, the parser
	// looks through all lines after it.
	maxCode = 4_000_000
	maxHTML = 1 << 20 // bytes
)

// The times for the owner's words are variables, so that a test on a busy machine can wait longer.
var (
	markdownTime = 10 * time.Second // for one text
	contentTime  = time.Minute      // for reading all files, and for the trial of all texts
)

// maxFaults is how many mistakes in the content are reported at once.
const maxFaults = 20

// Limits returns the limits of this package. Each is a name, the limit, and what happens beyond it.
func Limits() [][3]string {
	number := func(n int64) string { return humanize.Comma(n) }
	const refused = "exit 1, before the first request"
	return [][3]string{
		{"a content file", humanize.IBytes(maxContentFile), refused},
		{"all content files", humanize.IBytes(maxContentBytes), refused},
		{"folders inside each other, with captions", number(maxCaptionDepth), "deeper ones are not read, with a warning"},
		{"files in one content folder, or in all content folders", number(maxContentFiles), refused},
		{"mistakes in the content that are reported at once", number(maxFaults), "the others are counted"},
		{"mistakes, and unknown keys, in one front matter that are reported at once", number(plainyaml.MaxProblems), "the others are not reported"},
		{"reading all content files", fmt.Sprint(contentTime), refused},
		{"a theme file", humanize.IBytes(maxThemeFile), refused},
		{"all theme files", humanize.IBytes(maxThemeBytes), refused},
		{"files in one theme folder, or in all theme folders", number(maxThemeFiles), refused},
		{"a static file", humanize.IBytes(maxStaticFile), refused},
		{"all static files", humanize.IBytes(maxStaticBytes), refused},
		{"static files and their folders", number(maxStaticFiles), refused},
		{"a template", humanize.IBytes(maxTemplate), refused},
		{"the templates that a page can use", humanize.IBytes(maxTemplates), refused},
		{"a page made by a template", humanize.IBytes(maxPage), refused},
		{"making such a page", fmt.Sprint(templateTime), refused},
		{"front matter, or a file of words", humanize.IBytes(plainyaml.MaxBytes), refused},
		{"lines of front matter or words", number(plainyaml.MaxLines), refused},
		{"nesting levels of front matter or words", number(plainyaml.MaxDepth), refused},
		{"YAML anchors, aliases, merge keys and tags in front matter or words", "none", refused},
		{"a text in front matter", humanize.IBytes(maxFrontMatterText), refused},
		{"tags of an image", number(gallery.MaxTags), refused},
		{"a tag", humanize.IBytes(maxTagLength), refused},
		{"different tags", number(maxTagPages), refused},
		{"texts about tags and months", number(maxTopics), refused},
		{"the longest name that is suggested for a misspelt one", humanize.IBytes(maxNearName), "not suggested"},
		{"comparisons of names for such suggestions", number(maxNearTries), "no more suggestions"},
		{"further pages", number(maxTexts), refused},
		{"titles of all further pages together", humanize.IBytes(maxTitles), refused},
		{"the Markdown of a page or caption", humanize.IBytes(maxMarkdown), refused},
		{"lines of Markdown", number(maxMarkdownLines), refused},
		{"nesting levels of lists and quotes", number(maxMarkdownDepth), refused},
		{"opening brackets (each link has one)", number(maxLinks), refused},
		{"asterisks, underscores, tildes and quotation marks", number(maxMarks), refused},
		{"number of backquotes × number of lines, in a text", number(maxCode), refused},
		{"table cells", number(maxCells), refused},
		{"the HTML of a page or caption", humanize.IBytes(maxHTML), refused},
		{"rendering the Markdown of a page or caption", fmt.Sprint(markdownTime), refused},
		{"rendering all long texts once", fmt.Sprint(contentTime), refused},
	}
}
