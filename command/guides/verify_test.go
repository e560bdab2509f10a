//go:build unix

package guides

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"firstframe/command/commandtest"
)

// verifyHour does what docs/verify.md says, with a release that is made here, and with the commands
// git and gh, which must not reach GitHub.
func verifyHour(t *testing.T, guides map[string][]*block) {
	for _, tool := range []string{"git", "sha256sum", "jq"} {
		if _, err := exec.LookPath(tool); err != nil && os.Getenv("CI") == "" {
			t.Skip(err)
		}
	}
	o := newOwner(t, guides)
	downloads := filepath.Join(o.home, "Downloads")
	const archive = "firstframe_1.2.3_linux_amd64.tar.gz"
	makeRelease(o, downloads, archive)
	commandtest.WriteProgram(t, filepath.Join(filepath.Dir(o.copy), "bin", "gh"), `#!/bin/bash
set -e
[ "$1 $2 $4 $5" = "attestation verify --repo OWNER/firstframe" ]
if [ $# -gt 5 ]; then
  [ "$*" = "$1 $2 $3 $4 $5 --signer-workflow OWNER/firstframe/.github/workflows/release.yml --source-ref refs/tags/v1.2.3" ]
fi
grep -q "^$(sha256sum "$3" | cut -c 1-64)$" "$HOME/attested"
`)
	run := func(text string) (string, error) {
		script := find(t, guides, "docs/verify.md", text).text
		cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", script)
		cmd.Dir, cmd.Env = downloads, o.env
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	verify := []string{"sha256sum --check", "--signer-workflow"}
	for _, text := range append(verify, "git clone") {
		if out, err := run(text); err != nil {
			t.Errorf("%s: %v\n%s", text, err, out)
		}
	}
	out, err := run("jq -r")
	if err != nil || out != "github.com/yuin/goldmark v1.8.7\n" {
		t.Errorf("%v: the list of contents is %q", err, out)
	}
	// An archive that somebody has replaced, together with its checksum.
	o.write(downloads, archive, []byte("something else"))
	o.run("cd " + downloads + " && sha256sum " + archive + " > checksums.txt")
	for _, text := range verify {
		if out, err := run(text); err == nil {
			t.Errorf("%s: another archive is accepted:\n%s", text, out)
		}
	}
}

// makeRelease makes the release v1.2.3 of what is here, as the workflow does: it puts an archive
// with the program, its checksum and its list of contents into a folder. The owner's git finds the
// repository where the guide says it is.
func makeRelease(o *owner, to, archive string) {
	o.t.Helper()
	source := filepath.Join(o.server, "firstframe")
	check(o.t, os.Rename(o.copy, source))
	check(o.t, os.MkdirAll(o.copy, 0o755))
	check(o.t, os.MkdirAll(to, 0o755))
	o.env = append(o.env, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url."+source+".insteadOf", "GIT_CONFIG_VALUE_0=https://github.com/OWNER/firstframe",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
	config, err := os.ReadFile(filepath.Join(source, ".github/goreleaser.yaml"))
	check(o.t, err)
	for _, want := range []string{"flags: [-trimpath, -buildvcs=true, -tags=nodynamic]\n", "'-s -w -X firstframe/command.repository={{ ", "env: [CGO_ENABLED=0]\n"} {
		if !strings.Contains(string(config), want) {
			o.t.Errorf("the release is built otherwise than here: no %q in goreleaser.yaml", want)
		}
	}
	o.run("cd " + source + ` && git init --quiet && git add --all && git commit --quiet --message=first && git tag v1.2.3 &&
		CGO_ENABLED=0 go build -trimpath -buildvcs=true -tags=nodynamic -ldflags="-s -w -X firstframe/command.repository=OWNER/firstframe" &&
		tar -czf ` + filepath.Join(to, archive) + " firstframe && cd " + to + " && sha256sum " + archive + " > checksums.txt && cut -c 1-64 checksums.txt > $HOME/attested")
	o.write(to, archive+".sbom.json", []byte(`{"packages": [{"name": "github.com/yuin/goldmark", "versionInfo": "v1.8.7"}]}`))
}
