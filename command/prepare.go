package command

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/sync/semaphore"

	"firstframe/fetch"
	"firstframe/fetch/demo"
	"firstframe/render"
	"firstframe/render/media"
)

// prepare checks everything that the owner gave before the first request is made, and opens the
// folders.
func (r *run) prepare() error {
	r.result.Out, r.result.DryRun, r.result.Offline, r.result.Problems = r.opts.out, r.opts.dryRun, r.opts.offline, []problem{}
	for _, note := range r.opts.settings.notes {
		r.ui.Note("%s", note)
	}
	r.warnOfLabels()
	if err := r.prepareSite(); err != nil {
		return &ownersError{err}
	}
	r.maker = &media.Maker{Widths: r.opts.widths, Quality: r.opts.quality, MaxPixels: r.opts.maxPixels, AVIF: slices.Contains(r.opts.formats, formatAVIF)}
	if r.maker.AVIF {
		if err := media.CanEncodeAVIF(); err != nil {
			return hinted("build firstframe with -tags nodynamic", "making AVIF: %w", err)
		}
	}
	r.cache = &fetch.Cache{
		Dir: r.opts.cache, MaxBytes: r.opts.maxBytes, Timeout: r.opts.timeout, IdleTimeout: r.opts.idle,
		AllowPrivateHosts: r.opts.allowPrivate, UserAgent: userAgent(), Logf: r.ui.Detail, Step: r.hooks.step,
	}
	r.decoded = semaphore.NewWeighted(int64(r.opts.maxPixels))
	if err := render.CheckOutput(r.opts.out); err != nil {
		return err
	}
	if err := r.openParts(); err != nil {
		return err
	}
	if r.opts.dryRun {
		return nil
	}
	var err error
	r.out, err = render.OpenOutput(r.opts.out, render.OutputOptions{Secrets: r.opts.unpublishable(), Logf: r.ui.Detail, Step: r.hooks.step})
	return err
}

// prepareSite reads the theme, the owner's words and the static files, and checks them.
func (r *run) prepareSite() error {
	theme, warnings, err := render.LoadTheme(r.files.Theme, r.opts.theme)
	if err != nil {
		return err
	}
	content, more, err := r.loadContent()
	r.warnEach(slices.Concat(warnings, more))
	if err != nil {
		return err
	}
	static, more, err := render.LoadStatic(r.opts.static, content, r.opts.unpublishable())
	if err != nil {
		return err
	}
	r.warnEach(more)
	r.warnOfDomain(static)
	r.site = render.Options{
		Title: r.opts.title, BaseURL: r.opts.baseURL, MediaURL: r.opts.mediaURL, NoIndex: r.opts.noIndex, ServiceCodes: r.opts.serviceCodes,
		Theme: theme, Content: content, Static: static, GitIgnore: r.files.GitIgnore,
	}
	if err := r.site.CheckSecrets(r.opts.unpublishable()); err != nil {
		return fmt.Errorf("looking for secrets in the words: %w", err)
	}
	r.warnEach(r.site.Warnings())
	return render.CheckTemplates(r.site)
}

// warnEach prints warnings of package render.
func (r *run) warnEach(warnings []string) {
	for _, w := range warnings {
		r.ui.Warn("%s", w)
	}
}

// warnOfDomain warns of a file CNAME with another domain than the site's address.
func (r *run) warnOfDomain(static *render.Static) {
	u, err := url.Parse(r.opts.baseURL)
	domain, file := static.Domain()
	if err != nil || u.Host == "" || file == "" || strings.EqualFold(u.Hostname(), domain) {
		return
	}
	r.ui.Warn("%s says %s, but %s says %s; the feeds and the sitemap use the first, so make them the same",
		r.opts.named("base-url"), u.Hostname(), file, domain)
}

// loadContent reads the owner's words. The demo has its own, for owners who have none. It returns
// warnings, too.
func (r *run) loadContent() (*render.Content, []string, error) {
	switch {
	case r.opts.content == "" && r.opts.demo:
		return render.LoadContent(demo.Content())
	case r.opts.content == "":
		return &render.Content{Captions: map[string]render.Caption{}}, nil, nil // like an empty folder
	}
	return render.ReadContent(r.opts.content)
}
