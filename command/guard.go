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

	"firstframe/render/gallery"
)

// guardedSettings are the settings without which a site loses something, and what it loses. A run
// does not take something away only because a setting is gone. The others decide what is added, or
// how, and are often given for one run only.
var guardedSettings = []struct{ flag, loss string }{
	{"title", "the gallery's title"},
	{"base-url", "the feeds, the sitemap and the link previews"},
	{"media-url", "the address that the pages take their pictures from"},
	{"noindex", "the request to search engines not to list the site"},
	{"content", "your titles, captions and pages"},
	{"static", "your files of static/"},
	{"theme", "your look"},
	{"widths", "the pictures in the widths that you chose"},
	{"originals", "the originals"},
	{"prompts", "the prompts"},
	{"clips", "the films"},
	{"exif", "the limit to what is said about the camera"},
	{labelsKey, "the labels of the accounts"},
}

// noValue stands for the values that stay private, in the state: the paths of folders.
const noValue = "set"

// guardedError ends a run that would take something off the site because a setting is gone.
type guardedError struct {
	message, hint string
}

func (e *guardedError) Error() string { return e.message }

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
		return "[" + strings.Join(o.settings.labels, ", ") + "]"
	}
	f := o.flags.Lookup(flag)
	value := f.Value.String()
	switch {
	case slices.Contains(folderSettings, flag):
		if value == "" {
			return "" // not given, or there is no such folder
		}
		return noValue
	case value == f.DefValue:
		return ""
	}
	return strings.Trim(value, "[]")
}

// checkForgotten refuses a run without a setting that the last run had, whose state is s, if the site would lose
// something by it. The owner has to say so: a file that was not committed, or a flag that was not
// typed, is more likely. In the demo there is nothing to lose, so it only warns.
func (r *run) checkForgotten(s *gallery.State) error {
	before := s.Settings
	if before == nil {
		before = r.settingsOfSite(s)
	}
	var losses, lines, folders, flags []string
	for _, g := range guardedSettings {
		was := before[keyOf(g.flag)]
		if was == "" || r.opts.isGiven(g.flag) || r.opts.valueInUse(g.flag) != "" {
			continue
		}
		losses = append(losses, g.loss)
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
	if len(losses) == 0 {
		return nil
	}
	lost := english.WordSeries(losses, "and")
	if r.opts.demo {
		r.ui.Warn("the demo was made with other settings before; now it loses %s", lost)
		return nil
	}
	var keep []string
	if len(lines) > 0 {
		keep = append(keep, fmt.Sprintf("write %s into %s", english.WordSeries(lines, "and"), configName))
	}
	if len(folders) > 0 {
		keep = append(keep, fmt.Sprintf("bring the folder back, or name it with %s", english.WordSeries(folders, "and")))
	}
	return &guardedError{
		fmt.Sprintf("this run would take away %s, because %s of the last run %s missing", lost,
			english.PluralWord(len(losses), "a setting", "settings"), english.PluralWord(len(losses), "is", "are")),
		fmt.Sprintf("to keep %s, %s; to go on without, run once with %s", english.PluralWord(len(losses), "it", "them"),
			strings.Join(keep, " and "), strings.Join(flags, " ")),
	}
}

// dropping returns the flag that says that a setting is gone on purpose.
func (o *options) dropping(flag string) string {
	if flag == labelsKey {
		return labelsKey + ": [] in " + configName
	}
	switch f := o.flags.Lookup(flag); f.Value.Type() {
	case "string":
		if slices.Contains(folderSettings, flag) || f.DefValue == "" {
			return "--" + flag + `=""`
		}
		return "--" + flag + "=" + f.DefValue
	default:
		return "--" + flag + "=" + defaultText(f)
	}
}

// settingsOfSite returns what can be seen of the settings of a site that an earlier version wrote:
// it did not note them.
func (r *run) settingsOfSite(s *gallery.State) map[string]string {
	seen := map[string]string{}
	for i := range s.Images {
		m := &s.Images[i]
		if m.Original != nil {
			seen["originals"] = "true"
		}
		for j := range m.Videos {
			if m.Videos[j].Clip != nil {
				seen["clips"] = "true"
			}
			if m.Videos[j].Prompt != "" {
				seen["prompts"] = "true"
			}
		}
	}
	if _, err := os.Stat(filepath.Join(r.opts.out, gallery.SitemapName)); !errors.Is(err, fs.ErrNotExist) {
		seen["base_url"] = "https://name.github.io/gallery/"
	}
	return seen
}

// noteSettings puts the settings of this run into the state, for the next one.
func (r *run) noteSettings() {
	r.state.Settings = r.opts.settingsInUse()
	maps.DeleteFunc(r.state.Settings, func(_, value string) bool { return r.ui.Private.Hide(value) != value })
}
