package media

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"slices"
	"testing"

	"firstframe/render/media/mediatest"
)

// The screen of a GIF can be larger than its first frame.
func TestAnimatedGIFShowsItsFirstFrame(t *testing.T) {
	colors := color.Palette{color.NRGBA{200, 40, 40, 255}, color.NRGBA{40, 40, 200, 255}, color.NRGBA{}}
	red := image.NewPaletted(image.Rect(16, 16, 48, 48), colors)
	blue := image.NewPaletted(image.Rect(0, 0, 64, 64), colors)
	for i := range blue.Pix {
		blue.Pix[i] = 1
	}
	red.SetColorIndex(47, 47, 2) // one transparent pixel
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &gif.GIF{
		Image: []*image.Paletted{red, blue}, Delay: []int{10, 10},
		Config: image.Config{ColorModel: colors, Width: 64, Height: 64},
	})
	if err != nil {
		t.Fatal(err)
	}
	img := makeLargest(t, new(Maker), "image/gif", b.Bytes())
	if img.Bounds() != image.Rect(0, 0, 64, 64) {
		t.Errorf("the picture is %v, want the whole screen", img.Bounds())
	}
	wantColor(t, img, 32, 32, color.NRGBA{200, 40, 40, 255})
	wantColor(t, img, 4, 4, color.NRGBA{255, 255, 255, 255})
}

// Files that other programs show must not be missing: without a trailer, with a frame that leaves
// the screen, with data after the pixels.
func TestUnusualGIFs(t *testing.T) {
	colors := color.Palette{mediatest.Quarters[0], mediatest.Quarters[1], mediatest.Quarters[2], mediatest.Quarters[3]}
	picture := image.NewPaletted(image.Rect(0, 0, 64, 64), colors)
	draw.Draw(picture, picture.Rect, mediatest.Blocks(64, 64), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := gif.Encode(&b, picture, nil); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	small := slices.Clone(data)
	binary.LittleEndian.PutUint16(small[6:], 10) // the screen's width
	more := slices.Concat(data[:len(data)-2], []byte("\x05abcde\x03fgh\x00;"))
	for name, data := range map[string][]byte{
		"no trailer":        data[:len(data)-1],
		"beyond the screen": small,
		"more data":         more,
		"more blocks":       slices.Concat(data[:len(data)-1], []byte("!\xfe\x02hi\x00")),
	} {
		t.Run(name, func(t *testing.T) {
			img := makeLargest(t, new(Maker), "image/gif", data)
			if img.Bounds() != picture.Rect {
				t.Errorf("the picture is %v, want %v", img.Bounds(), picture.Rect)
			}
			wantBlocks(t, img)
		})
	}
}

// Transparent pixels of a GIF show the page, not the background color in the file, which no browser
// paints.
func TestBackgroundOfGIF(t *testing.T) {
	colors := color.Palette{color.NRGBA{0, 200, 0, 255}, color.NRGBA{200, 40, 40, 255}, color.NRGBA{}}
	m := image.NewPaletted(image.Rect(32, 0, 64, 64), colors)
	for i := range m.Pix {
		m.Pix[i] = uint8(1 + i/m.Stride/32) // red above, transparent below
	}
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &gif.GIF{
		Image: []*image.Paletted{m}, Delay: []int{0}, BackgroundIndex: 0,
		Config: image.Config{ColorModel: colors, Width: 64, Height: 64},
	})
	if err != nil {
		t.Fatal(err)
	}
	page := color.NRGBA{16, 32, 48, 255}
	img := makeLargest(t, &Maker{Background: page}, "image/gif", b.Bytes())
	wantColor(t, img, 48, 16, color.NRGBA{200, 40, 40, 255})
	wantColor(t, img, 48, 48, page)
	wantColor(t, img, 16, 32, page) // outside of the frame
}
