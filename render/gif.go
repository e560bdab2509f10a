package render

import (
	"bufio"
	"errors"
	"image"
	"image/gif"
	"io"
)

// inspectGIF reads the size of the logical screen, which is the picture's, and
// refuses a file that does not go on to its end.
func inspectGIF(src *io.SectionReader) (header, error) {
	config, err := gif.DecodeConfig(bufio.NewReader(io.NewSectionReader(src, 0, src.Size())))
	if err != nil {
		return header{}, err
	}
	if err := checkGIFComplete(bufio.NewReader(src)); err != nil {
		return header{}, err
	}
	pixels := int64(config.Width) * int64(config.Height)
	return header{
		width: config.Width, height: config.Height,
		memory:      (1 + 4) * pixels, // indexes and NRGBA
		orientation: 1,
	}, nil
}

// decodeGIF decodes the first frame, whose bounds are its place on the screen.
// That it lies within the screen is checked before its pixels are allocated.
func decodeGIF(src *io.SectionReader) (image.Image, error) {
	return gif.Decode(bufio.NewReader(src))
}

// checkGIFComplete walks over the blocks to the trailer. The decoder ends after
// the first frame, and would take a half-downloaded animation for complete.
func checkGIFComplete(r *bufio.Reader) error {
	truncated := errors.New("gif: the file is cut")
	var head [13]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return truncated
	}
	if err := skipColorTable(r, head[10]); err != nil {
		return truncated
	}
	for {
		kind, err := r.ReadByte()
		if err != nil {
			return truncated
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
		case 0x3b: // trailer
			return nil
		default: // not of a GIF any more; if it comes too early, the decoder knows
			return nil
		}
		if err == nil {
			err = skipBlocks(r)
		}
		if err != nil {
			return truncated
		}
	}
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
