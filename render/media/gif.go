package media

import (
	"bufio"
	"errors"
	"image"
	"io"

	"firstframe/render/media/stillgif"
)

// inspectGIF reads the size of the picture, and refuses a file that is cut.
//
// What a GIF shows is its first frame on the logical screen. What is transparent,
// or not covered by the frame, shows the page's background, as with every other
// transparent picture. The background color that the file names does not count:
// no browser paints it.
func inspectGIF(src *io.SectionReader) (header, error) {
	canvas, frame, err := stillgif.DecodeConfig(src)
	if err != nil {
		return header{}, err
	}
	if err := checkGIFComplete(bufio.NewReader(io.NewSectionReader(src, 0, src.Size()))); err != nil {
		return header{}, err
	}
	pixels := func(r image.Rectangle) int64 { return int64(r.Dx()) * int64(r.Dy()) }
	return header{
		width: canvas.Dx(), height: canvas.Dy(),
		memory:      pixels(frame) + 4*pixels(canvas), // indexes and NRGBA
		orientation: 1,
	}, nil
}

// decodeGIF decodes the first frame, whose bounds are its place on the screen.
func decodeGIF(src *io.SectionReader) (image.Image, error) {
	return stillgif.Decode(src)
}

// checkGIFComplete walks over the blocks to the trailer, or to the end of a file
// that has none but ends between two blocks. The decoder ends after the first
// frame, and would take a half-downloaded animation for complete.
func checkGIFComplete(r *bufio.Reader) error {
	var head [13]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return cutGIF(err)
	}
	if err := skipColorTable(r, head[10]); err != nil {
		return cutGIF(err)
	}
	for {
		kind, err := r.ReadByte()
		if err == io.EOF {
			return nil
		}
		switch kind {
		case 0x21: // extension: a label, then blocks
			_, err = r.Discard(1)
		case 0x2c: // image: place, size and flags, a colour table, the width of the codes, then blocks
			if _, err = io.ReadFull(r, head[:9]); err == nil {
				err = skipColorTable(r, head[8])
			}
			if err == nil {
				_, err = r.Discard(1)
			}
		default: // the trailer, or not of a GIF any more; if that comes too early, the decoder knows
			return err
		}
		if err == nil {
			err = skipBlocks(r)
		}
		if err != nil {
			return cutGIF(err)
		}
	}
}

// cutGIF says that the file is cut, if that is why it could not be read.
func cutGIF(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("gif: the file is cut")
	}
	return err
}

func skipColorTable(r *bufio.Reader, flags byte) error {
	if flags&0x80 == 0 {
		return nil
	}
	_, err := r.Discard(3 << (1 + flags&7))
	return err
}

// skipBlocks skips blocks with a byte of length each, and the empty one at
// their end.
func skipBlocks(r *bufio.Reader) error {
	for {
		size, err := r.ReadByte()
		if err != nil || size == 0 {
			return err
		}
		if _, err := r.Discard(int(size)); err != nil {
			return err
		}
	}
}
