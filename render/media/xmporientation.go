package media

import (
	"bytes"
	"compress/zlib"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
)

// The marks of an XMP packet.
const (
	xmpPrefix  = "http://ns.adobe.com/xap/1.0/\x00" // in front of the packet in a JPEG
	xmpKeyword = "XML:com.adobe.xmp"                // of an iTXt chunk in a PNG
)

// Namespaces.
const (
	rdfSpace  = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	tiffSpace = "http://ns.adobe.com/tiff/1.0/"
)

// readXMPOrientation reads the orientation from an XMP packet, 1 to 8, or 0 without one. It is an
// attribute of an rdf:Description, or an element in one. Deeper orientations describe other
// pictures, such as a thumbnail.
//
// It streams the packet. Imagemeta would build a tree, and reads XMP only as part of a picture.
// Entities cannot expand, because encoding/xml knows only the entities of XML itself.
func readXMPOrientation(packet []byte) (orientation int) {
	d := xml.NewDecoder(bytes.NewReader(packet))
	var path []xml.Name
	for {
		token, err := d.Token()
		if err != nil {
			return 0
		}
		switch t := token.(type) {
		case xml.StartElement:
			path = append(path, t.Name)
			if !described(path) {
				continue
			}
			for _, a := range t.Attr {
				if a.Name == (xml.Name{Space: tiffSpace, Local: "Orientation"}) {
					return parseOrientation(a.Value)
				}
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			last := len(path) - 1
			if last > 0 && path[last] == (xml.Name{Space: tiffSpace, Local: "Orientation"}) && described(path[:last]) {
				return parseOrientation(string(t))
			}
		}
	}
}

// readITXt returns the XMP packet of a PNG's iTXt chunk, or nil if the chunk holds some other text.
// Before the text come the keyword, whether it is compressed, the method, and two texts that nobody
// needs.
func readITXt(r io.Reader) ([]byte, error) {
	const prefix = xmpKeyword + "\x00"
	content, err := readPrefixed(r, prefix, maxXMP)
	if err != nil || len(content) < len(prefix)+2 {
		return nil, err
	}
	content = content[len(prefix):]
	packed, method := content[0], content[1]
	text := content[2:]
	for range 2 {
		if _, text, _ = bytes.Cut(text, []byte{0}); text == nil {
			return nil, nil
		}
	}
	if packed == 0 {
		return text, nil
	}
	z, err := zlib.NewReader(bytes.NewReader(text))
	if err != nil || method != 0 {
		return nil, nil
	}
	text, _ = io.ReadAll(io.LimitReader(z, maxXMP)) // everything before the damage, if there is some
	return text, nil
}

// described reports whether a path leads to a description of the picture itself.
func described(path []xml.Name) bool {
	n := len(path)
	return n >= 2 && n <= 3 && // rdf:RDF is the root, or inside x:xmpmeta
		path[n-2] == xml.Name{Space: rdfSpace, Local: "RDF"} && path[n-1] == xml.Name{Space: rdfSpace, Local: "Description"}
}

// parseOrientation returns an orientation, or 0 if s is not one.
func parseOrientation(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 1 || n > 8 {
		return 0
	}
	return n
}
