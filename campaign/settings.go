package campaign

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
)

// Setting is one value in force, for "reelmerge config".
type Setting struct {
	Field string `json:"field"` // dotted path
	Value string `json:"value"` // as the file would say it; secrets say "redacted"
	From  string `json:"from"`  // "default", "spring.yaml:7" or the flag

	line, column int
}

// Settings lists what is in force and where each value comes from, in the
// order of the campaign file's description. Values that are not set, and that
// the service decides, are listed with an empty value.
func (c *File) Settings() []Setting { return append([]Setting(nil), c.settings...) }

// Names lists the mapped variables in the order of the file.
func (c *File) Names() []string {
	names := make([]string, 0, len(c.Variables))
	for name := range c.Variables {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return c.Variables[names[i]].order < c.Variables[names[j]].order })
	return names
}

// record adds the value of a field, and where it comes from, to the settings.
func (r *reader) record(field string, n *node, value any) {
	s := Setting{Field: field, Value: show(value), From: "default"}
	if isAddress(field) {
		s.Value = shownAddress(s.Value)
	}
	if field == "notify.url" && n != nil && n.kind == scalar {
		s.Value = Link(n.text).String()
	}
	if n != nil && n.kind != nothing {
		s.line, s.column = n.line, n.column
		s.From = fmt.Sprintf("%s:%d", r.base, n.line)
		if n.origin != "" {
			s.From = n.origin
		}
	}
	r.settings = append(r.settings, s)
}

// show writes a value as the campaign file would. A value that is not set is empty, and so
// is the zero value, except behind a pointer: there it was written in the file.
func show(value any) string {
	v := reflect.ValueOf(value)
	switch {
	case v.Kind() == reflect.Pointer && v.IsNil():
		return ""
	case v.Kind() == reflect.Pointer:
		return fmt.Sprint(v.Elem().Interface()) // a zero that was said is said
	case v.Kind() == reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = show(v.Index(i).Interface())
		}
		return strings.Join(parts, ", ")
	case v.IsZero() && v.Kind() != reflect.Bool:
		return ""
	}
	return fmt.Sprint(value)
}
