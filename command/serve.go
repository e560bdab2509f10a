package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"firstframe/command/terminal"
	"firstframe/render/gallery"
)

// serve serves a folder at an address until ctx ends.
func serve(ctx context.Context, addr, dir string, ui *terminal.Terminal) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("serving %s: %w", dir, err)
	}
	defer root.Close()
	if host, port, _ := net.SplitHostPort(addr); host == "" {
		addr = net.JoinHostPort("127.0.0.1", port)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return hinted("choose another port, for example: --serve=127.0.0.1:8000", "serving %s: %w", dir, err)
	}
	server := &http.Server{Handler: siteHandler(root.FS()), ReadHeaderTimeout: 10 * time.Second}
	ui.Info("serving %s at http://%s/ until interrupted", dir, listener.Addr())
	stopped := context.AfterFunc(ctx, func() { server.Close() })
	defer stopped()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving %s: %w", dir, err)
	}
	return nil
}

// siteHandler serves a site like a web host. It does not serve hidden files, because they belong to
// firstframe or the owner. For what is missing, it serves the page 404.html.
func siteHandler(site fs.FS) http.Handler {
	files := http.FileServerFS(site)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.Trim(r.URL.Path, "/")
		if name == "" {
			name = "."
		}
		info, err := fs.Stat(site, name)
		if err == nil && info.IsDir() { // it is served only if it has a page
			_, err = fs.Stat(site, strings.TrimPrefix(gallery.PageIn(name), "./"))
		}
		if err == nil && !strings.Contains("/"+name, "/.") || name == "." {
			files.ServeHTTP(w, r)
			return
		}
		page, err := fs.ReadFile(site, gallery.MissingName)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		w.Write(page)
	})
}
