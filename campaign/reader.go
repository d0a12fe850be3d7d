package campaign

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
)

// reader walks the nodes of a campaign. It collects every problem, so that one run reports
// all of them, and the value and place of each setting, for "reelmerge config".
type reader struct {
	base     string // the file's name, for Setting.From
	dir      string // what paths are relative to
	problems problem.List
	settings []Setting
	strays   []stray
}

// stray is an unknown key. It is kept until all known keys have been seen: the hint may be
// that it belongs into another section.
type stray struct {
	field string // of the section it stands in
	entry entry
	known []string
}

// section reads one group of keys. Each read marks its key as known; done
// reports the others.
type section struct {
	r     *reader
	field string // dotted path; empty for the whole file
	node  *node
	known []string
}

// join makes a dotted path.
func join(field, key string) string {
	if field == "" {
		return key
	}
	return field + "." + key
}

// section opens the group of keys under key. A missing one reads like an empty
// one, so that defaults are recorded all the same.
func (s *section) section(key string) *section {
	n := s.take(key)
	sub := &section{r: s.r, field: join(s.field, key), node: newMapping()}
	switch {
	case n == nil || n.kind == nothing:
	case n.kind == mapping:
		sub.node = n
	default:
		s.r.mistyped(sub.field, n, "a group of keys")
	}
	return sub
}

// given reports whether the file or a flag says anything in this section.
func (s *section) given() bool { return len(s.node.entries) > 0 }

// take marks key as known and returns its node, or nil.
func (s *section) take(key string) *node {
	s.known = append(s.known, key)
	return s.node.get(key)
}

// done notes the keys of this section that were not read.
func (s *section) done() {
	for _, e := range s.node.entries {
		if !slices.Contains(s.known, e.key) {
			s.r.strays = append(s.r.strays, stray{s.field, e, s.known})
		}
	}
}

// read sets *dst from the value of key with parse, when there is one, and records the
// outcome. Without one, *dst keeps the default that the caller has set. A value that parse
// refuses leaves the default as well, so that reading goes on and finds further problems.
func read[T any](s *section, key string, dst *T, parse func(string) (T, error)) {
	n := s.take(key)
	field := join(s.field, key)
	if text, ok := s.r.scalar(field, n); ok {
		value, err := parse(text)
		if err != nil {
			s.r.invalid(field, n, err)
		} else {
			*dst = value
		}
	}
	s.r.record(field, n, *dst)
}

// readOptional is read for a value whose absence means something: *dst stays
// nil then.
func readOptional[T any](s *section, key string, dst **T, parse func(string) (T, error)) {
	read(s, key, dst, func(text string) (*T, error) {
		v, err := parse(text)
		return &v, err
	})
}

// readList is read for a list of values; a single value is a list of one.
func readList[T any](s *section, key string, dst *[]T, parse func(string) (T, error)) {
	n := s.take(key)
	field := join(s.field, key)
	for _, item := range listItems(n) {
		text, ok := s.r.scalar(field, item)
		if !ok {
			continue
		}
		value, err := parse(text)
		if err != nil {
			s.r.invalid(field, item, err)
			continue
		}
		*dst = append(*dst, value)
	}
	s.r.record(field, n, *dst)
}

// listItems are the items of a list, or the one value that stands for it.
func listItems(n *node) []*node {
	switch {
	case n == nil || n.kind == nothing:
		return nil
	case n.kind == list:
		return n.items
	}
	return []*node{n}
}

// scalar returns the text of a single value; anything else is a problem.
func (r *reader) scalar(field string, n *node) (string, bool) {
	if n == nil || n.kind == nothing {
		return "", false
	}
	if n.kind != scalar {
		r.mistyped(field, n, "one value")
		return "", false
	}
	return n.text, true
}

// mistyped adds the problem of a value of the wrong kind. It does not show the value, which
// may be a secret at the wrong place.
func (r *reader) mistyped(field string, n *node, want string) {
	r.add(n, problem.Problem{Code: "CMP-TYPE", Place: at(field), Message: fmt.Sprintf("want %s, found %s", want, n.kind),
		Hint: "reelmerge schema campaign shows what goes where"})
}

// invalid adds the problem of a value that parse refused; the error of parse is the hint.
func (r *reader) invalid(field string, n *node, err error) {
	shown := withoutCredentials(field, n.text)
	r.add(n, problem.Problem{Code: "CMP-VALUE", Place: at(field), Value: shown,
		Message: fmt.Sprintf("%q is not usable", shown), Hint: err.Error()})
}

// withoutCredentials hides an address that may carry a password or a key.
func withoutCredentials(field, text string) string {
	if field == "rows.file" && IsLink(text) {
		return Link(text).String()
	}
	if (isAddress(field) || strings.Contains(text, "://")) && strings.ContainsAny(text, "@?#") {
		return redacted
	}
	return text
}

// isAddress reports whether a field holds a web address, or a part of one.
func isAddress(field string) bool {
	return field == "provider.base_url" || field == "webhook.url" || strings.HasPrefix(field, "provider.paths")
}

// shownAddress returns an address without its user and its query, since both may hold a
// secret.
func shownAddress(text string) string {
	text, query, cut := strings.Cut(text, "?")
	if !cut {
		text, query, cut = strings.Cut(text, "#")
	}
	if scheme, rest, found := strings.Cut(text, "://"); found {
		host, path, slash := strings.Cut(rest, "/")
		if at := strings.LastIndexByte(host, '@'); at >= 0 {
			host = host[at+1:]
		}
		if text = scheme + "://" + host; slash {
			text += "/" + path
		}
	}
	if cut && query != "" {
		text += "?" + redacted
	}
	return text
}

func (r *reader) missing(field, hint string) {
	r.problems = append(r.problems, problem.Problem{Code: "CMP-MISSING", Place: at(field), Message: field + " is missing", Hint: hint})
}

// at is the place of a key.
func at(field string) problem.Place { return problem.Place{Pointer: field} }

// told adds the key to each problem's message, unless it is there already, and the file to
// its place.
func told(file string, found problem.List) problem.List {
	for i := range found {
		if p := &found[i]; !strings.Contains(p.Message, p.Pointer) {
			p.Message = p.Pointer + ": " + p.Message
		}
	}
	return found.In(file)
}

// add adds a problem at the place of n. A value that came from a flag has no line, so the
// flag is named.
func (r *reader) add(n *node, p problem.Problem) {
	if n != nil {
		p.Line, p.Character = n.line, n.column
		if n.origin != "" {
			p.Message += " (from " + n.origin + ")"
		}
	}
	r.problems = append(r.problems, p)
}

// path resolves a path of the file against its folder.
func (r *reader) path(text string) (string, error) {
	if text == "-" || filepath.IsAbs(text) {
		return text, nil
	}
	return filepath.Join(r.dir, filepath.FromSlash(text)), nil
}

// reportStrays turns unknown keys into problems. The hint is the nearest known
// key of the same section, else the section where the key would be right.
func (r *reader) reportStrays() {
	for _, s := range r.strays {
		field := join(s.field, s.entry.key)
		p := problem.Problem{Code: "CMP-UNKNOWN-KEY", Value: s.entry.key,
			Place:   problem.Place{Pointer: field, Line: s.entry.line, Character: s.entry.column},
			Message: fmt.Sprintf("unknown key %q", s.entry.key), Hint: r.suggest(s)}
		if p.Line == 0 && s.entry.value.origin != "" {
			p.Message += " (from " + s.entry.value.origin + ")"
		}
		r.problems = append(r.problems, p)
	}
}

// suggest returns the hint for an unknown key: a key of this section with a similar name,
// the section that has this very key, or all keys that are known here.
func (r *reader) suggest(s stray) string {
	if hint := didYouMean(s.entry.key, s.known); hint != "" {
		return hint
	}
	for _, known := range r.settings {
		if strings.HasSuffix(known.Field, "."+s.entry.key) && !strings.HasPrefix(known.Field, "variables.") {
			return wording.DidYouMean(known.Field)
		}
	}
	return "known here: " + strings.Join(s.known, ", ")
}
