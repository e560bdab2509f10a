package render

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
)

// StrippedNow is the version of the rules by which media are stripped. It changes
// with stripVersion and clipVersion, and with what stays of a profile.
const StrippedNow = 2

// Renew takes out of an image's media what an earlier version published, and this
// one would not: not every image can be made again, nor every clip downloaded. A
// file whose bytes change gets another name, as all of them do. Renditions and an
// original that this version made are not looked at; made says that it made the
// renditions. It reports how many files are not understood, and so are not published
// any more. The error is the disk's.
func (o *Output) Renew(m *Image, made bool) (dropped int, err error) {
	if m.Hidden || m.Stripped >= StrippedNow {
		return 0, nil
	}
	r := renewal{out: o}
	if !made {
		m.Renditions = r.renditions(m.Renditions)
	}
	if m.Original != nil && m.Original.Path != OriginalPath(m.SHA256, m.Type) {
		if !r.renew(m.Original) {
			m.Withhold()
		}
	}
	for i := range m.Videos {
		if c := m.Videos[i].Clip; c != nil {
			clip := *c // several images can have the same
			clip.Poster = r.renditions(clip.Poster)
			if m.Videos[i].Clip = &clip; !r.renew(&clip.Published) {
				m.Videos[i].Withhold()
			}
		}
	}
	m.Stripped = StrippedNow
	return r.dropped, r.err
}

// renewal is what Renew does with the files of an image.
type renewal struct {
	out     *Output
	dropped int
	err     error // of the disk, the first
}

// renditions returns those that are understood, renewed.
func (r *renewal) renditions(list []Rendition) []Rendition {
	kept := make([]Rendition, 0, len(list))
	for _, one := range list {
		p := Published{one.Path, one.Bytes, one.Sum}
		if r.renew(&p) {
			one.Path, one.Bytes, one.Sum = p.Path, p.Bytes, p.Sum
			kept = append(kept, one)
		}
	}
	return kept
}

// renew strips a file, and reports whether it is understood. One that is not
// there is left to those who find it missing.
func (r *renewal) renew(p *Published) bool {
	if !r.out.Holds(p.Path, p.Bytes) {
		return true
	}
	data, err := r.out.Read(p.Path)
	if err != nil {
		r.err = cmp.Or(r.err, fmt.Errorf("reading %s: %w", p.Path, bare(err)))
		return true
	}
	extension := path.Ext(p.Path)
	stripped, err := stripAny(data, mediaTypeOf(extension))
	if err != nil {
		r.dropped++
		return false
	}
	if string(stripped) == string(data) {
		return true
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", StrippedNow, p.Path))
	stem := strings.TrimSuffix(p.Path, extension)
	p.Path = stem[:strings.LastIndex(stem, "-")+1] + hex.EncodeToString(sum[:5]) + extension
	p.Bytes, p.Sum = int64(len(stripped)), mediaSum(stripped)
	if err := r.out.Write(p.Path, stripped); err != nil && r.err == nil {
		r.err = err
	}
	return true
}

// mediaTypeOf is the media type of a file that is published, by its extension.
func mediaTypeOf(extension string) string {
	return map[string]string{
		".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".mp4": "video/mp4",
	}[extension]
}
