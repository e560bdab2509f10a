package command

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// schemaName is the file that tells an editor which settings there are. The first line of the file
// of settings names it.
const schemaName = "firstframe.schema.json"

// choices are the values of the flags that take one of a few, or a list of them.
var choices = map[string][]string{
	"source":  sources(),
	"exif":    exifLevels,
	"formats": {formatAVIF, formatJPEG},
}

// schemaProperty is what a JSON Schema says about one setting.
type schemaProperty struct {
	Description string          `json:"description"`
	Type        string          `json:"type"`
	Enum        []string        `json:"enum,omitempty"`
	Items       *schemaProperty `json:"items,omitempty"`
	Minimum     *int            `json:"minimum,omitempty"`
	Maximum     *int            `json:"maximum,omitempty"`
	Pattern     string          `json:"pattern,omitempty"`
	Default     any             `json:"default,omitempty"`
}

// schema returns the JSON Schema of the file of settings, of draft 7: it is the newest that all
// editors know. It is made from the flags, so it cannot differ from them.
func schema(flags *pflag.FlagSet) []byte {
	properties := map[string]*schemaProperty{
		labelsKey: {
			Description: "a label for each account, in their order; only the labels are ever shown",
			Type:        "array", Items: &schemaProperty{Description: "a label", Type: "string"},
		},
	}
	flags.VisitAll(func(f *pflag.Flag) {
		if isSetting(f) {
			properties[keyOf(f.Name)] = propertyOf(f)
		}
	})
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	// A struct of strings, numbers and maps of them can always be encoded.
	_ = encoder.Encode(struct {
		Schema     string                     `json:"$schema"`
		Title      string                     `json:"title"`
		Type       string                     `json:"type"`
		Properties map[string]*schemaProperty `json:"properties"`
		Additional bool                       `json:"additionalProperties"`
	}{"http://json-schema.org/draft-07/schema#", "Settings of a firstframe gallery", "object", properties, false})
	return b.Bytes()
}

// propertyOf returns what the schema says about the setting of a flag.
func propertyOf(f *pflag.Flag) *schemaProperty {
	placeholder, text := pflag.UnquoteUsage(f)
	p := &schemaProperty{Description: strings.TrimPrefix(text, placeholder+": "), Type: "string", Enum: choices[f.Name]}
	switch f.Value.Type() {
	case "bool":
		p.Type = "boolean"
	case "int":
		p.Type, p.Minimum = "integer", new(0)
		switch f.Name {
		case "quality":
			p.Minimum, p.Maximum = new(1), new(100)
		case "max-pixels":
			p.Minimum = new(1)
		}
		if n, err := strconv.Atoi(f.DefValue); err == nil {
			p.Default = n
		}
		return p
	case "intSlice":
		p.Type, p.Items = "array", &schemaProperty{Description: "a whole number", Type: "integer", Minimum: new(1)}
	case "stringSlice":
		p.Type, p.Enum, p.Items = "array", nil, &schemaProperty{Description: "a name", Type: "string", Enum: choices[f.Name]}
	}
	if p.Type == "string" && f.DefValue != "" {
		p.Default = f.DefValue
	}
	if strings.HasSuffix(f.Name, "-url") {
		p.Pattern = "^(https?://.*)?$"
	}
	return p
}
