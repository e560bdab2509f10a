package media

import (
	"bufio"
	"bytes"
	"errors"
	"image"
	"io"

	"firstframe/render/media/stillgif"
)

// gifFormat is GIF (GIF89a and GIF87a).
var gifFormat = format{
	mediaType:   "image/gif",
	extension:   ".gif",
	name:        "GIF",
	begins:      func(head []byte) bool { return bytes.HasPrefix(head, []byte("GIF8")) },
	decoder:     decoder{inspect: inspectGIF, decode: decodeGIF},
	strip:       stripGIF,
	marker:      marker{markGIF, unmarkGIF},
	credentials: credentialsInGIF,
	metadata:    leaksOfGIF,
}

// inspectGIF reads the size of the picture. It refuses a file that is cut.
//
// A GIF shows its first frame on the logical screen. Transparent pixels and pixels outside the
// frame show the page's background, as in any transparent picture. The background color in the file
// does not count: no browser paints it.
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
		memory:   pixels(frame) + 4*pixels(canvas), // a palette index and an NRGBA pixel
		metadata: metadata{orientation: 1},
	}, nil
}

// decodeGIF decodes the first frame. Its bounds are its place on the screen.
func decodeGIF(src *io.SectionReader) (image.Image, error) {
	return stillgif.Decode(src)
}

// leaksOfGIF notes the metadata in a GIF.
func leaksOfGIF(data []byte, found *leaks) {
	if bytes.Contains(data, []byte("XMP DataXMP")) {
		found.addXMP(data)
	}
}

// checkGIFComplete walks over all blocks, up to the trailer. A file without a trailer must end
// between two blocks. Without this check, a half-downloaded animation would pass: the decoder stops
// after the first frame.
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
		case 0x2c: // image: place, size and flags, a color table, the width of the codes, then blocks
			if _, err = io.ReadFull(r, head[:9]); err == nil {
				err = skipColorTable(r, head[8])
			}
			if err == nil {
				_, err = r.Discard(1)
			}
		default: // the trailer, or something unknown; if it comes too early, the decoder fails
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

// cutGIF returns err, or says that the file is cut if it ended too early.
func cutGIF(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("gif: the file is cut")
	}
	return err
}

// skipColorTable skips a color table if the flags announce one.
func skipColorTable(r *bufio.Reader, flags byte) error {
	if flags&0x80 == 0 {
		return nil
	}
	_, err := r.Discard(3 << (1 + flags&7))
	return err
}

// skipBlocks skips data blocks, up to and including the empty one. Each begins with its length, one
// byte.
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
