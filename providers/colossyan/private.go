package colossyan

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// private lists the values of a row in a request, or in the service's echo of
// one: the variables, and whatever is spoken, named or linked in a scene
// description. They are taken out of the service's words before anybody sees
// them.
func private(body json.RawMessage) []string {
	var tree any
	if json.Unmarshal(rest.OrNull(body), &tree) != nil {
		return nil
	}
	var found []string
	collect(tree, "", false, &found)
	return found
}

// shortWord is the length from which any text of a request is taken for
// somebody's words. Shorter ones are mostly the service's own, such as "actor",
// unless the field says otherwise.
const shortWord = 16

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
