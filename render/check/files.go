package check

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"firstframe/render/gallery"
)

// isNoSite reports whether the folder is not that of a site, and says so. Nothing of a site needs to
// be in it.
func (c *checker) isNoSite() bool {
	if c.has(gallery.IndexName) {
		return false
	}
	if c.has(gallery.PartName) {
		data, err := fs.ReadFile(c.site, gallery.PartName)
		var part struct{ Shard, Of int }
		if err == nil && json.Unmarshal(data, &part) == nil {
			c.error(gallery.PartName, "this is part %d of %d of a gallery, not a site; join all parts with --merge, and check the site", part.Shard, part.Of)
			return true
		}
	}
	if !c.has(gallery.StateName) && !c.has(gallery.DataName) {
		c.error(".", "there is no gallery in this folder; build it first, or name its folder: --check=DIR")
		return true
	}
	return false
}

// readManifest reads the names of the files that the last run left. It trusts them only if that run
// came to its end, and does without them if the site comes from elsewhere: the manifest is never
// published.
func (c *checker) readManifest(context.Context) error {
	if _, ok := c.files[gallery.ManifestName]; !ok {
		return nil
	}
	data, err := fs.ReadFile(c.site, gallery.ManifestName)
	if err != nil {
		return fmt.Errorf("reading the site: %w", err)
	}
	made := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		if sum, last := strings.CutPrefix(line, "all "); last {
			if strings.Trim(sum, "0\n") != "" {
				c.made = made
			}
			return nil
		}
		// A line is a hash, a size and the path, which can contain spaces.
		if fields := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3); len(fields) == 3 {
			made[fields[2]] = true
		}
	}
	return nil
}

// checkFiles reports the files that the site must have and does not have, and those that it has
// although nobody knows them.
func (c *checker) checkFiles(context.Context) error {
	for _, name := range []string{gallery.IndexName, gallery.MissingName, gallery.DataName} {
		c.need(name, "")
	}
	// A site with an address is listed for machines. Only the index tells, because it is written
	// last.
	if p := c.pages[gallery.IndexName]; p != nil && p.canonical != "" {
		for _, name := range []string{gallery.AtomName, gallery.JSONFeedName, gallery.RobotsName} {
			c.need(name, "")
		}
		if !p.noIndex {
			c.need(gallery.SitemapName, "")
		}
	}
	for name := range c.made {
		if !gallery.IsHiddenFile(name) {
			c.need(name, "")
		}
	}
	c.reportMissing()
	c.reportUnknown()
	return nil
}

// reportMissing reports each missing file once, however many files refer to it. If many files of one
// of our own folders are missing, it reports the folder.
func (c *checker) reportMissing() {
	groups := map[string][]string{} // by folder; "" for the files of no such folder
	for _, target := range slices.Sorted(maps.Keys(c.missing)) {
		folder, _, _ := strings.Cut(target, "/")
		if !slices.Contains(gallery.OwnFolders, folder) || !c.makes(target) {
			folder = ""
		}
		groups[folder] = append(groups[folder], target)
	}
	for folder, targets := range groups {
		if n := len(targets); folder != "" && n > namedExamples {
			c.error(folder, "%s of its files are missing: %s; run firstframe again", humanize.Comma(int64(n)), someOf(targets))
			continue
		}
		for _, target := range targets {
			c.error(target, "it is missing%s; %s", c.referrals(c.missing[target]), c.remedy(target))
		}
	}
}

// referrals returns who refers to a missing file, as the middle of a sentence.
func (c *checker) referrals(by []string) string {
	by = slices.DeleteFunc(slices.Clone(by), func(name string) bool { return name == "" })
	slices.Sort(by)
	switch len(by) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf(", and %s refers to it", from(by[0], c.opts.source(by[0])))
	}
	example := by[0]
	if slices.Contains(by, gallery.IndexName) {
		example = gallery.IndexName
	}
	return fmt.Sprintf(", and %s files refer to it, for example %s", humanize.Comma(int64(len(by))), from(example, c.opts.source(example)))
}

// remedy returns what to do about a missing file.
func (c *checker) remedy(target string) string {
	switch {
	case c.makes(target):
		return "run firstframe again"
	case gallery.IsHiddenFile(target):
		return "files whose names begin with a dot are not published, so rename it and correct the link"
	}
	return "add the file, or correct the link"
}

// lists are the files at the root of a site that name pages and media, except for the parts of the
// sitemap.
var lists = []string{gallery.StateName, gallery.DataName, gallery.AtomName, gallery.JSONFeedName, gallery.SitemapName, gallery.RobotsName}

// isList reports whether a file is one of lists, or a part of the sitemap.
func isList(name string) bool {
	return slices.Contains(lists, name) || gallery.SitemapPartForm.MatchString(name)
}

// makes reports whether the next run mends the lack of a file. Without the manifest, that is so for
// everything that a run could have made.
func (c *checker) makes(target string) bool {
	if c.used[target] || c.made[target] || target == gallery.IndexName || target == gallery.MissingName || isList(target) {
		return true
	}
	// A run writes a list anew if it names what does not exist.
	if slices.ContainsFunc(c.missing[target], isList) {
		return true
	}
	folder, _, _ := strings.Cut(target, "/")
	return c.made == nil && slices.Contains(gallery.OwnFolders, folder)
}

// reportUnknown warns of files that are published although no run has written them. Somebody may
// have put them here by mistake. It leaves out pages and media, because findOrphans and checkFolders
// know more about them, and the file with a site's domain, which hosts write.
func (c *checker) reportUnknown() {
	if c.made == nil {
		return
	}
	unknown := c.names(func(name string) bool {
		known := c.made[name] || c.pages[name] != nil || name == gallery.StateName || name == "CNAME" || name == gallery.PartName
		return !known && !gallery.IsHiddenFile(name) && !strings.HasPrefix(name, gallery.MediaFolder+"/")
	})
	for _, name := range unknown {
		c.warn(name, "firstframe did not write this file, and it is published; delete it if nobody should see it")
	}
}
