package render

import (
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// Pictures and films that AI has made must be labelled where they are first seen. So each of them has
// a label: on its tile, in the viewer, on its page and in the feeds.

// aiShare is what AI has made of an image and its films. The search data contain these numbers.
type aiShare int

const (
	aiNone   aiShare = iota
	aiMade           // the image
	aiEdited         // the image
	aiFilm           // only a film
)

// aiWords are the keys of the words for each aiShare.
var aiWords = [...]string{"", "aiMade", "aiEdited", "aiFilm"}

// shareOf returns what AI has made according to an origin.
func shareOf(o media.Origin) aiShare {
	switch {
	case !o.IsAI():
		return aiNone
	case o.SourceType == media.CompositeWithTrainedAlgorithmicMedia:
		return aiEdited
	default:
		return aiMade
	}
}

// share returns what AI has made of an image and its published films. All films are made by AI.
func (s *Site) share(m *gallery.Image) aiShare {
	share := shareOf(s.origin(m))
	if share == aiNone && film(m) != nil {
		return aiFilm
	}
	return share
}

// AILabel is the label of what AI has made.
type AILabel struct {
	Text  string // "AI"
	Words string // "Made with AI", for tooltips and screen readers
}

// label returns the label of what AI has made, or nil if that is nothing.
func (w *Words) label(share aiShare) *AILabel {
	if share == aiNone {
		return nil
	}
	return &AILabel{w.say("aiLabel"), w.say(aiWords[share])}
}

// AILabels returns the labels by their numbers in the search data, from 1.
func (p *Page) AILabels() []*AILabel {
	w := p.Site.words
	return []*AILabel{w.label(aiMade), w.label(aiEdited), w.label(aiFilm)}
}

// disclosure says in a line of text what AI has made of an image and its films, and with which
// system. It is "" if that is nothing.
func (s *Site) disclosure(m *gallery.Image) string {
	share, system := s.share(m), s.origin(m).AISystem
	if share == aiNone {
		return ""
	}
	if share == aiFilm {
		for _, v := range m.Videos {
			if v.Clip != nil {
				system = v.Origin().AISystem
				break
			}
		}
	}
	line := s.words.say(aiWords[share])
	if system = printable(system); system != "" {
		line += " · " + system
	}
	return line
}
