package media

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
)

// This file finds Content Credentials: a signed statement about how a picture was made (C2PA
// technical specification 2.2, "Embedding manifests into various file formats"). It is only found,
// and neither read nor verified. Stripping removes it, because it can contain anything.

// HasCredentials reports whether a file contains Content Credentials. It walks over the parts of the
// file, and decodes nothing.
func HasCredentials(data []byte, mediaType string) bool {
	f := formatOf(mediaType)
	return f != nil && f.credentials(section(data))
}

// hasCredentials reports whether an original contains Content Credentials. It reads no pixels.
func (s *source) hasCredentials(ctx context.Context, mediaType string) (bool, error) {
	return guard(ctx, s, func(src *io.SectionReader) (bool, error) {
		f := formatOf(mediaType)
		return f != nil && f.credentials(src), nil
	})
}

// manifestStore is how the box with Content Credentials in a JPEG begins, without its lengths: a box
// of JUMBF (ISO/IEC 19566-5), whose description has the type of a manifest store.
var manifestStore = [2]string{"jumb", "jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"}

// credentialsInJPEG looks for them in the segments APP11 in front of the pixels, where JUMBF is.
func credentialsInJPEG(src *io.SectionReader) bool {
	const markerAPP11, lengths = 0xeb, 2 + 2 + 4 // JP, the number of the box, and the number of the part
	for marker, content := range jpegSegments(src) {
		if marker != markerAPP11 {
			continue
		}
		var head [lengths + 16 + 8 + 16]byte // the box has a length of 32 or 64 bits
		n, _ := content.ReadAt(head[:], 0)
		if n < lengths+8 || string(head[:2]) != "JP" || string(head[lengths+4:lengths+8]) != manifestStore[0] {
			continue
		}
		description := head[lengths+8 : n]
		if binary.BigEndian.Uint32(head[lengths:]) == 1 && len(description) >= 8 {
			description = description[8:]
		}
		if want := manifestStore[1]; len(description) >= 4+len(want) && string(description[4:4+len(want)]) == want {
			return true
		}
	}
	return false
}

// credentialsInPNG looks for their chunk.
func credentialsInPNG(src *io.SectionReader) bool {
	for kind, content := range pngChunks(src) {
		if kind == "caBX" && content.Size() > 0 {
			return true
		}
	}
	return false
}

// credentialsInWebP looks for their chunk.
func credentialsInWebP(src *io.SectionReader) bool {
	for kind, content := range riffChunks(src, riffHead, src.Size()) {
		if kind == "C2PA" && content.Size() > 0 {
			return true
		}
	}
	return false
}

// credentialsInGIF looks for their extension in front of the first frame.
func credentialsInGIF(src *io.SectionReader) bool {
	r := bufio.NewReader(io.NewSectionReader(src, 0, src.Size()))
	var head [13]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || skipColorTable(r, head[10]) != nil {
		return false
	}
	for {
		start, err := r.Peek(2 + 1 + 8)
		if err != nil || start[0] != 0x21 {
			return false
		}
		if start[1] == 0xff && start[2] == 11 && string(start[3:]) == "C2PA_GIF" {
			return true
		}
		if _, err := r.Discard(2); err != nil || skipBlocks(r) != nil {
			return false
		}
	}
}

// credentialsInBoxes looks for their box among the outermost ones of an MP4 or an AVIF.
func credentialsInBoxes(src *io.SectionReader) bool {
	const uuid = "\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81"
	for b := range topBoxes(src) {
		var head [len(uuid)]byte
		if b.kind != "uuid" || b.size < b.head+int64(len(uuid)) {
			continue
		}
		if _, err := src.ReadAt(head[:], b.at+b.head); err == nil && string(head[:]) == uuid {
			return true
		}
	}
	return false
}
