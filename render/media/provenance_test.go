package media

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// fullProvenance has everything that a file can say.
func fullProvenance() Provenance {
	return Provenance{
		Origin:  Origin{SourceType: TrainedAlgorithmicMedia, AISystem: "MiniMax Hailuo 2.3"},
		Creator: "Ada & Co.", License: "CC BY 4.0", LicenseURL: "https://creativecommons.org/licenses/by/4.0/",
		Prompt: `a lighthouse at dawn, "calm" sea, <wide>`,
	}
}

// The packet of a file must be the same on every machine and in every version: its name depends on
// it.
func TestPacket(t *testing.T) {
	const want = "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"` +
		` Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"` +
		` Iptc4xmpExt:AISystemUsed="MiniMax Hailuo 2.3"` +
		` Iptc4xmpExt:AIPromptInformation="a lighthouse at dawn, &quot;calm&quot; sea, &lt;wide&gt;"` +
		` xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" xmpRights:WebStatement="https://creativecommons.org/licenses/by/4.0/">` +
		`<xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang="x-default">CC BY 4.0</rdf:li></rdf:Alt></xmpRights:UsageTerms>` +
		`<dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Seq><rdf:li>Ada &amp; Co.</rdf:li></rdf:Seq></dc:creator>` +
		`</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>`
	got := string(fullProvenance().Packet())
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if p, err := ParsePacket([]byte(got)); err != nil || p != fullProvenance() {
		t.Errorf("it is read as %+v, %v", p, err)
	}
	for _, unknown := range []string{"", "softwareImage", "trainedAlgorithmicMedia/", `"`} {
		p := fullProvenance()
		if p.SourceType = unknown; p.Packet() != nil {
			t.Errorf("%q has a packet", unknown)
		}
	}
}

// Whatever people write, a packet is short, XML, and reads as what was written.
func TestPacketTexts(t *testing.T) {
	long := strings.Repeat("word ", 1000)
	for name, test := range map[string]struct{ text, want string }{
		"plain":           {"plain", "plain"},
		"empty":           {" \t\n", ""},
		"lines":           {" one\r\n two\u2028three ", "one two three"},
		"controls":        {"a\x00b\x1b[31mc\u0085d\x7fe", "ab[31mc de"},
		"invalid":         {"a\xffb\xc3", "ab"},
		"not in XML":      {"a\ufffe\uffffb", "ab"},
		"markup":          {`"/><x a='b'>&amp;]]>`, `"/><x a='b'>&amp;]]>`},
		"an end":          {`<?xpacket end="w"?>`, `<?xpacket end="w"?>`},
		"other scripts":   {"灯台 🏮 مرحبا", "灯台 🏮 مرحبا"},
		"an emoji":        {"👩\u200d🚀", "👩\u200d🚀"},
		"long":            {long, "word word word word word word word word word word word…"},
		"long, no spaces": {strings.Repeat("灯", 100), strings.Repeat("灯", 19) + "…"},
		"long, escaped":   {strings.Repeat("&", 100), strings.Repeat("&", 11) + "…"},
		"as long as can":  {strings.Repeat("x", maxPacketCreator), strings.Repeat("x", maxPacketCreator)},
	} {
		p := Provenance{Origin: Origin{SourceType: "print", AISystem: "x"}, Creator: test.text, License: test.text, Prompt: test.text}
		packet := p.Packet()
		got, err := ParsePacket(packet)
		if err != nil || len(packet) >= MaxPacket || !utf8.Valid(packet) {
			t.Errorf("%s: %v, %d bytes: %q", name, err, len(packet), packet)
		}
		if got.Creator != test.want || got.License != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
		if prompt, _ := strings.CutSuffix(test.want, "…"); !strings.HasPrefix(got.Prompt, prompt) || got.AISystem != "x" {
			t.Errorf("%s: got the prompt %q", name, got.Prompt)
		}
	}
}

// The prompt gets what the others leave, and the most important comes first.
func TestPacketPriority(t *testing.T) {
	long := strings.Repeat("word ", 1000)
	for _, url := range []string{"", "https://example.org/" + strings.Repeat("x", 80), "https://example.org/" + strings.Repeat("x", 81)} {
		p := Provenance{
			Origin:  Origin{SourceType: CompositeWithTrainedAlgorithmicMedia, AISystem: long},
			Creator: long, License: long, LicenseURL: url, Prompt: long,
		}
		packet := p.Packet()
		got, err := ParsePacket(packet)
		if err != nil || len(packet) >= MaxPacket {
			t.Fatalf("%d bytes, %v", len(packet), err)
		}
		if got.AISystem == "" || got.Creator == "" || got.License == "" || (got.LicenseURL == url) != (len(url) <= maxPacketAddress) {
			t.Errorf("something is missing: %+v", got)
		}
		if url == "" && len(packet) < MaxPacket-8 {
			t.Errorf("there is room for more of the prompt: %d bytes", len(packet))
		}
	}
	same := Provenance{Origin: Origin{SourceType: "print"}, License: "https://example.org/terms", LicenseURL: "https://example.org/terms"}
	if packet := string(same.Packet()); strings.Contains(packet, "UsageTerms") || !strings.Contains(packet, "WebStatement") {
		t.Errorf("the address is there twice, or not at all: %s", packet)
	}
}

// A packet that somebody else has written can say anything.
func TestParsePacketRefuses(t *testing.T) {
	whole := string(fullProvenance().Packet())
	replaced := func(old, by string) string {
		if !strings.Contains(whole, old) {
			t.Fatalf("there is no %s", old)
		}
		return strings.Replace(whole, old, by, 1)
	}
	for name, packet := range map[string]string{
		"nothing":           "",
		"no XML":            "\x00\xff",
		"another property":  replaced(` Iptc4xmpExt:AISystemUsed`, ` Iptc4xmpExt:City="Vienna" Iptc4xmpExt:AISystemUsed`),
		"a position":        replaced(` Iptc4xmpExt:AISystemUsed`, ` xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="48" Iptc4xmpExt:AISystemUsed`),
		"another space":     replaced("><xmpRights:UsageTerms>", ">\n<xmpRights:UsageTerms>"),
		"two spaces":        replaced("Ada &amp;", "Ada  &amp;"),
		"another escape":    replaced("&amp;", "&#38;"),
		"other quotes":      replaced(`about=""`, `about=''`),
		"a comment":         replaced("</rdf:RDF>", "<!-- place --></rdf:RDF>"),
		"another element":   replaced("</rdf:RDF>", "<rdf:place/></rdf:RDF>"),
		"a second creator":  replaced("</rdf:Seq>", "<rdf:li>place</rdf:li></rdf:Seq>"),
		"another source":    replaced("trainedAlgorithmicMedia", "secretPlace"),
		"another address":   replaced("http://cv.iptc.org/newscodes/digitalsourcetype/", ""),
		"padding":           whole + " ",
		"two":               whole + whole,
		"in front":          "\n" + whole,
		"writable":          replaced(`end="r"`, `end="w"`),
		"cut":               whole[:len(whole)-1],
		"another toolkit":   replaced(`xmlns:x="adobe:ns:meta/"`, `xmlns:x="adobe:ns:meta/" x:xmptk="place"`),
		"longer":            replaced("MiniMax", strings.Repeat("x", maxPacketSystem)),
		"no source":         replaced(` Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"`, ""),
		"another namespace": replaced("http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/"),
	} {
		if p, err := ParsePacket([]byte(packet)); err == nil || p != (Provenance{}) {
			t.Errorf("%s is not refused: %+v", name, p)
		}
	}
}

// FuzzPacket looks for texts that give a packet that is too long, is no XML, or does not read as
// itself.
func FuzzPacket(f *testing.F) {
	p := fullProvenance()
	f.Add(p.AISystem, p.Creator, p.License, p.LicenseURL, p.Prompt)
	f.Add("\xff<", "&\x00", "]]>", "https://example.org/?a=b&c='d'", strings.Repeat("灯 ", 400))
	f.Add("", "", "…", "…", "")
	f.Fuzz(func(t *testing.T, system, creator, license, url, prompt string) {
		for _, kind := range []string{"print", CompositeWithTrainedAlgorithmicMedia} {
			p := Provenance{Origin: Origin{SourceType: kind, AISystem: system}, Creator: creator, License: license, LicenseURL: url, Prompt: prompt}
			packet := p.Packet()
			if len(packet) == 0 || len(packet) >= MaxPacket {
				t.Fatalf("%d bytes", len(packet))
			}
			if got, err := ParsePacket(packet); err != nil || got.SourceType != kind {
				t.Fatalf("%+v, %v: %q", got, err, packet)
			}
		}
	})
}
