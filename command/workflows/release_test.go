package workflows

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fetch runs the step of the action that gets the program, and returns its outputs.
func (m *machine) fetch(uses string) (map[string]any, error) {
	m.t.Helper()
	m.uses = uses
	a, s := m.enter(map[string]string{"token": "user:1234-secret-token"})
	return m.step(s, stepOf(m.t, a.Runs.Steps, "program"))
}

// TestActionFetchesTheRelease calls the action with each kind of ref, on each kind of machine. It
// must get the program of the release at that commit, verify it, and not build it. If there is no
// release for the ref or the machine, it must say why, and build the program from the source that
// it was called with. It must never run a program that is not what was released.
func TestActionFetchesTheRelease(t *testing.T) {
	t.Parallel()
	const archive = "firstframe_1.2.0_linux_amd64.tar.gz"
	none := func(*hub) {}
	for _, tt := range []struct {
		name, ref string
		before    func(*hub)
		want      string // a message; or "" for the program
		refused   bool
	}{
		{"a tag", "v1.2.0", none, "", false},
		{"a floating tag", "v1", none, "", false},
		{"the whole name of a tag", "refs/tags/v1.2.0", none, "", false},
		{"a commit", "COMMIT v1.2.0", none, "", false},
		{"on a Mac", "v1", func(b *hub) { b.system, b.machine = "macOS", "ARM64" }, "", false},
		{"on Windows", "v1", func(b *hub) { b.system = "Windows" }, "", false},
		{"a download is cut", "v1", func(b *hub) { b.cuts.Store(1) }, "", false},

		{"a commit without a release", "COMMIT none", none, "no version of OWNER/firstframe is at ", false},
		{"a branch", "main", none, "no version of OWNER/firstframe is at main", false},
		{"a tag and a branch", "moving", none, "no version of OWNER/firstframe is at moving", false},
		{"an unknown ref", "v9.9.9", none, "no version of OWNER/firstframe is at v9.9.9", false},
		{"no answer", "v1", func(b *hub) { b.server.Close() }, "the versions of OWNER/firstframe cannot be listed", false},
		{"a tag without a release", "v1.1.0", none, "the release v1.1.0 has no checksums.txt, or it cannot be downloaded", false},
		{"another machine", "v1", func(b *hub) { b.machine = "ARM" }, "v1.2.0 has no program for Linux on ARM", false},
		{"another system", "v1", func(b *hub) { b.system = "Plan9" }, "v1.2.0 has no program for Plan9 on X64", false},
		{"not released for this machine", "v1", func(b *hub) { b.machine = "ARM64" }, "v1.2.0 has no program for Linux on ARM64", false},
		{"a missing file", "v1", func(b *hub) { delete(b.assets, archive) }, archive + " cannot be downloaded from the release v1.2.0", false},
		{"every download is cut", "v1", func(b *hub) { b.cuts.Store(9) }, archive + " cannot be downloaded from the release v1.2.0", false},
		{"no gh", "v1", func(b *hub) { b.lacks = "gh" }, "this machine lacks a GitHub CLI (gh) that can verify where v1.2.0 was built", false},
		{"an old gh", "v1", func(b *hub) { b.lacks = "--source-digest" }, "this machine lacks a GitHub CLI (gh) that can verify where v1.2.0 was built", false},

		{"another file", "v1", func(b *hub) { b.assets[archive] = append(b.assets[archive], 0) }, archive + " does not have the checksum that v1.2.0 lists for it", true},
		{"no attestation", "v1", func(b *hub) { b.refuses = "no attestations found" }, "nothing proves that " + archive + " was built from OWNER/firstframe at COMMIT v1.2.0, which is v1.2.0", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, _ := newMachine(t)
			m.hub = newHub(t, m.program())
			tt.before(m.hub)
			with := func(text string) string {
				tag, found := "", false
				if _, tag, found = strings.Cut(text, "COMMIT "); found {
					tag, _, _ = strings.Cut(tag, ",")
					text = strings.Replace(text, "COMMIT "+tag, m.hub.commits[tag], 1)
				}
				return text
			}
			outputs, err := m.fetch(owned + "@" + with(tt.ref))
			programs, _ := filepath.Glob(filepath.Join(m.temp, "firstframe", "firstframe*"))
			fetched := len(programs) == 1 && !strings.Contains(programs[0], "1.2.0")
			switch {
			case tt.refused:
				if err == nil || fetched || outputs["build"] != nil || !strings.Contains(m.log, "::error title=The download is not used::"+with(tt.want)) {
					t.Errorf("%v, outputs %v, files %q\n%s", err, outputs, programs, m.log)
				}
			case tt.want != "":
				if err != nil || fetched || outputs["build"] != "true" || !strings.Contains(m.log, "::notice title=firstframe is built from source::"+with(tt.want)) {
					t.Errorf("%v, outputs %v, files %q\n%s", err, outputs, programs, m.log)
				}
			case err != nil || !fetched || outputs["build"] != nil || outputs["version"] != "v1.2.0" || !strings.Contains(m.log, "firstframe v1.2.0, verified"):
				t.Errorf("%v, outputs %v, files %q\n%s", err, outputs, programs, m.log)
			default:
				m.hub.wantVerified(m)
			}
			// Git asks twice. Only a download that was cut is tried again.
			if n := m.hub.asked.Load(); n > 4 && !strings.Contains(tt.name, "cut") {
				t.Errorf("there were %d requests", n)
			}
		})
	}
}

// wantVerified checks that gh was asked for the attestation of this repository, its release
// workflow and the commit, with GitHub's token and no other one.
func (b *hub) wantVerified(m *machine) {
	b.t.Helper()
	host := strings.TrimPrefix(b.server.URL, "http://")
	names := map[string]string{"": "linux_amd64.tar.gz", "macOS": "darwin_arm64.tar.gz", "Windows": "windows_amd64.zip"}
	want := fmt.Sprintf("%s github-token  attestation verify firstframe_1.2.0_%s --repo OWNER/firstframe --source-digest %s "+
		"--signer-workflow OWNER/firstframe/.github/workflows/release.yml --deny-self-hosted-runners\n", host, names[b.system], b.commits["v1.2.0"])
	if got := b.calls(); got != want {
		b.t.Errorf("gh was called with\n%swant\n%s%s", got, want, m.log)
	}
}

// TestActionRunsTheRelease runs the whole action with the released program. Go must not be needed.
func TestActionRunsTheRelease(t *testing.T) {
	t.Parallel()
	m, s := newMachine(t)
	m.hub = newHub(t, m.program())
	m.uses = owned + "@" + m.hub.commits["v1.2.0"]
	outputs, err := m.composite(map[string]string{"token": s.Token})
	if err != nil || outputs["images"] != "1" || len(m.spent.actions) > 0 {
		t.Errorf("%v, outputs %v, actions %q\n%s", err, outputs, m.spent.actions, m.log)
	}
}

// TestActionRefuses checks that nothing runs after a download that is not what was released.
func TestActionRefuses(t *testing.T) {
	t.Parallel()
	m, s := newMachine(t)
	m.hub = newHub(t, m.program())
	m.hub.refuses, m.uses = "no attestations found", owned+"@v1"
	_, err := m.composite(map[string]string{"token": s.Token})
	if err == nil || s.Listings() > 0 || len(m.spent.actions) > 0 {
		t.Errorf("%v, actions %q\n%s", err, m.spent.actions, m.log)
	}
}

// TestActionFromAPath calls the action as this repository and forks of it do. The program must be
// built from the files there, without a question to GitHub.
func TestActionFromAPath(t *testing.T) {
	t.Parallel()
	m, _ := newMachine(t)
	m.hub, m.unbuilt = newHub(t, m.program()), true
	outputs, err := m.fetch("./")
	if err != nil || outputs["build"] != "true" || m.hub.asked.Load() > 0 || strings.Contains(m.log, "::") {
		t.Errorf("%v, outputs %v, %d requests\n%s", err, outputs, m.hub.asked.Load(), m.log)
	}
	if _, err := os.Stat(filepath.Join(m.temp, "firstframe")); err != nil {
		t.Error(err)
	}
}
