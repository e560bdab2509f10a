package workflows

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"firstframe/command/commandtest"
	"firstframe/fetch/fetchtest"
	"firstframe/render/slowtest"
)

// recipe is the place where a recipe runs and the home that it publishes to. Everything is in one
// folder. The commands of a recipe refuse to work elsewhere, because they delete what they do not
// expect.
type recipe struct {
	t       *testing.T
	root    string
	service *fetchtest.Service
	gallery string
	home    string
	remote  string // a Git repository
	bucket  string // folder with media/
	server  *httptest.Server
	env     []string

	mediaURL string
}

// newRecipe returns a place for a recipe. With apart, the media have a home of their own.
func newRecipe(t *testing.T, apart bool) *recipe {
	h := newHost(t)
	root, err := filepath.EvalSymlinks(t.TempDir())
	check(t, err)
	r := &recipe{t: t, root: root, service: h.serve("a.jpg", "b.jpg")}
	r.gallery, r.home = r.folder(), r.folder()
	r.bucket = r.home
	if apart {
		r.bucket = r.folder()
	}
	bucket := httptest.NewServer(http.FileServer(http.Dir(r.bucket)))
	t.Cleanup(bucket.Close)
	r.mediaURL = bucket.URL + "/media/"
	r.server = httptest.NewServer(http.StripPrefix("/repo", http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		webHost(r.home).ServeHTTP(w, q)
	})))
	t.Cleanup(r.server.Close)
	r.remote = filepath.Join(r.folder(), "remote.git")
	check(t, exec.Command("git", "init", "--quiet", "--bare", r.remote).Run())
	r.env = []string{
		"PATH=" + r.commands(h.api) + ":" + os.Getenv("PATH"), "HOME=" + r.folder(), "USEAPI_TOKEN=" + r.service.Token,
		"GALLERY=" + r.gallery, "BASE_URL=" + r.server.URL + "/repo/", "REMOTE=" + r.remote, "SERVER=" + r.home, "BUCKET=" + r.bucket, "PROJECT=gallery",
		"MEDIA_URL=" + r.mediaURL,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org",
	}
	return r
}

// folder makes a new folder in the root.
func (r *recipe) folder() string {
	r.t.Helper()
	dir, err := os.MkdirTemp(r.root, "")
	check(r.t, err)
	return dir
}

// commands makes the commands of a recipe and returns their folder. Each command runs the real one,
// but only in the root and with a destination in the root. Command number $FAIL_AT fails before or
// after its work, as $FAIL says. $COUNT is the file that counts the commands.
func (r *recipe) commands(api string) string {
	bin := r.folder()
	for _, tool := range []string{"git", "rsync", "rclone", "firstframe", "netlify", "wrangler"} {
		file, err := exec.LookPath(tool)
		switch tool {
		case "firstframe":
			file, err = commandtest.Program(r.t), nil
		case "netlify", "wrangler": // they are not installed, and the tests must not reach their hosts
			file, err = r.uploader(tool), nil
		}
		if err != nil {
			continue // eachRecipe has skipped the recipes that need it
		}
		work := fmt.Sprintf("%q", file)
		switch tool {
		case "firstframe":
			work += fmt.Sprintf(" --api %q --allow-private-hosts", api)
		case "rsync":
			work = `for last; do :; done; inside "$last"; ` + work
		case "rclone": // it starts in a third of the time without garbage collection and a table of widths
			work = `for last; do :; done; inside "$last"; GOGC=off TCELL_MINIMIZE=1 ` + work
		}
		check(r.t, os.WriteFile(filepath.Join(bin, tool), []byte(fmt.Sprintf(`#!/bin/bash
set -e
inside() { case "$(realpath -m -- "$1")" in %[1]s/*) ;; *) echo "%[2]s: $1 is not in the folder of the test" >&2; exit 97 ;; esac; }
inside .
if [ -n "$FAIL_AT" ]; then
  echo >>"$COUNT"
  if [ "$(wc -l <"$COUNT")" = "$FAIL_AT" ]; then
    for last; do :; done
    case "$FAIL %[2]s $1" in
      "within git clone") inside "$last"; %[3]s clone --no-checkout "${@:2}" ;;
      "within git init") inside "$last"; mkdir -p "$last/.git/refs" ;;
      after*) %[3]s "$@" ;;
    esac
    exit 1
  fi
fi
%[3]s "$@"
`, r.root, tool, work)), 0o755))
	}
	return bin
}

// uploader makes a command that does what netlify deploy and wrangler pages deploy do: the folder of
// its arguments becomes the site at once. It accepts no other arguments than those of the recipes.
func (r *recipe) uploader(tool string) string {
	wanted := map[string]string{"netlify": "deploy --no-build --prod --dir out", "wrangler": "pages deploy out --project-name gallery"}[tool]
	file := filepath.Join(r.folder(), tool)
	check(r.t, os.WriteFile(file, []byte(fmt.Sprintf(`#!/bin/bash
set -e
if [ "$*" != %q ]; then
  echo "the arguments are $*" >&2
  exit 2
fi
find %[2]q -mindepth 1 -delete
find out -mindepth 1 -maxdepth 1 ! -name '.*' -exec cp -r -t %[2]q {} +
`, wanted, r.home)), 0o755))
	return file
}

// run runs a script that must succeed.
func (r *recipe) run(script string) {
	r.t.Helper()
	if err := r.try(script); err != nil {
		r.t.Fatal(err)
	}
}

// try runs a script as it is, with more variables.
func (r *recipe) try(script string, env ...string) error {
	cmd := exec.Command("bash", "-c", script)
	cmd.Env = append(slices.Clone(r.env), env...)
	cmd.Dir = r.gallery
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v\n%s", err, out)
	}
	return nil
}

// files returns the names of all published files.
func (r *recipe) files(name string) map[string]bool {
	r.t.Helper()
	files := map[string]bool{}
	if name == "branch" {
		list, err := exec.Command("git", "--git-dir", r.remote, "ls-tree", "-r", "--name-only", "gh-pages").Output()
		check(r.t, err)
		for _, file := range strings.Fields(string(list)) {
			files[file] = true
		}
		return files
	}
	for _, dir := range []string{r.home, r.bucket} {
		check(r.t, filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
			rel, _ := filepath.Rel(dir, file)
			files[rel] = true
			return err
		}))
	}
	return files
}

// published checks the published images and follows all links.
func (r *recipe) published(name, images string) {
	r.t.Helper()
	if name == "branch" {
		r.home = r.folder()
		r.run(`git clone --quiet --branch gh-pages "$REMOTE" ` + r.home)
	}
	h := &host{t: r.t, live: r.home}
	if _, err := os.Stat(filepath.Join(r.home, "media")); name == "media" && err == nil {
		r.t.Error("the pictures are published beside the pages")
	}
	if name == "media" {
		h.media = r.bucket
	}
	if got := strings.Join(h.images(), " "); got != images {
		r.t.Errorf("published are %s, want %s", got, images)
	}
	hidden, _ := filepath.Glob(filepath.Join(r.home, ".firstframe*"))
	if name != "branch" && len(hidden) > 0 || name == "branch" && slices.ContainsFunc(hidden, func(f string) bool { return strings.HasSuffix(f, "lock") }) {
		r.t.Errorf("the hidden files %v are published", hidden)
	}
	crawl(r.t, r.server.URL+"/repo/", r.mediaURL)
}

// eachRecipe runs a test with each recipe of docs/publishing.md and docs/large-galleries.md,
// exactly as it is written there.
func eachRecipe(t *testing.T, test func(t *testing.T, name, script string)) {
	var guides []byte
	for _, name := range []string{"/docs/publishing.md", "/docs/large-galleries.md"} {
		guide, err := os.ReadFile(root + name)
		check(t, err)
		guides = append(guides, guide...)
	}
	tools := map[string][]string{"branch": {"git"}, "rsync": {"rsync"}, "rclone": {"rclone"}, "media": {"rclone", "rsync"}, "netlify": nil, "cloudflare": nil}
	blocks := regexp.MustCompile("(?s)\n```sh ([a-z]+)\n(.*?)\n```\n").FindAllStringSubmatch(string(guides), -1)
	if len(blocks) != len(tools) {
		t.Fatalf("the guides have %d recipes", len(blocks))
	}
	for _, m := range blocks {
		t.Run(m[1], func(t *testing.T) {
			for _, tool := range tools[m[1]] {
				if _, err := exec.LookPath(tool); err != nil {
					if os.Getenv("CI") != "" {
						t.Fatal(err)
					}
					t.Skip(err)
				}
			}
			test(t, m[1], m[2])
		})
	}
}

// TestPublishingRecipes publishes with the recipes: first, again with a new image, and from a new
// machine, where nothing may be lost. An image that cannot be downloaded does not keep the others
// from being published.
func TestPublishingRecipes(t *testing.T) {
	t.Parallel()
	eachRecipe(t, func(t *testing.T, name, script string) {
		r := newRecipe(t, name == "media")
		r.run(script)
		r.published(name, "a.jpg b.jpg")
		setNames(r.service, "b.jpg", "c.jpg")
		r.run(script)
		r.published(name, "a.jpg b.jpg c.jpg")
		check(t, os.RemoveAll(filepath.Join(r.gallery, "out")))
		setNames(r.service, "d.jpg", "e.jpg")
		r.service.FailDownload("e.jpg", -1, fetchtest.Answer(404, ""))
		r.run(script)
		r.published(name, "a.jpg b.jpg c.jpg d.jpg")
	})
}

// TestPublishingRecipesCheck gives the site a link that leads nowhere. No recipe may publish it.
func TestPublishingRecipesCheck(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	eachRecipe(t, func(t *testing.T, name, script string) {
		r := newRecipe(t, name == "media")
		r.run(script)
		setNames(r.service, "a.jpg", "b.jpg", "c.jpg")
		content := filepath.Join(r.gallery, "content")
		check(t, os.MkdirAll(content, 0o755))
		check(t, os.WriteFile(filepath.Join(content, "about.md"), []byte("A [page](none.html) that is gone."), 0o644))
		if err := r.try(script); err == nil || !strings.Contains(err.Error(), "none.html: it is missing") {
			t.Errorf("the recipe ended with %v", err)
		}
		r.published(name, "a.jpg b.jpg")
		check(t, os.WriteFile(filepath.Join(content, "about.md"), []byte("All is well."), 0o644))
		r.run(script)
		r.published(name, "a.jpg b.jpg c.jpg")
	})
}

// TestPublishingRecipesFail lets each command of a recipe fail: before its work, after it, and
// half-way in the case of Git, on the usual machine and on a new one. Nothing that is published may
// disappear, and the next run must publish everything. An ordinary test tries every other command on
// each machine.
func TestPublishingRecipesFail(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	eachRecipe(t, func(t *testing.T, name, script string) {
		for _, how := range waysToFail(name) {
			for _, where := range []string{"the usual machine", "a new machine"} {
				t.Run(how+" on "+where, func(t *testing.T) {
					t.Parallel()
					failEachCommand(t, name, script, how, where == "a new machine")
				})
			}
		}
	})
}

// failEachCommand publishes until no command of a recipe is left to fail. With anew, the output
// folder is missing each time.
func failEachCommand(t *testing.T, name, script, how string, anew bool) {
	r := newRecipe(t, name == "media")
	r.run(script)
	images := []string{"a.jpg", "b.jpg"}
	n, stride, failures, failed := 1, slowtest.Stride(2), 0, true
	if anew {
		n = stride
	}
	for ; failed; n += stride {
		if n > 20 {
			t.Fatal("more than 20 commands failed: the loop does not end")
		}
		if anew {
			check(t, os.RemoveAll(filepath.Join(r.gallery, "out")))
		}
		fresh := fmt.Sprintf("c%03d.jpg", n)
		setNames(r.service, fresh)
		before := r.files(name)
		failed = r.try(script, fmt.Sprintf("FAIL_AT=%d", n), "FAIL="+how, "COUNT="+filepath.Join(r.folder(), "count")) != nil
		after := r.files(name)
		for file := range before {
			if !after[file] {
				t.Errorf("after command %d failed, %s is gone", n, file)
			}
		}
		r.run(script)
		images = append(images, fresh)
		r.published(name, strings.Join(images, " "))
		if failed {
			failures++
		}
	}
	if failures*stride < 2 {
		t.Errorf("only %d commands failed", failures)
	}
}

// waysToFail returns the ways in which the commands of a recipe can fail.
func waysToFail(name string) []string {
	if name == "branch" {
		return []string{"before", "within", "after"}
	}
	return []string{"before", "after"}
}

// TestFirstPublishingFails does the same for the first run. Only the recipe for a branch has
// commands of its own for it.
func TestFirstPublishingFails(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	eachRecipe(t, func(t *testing.T, name, script string) {
		if name != "branch" {
			return
		}
		for _, how := range waysToFail(name) {
			for n, all := 1, false; !all; n++ {
				r := newRecipe(t, name == "media")
				err := r.try(script, fmt.Sprintf("FAIL_AT=%d", n), "FAIL="+how, "COUNT="+filepath.Join(r.folder(), "count"))
				if all = err == nil; n > 20 {
					t.Fatal("more than 20 commands failed: the loop does not end")
				}
				setNames(r.service, "a.jpg", "b.jpg", "c.jpg")
				if err := r.try(script); err != nil {
					t.Errorf("%s command %d: the next run fails: %v", how, n, err)
					continue
				}
				r.published(name, "a.jpg b.jpg c.jpg")
			}
		}
	})
}

// TestRecipeGuard checks that the commands of the tests refuse to leave the folder of the test.
func TestRecipeGuard(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"git", "rsync", "rclone"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	r := newRecipe(t, false)
	outside := t.TempDir()
	check(t, os.WriteFile(filepath.Join(outside, "kept"), nil, 0o644))
	check(t, os.MkdirAll(filepath.Join(r.gallery, "out"), 0o755))
	// If the guard fails, only the file of this test is lost.
	for _, script := range []string{
		`rsync --archive --delete-after out/ "$OUTSIDE/"`, `rclone sync out "$OUTSIDE"`,
		`cd "$OUTSIDE"; git init --quiet`,
	} {
		if err := r.try(script, "OUTSIDE="+outside); err == nil || !strings.Contains(err.Error(), "is not in the folder of the test") {
			t.Errorf("%s: %v", script, err)
		}
	}
	if _, err := os.Stat(filepath.Join(outside, "kept")); err != nil {
		t.Error(err)
	}
}

// TestPublishingRecipesNeedTheirVariables runs the recipes without each of their variables. With an
// empty variable a recipe would copy to the root of the machine and delete files there, so it must
// end before its first command. All commands here do nothing.
func TestPublishingRecipesNeedTheirVariables(t *testing.T) {
	t.Parallel()
	eachRecipe(t, func(t *testing.T, _, script string) {
		root := t.TempDir()
		bin, log := filepath.Join(root, "bin"), filepath.Join(root, "log")
		for _, tool := range []string{"git", "rsync", "rclone", "firstframe", "netlify", "wrangler"} {
			commandtest.WriteProgram(t, filepath.Join(bin, tool), fmt.Sprintf("#!/bin/sh\necho %s >>'%s'\n", tool, log))
		}
		shell, err := exec.LookPath("bash")
		check(t, err)
		names := regexp.MustCompile(`\$\{?([A-Z_]+)`).FindAllStringSubmatch(script, -1)
		for _, name := range names {
			cmd := exec.Command(shell, "-c", script)
			cmd.Dir = root
			cmd.Env = []string{"PATH=" + bin}
			for _, other := range names {
				if other[1] != name[1] {
					cmd.Env = append(cmd.Env, other[1]+"="+root)
				}
			}
			for _, empty := range [][]string{nil, {name[1] + "="}} {
				cmd := *cmd
				cmd.Env = append(slices.Clone(cmd.Env), empty...)
				if err := cmd.Run(); err == nil {
					t.Errorf("the recipe goes on without %s", name[1])
				}
			}
		}
		if ran, err := os.ReadFile(log); err == nil {
			t.Errorf("without a variable it ran %q", ran)
		}
	})
}
