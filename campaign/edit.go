package campaign

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Edit is a change of the campaign file that a person makes: one line, as it must stand
// there.
type Edit struct {
	File  string // its name, without the folder
	Line  int    // of the line that is written over, or below which it stands
	Below bool   // it is a line of its own
	Text  string // without the indent
}

// String says what to do, with the line to paste on a line of its own.
func (e Edit) String() string {
	if e.Below {
		return fmt.Sprintf("add below line %d of %s:\n  %s", e.Line, e.File, e.Text)
	}
	return fmt.Sprintf("write line %d of %s as:\n  %s", e.Line, e.File, e.Text)
}

// VariableEdit is the line that gives a variable a setting. It keeps the settings that the
// file gives the variable already. The column is the one that feeds the variable where the file does not name
// it. It is not ok without a file of one line for each variable.
func (c *File) VariableEdit(variable, column, key, value string) (e Edit, ok bool) {
	v, named := c.Variables[variable]
	source := v.with(key, value)
	if source.Column == "" && !source.HasValue && source.Expr == "" {
		source.Column = column
	}
	text := variable + ": " + source.inOneLine()
	switch {
	case named && v.Line > 0 && c.isBlock("variables") && !c.opensBlock(v.Line):
		return Edit{File: filepath.Base(c.Path), Line: v.Line, Text: text}, true
	case named:
		return Edit{}, false
	}
	return c.belowGroup("variables", text)
}

// RowsEdit is the line that gives rows a setting.
func (c *File) RowsEdit(key, value string) (e Edit, ok bool) {
	text := key + ": " + Text(value)
	if rows := c.document.get("rows"); rows != nil {
		if at := rows.entry(key); at != nil && at.line > 0 && at.value.origin == "" && c.isBlock("rows") {
			return Edit{File: filepath.Base(c.Path), Line: at.line, Text: text}, true
		}
	}
	return c.belowGroup("rows", text)
}

// belowGroup adds a line to a group that is written with one key on a line.
func (c *File) belowGroup(group, text string) (Edit, bool) {
	if !c.isBlock(group) {
		return Edit{}, false
	}
	return Edit{File: filepath.Base(c.Path), Line: c.document.entry(group).line, Below: true, Text: text}, true
}

// isBlock reports whether a group of the file has its keys on lines of their own.
func (c *File) isBlock(group string) bool {
	at := c.document.entry(group)
	return at != nil && at.line > 0 && c.opensBlock(at.line)
}

// opensBlock reports whether a line of the file has a key whose value is on the lines
// below.
func (c *File) opensBlock(line int) bool {
	if line > len(c.lines) {
		return false
	}
	text, _, _ := strings.Cut(c.lines[line-1], " #")
	return strings.HasSuffix(strings.TrimSpace(text), ":")
}

// with is the source with one more setting.
func (s Source) with(key, value string) Source {
	switch key {
	case "default":
		s.Default = value
		s.HasDefault = true
	case "transform":
		s.Transform = append(slices.Clone(s.Transform), value)
	}
	return s
}

// inOneLine is the source as it stands behind its variable.
func (s Source) inOneLine() string {
	var parts []string
	say := func(key, value string, has bool) {
		if has {
			parts = append(parts, key+": "+Text(value))
		}
	}
	say("column", s.Column, s.Column != "")
	say("value", s.Value, s.HasValue)
	say("expr", s.Expr, s.Expr != "")
	say("format", s.Format, s.Format != "")
	if len(s.Transform) > 0 {
		parts = append(parts, "transform: ["+strings.Join(s.Transform, ", ")+"]")
	}
	say("default", s.Default, s.HasDefault)
	return "{" + strings.Join(parts, ", ") + "}"
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*([ ._/-][A-Za-z0-9]+)*$`)

// Text writes a text so that the reader of campaigns takes it for nothing else. An empty
// text is written as "".
func Text(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "yes", "no", "on", "off", "null", "y", "n":
	default:
		if plainText.MatchString(text) {
			return text
		}
	}
	if strings.ContainsAny(text, "\"\\") && !strings.Contains(text, "'") && strings.IndexFunc(text, unprintable) < 0 {
		return "'" + text + "'" // as it stands, without backslashes
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string always encodes
	return strings.TrimSpace(b.String())
}
