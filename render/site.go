package render

import (
	"cmp"
	"fmt"
	"net/url"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// Site is everything that is the same on all pages. It has no number of images, because then every
// page would be written again with each new image.
type Site struct {
	Title       string
	Description string
	Author      string
	License     string
	LicenseURL  string // "" if it is unknown
	NoIndex     bool   // whether search engines must not list the site
	Language    string // BCP 47
	Direction   string // "ltr" or "rtl"
	BaseURL     string // with a final slash; "" if it is unknown
	MediaURL    string // the root of the media, with a final slash; "" for the site's root

	// ServiceCodes says whether to show the scene and the status that the service lists.
	ServiceCodes bool

	// Origin is how all images were made, unless something else is known about one; see origin.
	Origin media.Origin

	words *Words
}

// site returns what all pages share: the flags, or else the content, or else a default.
func (opts Options) site() *Site {
	owner := opts.Content.Site
	language := cmp.Or(owner.Language, fallbackLanguage)
	interfaceWords, _ := opts.Theme.words(language)
	return &Site{
		Title:       cmp.Or(OneLine(opts.Title), owner.Title, interfaceWords.say("gallery")),
		Description: owner.Description,
		Author:      owner.Author,
		License:     owner.License,
		LicenseURL:  licenseURL(owner.License),
		NoIndex:     opts.NoIndex,
		Language:    language,
		Direction:   direction(language),
		BaseURL:     opts.BaseURL,
		MediaURL:    opts.MediaURL,

		ServiceCodes: opts.ServiceCodes,
		Origin:       opts.Content.Origin(),

		words: interfaceWords,
	}
}

// origin returns how an image was made.
func (s *Site) origin(m *gallery.Image) media.Origin { return m.OriginAmong(s.Origin) }

// Warnings returns a sentence for each wish of the owner that cannot be met.
func (opts Options) Warnings() []string {
	var warnings []string
	language := cmp.Or(opts.Content.Site.Language, fallbackLanguage)
	if _, known := opts.Theme.words(language); !known {
		warnings = append(warnings, fmt.Sprintf("the pages are in English, because there is no translation into %q; to add one, write %s/%s.yaml in a theme",
			language, wordsFolder, language))
	}
	return warnings
}

// rootPath returns the path of the site's root on its host, or "" if the site's address is unknown.
func (s *Site) rootPath() string {
	u, err := url.Parse(s.BaseURL)
	if s.BaseURL == "" || err != nil {
		return ""
	}
	return cmp.Or(u.EscapedPath(), "/")
}

// mediaBase returns the full address that media paths are relative to, or "" if the site's address
// is unknown.
func (s *Site) mediaBase() string { return cmp.Or(s.MediaURL, s.BaseURL) }

// policy returns the Content-Security-Policy of a page whose style sheets come from style. It
// allows nothing from elsewhere but the media, and no inline script. It allows style attributes,
// because each picture's shape and colour are in one.
func (s *Site) policy(style string) string {
	const form = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src 'self' data:%[1]s; media-src 'self'%[1]s; connect-src 'self'; manifest-src 'self'; font-src 'self'; script-src 'self'; style-src-attr 'unsafe-inline'; style-src %[2]s"
	media := ""
	if u, err := url.Parse(s.MediaURL); err == nil && u.Host != "" {
		media = " " + u.Scheme + "://" + u.Host
	}
	return fmt.Sprintf(form, media, style)
}
