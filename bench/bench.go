// Package bench is what the programs that measure firstframe have in common: a
// scratch folder with the programs, built from this repository; the service for
// the tests, as a process of its own on loopback; runs whose time and memory
// are measured; and tables in Markdown.
//
// The programs are peers, gallery and network. Each takes no preparation but
// Go, prints its tables on standard output and what it is doing on standard
// error, and takes its scratch folder away at the end.
package bench

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Main runs a program until it ends or is interrupted, and exits with 1 if that
// is an error.
func Main(name string, run func(context.Context) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		os.Exit(1)
	}
}

// Lab is a scratch folder with firstframe and the programs of this folder.
type Lab struct {
	Dir     string
	Log     io.Writer // what is being done
	profile string
	runs    int // of which there are profiles
}

// Options of a Lab.
type Options struct {
	Dir     string // made, and kept; "" is a temporary folder, which is removed
	Profile string // a folder for the CPU profiles of firstframe's runs; "" makes none
}

// Open builds the programs. It has to be called somewhere in the repository.
// What it returns must be closed.
func Open(ctx context.Context, o Options) (_ *Lab, close func(), err error) {
	l := &Lab{Dir: o.Dir, Log: os.Stderr, profile: o.Profile}
	close = func() {}
	if l.Dir == "" {
		if l.Dir, err = os.MkdirTemp("", "firstframe-bench-"); err != nil {
			return nil, nil, err
		}
		close = func() { _ = os.RemoveAll(l.Dir) }
	}
	if err := l.build(ctx); err != nil {
		close()
		return nil, nil, err
	}
	return l, close, nil
}

// build builds without cgo, as the action does.
func (l *Lab) build(ctx context.Context) error {
	fmt.Fprintln(l.Log, "building firstframe")
	var err error
	if l.Dir, err = filepath.Abs(l.Dir); err != nil {
		return err
	}
	bin := filepath.Join(l.Dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	args := []string{"build", "-trimpath", "-o", bin + string(filepath.Separator)}
	if l.profile != "" {
		overlay, err := l.profiled()
		if err != nil {
			return err
		}
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "firstframe", "firstframe/bench/usage", "firstframe/bench/service")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// profiled writes what the compiler is to take instead of main.go: the same,
// but with a profile of each run. The command has no flag for that, since
// nobody needs one who does not have the source at hand.
func (l *Lab) profiled() (string, error) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("go list: %w", err)
	}
	if l.profile, err = filepath.Abs(l.profile); err != nil {
		return "", err
	}
	if err := os.MkdirAll(l.profile, 0o755); err != nil {
		return "", err
	}
	source := filepath.Join(strings.TrimSpace(string(root)), "main.go")
	code, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	const exit = "os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))"
	if bytes.Count(code, []byte(exit)) != 1 {
		return "", fmt.Errorf("%s has no %s", source, exit)
	}
	code = bytes.Replace(code, []byte(exit), []byte(`if f, err := os.Create(os.Getenv("FIRSTFRAME_PROFILE")); err == nil {
		if err := pprof.StartCPUProfile(f); err != nil {
			panic(err)
		}
	}
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	pprof.StopCPUProfile()
	os.Exit(code)`), 1)
	code = bytes.Replace(code, []byte("\"runtime\"\n"), []byte("\"runtime\"\n\t\"runtime/pprof\"\n"), 1)
	changed, overlay := filepath.Join(l.Dir, "main.go"), filepath.Join(l.Dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{source: changed}})
	if err != nil {
		return "", err
	}
	return overlay, errors.Join(os.WriteFile(changed, code, 0o644), os.WriteFile(overlay, replace, 0o644))
}

// Bin is the path of a program that was built.
func (l *Lab) Bin(name string) string { return filepath.Join(l.Dir, "bin", name) }

// Path is a path in the scratch folder.
func (l *Lab) Path(elem ...string) string {
	return filepath.Join(append([]string{l.Dir}, elem...)...)
}

// Use is what a run used.
type Use struct {
	Wall   float64 // seconds
	CPU    float64 // seconds, user and system
	Memory int64   // bytes, at most at once
}

// Measure runs a command and returns what it used, and what it printed on
// standard output. An exit code other than 0 is an error.
func (l *Lab) Measure(ctx context.Context, env []string, command ...string) (Use, []byte, error) {
	name := l.Path("usage.json")
	cmd := exec.CommandContext(ctx, l.Bin("usage"), append([]string{name}, command...)...)
	var out, said bytes.Buffer
	cmd.Dir = l.Dir // where there is no content
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), &out, &said
	if err := cmd.Run(); err != nil {
		return Use{}, nil, fmt.Errorf("%s: %w\n%s%s", strings.Join(command, " "), err, out.Bytes(), said.Bytes())
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return Use{}, nil, err
	}
	var u Use
	return u, out.Bytes(), json.Unmarshal(data, &u)
}

// Result is what firstframe says that a run did.
type Result struct {
	Images  int // in the gallery
	New     int // of them
	Written int // files of the site
}

// said is how it says so.
var said = regexp.MustCompile(`^(?:nothing new: )?([\d,]+) images? in .*?(?:, ([\d,]+) new, (?:.*, )?([\d,]+) files? written.*)?\n$`)

// parseResult reads the line that a run prints. The document that --json
// prints would be easier to read, but has the size of the site in it, for which
// every file is looked at: a run by a schedule does not.
func parseResult(line []byte) (Result, error) {
	m := said.FindSubmatch(line)
	if m == nil {
		return Result{}, fmt.Errorf("a run says: %s", line)
	}
	var n [3]int
	for i, digits := range m[1:] {
		n[i], _ = strconv.Atoi(strings.ReplaceAll(string(digits), ",", "")) // of digits, or 0 for none
	}
	return Result{n[0], n[1], n[2]}, nil
}

// Firstframe runs firstframe on a service. The site is in site, which is the
// name of a folder in the scratch folder, and the cache beside it.
func (l *Lab) Firstframe(ctx context.Context, s *Service, site string, flags ...string) (Use, Result, error) {
	env := []string{"USEAPI_TOKEN=" + Token, "USEAPI_ACCOUNT=", "GITHUB_ACTIONS="}
	if l.profile != "" {
		l.runs++
		env = append(env, fmt.Sprintf("FIRSTFRAME_PROFILE=%s/%03d-%s.pprof", l.profile, l.runs, site))
	}
	command := append([]string{l.Bin("firstframe"), "--api", s.URL, "--allow-private-hosts",
		"--out", l.Path(site), "--cache", l.Path(site + "-cache")}, flags...)
	u, line, err := l.Measure(ctx, env, command...)
	if err != nil {
		return Use{}, Result{}, err
	}
	r, err := parseResult(line)
	return u, r, err
}

// NewSite makes an empty folder for a site, and returns its name, which begins with
// kind. It stays until the scratch folder goes: where files have been removed, some
// file systems are slow to make others for minutes.
func (l *Lab) NewSite(kind string) (string, error) {
	folder, err := os.MkdirTemp(l.Dir, kind+"-")
	return filepath.Base(folder), err
}

// FirstBuild runs firstframe on a service where nothing is yet.
func (l *Lab) FirstBuild(ctx context.Context, s *Service, flags ...string) (Use, error) {
	site, err := l.NewSite("site")
	if err != nil {
		return Use{}, err
	}
	u, _, err := l.Firstframe(ctx, s, site, flags...)
	return u, err
}

// Written counts the files of a site and of its cache that were written since.
func (l *Lab) Written(site string, since time.Time) (int, error) {
	n := 0
	count := func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.ModTime().After(since) {
			n++
		}
		return err
	}
	err := errors.Join(filepath.WalkDir(l.Path(site), count), filepath.WalkDir(l.Path(site+"-cache"), count))
	return n, err
}

// Now is a time that every file which is written later is younger than: file
// systems count in steps of some milliseconds.
func Now() time.Time {
	now := time.Now()
	time.Sleep(30 * time.Millisecond)
	return now
}

// Token is that of the service.
const Token = "user:1234-benchmark"

// SmallWidth is the width of the small pictures, in pixels.
const SmallWidth = 64

// Service is a process that serves pictures.
type Service struct {
	URL string
	cmd *exec.Cmd
	in  io.Closer
}

// Serve starts a service; see the program service for its flags. It ends when
// it is closed, and also when this process ends in whatever way.
func (l *Lab) Serve(ctx context.Context, flags ...string) (*Service, error) {
	cmd := exec.CommandContext(ctx, l.Bin("service"), flags...)
	cmd.Stderr = l.Log
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &Service{cmd: cmd, in: in}
	if _, err := fmt.Fscanln(out, &s.URL); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("the service did not start: %w", err)
	}
	return s, nil
}

// Close ends the service.
func (s *Service) Close() error {
	_ = s.in.Close() // which is what it waits for
	return s.cmd.Wait()
}

// Count is how many requests there were since the last one was answered.
type Count struct{ Listings, Downloads int }

// Count returns how many requests there were since it was last asked.
func (s *Service) Count(ctx context.Context) (Count, error) {
	var c Count
	body, err := s.ask(ctx, "/bench/count")
	if err == nil {
		err = json.Unmarshal(body, &c)
	}
	return c, err
}

// SetImages sets how many images there are, of a service that makes them.
func (s *Service) SetImages(ctx context.Context, n int) error {
	_, err := s.ask(ctx, fmt.Sprintf("/bench/images?n=%d", n))
	return err
}

func (s *Service) ask(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %s", path, resp.Status, body)
	}
	return body, err
}

// Median is the middle of some numbers; of an even number of them, the mean of
// the two in the middle.
func Median[T any](runs []T, number func(T) float64) float64 {
	numbers := make([]float64, len(runs))
	for i, r := range runs {
		numbers[i] = number(r)
	}
	slices.Sort(numbers)
	n := len(numbers)
	if n == 0 {
		return 0
	}
	return (numbers[(n-1)/2] + numbers[n/2]) / 2
}

// Wall, CPU and Memory are for Median.
func Wall(u Use) float64   { return u.Wall }
func CPU(u Use) float64    { return u.CPU }
func Memory(u Use) float64 { return float64(u.Memory) }

// MB says bytes.
func MB(bytes float64) string { return fmt.Sprintf("%.0f MB", bytes/1e6) }

// Table writes a table in Markdown, whose first columns are words and whose
// others are figures, which stand at the right.
func Table(w io.Writer, words int, head []string, rows ...[]string) {
	fmt.Fprintf(w, "\n| %s |\n|%s%s\n", strings.Join(head, " | "),
		strings.Repeat("---|", words), strings.Repeat("--:|", len(head)-words))
	for _, row := range rows {
		fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
	}
	fmt.Fprintln(w)
}

// Machine says what this is measured on.
func Machine() string {
	model := runtime.GOARCH
	info, _ := os.ReadFile("/proc/cpuinfo") // of Linux
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	load, _ := os.ReadFile("/proc/loadavg")
	before, _, _ := strings.Cut(string(load), " ")
	return fmt.Sprintf("%s, %d processors, %s %s, load %s before the run", model, runtime.NumCPU(),
		runtime.GOOS, runtime.Version(), cmp.Or(before, "unknown"))
}
