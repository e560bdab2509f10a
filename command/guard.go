package command

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/plainfs"
)

// guardedSettings are the settings that a run does not go without only because they are gone, and
// what the run would do. The others decide what is added, or how, and are often given for one run
// only.
var guardedSettings = []struct{ flag, effect string }{
	{"title", "change the gallery's title"},
	{"base-url", "remove the feeds, the sitemap and the link previews"},
	{"media-url", "take the pictures from another address"},
	{"noindex", "let search engines list the site"},
	{"content", "remove your titles, captions and pages"},
	{"static", "remove your files of static/"},
	{"theme", "remove the look of your theme"},
	{"widths", "make the pictures in other widths"},
	{"originals", "remove the originals"},
	{"prompts", "remove the prompts"},
	{"clips", "remove the films"},
	{"service-codes", "remove the scenes and statuses of the service"},
	{"exif", "say more about the camera"},
	{labelsKey, "remove the labels of the accounts"},
}

// noValue stands in the state for the path of a folder, which stays private.
const noValue = "set"

// guardedError ends a run that would take something off the site because a setting is gone.
type guardedError struct {
	error
	hint string
}

// settingsInUse returns the guarded settings that differ from what a run without settings does, by
// their keys. They become part of the public state.
func (o *options) settingsInUse() map[string]string {
	inUse := map[string]string{}
	for _, g := range guardedSettings {
		if value := o.valueInUse(g.flag); value != "" {
			inUse[keyOf(g.flag)] = value
		}
	}
	return inUse
}

// valueInUse returns the value of a guarded setting, or "" if it is as without settings.
func (o *options) valueInUse(flag string) string {
	if flag == labelsKey {
		if len(o.settings.labels) == 0 {
			return ""
		}
		labels := make([]string, len(o.settings.labels))
		for i, label := range o.settings.labels {
			labels[i] = inYAML(label)
		}
		return "[" + strings.Join(labels, ", ") + "]"
	}
	f := o.flags.Lookup(flag)
	value := f.Value.String()
	switch isFolder := slices.Contains(folderSettings, flag); {
	case isFolder && value != "": // if there is no such folder, findFolder has made it empty
		return noValue
	case isFolder, value == f.DefValue:
		return ""
	}
	return plainValue(f, value)
}

// checkForgotten refuses a run without a setting that the last run had, whose state is s, if the
// site would lose something by it. The owner has to say so: a file that was not committed, or a flag
// that was not typed, is more likely. In the demo there is nothing to lose, so it only warns.
func (r *run) checkForgotten(s *gallery.State) error {
	before := s.Settings
	if before == nil {
		before = r.settingsOfSite(s)
	}
	var effects, lines, folders, flags []string
	for _, g := range guardedSettings {
		was := before[keyOf(g.flag)]
		if was == "" || r.opts.isGiven(g.flag) || r.opts.valueInUse(g.flag) != "" || !r.matters(g.flag, was, s) {
			continue
		}
		effects = append(effects, g.effect)
		flags = append(flags, r.opts.dropping(g.flag))
		switch {
		case slices.Contains(folderSettings, g.flag):
			folders = append(folders, "--"+g.flag)
		case g.flag == labelsKey:
			lines = append(lines, labelsKey+": "+was)
		default:
			lines = append(lines, setting(r.opts.flags.Lookup(g.flag), was))
		}
	}
	if len(effects) == 0 {
		return nil
	}
	would := english.WordSeries(effects, "and")
	if r.opts.demo {
		r.ui.Warn("the settings of the last demo are missing; this one will %s", would)
		return nil
	}
	var keep []string
	if len(folders) > 0 {
		keep = append(keep, fmt.Sprintf("bring the folder back, or name it with %s", english.WordSeries(folders, "and")))
	}
	if len(lines) > 0 {
		keep = append(keep, fmt.Sprintf("add to %s: %s", configName, strings.Join(lines, "; ")))
	}
	return &guardedError{
		fmt.Errorf("this run would %s, because %s of the last run %s missing", would,
			english.PluralWord(len(effects), "a setting", "settings"), english.PluralWord(len(effects), "is", "are")),
		fmt.Sprintf("to keep everything, %s; to go on without, run once with %s", strings.Join(keep, ", and "), strings.Join(flags, " ")),
	}
}

// matters reports whether a site, whose state is s, is another one without this value of a setting.
func (r *run) matters(flag, was string, s *gallery.State) bool {
	has := func(about func(gallery.Image) bool) bool { return slices.ContainsFunc(s.Images, about) }
	switch flag {
	case "title":
		return r.site.Content.Site.Title != was // the title can move there
	case "originals":
		return has(func(m gallery.Image) bool { return m.Original != nil })
	case "prompts":
		return has(func(m gallery.Image) bool { return m.Prompt() != "" })
	case "clips":
		return has(func(m gallery.Image) bool {
			return slices.ContainsFunc(m.Videos, func(v gallery.Video) bool { return v.Clip != nil })
		})
	case "service-codes":
		return has(func(m gallery.Image) bool { return m.Scene != "" || m.Status != "" })
	case labelsKey:
		return has(func(m gallery.Image) bool { return m.Account != "" })
	}
	return true
}

// dropping returns the flag that says that a setting is gone on purpose.
func (o *options) dropping(flag string) string {
	if flag == labelsKey {
		return labelsKey + ": [] in " + configName
	}
	without := defaultText(o.flags.Lookup(flag))
	if without == "" || slices.Contains(folderSettings, flag) {
		without = `""`
	}
	return "--" + flag + "=" + without
}

// settingsOfSite returns what can be seen of the settings of a site that an earlier version wrote:
// it did not note them.
func (r *run) settingsOfSite(s *gallery.State) map[string]string {
	seen := map[string]string{}
	for _, flag := range []string{"originals", "prompts", "clips"} {
		if r.matters(flag, "true", s) {
			seen[flag] = "true"
		}
	}
	if _, err := os.Stat(filepath.Join(r.opts.out, gallery.AtomName)); !errors.Is(err, fs.ErrNotExist) {
		seen["base_url"] = "https://name.github.io/gallery/"
	}
	robots, err := fs.ReadFile(plainfs.Dir(r.opts.out), gallery.RobotsName)
	if err == nil && render.AsksNotToList(robots) {
		seen["noindex"] = "true"
	}
	return seen
}

// noteSettings puts the settings of this run into the state, for the next one.
func (r *run) noteSettings() {
	r.state.Settings = r.opts.settingsInUse()
	maps.DeleteFunc(r.state.Settings, func(_, value string) bool { return r.ui.Private.Hide(value) != value })
}
