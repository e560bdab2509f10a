package render

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/dustin/go-humanize"
	"golang.org/x/text/language"

	"firstframe/render/gallery"
	"firstframe/render/media"
	"firstframe/render/plainfs"
)

// Content is everything that the owner wrote: Markdown with YAML front matter.
type Content struct {
	Site     SiteInfo
	Intro    string // Markdown
	Texts    []Text // by weight, then name
	Captions map[string]Caption
	Topics   map[string]*Topic // by the folder of the pages: "tag/low-tide", "month/2024-10"

	normal  map[string]string // names of captions, by their NFC forms
	written []writtenText     // the texts that can have links
}

// SiteInfo is the front matter of index.md.
type SiteInfo struct {
	Title       string `yaml:"title"`
	Description string `yaml:"description"`
	Author      string `yaml:"author"`
	License     string `yaml:"license"`
	Language    string `yaml:"language"` // BCP 47, such as "en" or "pt-BR"
	// SourceType is how all images were made, unless their captions say otherwise: a code of
	// IPTC's vocabulary, such as "trainedAlgorithmicMedia".
	SourceType string `yaml:"digital_source_type"`
	// AISystem is the AI system that made them, for people, such as "Midjourney".
	AISystem string `yaml:"ai_system"`
}

// Origin returns how all images were made, as far as the owner says it.
func (c *Content) Origin() media.Origin {
	return media.Origin{SourceType: c.Site.SourceType, AISystem: c.Site.AISystem}
}

// Text is a further page.
type Text struct {
	Name  string `yaml:"-"` // the file's name without .md, which is the page's folder
	Title string `yaml:"title"`
	// Description is for the page's metadata. Weight orders the navigation.
	Description string `yaml:"description"`
	Weight      int    `yaml:"weight"`
	Body        string `yaml:"-"` // Markdown
}

// Caption is what the owner wrote about one image.
type Caption struct {
	File     string   `yaml:"-" json:"-"` // its file, for messages; pages do not depend on it
	Title    string   `yaml:"title"`
	Alt      string   `yaml:"alt"`
	Tags     []string `yaml:"tags"`
	Hidden   *bool    `yaml:"hidden"` // nil: as before
	Featured bool     `yaml:"featured"`
	// SourceType is how the image was made, and AISystem by which AI system, as in SiteInfo.
	SourceType string `yaml:"digital_source_type"`
	AISystem   string `yaml:"ai_system"`
	Body       string `yaml:"-"` // Markdown
}

// textName matches the names that a further page can have. They become folders.
var textName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// languageForm matches tags of languages.
var languageForm = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)

// isLanguage reports whether a tag has the form of BCP 47. Its parts need not be known.
func isLanguage(tag string) bool {
	_, err := language.Parse(tag)
	_, unknown := errors.AsType[language.ValueError](err)
	return languageForm.MatchString(tag) && (err == nil || unknown)
}

// ReadContent is LoadContent for a folder on the disk. Errors and warnings name files from where the
// user is, as in "content/images/a.md:2".
func ReadContent(dir string) (*Content, []string, error) {
	folder, err := plainfs.Open(dir, plainfs.Limits{File: maxContentFile, Bytes: maxContentBytes, Files: maxContentFiles})
	if err != nil {
		return nil, nil, fmt.Errorf("reading the content folder: %w", err)
	}
	defer folder.Close()
	return loadContent(&contentReader{dir: folder, shown: filepath.ToSlash(dir)})
}

// LoadContent reads index.md, the further pages, images/**/*.md, tags/*.md and months/*.md of a
// content folder. All of them are optional. The error joins the mistakes in all files, each with
// file and line. The warnings name what has no effect. There can be warnings with an error, too.
func LoadContent(dir fs.FS) (*Content, []string, error) { return loadContent(&contentReader{dir: dir}) }

// loadContent is LoadContent with a reader.
func loadContent(r *contentReader) (*Content, []string, error) {
	c := &Content{Captions: map[string]Caption{}, Topics: map[string]*Topic{}}
	if err := c.readFiles(r); err != nil {
		return nil, r.warnings, fmt.Errorf("%s: %w", strings.TrimSpace("reading the content folder "+r.shown), err)
	}
	if err := r.faults.err(); err != nil {
		return nil, r.warnings, err
	}
	c.normalize()
	c.written = r.written
	slices.SortFunc(c.Texts, func(a, b Text) int {
		return cmp.Or(cmp.Compare(a.Weight, b.Weight), cmp.Compare(a.Name, b.Name))
	})
	if err := c.tryMarkdown(r.path); err != nil {
		return nil, r.warnings, err
	}
	return c, r.warnings, nil
}

// readFiles reads all files. Mistakes in them are left to the reader.
func (c *Content) readFiles(r *contentReader) error {
	ctx, cancel := context.WithTimeout(context.Background(), contentTime)
	defer cancel()
	folders, err := r.forMarkdown(ctx, ".", func(name, file, text string) error { return c.addPage(r, name, file, text) })
	if err != nil {
		return err
	}
	r.checkFolderNames(folders)
	r.faults.add(c.checkTitles())
	if err = c.readCaptions(ctx, r, ".", map[string]bool{}); err == nil {
		err = c.readTopics(ctx, r)
	}
	r.warnOfFolders(folders)
	return err
}

// readCaptions reads the captions in a folder of images/, and in the folders inside it. A caption in
// a folder is about the picture with the same path. It collects the tags.
func (c *Content) readCaptions(ctx context.Context, r *contentReader, within string, tags map[string]bool) error {
	folder := path.Join(captionFolder, within)
	folders, err := r.forMarkdown(ctx, folder, func(name, file, text string) error {
		caption := Caption{File: file}
		err := r.frontMatter(file, text, &caption, &caption.Body)
		caption.Title, caption.Alt, caption.AISystem = OneLine(caption.Title), OneLine(caption.Alt), OneLine(caption.AISystem)
		c.Captions[path.Join(within, name)] = caption
		return cmp.Or(err, checkHidden(file, text, caption), checkSourceType(file, text, caption.SourceType),
			checkLengths(file, caption.Title, caption.Alt, caption.AISystem), checkTags(file, caption.Tags, tags))
	})
	if err != nil {
		return err
	}
	if strings.Count(folder, "/") == maxCaptionDepth {
		r.warnNotRead(folder, folders)
		return nil
	}
	for _, name := range folders {
		if err := c.readCaptions(ctx, r, path.Join(within, name), tags); err != nil {
			return err
		}
	}
	return nil
}

// addPage adds index.md or a further page.
func (c *Content) addPage(r *contentReader, name, file, text string) error {
	if name == "index" {
		err := r.frontMatter(file, text, &c.Site, &c.Intro)
		if err == nil && c.Site.Language != "" && !isLanguage(c.Site.Language) {
			err = wrongValue(file, text, "language", fmt.Sprintf("must be a code such as en or pt-BR, not %q", c.Site.Language))
		}
		w := &c.Site
		w.Title, w.Description, w.Author, w.License = OneLine(w.Title), OneLine(w.Description), OneLine(w.Author), OneLine(w.License)
		w.AISystem = OneLine(w.AISystem)
		if err == nil && w.AISystem != "" && w.SourceType == "" {
			r.warnings = append(r.warnings, wrongValue(file, text, "ai_system", "has no effect without digital_source_type").Error())
		}
		return cmp.Or(err, checkSourceType(file, text, w.SourceType), checkLengths(file, w.Title, w.Description, w.Author, w.License, w.AISystem))
	}
	if !textName.MatchString(name) || slices.Contains(gallery.OwnFolders, name) {
		return fmt.Errorf("%s: a page cannot have the name %q: "+
			"use small letters, digits and hyphens, and none of the site's own folders (%s)",
			file, name, strings.Join(gallery.OwnFolders, ", "))
	}
	page := Text{Name: name}
	err := r.frontMatter(file, text, &page, &page.Body)
	page.Title, page.Description = OneLine(page.Title), OneLine(page.Description)
	if page.Title == "" {
		page.Title = titleFromName(name)
	}
	c.Texts = append(c.Texts, page)
	return cmp.Or(err, checkLengths(file, page.Title, page.Description))
}

// checkTitles limits the links to further pages, which are on every page.
func (c *Content) checkTitles() error {
	if len(c.Texts) > maxTexts {
		return fmt.Errorf("there are more than %d pages besides index.md", maxTexts)
	}
	length := 0
	for _, t := range c.Texts {
		length += len(t.Title)
	}
	if length > maxTitles {
		return fmt.Errorf("the titles of the pages are longer than %s together: make them shorter", humanize.IBytes(maxTitles))
	}
	return nil
}

// checkLengths limits the texts of front matter, which are shown on many pages.
func checkLengths(file string, texts ...string) error {
	for _, text := range texts {
		if len(text) > maxFrontMatterText {
			return fmt.Errorf("%s: a text in the front matter is longer than %s", file, humanize.IBytes(maxFrontMatterText))
		}
	}
	return nil
}

// checkTags limits the tags of an image, and the tags of all images, which it collects in known.
// Each tag has a page of its own.
func checkTags(file string, tags []string, known map[string]bool) error {
	if len(tags) > gallery.MaxTags {
		return fmt.Errorf("%s: an image cannot have more than %d tags", file, gallery.MaxTags)
	}
	for _, tag := range tags {
		known[tag] = true
	}
	if len(known) > maxTagPages {
		return fmt.Errorf("%s: there are more than %d different tags", file, maxTagPages)
	}
	if slices.ContainsFunc(tags, func(tag string) bool { return len(tag) > maxTagLength }) {
		return fmt.Errorf("%s: a tag is longer than %s", file, humanize.IBytes(maxTagLength))
	}
	return nil
}

// checkSourceType returns an error if the code is none of media.SourceTypes.
func checkSourceType(file, text, code string) error {
	if code == "" || slices.Contains(media.SourceTypes, code) {
		return nil
	}
	return wrongValue(file, text, "digital_source_type", fmt.Sprintf("must be one of %s, not %q", strings.Join(media.SourceTypes, ", "), code))
}

// cleanTags trims tags, and drops empty and repeated ones.
func cleanTags(tags []string) []string {
	var clean []string
	for _, t := range tags {
		if t = OneLine(t); t != "" && !slices.Contains(clean, t) {
			clean = append(clean, t)
		}
	}
	return clean
}

// shortestID is the length from which on a file name of hex digits is an id, in bytes.
const shortestID = 16

// titleFromName makes a title from a file name: "misty-ridge_dawn.jpg" becomes "Misty ridge dawn".
// An id gives "", because it means nothing to a person.
func titleFromName(name string) string {
	name = strings.TrimSuffix(name, path.Ext(name))
	if len(name) >= shortestID && strings.Trim(name, "0123456789abcdefABCDEF_-") == "" {
		return ""
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || unicode.IsSpace(r) })
	return capital(printable(strings.Join(words, " ")))
}
