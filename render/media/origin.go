package media

import "slices"

// Origin is how a picture or a film was made, as far as somebody says it.
type Origin struct {
	SourceType string `json:"digital_source_type,omitempty"` // one of SourceTypes, or ""
	AISystem   string `json:"ai_system,omitempty"`           // the AI system that made it, for people, or ""
}

// The source types of what generative AI has made or edited.
const (
	TrainedAlgorithmicMedia              = "trainedAlgorithmicMedia"
	CompositeWithTrainedAlgorithmicMedia = "compositeWithTrainedAlgorithmicMedia"
)

// SourceTypes are the ways in which a picture can be made: IPTC's vocabulary Digital Source Type
// (cv.iptc.org/newscodes/digitalsourcetype), without the retired terms.
var SourceTypes = []string{
	"digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print", "humanEdits",
	"algorithmicallyEnhanced", "digitalCreation", "dataDrivenMedia", TrainedAlgorithmicMedia, "algorithmicMedia",
	"screenCapture", "virtualRecording", "composite", "compositeCapture", "compositeSynthetic",
	CompositeWithTrainedAlgorithmicMedia,
}

// SourceTypeSpace is what the addresses of all source types begin with.
const SourceTypeSpace = "http://cv.iptc.org/newscodes/digitalsourcetype/"

// IsAI reports whether generative AI has made or edited it.
func (o Origin) IsAI() bool {
	return o.SourceType == TrainedAlgorithmicMedia || o.SourceType == CompositeWithTrainedAlgorithmicMedia
}

// Address returns the address of the source type in IPTC's vocabulary, or "" if it is unknown.
func (o Origin) Address() string {
	if !slices.Contains(SourceTypes, o.SourceType) {
		return ""
	}
	return SourceTypeSpace + o.SourceType
}
