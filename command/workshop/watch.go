package workshop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"firstframe/render/gallery"
	"firstframe/render/plainfs"
)

const (
	// pause is how long nothing may change before changes are reported. Saving a file is several
	// changes within a few milliseconds.
	pause = 40 * time.Millisecond
	// longest is how long changes are collected if there is no pause.
	longest = time.Second
)

// Watcher notices changes in files and folders, which need not exist yet.
type Watcher struct {
	system  *fsnotify.Watcher
	changes chan map[string]bool
	done    chan struct{} // closed when the collection of changes has ended

	mu     sync.Mutex
	places []string // files and folders, as given
}

// Watch returns a watcher of these files and folders. A folder is watched with everything in it.
func Watch(places ...string) (*Watcher, error) {
	system, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watching files: %w", err)
	}
	w := &Watcher{system: system, changes: make(chan map[string]bool), done: make(chan struct{})}
	if err := w.Follow(places...); err != nil {
		system.Close()
		return nil, err
	}
	go w.collect()
	return w, nil
}

// Close ends the watcher.
func (w *Watcher) Close() {
	w.system.Close()
	<-w.done
}

// Wait waits for changes and returns the names of the changed files, sorted. They begin with the
// names of their places. Of a new or a removed folder it may return the folder only. Changes that
// come soon after each other are reported together, and so are the changes since the last call. It
// returns the error of a context that ends.
func (w *Watcher) Wait(ctx context.Context) ([]string, error) {
	select {
	case changed := <-w.changes:
		return onlyFiles(changed), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Follow watches these files and folders from now on.
func (w *Watcher) Follow(places ...string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.places = nil
	for _, place := range places {
		w.places = append(w.places, filepath.Clean(place))
	}
	return w.follow()
}

// follow watches all folders of the places that exist now. Files are watched through their folders:
// an editor that saves a file puts another one in its place. The folder above a place is watched
// too, so that a place that appears is noticed. The caller holds mu.
func (w *Watcher) follow() error {
	for _, place := range w.places {
		parent := filepath.Dir(place)
		for !isFolder(parent) && parent != filepath.Dir(parent) {
			parent = filepath.Dir(parent)
		}
		if err := w.add(parent); err != nil {
			return err
		}
		if isFolder(place) {
			if err := w.addAll(place); err != nil {
				return err
			}
		}
	}
	return nil
}

// isFolder reports whether there is a folder or a link to one.
func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// addAll watches a folder and all folders in it, except those whose names are ignored.
func (w *Watcher) addAll(folder string) error {
	if err := w.add(folder); err != nil {
		return err
	}
	entries, _ := os.ReadDir(folder) // a folder that cannot be read is a problem of the build
	for _, e := range entries {
		if e.IsDir() && !ignored(e.Name()) {
			if err := w.addAll(filepath.Join(folder, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// add watches one folder. It does nothing if the folder is gone by now.
func (w *Watcher) add(folder string) error {
	err := w.system.Add(folder)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return fmt.Errorf("watching the folder %s: %w", folder, err)
}

// ignored reports whether a file of this name cannot be a part of the site: it is hidden, or what an
// editor keeps beside the file that is edited.
func ignored(name string) bool {
	return gallery.IsHiddenFile(name) || plainfs.IsBackup(name)
}

// collect collects changes and reports them after a pause.
func (w *Watcher) collect() {
	defer close(w.done)
	pending := map[string]bool{}
	quiet, late := stopped(), stopped()
	defer quiet.Stop()
	defer late.Stop()
	var ready chan<- map[string]bool // nil until there is something to report
	for {
		select {
		case event, ok := <-w.system.Events:
			if !ok {
				return
			}
			changed := w.changed(event)
			if len(changed) == 0 {
				continue
			}
			if len(pending) == 0 {
				late.Reset(longest)
			}
			for _, name := range changed {
				pending[name] = true
			}
			quiet.Reset(pause)
		case _, ok := <-w.system.Errors:
			if !ok {
				return
			}
			// Changes came faster than they could be read. Nobody knows which.
			w.mu.Lock()
			for _, place := range w.places {
				pending[place] = true
			}
			_ = w.follow()
			w.mu.Unlock()
			quiet.Reset(pause)
		case <-quiet.C:
			ready = w.changes
		case <-late.C:
			ready = w.changes
		case ready <- pending:
			pending, ready = map[string]bool{}, nil
			quiet.Stop()
			late.Stop()
		}
	}
}

// onlyFiles returns names, sorted, without the folders of other names: a new file changes its folder,
// too.
func onlyFiles(names map[string]bool) []string {
	folders := map[string]bool{}
	for name := range names {
		for folder := filepath.Dir(name); !folders[folder]; folder = filepath.Dir(folder) {
			folders[folder] = true
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(names)), func(name string) bool { return folders[name] })
}

// stopped returns a timer that does not run.
func stopped() *time.Timer {
	t := time.NewTimer(longest)
	t.Stop()
	return t
}

// changed returns what an event changes in the places: the file of the event, or the places in the
// folder of the event. If folders may have appeared, it watches them before it returns. So a file in
// a new folder is there when the site is built, or its event comes later.
func (w *Watcher) changed(event fsnotify.Event) []string {
	if event.Op == fsnotify.Chmod { // virus scanners and search indexes do this
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	name := filepath.Clean(event.Name)
	var changed, below []string
	for _, place := range w.places {
		if rel, inside := within(name, place); inside {
			if !slices.ContainsFunc(strings.Split(rel, string(filepath.Separator)), ignored) {
				changed = append(changed, name)
			}
		} else if _, above := within(place, name); above {
			below = append(below, place)
		}
	}
	// A file in a place is watched through its folder. Reading all folders again for each of many new
	// files would take too long.
	leads := len(below) > 0 || slices.Contains(w.places, name)
	if !event.Has(fsnotify.Write) && (leads || len(changed) > 0 && isFolder(name)) {
		_ = w.follow() // what cannot be watched now is not worth ending for
	}
	for _, place := range below { // it can have come with its folder, or have gone with it
		if _, err := os.Lstat(place); err == nil || event.Has(fsnotify.Remove) || event.Has(fsnotify.Rename) {
			changed = append(changed, place)
		}
	}
	return changed
}

// within returns the path of a file from a place, and whether the file is the place or in it. The
// path of the place itself is empty.
func within(name, place string) (rel string, inside bool) {
	rel, err := filepath.Rel(place, name)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", false
	}
	if rel == "." {
		return "", true
	}
	return rel, true
}
