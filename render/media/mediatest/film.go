package mediatest

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// Box returns a box of an MP4 or an AVIF. Its parts are strings, and ints of 32 bits.
func Box(kind string, parts ...any) string {
	content := Fields(parts...)
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))) + kind + content
}

// Fields returns parts as bytes: strings, and ints of 32 bits.
func Fields(parts ...any) string {
	var b []byte
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			b = append(b, part...)
		case int:
			b = binary.BigEndian.AppendUint32(b, uint32(part))
		default:
			panic(fmt.Sprintf("a %T in a box", part))
		}
	}
	return string(b)
}

// Canary is a text that must not stay in a stripped film.
const Canary = "secret place +48.2082+016.3738/"

// Film is an MP4 in parts that a test can change. Bytes puts them together.
type Film struct {
	Handler    string // vide or soun
	Entry      string // of stsd
	Dref       string // entry of dref
	InTrack    string // more boxes in trak
	InTables   string // more boxes in stbl
	InMovie    string // more boxes in moov
	Chunks     []int  // offsets in the media
	Size       int    // of a chunk
	Media      string // content of mdat
	Matrix     string // of the movie and the track
	Wide       bool   // offsets of 64 bits, and boxes of version 1
	AfterMovie string // more boxes at the end
}

// Identity returns the matrix that changes nothing.
func Identity() string { return Fields(1<<16, 0, 0, 0, 1<<16, 0, 0, 0, 1<<30) }

// PlainFilm returns a film with two samples.
func PlainFilm() Film {
	return Film{
		Handler: "vide",
		Entry:   AVC1(""),
		Dref:    Box("url ", 1),
		Chunks:  []int{0, 4},
		Size:    4,
		Media:   "\x03AAA\x03BBB",
		Matrix:  Identity(),
	}
}

// AVC1 returns the description of H.264 samples, with parts of the canary in place of names, and
// more boxes. The length of a unit is a byte.
func AVC1(more string) string {
	return PictureEntry("avc1", Box("avcC", "\x01\x42\xc0\x1e\xfc\xe1\x00\x00\x01\x00\x00")+more)
}

// PictureEntry returns the description of the samples of a picture, with parts of the canary.
func PictureEntry(kind, boxes string) string {
	return Box(kind, "\x00\x00secr\x00\x01", "\x00\x00\x00\x00FFMPsecretpl", "\x05\x00\x02\xd0", "secrplac", "secr", "pl",
		"\x0csecret place"+strings.Repeat("x", 19), "seac", boxes)
}

// mp4a returns the description of the samples of sound.
func mp4a() string {
	return Box("mp4a", "\x00\x00\x00\x00\x00\x00\x00\x01", "\x00\x00secret", "\x00\x02\x00\x10\x00\x00\x00\x00", 44100<<16, ESDS("\x12\x10"))
}

// ESDS returns the configuration of AAC, with parts of the canary where programs can write
// anything.
func ESDS(config string) string {
	descriptor := func(tag byte, content string) string {
		return string([]byte{tag, 0x80, 0x80, 0x80, byte(len(content))}) + content
	}
	return Box("esds", "\x00sec", descriptor(3, "se\x40\x04plur"+descriptor(4, "\x40\x15secretplace"+descriptor(5, config))+descriptor(6, "\x02place")))
}

// Bytes returns the film, with the canary wherever there is room for it.
func (f Film) Bytes() []byte {
	head := Box("ftyp", "isom", 512, "isomavc1") + Box("free", Canary) + Box("uuid", "0123456789abcdef", Canary) +
		Box("meta", 0, Canary) + Box("skip", Canary) + Box("emsg", Canary)
	movie := f.Moov(0)
	return []byte(head + f.Moov(len(head)+len(movie)+8) + Box("mdat", f.Media) + Box("moof") + Box("udta", Canary) + f.AfterMovie)
}

// Moov returns the index of the film. Its samples begin at the offset media.
func (f Film) Moov(media int) string {
	times := func(between ...any) string { // two times, some fields, and the duration
		if !f.Wide {
			return Fields(0, 0x7ac3cafe, 0x7ac3cafe) + Fields(between...) + Fields(5000)
		}
		return Fields(1<<24, 1, 0x7ac3cafe, 1, 0x7ac3cafe) + Fields(between...) + Fields(0, 5000)
	}
	offsets := Fields(0, len(f.Chunks))
	for _, at := range f.Chunks {
		if f.Wide {
			offsets += Fields(0)
		}
		offsets += Fields(media + at)
	}
	table := Box("stco", offsets)
	if f.Wide {
		table = Box("co64", offsets)
	}
	return Box("moov",
		Box("mvhd", times(1000), 1<<16, "\x01\x00secret pla", f.Matrix, "secret place secret plac", 2, "secret place"),
		Box("iods", Canary),
		Box("trak",
			Box("tkhd", times(1, 0x7ac3cafe), "secretpl", "\x00\x00\x00\x00\x00\x00se", f.Matrix, 1280<<16, 720<<16, Canary),
			Box("edts", Box("elst", 0, 1, 5000, 0, 1<<16, Canary), Box("udta", Canary)),
			Box("tref", Box("cdsc", Canary)),
			Box("mdia",
				Box("mdhd", times(1000), "\x55\xc4\x00\x00", Canary),
				Box("elng", 0, Canary),
				Box("hdlr", 0, "mhlr", f.Handler, "secretsecret", Canary+"\x00"),
				Box("minf",
					Box("vmhd", 1, 0, 0, Canary),
					Box("hdlr", Canary),
					Box("dinf", Box("dref", 0, 1, f.Dref)),
					Box("stbl",
						Box("stsd", 0, 1, f.Entry),
						Box("stts", 0, 1, len(f.Chunks), 1, Canary),
						Box("stss", 0, min(1, len(f.Chunks)), Fields(1)[:4*min(1, len(f.Chunks))], Canary),
						Box("stsc", 0, min(1, len(f.Chunks)), Fields(1, 1, 1)[:12*min(1, len(f.Chunks))], Canary),
						Box("stsz", 0, 0, len(f.Chunks), strings.Repeat(Fields(f.Size), len(f.Chunks)), Canary),
						Box("sdtp", 0, strings.Repeat("\x00", len(f.Chunks)), Canary),
						Box("sgpd", 1<<24, "plce", 4, 1, "secr"),
						Box("sgpd", 1<<24, "roll", 2, 1, "\xff\xff"),
						Box("sgpd", 1<<24, "roll", 2, 1, "\xff\xff"+Canary),
						Box("sbgp", 0, "roll", 1, len(f.Chunks), 1),
						Box("saio", Canary),
						table, f.InTables),
					Box("udta", Canary)),
				Box("meta", 0, Canary)),
			Box("udta", Box("\xa9xyz", Canary)),
			Box("uuid", Canary), f.InTrack),
		Box("udta", Box("loci", Canary), Box("\xa9xyz", Canary), Box("meta", 0, Box("ilst", Canary))),
		Box("meta", 0, Box("keys", Canary)),
		Box("uuid", Canary), f.InMovie)
}

// Whispers has parts of the canary, and other texts, that must not stay in a stripped film. Some
// are as short as the fields that they are in.
var Whispers = []string{"secret", "place", "+48", "FFMP", "secr", "cretp", "\x7a\xc3\xca\xfe", "udta", "uuid", "meta", "\xa9xyz", "loci", "mhlr"}

// Sound returns the film with sound instead of a picture.
func (f Film) Sound() Film {
	f.Handler, f.Entry = "soun", mp4a()
	return f
}
