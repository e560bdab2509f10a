package command

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/dustin/go-humanize/english"

	"firstframe/fetch"
	"firstframe/render/gallery"
)

// This file is about --pictures: a folder of the owner's is a listing like those of the service.

// listFolder adds the pictures in the folder to the listing. It says what else is there.
func (r *run) listFolder(ctx context.Context, l *listing) error {
	r.folder = &fetch.Folder{
		Dir: r.opts.pictures, SiteFile: gallery.StateName, Cache: r.cache, ReadOnly: r.opts.dryRun, Secrets: r.opts.redactor(),
	}
	for _, own := range r.opts.ownFolders() {
		r.folder.Except = append(r.folder.Except, own.dir)
	}
	found, err := r.folder.List(ctx, r.opts.limit)
	if err != nil {
		return hinted("make the folder readable, or name another one with --pictures", "listing the pictures: %w", err)
	}
	l.folder = true
	l.add(sourceFolder, found.Listing)
	if l.items[sourceFolder] = len(found.Files) + len(found.Failed); l.items[sourceFolder] == 0 {
		l.without[sourceFolder], l.empty = []string{""}, true
	}
	if !found.Complete {
		l.cut[sourceFolder] = true
	}
	r.inFolder = make(map[string]*fetch.File, len(found.Files))
	for i := range found.Files {
		f := &found.Files[i]
		r.inFolder[f.Picture.SHA256] = f
		l.pictures[f.Key()] = pictureWords{publicName(f), f.Picture.Folders}
	}
	r.reportFolder(found)
	r.limitTags(l)
	return nil
}

// reportFolder says which files of the folder cannot be published, and why. What the run before has
// said already is left out, except with --verbose.
func (r *run) reportFolder(found fetch.Contents) {
	for _, f := range found.Failed {
		r.problem(f.Path, f.Err)
	}
	isOld := func(path string) bool { return !found.News[path] && !r.opts.verbose }
	for _, list := range []*[]string{&found.Foreign, &found.Refused, &found.Others} {
		*list = slices.DeleteFunc(*list, isOld)
	}
	// in says how many things of a kind are in the folder, up to the verb.
	in := func(n int, one, many string) string {
		return plural(n, one, many) + " in " + r.opts.pictures + " " + english.PluralWord(n, "is", "are")
	}
	if !found.Complete && len(found.Failed) == 0 && r.opts.limit == 0 {
		r.ui.Advise("name a folder inside it; docs/limits.md has the limits", "%s has too many files, or too many folders inside each other: not all of it was read", r.opts.pictures)
	}
	if n := len(found.Foreign); n > 0 {
		r.ui.Advise("save copies as JPEG or PNG", "%s left out, because only JPEG, PNG, GIF and WebP can be read: %s",
			in(n, "picture", "pictures"), someOf(found.Foreign))
	}
	if n := len(found.Refused); n > 0 {
		r.ui.Warn("%s left out, because links, special files and folders with a site are not read: %s",
			in(n, "entry", "entries"), someOf(found.Refused))
	}
	if n := len(found.Others); n > 0 {
		r.ui.Note("%s %s: %s", in(n, "file", "files"), english.PluralWord(n, "not a picture", "not pictures"), someOf(found.Others))
	}
}

// pictureWords is what the folder says about a picture in it, except for its date.
type pictureWords struct {
	name    string // "" if it must not be shown
	folders []string
}

// limitTags drops the folders that are too many to be tags.
func (r *run) limitTags(l *listing) {
	tags, dropped := map[string]bool{}, map[string]bool{}
	for _, key := range l.folderKeys() {
		words := l.pictures[key]
		words.folders = slices.DeleteFunc(words.folders, func(name string) bool {
			if !tags[name] && len(tags) == maxFolderTags {
				dropped[name] = true
				return true
			}
			tags[name] = true
			return false
		})
		words.folders = words.folders[:min(len(words.folders), gallery.MaxTags)]
		l.pictures[key] = words
	}
	if len(dropped) > 0 {
		r.ui.Warn("%s no tags, because there are more than %s", plural(len(dropped), "folder is", "folders are"), comma(maxFolderTags))
	}
}

// folderKeys returns the keys of the pictures in the folder, in the order of their paths.
func (l *listing) folderKeys() []string {
	var keys []string
	for i := range l.files {
		if l.files[i].source == sourceFolder {
			keys = append(keys, l.files[i].Key())
		}
	}
	return keys
}

// describeFolder gives the images what the folder says about them now. A name from the service is
// kept, and so is everything about a picture that is no longer in the folder.
func (l *listing) describeFolder(images []gallery.Image) {
	if len(l.pictures) == 0 {
		return
	}
	for i := range images {
		m := &images[i]
		for _, key := range m.Keys {
			if words, ok := l.pictures[key]; ok && !m.Hidden {
				m.Name, m.Folders = cmp.Or(m.Name, words.name), words.folders
			}
		}
	}
}

// fromFolder reports whether an image is or was a picture in a folder.
func fromFolder(m *gallery.Image) bool { return slices.Contains(m.Keys, fetch.PictureKey(m.SHA256)) }

// origins reports whether an image is or was in a folder, and whether in a listing of the service.
func origins(m *gallery.Image) (local, uploaded bool) {
	local = fromFolder(m)
	return local, !local || len(m.Keys) > 1
}

// lacks reports whether an image is in none of the listings that it can be in. They must be
// complete: a listing that is cut, or was not asked for, says nothing about what it lacks.
func (l *listing) lacks(m *gallery.Image) bool {
	local, uploaded := origins(m)
	return (!local || l.complete(sourceFolder)) && (!uploaded || l.complete(m.Source))
}

// dateInName matches a date in the name of a file, as cameras, phones and programs write it.
var dateInName = regexp.MustCompile(`(?:^|[^0-9])(?:((?:19|20)[0-9]{2})([01][0-9])([0-3][0-9])|((?:19|20)[0-9]{2})[-_.]([01][0-9])[-_.]([0-3][0-9]))(?:[^0-9]|$)`)

// day is the precision of a picture's date.
const day = 24 * time.Hour

// pictureDate returns the day of a picture in a folder: when it was taken, or else the day in its
// name, or else when its file was written. A copy from Git has a new time, so that one comes last.
// It is zero if nothing says a date. The state is public, and the hour at which somebody took a
// photograph is private.
func pictureDate(f *fetch.File, o fetch.Original, taken time.Time) time.Time {
	if year := taken.Year(); 1900 <= year && year <= 2099 {
		return taken.UTC().Truncate(day)
	}
	for _, found := range dateInName.FindAllStringSubmatch(f.Name, -1) {
		date, err := time.Parse("20060102", found[1]+found[2]+found[3]+found[4]+found[5]+found[6])
		if err == nil {
			return date
		}
	}
	return o.Modified.UTC().Truncate(day)
}
