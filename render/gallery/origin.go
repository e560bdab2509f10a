package gallery

import (
	"strings"

	"firstframe/render/media"
)

// serviceSystem is the AI system that makes all films, and the pictures that the service lists as
// its own.
const serviceSystem = "MiniMax Hailuo"

// Generated is what the service says about a picture that it made itself.
type Generated struct {
	Key    string `json:"key,omitempty"`    // a hash of its id there, by which it is known besides the image's keys
	Model  string `json:"model,omitempty"`  // such as image-01
	Prompt string `json:"prompt,omitempty"` // only if prompts are published
	Batch  string `json:"batch,omitempty"`  // a hash; the pictures of one request have the same
}

// PromptOf returns the prompt, or "" if g is nil.
func (g *Generated) PromptOf() string {
	if g == nil {
		return ""
	}
	return g.Prompt
}

// OriginAmong returns how an image was made: what its caption says, or else what the service says
// about a picture that it made itself, or else all, which is what the owner says about all images.
// The AI system of all images counts only where it can be meant: not for an image that was made in
// another way, without AI.
func (m *Image) OriginAmong(all media.Origin) media.Origin {
	o := media.Origin{SourceType: m.SourceType, AISystem: m.AISystem}
	if m.Generated != nil {
		all = generatedBy(m.Generated.Model)
	}
	if o.SourceType == "" {
		o.SourceType = all.SourceType
	}
	if o.AISystem == "" && (o.SourceType == all.SourceType || o.IsAI()) {
		o.AISystem = all.AISystem
	}
	if o.SourceType == "" {
		return media.Origin{}
	}
	return o
}

// Origin returns how the service made a film: with AI, whatever its first frame was.
func (v *Video) Origin() media.Origin { return generatedBy(v.Model) }

// generatedBy returns the origin of what a model of the service made. Some names of models begin
// with the service's.
func generatedBy(model string) media.Origin {
	system := model
	if lower := strings.ToLower(model); !strings.Contains(lower, "minimax") && !strings.Contains(lower, "hailuo") {
		system = strings.TrimSpace(serviceSystem + " " + model)
	}
	return media.Origin{SourceType: media.TrainedAlgorithmicMedia, AISystem: system}
}

// FilmOrigins returns how the films were made that say it in their bytes, by the keys of their videos.
// These are the films of the images about which anything is said.
func (s *State) FilmOrigins() map[string]media.Origin {
	origins := map[string]media.Origin{}
	for i := range s.Images {
		m := &s.Images[i]
		if len(m.Videos) == 0 || m.OriginAmong(s.Origin) == (media.Origin{}) {
			continue
		}
		for _, v := range m.Videos {
			origins[v.Key] = v.Origin()
		}
	}
	return origins
}
