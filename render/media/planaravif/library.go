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

// compileEncoder and compileDecoder compile a module, once. The encoder takes a second or two, and
// the decoder a third of that, so a process that only reads pictures does without the encoder.
var (
	compileEncoder = sync.OnceFunc(func() { compile(avif.InitEncoder) })
	compileDecoder = sync.OnceFunc(func() { compile(avif.InitDecoder) })
)

// using is locked for reading while a module is used, and for writing while one is compiled. The
// library then writes a variable that both modules read.
var using sync.RWMutex

// compile compiles a module while none is in use.
func compile(module func()) {
	using.Lock()
	defer using.Unlock()
	module()
}

// use begins the use of a module, and compiles it if it is the first one. done must be called after
// it.
func use(compile func()) (done func(), err error) {
	if err := Available(); err != nil {
		return nil, err
	}
	compile()
	using.RLock()
	return using.RUnlock, nil
}

// encodeRGBA returns a file of the library. quality is libavif's, 0 to 100.
func encodeRGBA(m *image.RGBA, quality int) (data []byte, err error) {
	defer catch(&err)
	done, err := use(compileEncoder)
	if err != nil {
		return nil, err
	}
	defer done()
	var out bytes.Buffer
	err = avif.Encode(&out, m, avif.Options{
		Quality: max(quality, 1), QualityAlpha: 100, Speed: speed, ChromaSubsampling: image.YCbCrSubsampleRatio420,
	})
	return out.Bytes(), err
}

// errDamaged means that the pixels of a file cannot be read.
var errDamaged = errors.New("avif: the picture is damaged")

// Decode decodes a picture. The result is opaque.
func Decode(data []byte) (m *image.RGBA, err error) {
	defer catch(&err)
	done, err := use(compileDecoder)
	if err != nil {
		return nil, err
	}
	defer done()
	img, err := avif.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, errDamaged // the library's own error is a stack of numbers
	}
	m, ok := img.(*image.RGBA)
	if !ok {
		return nil, errors.New("avif: unsupported pixels")
	}
	// If no frame decodes, the library reports no error, and returns memory that nobody has written.
	for i := 3; i < len(m.Pix); i += 4 {
		if m.Pix[i] != 0xff {
			return nil, errDamaged
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
