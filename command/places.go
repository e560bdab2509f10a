package command

import (
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// hostForm is a host that can stand in a Content-Security-Policy.
var hostForm = regexp.MustCompile(`^([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]+)?$`)

func (o *options) checkAddresses() error {
	api, err := url.Parse(o.api)
	if err != nil || api.Scheme != "https" && api.Scheme != "http" || api.Host == "" || api.User != nil || api.RawQuery != "" {
		return usage("say it like https://api.useapi.net", "--api is not the address of a service")
	}
	if api.Scheme == "http" && !o.allowPrivate {
		return usage("use https, or --allow-private-hosts with a service of your own",
			"--api is http, which shows the token to everybody on the way")
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
			return usage("say it like https://name.github.io/gallery/", "--%s %q is not the address of a site", f.name, *f.address)
		}
		*f.address = strings.TrimSuffix(u.String(), "/") + "/"
	}
	// The folder's own name is a part of every picture's address. A host may end like it.
	if u, err := url.Parse(o.mediaURL); err == nil && strings.HasSuffix(u.Path, "media/") {
		o.mediaURL = strings.TrimSuffix(o.mediaURL, "media/")
	}
	if o.serve != "" {
		host, _, err := net.SplitHostPort(o.serve)
		if err != nil {
			return usage("say it like --serve=127.0.0.1:8000", "--serve %q is not an address and a port", o.serve)
		}
		if ip := net.ParseIP(host); host != "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return usage("put the folder on a web server to show it to others", "--serve %q is not a loopback address", o.serve)
		}
	}
	return nil
}

// checkFolders finds the cache, and refuses one in the site: it is private.
func (o *options) checkFolders() error {
	if o.out == "" {
		return usage("say it like --out site", "--out is empty")
	}
	if _, err := os.Stat(filepath.Join(o.out, "index.html")); err == nil && o.shard.of > 0 {
		return usage("choose another folder with --out", "there is a site in %s, and --shard makes none", o.out)
	}
	if o.cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return usage("say where the originals are kept: --cache DIR", "there is no cache folder: %v", err)
		}
		o.cache = filepath.Join(dir, "firstframe")
	}
	if inside(o.cache, o.out) {
		return usage("choose a folder that is not published", "--cache %s is inside --out %s", o.cache, o.out)
	}
	if o.theme != "" {
		if _, err := os.Stat(o.theme); err != nil {
			return usage("", "reading the theme: %v", err)
		}
	}
	// A link that leads nowhere is there all the same, and is refused later.
	if _, err := os.Lstat(o.content); err != nil {
		if o.flags.Changed("content") || !errors.Is(err, fs.ErrNotExist) {
			return usage("", "reading the content folder: %v", err)
		}
		o.content = ""
	}
	return nil
}

// inside reports whether dir is parent or in it. Where a path cannot be
// resolved it is compared as it is written.
func inside(dir, parent string) bool {
	resolve := func(p string) string {
		p, _ = filepath.Abs(p)
		// Of a path that is not there yet the part that is decides.
		for rest := ""; ; {
			if real, err := filepath.EvalSymlinks(p); err == nil {
				return filepath.Join(real, rest)
			}
			if filepath.Dir(p) == p {
				return filepath.Join(p, rest)
			}
			p, rest = filepath.Dir(p), filepath.Join(filepath.Base(p), rest)
		}
	}
	rel, err := filepath.Rel(resolve(parent), resolve(dir))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// rootPath is where the site is on its host, as --base-url says; else "".
func (o *options) rootPath() string {
	if u, err := url.Parse(o.baseURL); err == nil {
		return u.Path
	}
	return ""
}
