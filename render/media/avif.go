package media

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"

	"firstframe/render/media/planar"
	"firstframe/render/media/planaravif"
)

// avifFormat is AVIF. Renditions are made in it, but no originals are read.
var avifFormat = format{
	mediaType:   "image/avif",
	extension:   ".avif",
	name:        "AVIF",
	begins:      planaravif.Begins,
	encode:      encodeAVIF,
	memory:      planaravif.EncodeMemory,
	witness:     witness{measure: measureAVIF, decodes: decodesAVIF},
	strip:       stripAVIF,
	marker:      marker{markAVIF, unmarkAVIF},
	credentials: credentialsInBoxes,
	metadata:    leaksOfAVIF,
}

// encodeAVIF makes a rendition. The encoder has no gray pictures, and a profile for gray fits no
// other.
func encodeAVIF(ctx context.Context, p *planar.Picture, quality int, profile []byte) ([]byte, error) {
	if p.Gray() {
		profile = colorsOfGray(profile)
	}
	return encoders.Encode(ctx, p, quality, profile)
}

// encoders are where AVIFs are encoded. A process has one set of them, because each takes a second
// and some memory to start.
var encoders planaravif.Workers

// EncodeWith makes processes encode AVIFs from now on. The command must start one that calls
// ServeEncoder. Without a command, AVIFs are encoded in this process, which stands still meanwhile.
func EncodeWith(command ...string) { encoders.Command = command }

// ServeEncoder encodes pictures for another process that called EncodeWith. It returns at the end
// of in, which is when that process ends.
func ServeEncoder(in io.Reader, out io.Writer) error { return planaravif.Serve(in, out) }

// StopEncoders ends the processes that encode AVIFs. The next AVIF starts new ones.
func StopEncoders() { encoders.Close() }

// CanEncodeAVIF fails if this program was built in a way that AVIFs would depend on the machine.
func CanEncodeAVIF() error { return planaravif.Available() }

// measureAVIF reads the size of an AVIF. If it is cut, the place of the picture is outside of it.
func measureAVIF(src io.Reader) (image.Point, error) {
	data, err := io.ReadAll(io.LimitReader(src, maxAVIF+1))
	if err != nil {
		return image.Point{}, err
	}
	if len(data) > maxAVIF {
		return image.Point{}, errors.New("it is too large")
	}
	f, err := planaravif.Parse(data)
	if err != nil {
		return image.Point{}, err
	}
	return image.Pt(f.Width, f.Height), nil
}

// decodesAVIF fails if an AVIF does not decode. The decoder comes with the encoder, but there is no
// other one.
func decodesAVIF(data []byte, size image.Point) error {
	m, err := planaravif.Decode(data)
	if err != nil {
		return err
	}
	if got := m.Rect.Size(); got != size {
		return fmt.Errorf("it is %d × %d instead of %d × %d", got.X, got.Y, size.X, size.Y)
	}
	return nil
}

// stripAVIF writes an AVIF anew from its picture and the colours of its ICC profile.
func stripAVIF(data []byte) ([]byte, error) {
	f, err := planaravif.Parse(data)
	if err != nil {
		return nil, err
	}
	f.Profile = keptProfile(f.Profile, 3)
	return f.Bytes(), nil
}

// leaksOfAVIF notes the metadata in an AVIF.
func leaksOfAVIF(data []byte, found *leaks) {
	m := planaravif.FindMetadata(data)
	for _, block := range m.EXIF {
		found.addEXIF(block)
	}
	for _, packet := range m.XMP {
		found.addXMP(packet)
	}
}
