package campaign

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
)

// variables reads where each variable's value comes from. One value means a
// column; a group of keys says more.
func (r *reader) variables(s *section, c *File) {
	vars := s.section("variables")
	c.Variables = make(map[string]Variable, len(vars.node.entries))
	for i, e := range vars.node.entries {
		v := Variable{Line: e.line, Column: e.column, order: i}
		field := join(vars.field, e.key)
		if e.value.kind == scalar {
			v.Source.Column = e.value.text
		} else {
			v.Source = r.source(vars.section(e.key), e.value)
		}
		c.Variables[e.key] = v
		r.record(field, e.value, v.Source)
	}
}

// source reads the long form of one variable.
func (r *reader) source(s *section, n *node) Source {
	var src Source
	own := len(r.settings)
	read(s, "column", &src.Column, notBlank)
	read(s, "value", &src.Value, text)
	read(s, "expr", &src.Expr, notBlank)
	read(s, "format", &src.Format, notBlank)
	read(s, "default", &src.Default, text)
	readList(s, "transform", &src.Transform, transform)
	s.done()
	r.settings = r.settings[:own] // one setting per variable is enough
	src.HasValue = said(s.node, "value")
	src.HasDefault = said(s.node, "default")
	r.oneSource(s, n, src)
	return src
}

// said reports whether a key has a value, which may be the empty text.
func said(n *node, key string) bool {
	v := n.get(key)
	return v != nil && v.kind == scalar
}

// oneSource reports a variable with several sources, or with none. Only one could count,
// and it would be a guess which one its author meant.
func (r *reader) oneSource(s *section, n *node, src Source) {
	sources := 0
	for _, key := range []string{"column", "value", "expr"} {
		if said(s.node, key) {
			sources++
		}
	}
	if sources > 1 {
		r.add(n, problem.Problem{Code: "CMP-CONFLICT", Place: at(s.field),
			Message: "a variable has one source, this one has several of column, value and expr",
			Hint:    "keep one; an expr can use columns by their names"})
	}
	if n.kind == nothing {
		r.add(n, problem.Problem{Code: "CMP-MISSING", Place: at(s.field), Message: "nothing says where the value comes from",
			Hint: "name a column, or delete the line when the column has the variable's name"})
	}
	if src.HasValue && src.HasDefault {
		r.add(n, problem.Problem{Severity: problem.Warning, Code: "CMP-CONFLICT", Place: at(s.field),
			Message: "the default never applies, because the value is fixed", Hint: "delete default"})
	}
}

// String is the source as the campaign file would say it.
func (s Source) String() string {
	var parts []string
	say := func(key, value string) {
		if value != "" {
			parts = append(parts, fmt.Sprintf("%s %q", key, value))
		}
	}
	say("column", s.Column)
	if s.HasValue {
		parts = append(parts, fmt.Sprintf("value %q", s.Value))
	}
	say("expr", s.Expr)
	say("format", s.Format)
	if len(s.Transform) > 0 {
		parts = append(parts, "transform "+strings.Join(s.Transform, ", "))
	}
	if s.HasDefault {
		parts = append(parts, fmt.Sprintf("default %q", s.Default))
	}
	return strings.Join(parts, ", ")
}

func notBlank(s string) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", errors.New("write something, or delete the key")
	}
	return s, nil
}

// transform reads the name of a transformation.
func transform(s string) (string, error) {
	words := []string{"trim", "upper", "lower", "title", "first_word", "digits"}
	if slices.Contains(words, s) {
		return s, nil
	}
	return "", errors.New(cmp.Or(didYouMean(s, words), "want one of "+strings.Join(words, ", ")))
}

// didYouMean asks for the candidate that a typing mistake turned into the word.
func didYouMean(word string, candidates []string) string {
	fold := func(s string) string { return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s)) }
	return wording.DidYouMean(wording.Nearest(word, candidates, fold))
}
