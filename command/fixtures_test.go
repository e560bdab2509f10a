package command

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"firstframe/fetch/demo"
	"firstframe/fetch/fetchtest"
	"firstframe/render/media/mediatest"
)

// demoClip returns a clip of the demo.
func demoClip() []byte {
	videos := demo.Videos()
	return videos[slices.IndexFunc(videos, func(v fetchtest.Video) bool { return v.Clip != nil })].Clip
}

// picture returns a picture that depends only on its name.
func picture(name string) fetchtest.Picture {
	sum := sha256.Sum256([]byte(name))
	seed := uint64(sum[0])<<8 | uint64(sum[1])
	kind := strings.TrimPrefix(path.Ext(name), ".")
	p := fetchtest.Picture{
		ID:       fmt.Sprintf("%018d", 300000000000000000+seed),
		Name:     name,
		Type:     kind,
		Uploaded: time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(seed%2400) * time.Hour),
		Data:     pictureData(kind, seed),
	}
	return p
}

// drawn holds the pictures that were drawn before.
var (
	drawn      = map[string][]byte{}
	drawnMutex sync.Mutex
)

// drawnOnce returns the bytes of a picture, which it draws only once. The bytes must not be changed.
func drawnOnce(kind string, seed uint64, draw func(kind string, seed uint64) []byte) []byte {
	drawnMutex.Lock()
	defer drawnMutex.Unlock()
	key := kind + strconv.FormatUint(seed, 10)
	if drawn[key] == nil {
		drawn[key] = draw(kind, seed)
	}
	return drawn[key]
}

// pictureData returns the bytes of a picture. The extension is the kind, and the seed decides its
// size and colours.
func pictureData(kind string, seed uint64) []byte { return drawnOnce(kind, seed, drawPicture) }

// drawPicture draws the picture of pictureData.
func drawPicture(kind string, seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 1))
	width, height := 320+int(seed%5)*160, 300+int(seed%7)*60
	m := image.NewPaletted(image.Rect(0, 0, width, height), nil)
	for range 16 {
		m.Palette = append(m.Palette, color.RGBA{uint8(random.Uint32()), uint8(random.Uint32()), uint8(random.Uint32()), 255})
	}
	for y := range height {
		for x := range width {
			m.SetColorIndex(x, y, uint8((x/20+y/20)%16))
		}
	}
	var b bytes.Buffer
	var err error
	switch kind {
	case "png":
		err = png.Encode(&b, m)
	case "gif":
		err = gif.Encode(&b, m, nil)
	case "odd": // a JPEG with two bytes between its segments: it can be decoded, but not stripped
		err = jpeg.Encode(&b, m, nil)
		data := b.Bytes()
		data = slices.Insert(data, 4+int(binary.BigEndian.Uint16(data[4:])), 0, 0)
		b.Reset()
		b.Write(data)
	case "signed": // a JPEG with Content Credentials
		err = jpeg.Encode(&b, m, nil)
		data := mediatest.AddCredentials(b.Bytes(), "image/jpeg", "CANARY-SIGNED")
		b.Reset()
		b.Write(data)
	case "html":
		b.WriteString("<!doctype html><title>Not found</title>")
	case "pdf":
		b.WriteString("%PDF-1.7\n")
	case "mp3":
		b.WriteString("ID3\x04\x00\x00\x00\x00\x00\x00")
	case "mp4":
		b.Write(demoClip())
	default:
		err = jpeg.Encode(&b, m, nil)
	}
	if err != nil {
		panic(err)
	}
	return b.Bytes()
}

// tinyPicture returns a picture of 24 pixels. Pictures with different numbers have different bytes.
func tinyPicture(n int) fetchtest.Picture {
	return fetchtest.Picture{
		ID: fmt.Sprint(10_000 + n), Name: fmt.Sprintf("tiny-%d.png", n), Type: "png",
		Data:     drawnOnce("tiny", uint64(n), drawTinyPicture),
		Uploaded: time.Date(2024, 7, 1, n, 0, 0, 0, time.UTC),
	}
}

// drawTinyPicture draws the picture of tinyPicture.
func drawTinyPicture(_ string, n uint64) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, 6, 4))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 37)
	}
	m.SetNRGBA(0, 0, color.NRGBA{uint8(n), uint8(n >> 8), 0, 255})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// setNames makes the service list pictures of these names.
func setNames(s *fetchtest.Service, names ...string) {
	pictures := make([]fetchtest.Picture, len(names))
	for i, name := range names {
		pictures[i] = picture(name)
	}
	s.Set(pictures)
}

// pictureNames returns n names with numbers from first on.
func pictureNames(first, n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("picture-%02d.jpg", first+i))
	}
	return names
}
