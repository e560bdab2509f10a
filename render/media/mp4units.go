package media

import (
	"slices"
)

// The samples of H.264 and HEVC consist of NAL units, each with its length in front. This file
// removes the messages (SEI) that encoders and services leave in them.

// mp4Units says how the samples of a track consist of units. The zero value is for samples that do
// not.
type mp4Units struct {
	length int // bytes of a length, 1 to 4
	hevc   bool
}

// unitsOf reads mp4Units from the box that configures decoders.
func unitsOf(kind string, config []byte) mp4Units {
	switch kind {
	case "avcC":
		return mp4Units{length: 1 + int(config[4]&3)}
	case "hvcC":
		return mp4Units{length: 1 + int(config[21]&3), hevc: true}
	}
	return mp4Units{}
}

// silence overwrites the units that no picture is made from. Encoders write their settings in them,
// and services write who made the video. It puts empty messages of the same length in their place.
// It reports whether the samples consist of units.
func (u mp4Units) silence(samples []byte) bool {
	for at := 0; at < len(samples); {
		if at+u.length > len(samples) {
			return false
		}
		size := 0
		for range u.length {
			size = size<<8 | int(samples[at])
			at++
		}
		if size > len(samples)-at {
			return false
		}
		if unit := samples[at : at+size]; !u.needed(unit) {
			u.blank(unit)
		}
		at += size
	}
	return true
}

// header returns the length of a unit's header, in bytes.
func (u mp4Units) header() int {
	if u.hevc {
		return 2
	}
	return 1
}

// needed reports whether a unit stays, according to its kind (ITU-T H.264, table 7-1, and H.265,
// table 7-1).
func (u mp4Units) needed(unit []byte) bool {
	if len(unit) <= u.header() {
		return true
	}
	kind, message := unit[0]&0x1f, byte(6)
	if u.hevc {
		kind, message = unit[0]>>1&0x3f, 39
	}
	switch {
	case kind == message || u.hevc && kind == 40:
		return u.messagesNeeded(unit[u.header():])
	case u.hevc:
		return kind <= 37 && kind != 24 // up to the end of the stream; others can hold anything
	}
	return slices.Contains([]byte{1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13, 14, 15, 19, 20, 21}, kind)
}

// neededMessages lists the kinds of messages with numbers for decoders: how pictures are buffered
// and timed, where playing can start, how pictures lie, and how bright they are.
var neededMessages = []int{0, 1, 6, 47, 137, 144}

// messagesNeeded reports whether decoders need all messages of a unit (H.264, 7.3.2.3.1).
func (u mp4Units) messagesNeeded(payload []byte) bool {
	const longest = 64 // bytes that such messages have together
	if len(payload) > longest {
		return false
	}
	for len(payload) > 0 && payload[0] != 0x80 {
		kind, rest := messageNumber(payload)
		size, rest := messageNumber(rest)
		if !slices.Contains(neededMessages, kind) || size > len(rest) {
			return false
		}
		payload = rest[size:]
		// A size does not count the 3 that is stuffed in to avoid start codes.
		if len(payload) > 0 && payload[0] == 3 {
			payload = payload[1:]
		}
	}
	return len(payload) == 1
}

// messageNumber reads a number: the sum of all bytes up to the first one below 255.
func messageNumber(b []byte) (int, []byte) {
	n := 0
	for i, v := range b {
		n += int(v)
		if v < 255 {
			return n, b[i+1:]
		}
	}
	return n, nil
}

// blank turns a unit into a message of an unknown user that contains only ones.
func (u mp4Units) blank(unit []byte) {
	const userData = 5
	body := unit[u.header():]
	for i := range body {
		body[i] = 0xff
	}
	body[len(body)-1] = 0x80
	unit[0] = 6
	if u.hevc {
		unit[0], unit[1] = 39<<1, 1
	}
	// A kind, a size in as many bytes as it needs, the ones, and the end.
	const around = 3
	if len(body) < around {
		return
	}
	n := len(body) - around // the ones, and all bytes of the size but one
	more, last := n/256, n%256
	body[0] = userData
	if last == 255 { // no size ends like this, so the message gets an unknown kind of two bytes
		body[0], body[1] = 0xff, userData
		body = body[1:]
		last = 254
	}
	body[1+more] = byte(last)
}
