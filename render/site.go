package render

import (
	"cmp"
	"fmt"
	"net/url"
)

func (opts Options) site() *Site {
	words := opts.Content.Site
	language := cmp.Or(words.Language, fallbackLanguage)
	interfaceWords, _ := opts.Theme.words(language)
	return &Site{
		Title:       cmp.Or(OneLine(opts.Title), words.Title, interfaceWords.say("gallery")),
		Description: words.Description,
		Author:      words.Author,
		License:     words.License,
		LicenseURL:  licenseURL(words.License),
		SourceType:  words.SourceType,
		NoIndex:     opts.NoIndex,
		Language:    language,
		Direction:   direction(language),
		BaseURL:     opts.BaseURL,
		MediaURL:    opts.MediaURL,
		words:       interfaceWords,
	}
}

// Warnings names what the owner asked for and does not get.
func (opts Options) Warnings() []string {
	language := cmp.Or(opts.Content.Site.Language, fallbackLanguage)
	if _, known := opts.Theme.words(language); !known {
		return []string{fmt.Sprintf("there are no words in the language %q, so they are English: a theme's file %s/%s.yaml would hold them",
			language, wordsFolder, language)}
	}
	return nil
}

// rootPath is the path of the site's root on its host, or "".
func (s *Site) rootPath() string {
	u, err := url.Parse(s.BaseURL)
	if s.BaseURL == "" || err != nil {
		return ""
	}
	return cmp.Or(u.EscapedPath(), "/")
}

// Site is what is the same on every page. It holds no count of images: a page
// whose own content did not change must not have to be written.
type Site struct {
	Title       string
	Description string
	Author      string
	License     string
	LicenseURL  string // "" where it is not known
	SourceType  string // what all images were made by, if the owner said so
	NoIndex     bool   // not to be listed by search engines
	Language    string // BCP 47
	Direction   string // "ltr" or "rtl"
	BaseURL     string // with a slash at its end, or ""
	MediaURL    string // instead of the site's root where the media are, or ""

	words *Words
}

// mediaBase is the same as a full address, where the site's is known.
func (s *Site) mediaBase() string { return cmp.Or(s.MediaURL, s.BaseURL) }

// policy is the Content-Security-Policy of a page whose style sheets come from
// style: nothing from elsewhere but the media, no inline script. Style
// attributes are allowed, for each picture's shape and colour stand in one.
func (s *Site) policy(style string) string {
	const form = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src 'self' data:%[1]s; media-src 'self'%[1]s; connect-src 'self'; manifest-src 'self'; font-src 'self'; script-src 'self'; style-src-attr 'unsafe-inline'; style-src %[2]s"
	media := ""
	if u, err := url.Parse(s.MediaURL); err == nil && u.Host != "" {
		media = " " + u.Scheme + "://" + u.Host
	}
	return fmt.Sprintf(form, media, style)
}
