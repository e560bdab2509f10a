package planaravif

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"sync"

	"github.com/gen2brain/avif"
)

// Available fails if this program was built so that it uses a libavif of the machine, if there is
// one. Then the bytes of a picture would depend on the machine.
func Available() error {
	if avif.Dynamic() == nil {
		return errors.New("this build uses the machine's libavif, so its files would depend on the machine")
	}
	return nil
}

// compile compiles both modules, once, which takes some seconds. The library compiles each when it
// is first used, but then writes a variable that both read.
var compile = sync.OnceFunc(func() {
	avif.InitEncoder()
	avif.InitDecoder()
})

// encodeRGBA returns a file of the library. quality is libavif's, 0 to 100.
func encodeRGBA(m *image.RGBA, quality int) (data []byte, err error) {
	defer catch(&err)
	if err := Available(); err != nil {
		return nil, err
	}
	compile()
	var out bytes.Buffer
	err = avif.Encode(&out, m, avif.Options{
		Quality: max(quality, 1), QualityAlpha: 100, Speed: speed, ChromaSubsampling: image.YCbCrSubsampleRatio420,
	})
	return out.Bytes(), err
}

// Decode decodes a picture. The result is opaque.
func Decode(data []byte) (m *image.RGBA, err error) {
	defer catch(&err)
	if err := Available(); err != nil {
		return nil, err
	}
	compile()
	img, err := avif.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	m, ok := img.(*image.RGBA)
	if !ok {
		return nil, errors.New("avif: unsupported pixels")
	}
	// If no frame decodes, the library reports no error, and returns memory that nobody has written.
	for i := 3; i < len(m.Pix); i += 4 {
		if m.Pix[i] != 0xff {
			return nil, errors.New("avif: the picture is damaged")
		}
	}
	return m, nil
}

// catch turns a panic into an error.
func catch(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("avif: %v", p)
	}
}
