package media

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bep/imagemeta"
)

// exifPrefix comes before an EXIF block in a JPEG. Another zero follows it.
const exifPrefix = "Exif\x00"

// Camera is what EXIF says about how a photograph was taken. It never says where, by whom, or with
// which copy of the camera. Every field can be empty.
type Camera struct {
	Make        string `json:"make,omitempty"`
	Model       string `json:"model,omitempty"`
	Lens        string `json:"lens,omitempty"`
	Exposure    string `json:"exposure,omitempty"`     // like 1/250 s
	Aperture    string `json:"aperture,omitempty"`     // like f/2.8
	ISO         string `json:"iso,omitempty"`          // like 100
	FocalLength string `json:"focal_length,omitempty"` // like 35 mm
	Taken       string `json:"taken,omitempty"`        // the day, like 2024-07-01
}

// metadata is what this program reads from the metadata of a picture.
type metadata struct {
	orientation int       // EXIF orientation, 1 to 8; 0 without one
	camera      *Camera   // nil if the file names none
	taken       time.Time // see Picture.Taken
}

// readMetadata reads the EXIF block and the XMP packet of a picture. As in Pillow, XMP counts only
// if EXIF has no orientation. Without any, the orientation is 1.
func readMetadata(exif, xmp []byte) metadata {
	m := readEXIF(exif)
	if m.orientation == 0 && len(xmp) > 0 {
		m.orientation = readXMPOrientation(xmp)
	}
	m.orientation = max(m.orientation, 1)
	return m
}

// readEXIF reads an EXIF block, with or without the prefix that it has in a JPEG. It never fails,
// because the picture matters more: it keeps everything in a broken block that comes before the
// damage.
func readEXIF(block []byte) metadata {
	var m metadata
	block = bytes.TrimPrefix(block, []byte(exifPrefix+"\x00"))
	if len(block) == 0 {
		return m
	}
	var c Camera
	_ = decodeEXIF(block, func(t imagemeta.TagInfo) error {
		switch t.Tag {
		case "Orientation":
			if n, ok := integer(t.Value); ok && 1 <= n && n <= 8 {
				m.orientation = n
			}
		case "Make":
			c.Make = words(t.Value)
		case "Model":
			c.Model = words(t.Value)
		case "LensModel":
			c.Lens = words(t.Value)
		case "ExposureTime":
			c.Exposure = exposure(t.Value)
		case "FNumber":
			c.Aperture = measure("f/", t.Value, "")
		case "ISO":
			if n, ok := integer(t.Value); ok && n > 0 {
				c.ISO = strconv.Itoa(n)
			}
		case "FocalLength":
			c.FocalLength = measure("", t.Value, " mm")
		case "DateTimeOriginal":
			if m.taken = taken(t.Value); !m.taken.IsZero() {
				c.Taken = m.taken.Format(time.DateOnly)
			}
		}
		return nil
	})
	if c != (Camera{}) {
		m.camera = &c
	}
	return m
}

// decodeEXIF calls handle for the tags that readEXIF knows. It skips the tags of the thumbnail,
// which has an orientation too. A limit on the bytes to read ends loops, because imagemeta's limit
// on tags does not count the tags that it skips. Imagemeta's timeout is not used, because it leaves
// a goroutine behind that reads from a shared buffer.
func decodeEXIF(block []byte, handle imagemeta.HandleTagFunc) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("reading EXIF: %v", p)
		}
	}()
	_, err = imagemeta.Decode(imagemeta.Options{
		R:            &tiringReader{Reader: bytes.NewReader(block), left: maxEXIFReads},
		ImageFormat:  imagemeta.TIFF, // an EXIF block is a TIFF
		Sources:      imagemeta.EXIF,
		LimitNumTags: 1000,
		LimitTagSize: 1000,
		HandleTag:    handle,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool {
			switch t.Namespace {
			case "IFD0":
				return t.Tag == "Orientation" || t.Tag == "Make" || t.Tag == "Model"
			case "IFD0/ExifIFDP":
				switch t.Tag {
				case "LensModel", "ExposureTime", "FNumber", "ISO", "FocalLength", "DateTimeOriginal":
					return true
				}
			}
			return false
		},
	})
	return err
}

// tiringReader reads only so many bytes in all, including those that it reads again after a seek.
type tiringReader struct {
	*bytes.Reader
	left int
}

// Read fails when nothing is left.
func (r *tiringReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, errors.New("EXIF is circular or too long")
	}
	n, err := r.Reader.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

// readPrefixed reads the prefix and at most limit bytes more. It returns nil if r does not begin
// with the prefix.
func readPrefixed(r io.Reader, prefix string, limit int64) ([]byte, error) {
	start := make([]byte, len(prefix))
	if n, err := io.ReadFull(r, start); n < len(start) {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = nil
		}
		return nil, err
	}
	if string(start) != prefix {
		return nil, nil
	}
	rest, err := io.ReadAll(io.LimitReader(r, limit))
	return append(start, rest...), err
}

// integer returns the value of a tag with a whole number.
func integer(value any) (int, bool) {
	switch v := value.(type) {
	case uint16:
		return int(v), true
	case uint32:
		return int(v), v <= math.MaxInt32
	case []any: // some cameras have two numbers for ISO
		if len(v) > 0 {
			if n, ok := v[0].(uint16); ok {
				return int(n), true
			}
		}
	}
	return 0, false
}

// words returns the printable part of a text from a camera, on one line and at most maxWords long.
// Direction marks do not count as printable, so they cannot turn the text of a page around.
func words(value any) string {
	s, ok := value.(string)
	if !ok {
		return ""
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxWords {
		s = strings.TrimSpace(string(r[:maxWords]))
	}
	return s
}

// positive returns the value of a rational number, and whether a camera can mean it.
func positive(value any) (float64, bool) {
	r, ok := value.(interface{ Float64() float64 })
	if !ok {
		return 0, false
	}
	f := r.Float64()
	return f, 1e-6 < f && f < 1e6
}

// exposure formats a time as cameras do: from 0.3 s as a decimal number, below that as a fraction.
func exposure(value any) string {
	f, ok := positive(value)
	if !ok {
		return ""
	}
	if f < 0.3 {
		return fmt.Sprintf("1/%.0f s", 1/f)
	}
	return measure("", value, " s")
}

// measure formats a number with at most one decimal place.
func measure(before string, value any, after string) string {
	f, ok := positive(value)
	if !ok {
		return ""
	}
	return before + strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0") + after
}

// taken returns an EXIF date, or the zero time.
func taken(value any) time.Time {
	s, _ := value.(string)
	t, err := time.Parse("2006:01:02 15:04:05", s)
	if err != nil {
		return time.Time{}
	}
	return t
}
