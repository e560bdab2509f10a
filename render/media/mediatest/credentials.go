package mediatest

import (
	"encoding/binary"
	"slices"
	"strings"
)

// ManifestStore returns a box of JUMBF with Content Credentials that consist of some words.
func ManifestStore(words string) string {
	const end = "\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"
	manifest := Box("jumb", Box("jumd", "c2ma"+end+"\x03urn:uuid:"+words+"\x00"), Box("json", words))
	return Box("jumb", Box("jumd", "c2pa"+end+"\x03c2pa\x00"), manifest)
}

// CredentialsBox returns a box of an MP4 with Content Credentials.
func CredentialsBox(words string) string {
	const uuid = "\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81"
	return Box("uuid", uuid, 0, "manifest\x00", 0, 0, ManifestStore(words))
}

// AddCredentials returns a file with Content Credentials that consist of some words. In a WebP and an
// MP4 they come last, in other files before the picture.
func AddCredentials(file []byte, mediaType, words string) []byte {
	store := ManifestStore(words)
	switch mediaType {
	case "image/jpeg": // in two parts, which both repeat the head of the box
		const head = 8
		at := len(store) - len(words)
		part := func(n int, text string) string { return "JP\x00\x01" + Fields(n) + text }
		return InsertJPEG(file, 0xeb, part(1, store[:at]), 0xeb, part(2, store[:head]+store[at:]))
	case "image/png":
		return InsertPNG(file, "caBX", store)
	case "image/webp":
		out := slices.Concat(file, RIFFBytes("C2PA", store))
		binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
		return out
	case "image/gif":
		at := 13
		if flags := file[10]; flags&0x80 != 0 {
			at = 13 + 3<<(1+flags&7)
		}
		var blocks strings.Builder
		for part := range slices.Chunk([]byte(store), 255) {
			blocks.WriteByte(byte(len(part)))
			blocks.Write(part)
		}
		return slices.Insert(slices.Clone(file), at, []byte("\x21\xff\x0bC2PA_GIF\x01\x00\x00"+blocks.String()+"\x00")...)
	case "video/mp4", "image/avif":
		return append(slices.Clone(file), CredentialsBox(words)...)
	}
	panic("no Content Credentials in " + mediaType)
}
