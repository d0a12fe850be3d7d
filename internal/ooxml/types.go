package ooxml

import (
	"bytes"
	"path"
	"strings"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// TypeList says of which type each part of a package is.
type TypeList struct {
	extensions, parts map[string]bool
}

// Types reads the list of types. One that breaks off has those up to there.
func Types(list []byte) TypeList {
	l := TypeList{map[string]bool{}, map[string]bool{}}
	x := xmltoken.NewReader(bytes.NewReader(list))
	for {
		t, err := x.Next()
		if err != nil {
			return l
		}
		switch {
		case x.Begins("Types/Default"):
			l.extensions[strings.ToLower(t.Value("Extension"))] = true
		case x.Begins("Types/Override"):
			l.parts[PartName(t.Value("PartName"))] = true
		}
	}
}

func (l TypeList) has(part string) bool {
	part = PartName(part)
	return l.parts[part] || l.extensions[strings.TrimPrefix(path.Ext(part), ".")]
}

// WithType returns a list of types that has one for a part, of its own.
func WithType(list []byte, part, typ string) ([]byte, error) {
	if Types(list).parts[PartName(part)] {
		return list, nil
	}
	return Append(list, func(prefix string) string {
		return "<" + prefix + `Override PartName="/` + escaped(part) + `" ContentType="` + typ + `"/>`
	})
}

func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;").Replace(s)
}
