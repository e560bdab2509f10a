package command

import (
	"cmp"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"firstframe/render/gallery"
)

// hostForm is a host that a Content-Security-Policy can contain.
var hostForm = regexp.MustCompile(`^([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]+)?$`)

// checkAddresses refuses addresses that are not what their flags need, and gives all addresses of
// sites a slash at the end.
func (o *options) checkAddresses() error {
	api, err := url.Parse(o.api)
	if err != nil || api.Scheme != "https" && api.Scheme != "http" || api.Host == "" || api.User != nil || api.RawQuery != "" {
		return usage("for example: --api https://api.useapi.net",
			"--api must be the address of a service, without a user, a password or a query")
	}
	if api.Scheme == "http" && !o.allowPrivate {
		return usage("use https, or --allow-private-hosts with a service of your own",
			"--api is http, which would send the token unencrypted")
	}
	o.api = strings.TrimSuffix(o.api, "/")
	for _, f := range []struct {
		name    string
		address *string
	}{{"base-url", &o.baseURL}, {"media-url", &o.mediaURL}, {"restore", &o.restore}} {
		if *f.address == "" {
			continue
		}
		u, err := url.Parse(*f.address)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || !hostForm.MatchString(u.Host) ||
			u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return usage("for example: "+o.written(f.name, "https://name.github.io/gallery/"),
				"%s must be the address of a site, not %q", o.named(f.name), *f.address)
		}
		*f.address = strings.TrimSuffix(u.String(), "/") + "/"
	}
	// The path of every picture begins with media/ already. Look at the path only, because a
	// host can end like that.
	if u, err := url.Parse(o.mediaURL); err == nil && strings.HasSuffix(u.Path, "media/") {
		o.mediaURL = strings.TrimSuffix(o.mediaURL, "media/")
	}
	if o.serve != "" {
		host, _, err := net.SplitHostPort(o.serve)
		if err != nil {
			return usage("for example: --serve=127.0.0.1:8000", "--serve must be an address with a port, not %q", o.serve)
		}
		if ip := net.ParseIP(host); host != "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return usage("for example: --serve=127.0.0.1:8000; to show the site to others, put the folder on a web server",
				"--serve shows the site on this computer only, so its address cannot be %q", o.serve)
		}
	}
	return nil
}

// checkFolders finds the cache folder, and refuses folders that cannot be used. The cache is
// private, so it must not be inside the site.
func (o *options) checkFolders() error {
	if o.out == "" {
		return usage("for example: --out site", "--out is empty")
	}
	if _, err := os.Stat(filepath.Join(o.out, gallery.IndexName)); err == nil && o.shard.isPart() {
		return usage("choose another folder with --out", "there is a site in %s, and --shard makes only pictures for --merge", o.out)
	}
	if o.cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return usage("name a folder for the originals: --cache DIR", "your cache folder cannot be found: %v", err)
		}
		o.cache = filepath.Join(dir, "firstframe")
	}
	if inside(o.cache, o.out) {
		return usage("choose another folder for the cache", "--cache %s is inside --out %s, which is published", o.cache, o.out)
	}
	if err := cmp.Or(o.findFolder("content", &o.content), o.findFolder("theme", &o.theme), o.findFolder("static", &o.static)); err != nil {
		return err
	}
	return cmp.Or(o.checkStatic(), o.checkPictures())
}

// checkStatic refuses a folder for --static with anything in it that is not meant to be published,
// and one that the run itself writes to.
func (o *options) checkStatic() error {
	if o.static == "" {
		return nil
	}
	const alone = "choose a folder with nothing else in it"
	for _, own := range o.ownFolders() {
		switch {
		case own.flag == "static":
		case inside(own.dir, o.static):
			return usage(alone, "--%s %s is inside --static %s, which is published", own.flag, own.dir, o.static)
		case own.written && inside(o.static, own.dir):
			return usage("choose another folder", "--static %s is inside --%s %s, which the run writes to", o.static, own.flag, own.dir)
		}
	}
	if inside(".", o.static) {
		return usage(alone, "this folder is inside --static %s, which is published", o.static)
	}
	return nil
}

// findFolder makes dir, the value of a flag that names an optional folder, empty if there is no
// such folder. A folder that somebody asked for must exist, unless the flag is empty.
func (o *options) findFolder(flag string, dir *string) error {
	if *dir == "" {
		return nil
	}
	if !o.isGiven(flag) { // it is next to the settings
		*dir = filepath.Join(filepath.Dir(o.settings.file), *dir)
	}
	// A link that leads nowhere exists. It is refused later.
	if _, err := os.Lstat(*dir); err != nil {
		if o.isGiven(flag) || !errors.Is(err, fs.ErrNotExist) {
			return o.unreadable(flag, *dir, err)
		}
		*dir = ""
	}
	return nil
}

// unreadable returns the error for a folder that a setting names and that cannot be looked at.
func (o *options) unreadable(flag, dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		hint := "make the folder, or correct its path"
		switch flag {
		case "content":
			hint = "firstframe --init writes a first one, with the name content"
		case "theme":
			hint = "to begin with the built-in look: firstframe --export-theme " + dir
		}
		return usage(hint, "%s", o.noFolder(flag, dir))
	}
	return usage("", "%s: reading the folder: %v", o.named(flag), err)
}

// noFolder says that the folder of a setting does not exist.
func (o *options) noFolder(flag, dir string) string {
	place, key, inFile := strings.Cut(o.named(flag), ": ")
	text := place + ": there is no folder " + dir
	if inFile {
		text += " (" + key + ")"
	}
	return text
}

// checkPictures refuses a folder of pictures that is not one, or that is one of the program's own
// folders. If only a folder is listed, there must be one. Without it, as when its drive is not
// plugged in, --offline still makes the site of what is known, and --check needs no pictures.
func (o *options) checkPictures() error {
	if o.pictures == "" && o.source == sourceFolder {
		return usage("name the folder: --pictures DIR", "%s folder needs --pictures", o.named("source"))
	}
	if o.pictures == "" {
		return nil
	}
	info, err := os.Stat(o.pictures)
	if errors.Is(err, fs.ErrNotExist) && (o.offline || o.check != "") {
		o.pictures, o.absent = "", o.pictures
		return nil
	}
	if err != nil {
		return o.unreadable("pictures", o.pictures, err)
	}
	if !info.IsDir() {
		return usage("name the folder that the file is in", "--pictures %s is not a folder", o.pictures)
	}
	for _, own := range o.ownFolders() {
		if inside(o.pictures, own.dir) {
			return usage("keep your pictures in a folder of their own", "--pictures %s is inside --%s %s", o.pictures, own.flag, own.dir)
		}
	}
	if _, err := os.Stat(filepath.Join(o.pictures, gallery.StateName)); err == nil {
		return usage("keep your pictures in a folder of their own", "there is a site in --pictures %s", o.pictures)
	}
	return nil
}

// ownFolder is a folder that the program uses for itself. It has no pictures to list.
type ownFolder struct {
	flag, dir string
	written   bool // a run writes to it
}

// ownFolders returns the folders that the program uses for itself, without optional ones that do not
// exist.
func (o *options) ownFolders() []ownFolder {
	all := []ownFolder{
		{"out", o.out, true}, {"cache", o.cache, true}, {"content", o.content, false}, {"theme", o.theme, false}, {"static", o.static, false},
	}
	return slices.DeleteFunc(all, func(f ownFolder) bool { return f.dir == "" })
}

// inside reports whether dir is parent or in it.
func inside(dir, parent string) bool {
	rel, err := filepath.Rel(resolve(parent), resolve(dir))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// resolve returns an absolute path without symbolic links. Of a path that does not exist yet, it
// resolves the part that exists.
func resolve(name string) string {
	name, _ = filepath.Abs(name)
	if real, err := filepath.EvalSymlinks(name); err == nil {
		return real
	}
	parent := filepath.Dir(name)
	if parent == name {
		return name
	}
	return filepath.Join(resolve(parent), filepath.Base(name))
}
