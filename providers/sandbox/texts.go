package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// mostTexts bounds what a test picture and a sharing page show of a request.
const mostTexts = 50

// texts returns what the video of a request says or shows: the texts of its scenes, its
// prompt, and the values that go into a saved template. By these a person sees that the
// right row is in the right video.
func texts(body json.RawMessage) (list []string) {
	var document any
	if json.Unmarshal(body, &document) != nil {
		return nil
	}
	collect(document, "", &list)
	return list[:min(len(list), mostTexts)]
}

// collect walks through a request in the order of its lists and of the names in it.
func collect(value any, name string, list *[]string) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if values, ok := v[key].(map[string]any); ok && isValues(key) {
				addValues(values, list)
				continue
			}
			collect(v[key], key, list)
		}
	case []any:
		for _, item := range v {
			collect(item, name, list)
		}
	case string:
		if isText(name) && strings.TrimSpace(v) != "" {
			*list = append(*list, v)
		}
	}
}

// isText reports whether services keep words for people under a name.
func isText(name string) bool {
	switch name {
	case "text", "prompt", "script", "dialogue", "caption", "title":
		return true
	}
	return false
}

// isValues reports whether a group has the values of a saved template.
func isValues(name string) bool { return strings.Contains(strings.ToLower(name), "variable") }

func addValues(values map[string]any, list *[]string) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if text, ok := values[key].(string); ok && text != "" {
			*list = append(*list, key+": "+text)
		}
	}
}
