// Package bench measures firstframe. It holds what its programs share: a scratch folder with the
// programs, built from this repository; the test service, as its own process on loopback; functions
// that run a program and measure it; and tables in Markdown.
//
// The programs to start are compare (started by the script peers), gallery, network and firstload.
// They need only Go, and firstload also Chromium. They print tables to standard output and progress
// to standard error, and remove their scratch folder at the end. Three more programs are built and
// started by a Lab: service, usage and profiled.
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

// Main runs a program until it ends or is interrupted. It exits with 1 if run fails.
func Main(name string, run func(context.Context) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		os.Exit(1)
	}
}

// Lab is a scratch folder with the built programs.
type Lab struct {
	Dir string
	Log io.Writer // where progress is printed

	profile    string // the folder for CPU profiles, or ""
	repository string // the folder of this repository, if there are profiles
	runs       int    // the number of profiles so far
}

// Options are the options of a Lab.
type Options struct {
	Dir     string // a folder to create and keep; "" uses a temporary one and removes it
	Profile string // a folder for a CPU profile of each run of firstframe; "" writes none
}

// Open builds the programs. The working directory must be inside the repository. The caller must
// call close. Open fails if the programs do not build.
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

// build builds the programs into the scratch folder, without cgo, as the action does.
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
	args := []string{"build", "-tags", "nodynamic", "-trimpath", "-o", bin + string(filepath.Separator),
		"firstframe", "firstframe/bench/usage", "firstframe/bench/service"}
	if l.profile != "" {
		if err := l.prepareProfiles(ctx); err != nil {
			return err
		}
		args = append(args, "firstframe/bench/profiled")
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// prepareProfiles creates the folder for the profiles and finds the repository, which the program
// profiled reads.
func (l *Lab) prepareProfiles(ctx context.Context) error {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	l.repository = strings.TrimSpace(string(root))
	if l.profile, err = filepath.Abs(l.profile); err != nil {
		return err
	}
	return os.MkdirAll(l.profile, 0o755)
}

// Bin returns the path of a built program.
func (l *Lab) Bin(name string) string { return filepath.Join(l.Dir, "bin", name) }

// Path returns a path in the scratch folder.
func (l *Lab) Path(elem ...string) string {
	return filepath.Join(append([]string{l.Dir}, elem...)...)
}

// Use is the time and memory of a run.
type Use struct {
	Wall   float64 // seconds
	CPU    float64 // seconds, user and system
	Memory int64   // bytes, at the peak
}

// Measure runs a command in the scratch folder. It returns the run's time and memory, and its
// standard output. It fails if the exit code is not 0.
func (l *Lab) Measure(ctx context.Context, env []string, command ...string) (Use, []byte, error) {
	name := l.Path("usage.json")
	cmd := exec.CommandContext(ctx, l.Bin("usage"), append([]string{name}, command...)...)
	var out, said bytes.Buffer
	cmd.Dir = l.Dir // it has no folder content, which firstframe would read
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

// Result is a run's own report.
type Result struct {
	Images  int // images in the gallery
	New     int // new images
	Written int // files written to the site
}

// said matches the line that a run prints.
var said = regexp.MustCompile(`^(?:nothing new: )?([\d,]+) images? in .*?(?:, ([\d,]+) new, (?:.*, )?([\d,]+) files? written.*)?\n$`)

// parseResult reads the line that a run prints. It fails if the line has another form. The output
// of --json would be easier to read, but it contains the size of the site. To get that, a run looks
// at every file, which a scheduled run does not do.
func parseResult(line []byte) (Result, error) {
	m := said.FindSubmatch(line)
	if m == nil {
		return Result{}, fmt.Errorf("unexpected output of a run: %s", line)
	}
	var n [3]int
	for i, digits := range m[1:] {
		n[i], _ = strconv.Atoi(strings.ReplaceAll(string(digits), ",", "")) // a missing number is 0
	}
	return Result{n[0], n[1], n[2]}, nil
}

// Firstframe runs firstframe against a service. It builds the site in the folder named site in the
// scratch folder, and keeps the cache beside it. It fails if the exit code is not 0.
func (l *Lab) Firstframe(ctx context.Context, s *Service, site string, flags ...string) (Use, Result, error) {
	command := []string{l.Bin("firstframe")}
	if l.profile != "" {
		l.runs++
		profile := filepath.Join(l.profile, fmt.Sprintf("%03d-%s.pprof", l.runs, site))
		command = []string{l.Bin("profiled"), profile, l.repository}
	}
	command = append(command, "--api", s.URL, "--allow-private-hosts",
		"--out", l.Path(site), "--cache", l.Path(site+"-cache"))
	env := []string{"USEAPI_TOKEN=" + Token, "USEAPI_ACCOUNT=", "GITHUB_ACTIONS="}
	u, line, err := l.Measure(ctx, env, append(command, flags...)...)
	if err != nil {
		return Use{}, Result{}, err
	}
	r, err := parseResult(line)
	return u, r, err
}

// NewSite creates an empty folder for a site and returns its name, which begins with kind. The
// folder stays until the scratch folder is removed, because some file systems create files slowly
// for minutes after others were removed.
func (l *Lab) NewSite(kind string) (string, error) {
	folder, err := os.MkdirTemp(l.Dir, kind+"-")
	return filepath.Base(folder), err
}

// FirstBuild runs firstframe with an empty folder for the site and an empty cache.
func (l *Lab) FirstBuild(ctx context.Context, s *Service, flags ...string) (Use, error) {
	site, err := l.NewSite("site")
	if err != nil {
		return Use{}, err
	}
	u, _, err := l.Firstframe(ctx, s, site, flags...)
	return u, err
}

// Written returns how many files of a site and its cache were written after since.
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

// Now returns a time that is before the time of any file written later. It waits a moment, because
// file systems count time in steps of some milliseconds.
func Now() time.Time {
	now := time.Now()
	time.Sleep(30 * time.Millisecond)
	return now
}

// Token is the service's API token.
const Token = "user:1234-benchmark"

// SmallWidth is the width of the small pictures in pixels.
const SmallWidth = 64

// Service is a process that serves pictures.
type Service struct {
	URL string
	cmd *exec.Cmd
	in  io.Closer
}

// Serve starts a service. The program service describes its flags. The service ends when it is
// closed, and when this process ends for any reason.
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
	_ = s.in.Close() // the service ends when its standard input does
	return s.cmd.Wait()
}

// Count is the number of requests since the previous Count.
type Count struct{ Listings, Downloads int }

// Count returns the number of requests since the previous call.
func (s *Service) Count(ctx context.Context) (Count, error) {
	var c Count
	body, err := s.ask(ctx, "/bench/count")
	if err == nil {
		err = json.Unmarshal(body, &c)
	}
	return c, err
}

// SetImages sets the number of images of a service that was started with --images.
func (s *Service) SetImages(ctx context.Context, n int) error {
	_, err := s.ask(ctx, fmt.Sprintf("/bench/images?n=%d", n))
	return err
}

// ask returns the body of the service's answer. It fails if the status is not 200.
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

// Median returns the median of one figure over all runs, or 0 without runs. With an even number of
// runs it returns the mean of the two in the middle.
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

// Wall returns the wall time in seconds, for Median.
func Wall(u Use) float64 { return u.Wall }

// CPU returns the processor time in seconds, for Median.
func CPU(u Use) float64 { return u.CPU }

// Memory returns the peak memory in bytes, for Median.
func Memory(u Use) float64 { return float64(u.Memory) }

// MB formats bytes as megabytes.
func MB(bytes float64) string { return fmt.Sprintf("%.0f MB", bytes/1e6) }

// Table writes a table in Markdown. The first columns, as many as words says, are aligned left. The
// others hold figures and are aligned right.
func Table(w io.Writer, words int, head []string, rows ...[]string) {
	fmt.Fprintf(w, "\n| %s |\n|%s%s\n", strings.Join(head, " | "),
		strings.Repeat("---|", words), strings.Repeat("--:|", len(head)-words))
	for _, row := range rows {
		fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
	}
	fmt.Fprintln(w)
}

// Machine describes the machine: processors, system, Go version and load.
func Machine() string {
	model := runtime.GOARCH
	info, _ := os.ReadFile("/proc/cpuinfo") // Linux only
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
