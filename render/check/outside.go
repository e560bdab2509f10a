package check

import (
	"net/url"
)

// outside says for each use what a page does with an address on another host before anybody clicks.
// What has no text here is harmless.
var outside = map[use]string{
	shows:  "shows a page of",
	loads:  "loads a file from",
	runs:   "runs a script from",
	styles: "loads a style sheet from",
	draws:  "loads a picture from",
	plays:  "loads a film or a sound from",
	calls:  "connects to",
	moves:  "sends its visitors or its links to",
}

// checkOutside warns of what a page or style sheet does with another host. The copies of the
// gallery's own media are where --media-url says, so they are no surprise to the owner.
func (c *checker) checkOutside(name string, l link, u *url.URL) {
	does := outside[l.use]
	if does == "" || u.Host == "" { // without a host, the data are in the address
		return
	}
	if _, ours := c.copyOf(l.address); ours && (l.use == draws || l.use == plays) {
		return
	}
	c.warn(name, "it %s %s, which learns of every visit; put a copy of the file into the theme's assets/, or remove the address", does, u.Host)
}
