package colossyan

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// private lists the values of a row in a request, or in the service's echo of one: the
// variables, and all texts that a scene description has spoken, named or linked. They are
// removed from the service's messages before these reach a log, a sheet or a screen.
func private(body json.RawMessage) []string {
	var tree any
	if json.Unmarshal(rest.OrNull(body), &tree) != nil {
		return nil
	}
	var found []string
	collect(tree, "", false, &found)
	return found
}

// shortWord is the number of characters from which on any text of a request counts as a
// value of the row. Shorter texts are mostly words of the API, such as "actor".
const shortWord = 16

// collect gathers the texts below a value. Short texts count in fields that hold a
// person's words, and everywhere below dynamicVariables.
func collect(value any, field string, all bool, found *[]string) {
	switch v := value.(type) {
	case string:
		if all || utf8.RuneCountInString(v) >= shortWord || field == "text" || field == "name" || field == "displayName" || field == "title" {
			*found = append(*found, v)
		}
	case []any:
		for _, item := range v {
			collect(item, field, all, found)
		}
	case map[string]any:
		for name, item := range v {
			collect(item, name, all || name == "dynamicVariables", found)
		}
	}
}
