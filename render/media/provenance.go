package media

import (
	"encoding/xml"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Provenance is what a published file says about its origin, in an XMP packet that is written anew.
// Nothing is ever copied from a packet that was in the original.
type Provenance struct {
	Origin
	Creator    string // who made it
	License    string // how it may be used, in words
	LicenseURL string // where the license is
	Prompt     string // what an AI system was asked for
}

// The parts of a packet. Properties without a structure are attributes, which is the shortest form.
const (
	packetStart = "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="` + spaceRDF + `">` +
		`<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="` + spaceIPTC + `"`
	packetEnd = `</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>`

	spaceRDF    = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	spaceDC     = "http://purl.org/dc/elements/1.1/"
	spaceRights = "http://ns.adobe.com/xap/1.0/rights/"
	spaceIPTC   = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"

	declareDC     = ` xmlns:dc="` + spaceDC + `"`
	declareRights = ` xmlns:xmpRights="` + spaceRights + `"`
)

// property is a text of a packet with the XML around it.
type property struct {
	before, text, after string // text is escaped
}

// String returns the property, or "" without a text.
func (p property) String() string {
	if p.text == "" {
		return ""
	}
	return p.before + p.text + p.after
}

// Packet returns the XMP packet, or nil if the source type has no address. Equal values give equal
// bytes. A packet has less than MaxPacket bytes: long texts are cut, and an address that is too long
// is left out, because a part of it would lead elsewhere.
//
// If a packet ever gets another form, ParsePacket must go on accepting the earlier one: published
// files have it.
func (p Provenance) Packet() []byte {
	address := p.Address()
	if address == "" {
		return nil
	}
	room := MaxPacket - 1 - len(packetStart+">"+packetEnd)
	// fit adds a property if there is room for at least so many bytes of its text.
	fit := func(before, text, after string, least, most int) property {
		most = min(most, room-len(before+after))
		text = cutText(text, most)
		if text == "" || most < least {
			return property{}
		}
		f := property{before, text, after}
		room -= len(f.String())
		return f
	}
	kind := fit(` Iptc4xmpExt:DigitalSourceType="`, address, `"`, 1, MaxPacket)
	system := fit(` Iptc4xmpExt:AISystemUsed="`, p.AISystem, `"`, 1, maxPacketSystem)

	var web, terms property
	if size := len(cutText(p.LicenseURL, MaxPacket)); size <= maxPacketAddress {
		web = fit(declareRights+` xmpRights:WebStatement="`, p.LicenseURL, `"`, size, maxPacketAddress)
	}
	if text := cutText(p.License, maxPacketTerms); text != web.text {
		before := `<xmpRights:UsageTerms`
		if web.text == "" {
			before += declareRights
		}
		terms = fit(before+`><rdf:Alt><rdf:li xml:lang="x-default">`, p.License, `</rdf:li></rdf:Alt></xmpRights:UsageTerms>`, 1, maxPacketTerms)
	}
	creator := fit(`<dc:creator`+declareDC+`><rdf:Seq><rdf:li>`, p.Creator, `</rdf:li></rdf:Seq></dc:creator>`, 1, maxPacketCreator)
	prompt := fit(` Iptc4xmpExt:AIPromptInformation="`, p.Prompt, `"`, minPacketPrompt, MaxPacket)
	return []byte(packetStart + kind.String() + system.String() + prompt.String() + web.String() + ">" +
		terms.String() + creator.String() + packetEnd)
}

// errPacket means that a packet is none that Packet writes.
var errPacket = errors.New("the XMP packet is not one of firstframe")

// packetXML is a packet as encoding/xml reads it.
type packetXML struct {
	Description struct {
		SourceType string `xml:"http://iptc.org/std/Iptc4xmpExt/2008-02-29/ DigitalSourceType,attr"`
		AISystem   string `xml:"http://iptc.org/std/Iptc4xmpExt/2008-02-29/ AISystemUsed,attr"`
		Prompt     string `xml:"http://iptc.org/std/Iptc4xmpExt/2008-02-29/ AIPromptInformation,attr"`
		LicenseURL string `xml:"http://ns.adobe.com/xap/1.0/rights/ WebStatement,attr"`
		License    string `xml:"UsageTerms>Alt>li"`
		Creator    string `xml:"creator>Seq>li"`
	} `xml:"RDF>Description"`
}

// ParsePacket reads a packet that Packet has written. It fails for any other bytes, even if they mean
// the same, so nothing can hide in a packet that it accepts.
func ParsePacket(packet []byte) (Provenance, error) {
	if len(packet) >= MaxPacket {
		return Provenance{}, errPacket
	}
	var x packetXML
	if err := xml.Unmarshal(packet, &x); err != nil {
		return Provenance{}, errPacket
	}
	d := x.Description
	p := Provenance{
		Origin:  Origin{SourceType: strings.TrimPrefix(d.SourceType, SourceTypeSpace), AISystem: d.AISystem},
		Creator: d.Creator, License: d.License, LicenseURL: d.LicenseURL, Prompt: d.Prompt,
	}
	if again := p.Packet(); again == nil || string(again) != string(packet) {
		return Provenance{}, errPacket
	}
	return p, nil
}

// escapes are the characters that XML needs in another form.
var escapes = map[rune]string{'&': "&amp;", '<': "&lt;", '>': "&gt;", '"': "&quot;"}

// cutText returns a text as XML, in one line, without characters that XML does not allow. A text of
// more than so many bytes is cut, at the end of a word if there is one, and ends with an ellipsis.
func cutText(text string, most int) string {
	const ellipsis = "…"
	var out strings.Builder
	fits, word := 0, 0 // where the text can be cut, and where it can be cut behind a word
	space := false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r):
			space = out.Len() > 0
			continue
		case r == utf8.RuneError || unicode.IsControl(r) || r == 0xfffe || r == 0xffff:
			continue
		}
		if space {
			if out.Len()+len(ellipsis) <= most {
				word = out.Len()
			}
			out.WriteByte(' ')
			space = false
		}
		if escaped, ok := escapes[r]; ok {
			out.WriteString(escaped)
		} else {
			out.WriteRune(r)
		}
		if out.Len()+len(ellipsis) <= most {
			fits = out.Len()
		}
		if out.Len() > most {
			if word >= fits/2 { // some scripts put no spaces between words
				fits = word
			}
			if fits == 0 {
				return ""
			}
			return strings.TrimRight(out.String()[:fits], " ") + ellipsis
		}
	}
	return out.String()
}
