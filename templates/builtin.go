package templates

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

const builtinSuffix = ".template.json"

//go:embed builtin
var builtin embed.FS

// BuiltinNames lists the starter templates in alphabetical order.
func BuiltinNames() []string {
	files, err := fs.Glob(builtin, "builtin/*"+builtinSuffix)
	if err != nil {
		return nil // the pattern is a constant, so Glob cannot refuse it
	}
	names := make([]string, 0, len(files))
	for _, f := range files {
		names = append(names, strings.TrimSuffix(path.Base(f), builtinSuffix))
	}
	return names
}

// Builtin returns the starter template of a name, such as "colossyan-template-job": a
// complete document to copy and change. An operation's name with a slash is fine too.
func Builtin(name string) ([]byte, error) {
	data, err := builtin.ReadFile("builtin/" + strings.ReplaceAll(name, "/", "-") + builtinSuffix)
	if err != nil {
		return nil, fmt.Errorf("find starter template %q: there is none of that name; there are %s", name, strings.Join(BuiltinNames(), ", "))
	}
	return data, nil
}

// BuiltinFile returns a file that an example of a starter template names, such as a
// picture, so that the starter works as it is; false: it names none of that name.
func BuiltinFile(name string) ([]byte, bool) {
	data, err := builtin.ReadFile("builtin/" + name)
	return data, err == nil && !strings.HasSuffix(name, builtinSuffix)
}
