package media

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image/jpeg"
	"io"
	"io/fs"
)

// measureRendition reads a rendition's size from its header. One that was cut
// lacks the marker at its end and is an error.
func Measure(dir fs.FS, name string) (Rendition, error) {
	f, err := dir.Open(name)
	if err != nil {
		return Rendition{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Rendition{}, err
	}
	if info.Size() > MaxLooked {
		return Rendition{}, fmt.Errorf("reading %s: it is too large", name)
	}
	// It is never in memory as a whole: nobody knows what it is.
	read, sum := &ending{}, sha256.New()
	all := io.TeeReader(f, io.MultiWriter(read, sum))
	config, err := jpeg.DecodeConfig(all)
	if _, failed := io.Copy(io.Discard, all); failed != nil {
		return Rendition{}, failed
	}
	if err != nil {
		return Rendition{}, fmt.Errorf("reading %s: %w", name, err)
	}
	if !bytes.HasSuffix(read.last, []byte{0xff, 0xd9}) { // EOI, ITU T.81 B.1.1.3
		return Rendition{}, fmt.Errorf("reading %s: cut", name)
	}
	return Rendition{Path: name, Width: config.Width, Height: config.Height, Bytes: read.size, Sum: sumText(sum.Sum(nil))}, nil
}

// ending notes how much was written to it, and the last two bytes.
type ending struct {
	size int64
	last []byte
}

func (e *ending) Write(p []byte) (int, error) {
	e.size += int64(len(p))
	e.last = append(e.last, p[max(0, len(p)-2):]...)
	e.last = e.last[max(0, len(e.last)-2):]
	return len(p), nil
}
