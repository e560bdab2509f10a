package media

import "firstframe/render/media/planar"

// Until a picture is loaded, a page shows a blurred sketch of it. That takes no request and no
// script: the style sheet makes it from a grid of TintColumns × TintRows colours.
const (
	TintColumns = 3
	TintRows    = 2
)

// tints returns the colours of the grid, row by row, with three hexadecimal digits each, such as
// "89a" for #8899aa. A blur needs no more.
func tints(p *planar.Picture) string {
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 3*TintColumns*TintRows)
	for _, c := range p.MeanColors(TintColumns, TintRows) {
		for _, v := range [3]uint8{c.R, c.G, c.B} {
			text = append(text, digits[(int(v)*15+127)/255])
		}
	}
	return string(text)
}

// IsTints reports whether s has the form of Picture.Tints.
func IsTints(s string) bool { return len(s) == 3*TintColumns*TintRows && IsHex(s) }
