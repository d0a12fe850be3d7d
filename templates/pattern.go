package templates

import (
	"math"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

// pattern is the regular expression of a declaration. Most are a plain sequence of
// characters, such as ^[A-Z]{2}-[0-9]+$, which one pass over the bytes of a value
// decides. All others are matched by the regular expression itself.
type pattern struct {
	text string
	expr *regexp.Regexp
	runs []run // nil when the expression must be used
}

// run is a number of bytes in a row that all belong to a set.
type run struct {
	set         [256]bool
	least, most int
}

// newPattern prepares an expression. The schema that declares it was compiled before, so
// it is correct.
func newPattern(text string) *pattern {
	p := &pattern{text: text, expr: regexp.MustCompile(text)}
	if tree, err := syntax.Parse(text, syntax.Perl); err == nil {
		p.runs = anchoredRuns(tree)
	}
	return p
}

// match reports whether a text has the form. Each run takes as many bytes as it can; see
// [decided] for why that is right.
func (p *pattern) match(s string) bool {
	if p.runs == nil {
		return p.expr.MatchString(s)
	}
	for i := range p.runs {
		r := &p.runs[i]
		n := 0
		for n < len(s) && n < r.most && r.set[s[n]] {
			n++
		}
		if n < r.least {
			return false
		}
		s = s[n:]
	}
	return s == ""
}

// anchoredRuns splits an expression from ^ to $ into runs. It returns nil for one that is
// no sequence of ASCII characters, or whose runs could compete for the same byte.
func anchoredRuns(tree *syntax.Regexp) []run {
	last := len(tree.Sub) - 1
	if tree.Op != syntax.OpConcat || tree.Sub[0].Op != syntax.OpBeginText || tree.Sub[last].Op != syntax.OpEndText {
		return nil
	}
	var runs []run
	for _, part := range tree.Sub[1:last] {
		more := runsOf(part)
		if more == nil {
			return nil
		}
		runs = append(runs, more...)
	}
	if !decided(runs) {
		return nil
	}
	return runs
}

// runsOf returns the runs of one part of an expression, nil for a part that is none.
func runsOf(tree *syntax.Regexp) []run {
	r := run{least: 1, most: 1}
	switch tree.Op { //nolint:exhaustive // every other operation goes to the default
	case syntax.OpLiteral:
		return literalRuns(tree)
	case syntax.OpCharClass:
		return r.of(tree)
	case syntax.OpStar:
		r.least, r.most = 0, math.MaxInt
	case syntax.OpPlus:
		r.most = math.MaxInt
	case syntax.OpQuest:
		r.least = 0
	case syntax.OpRepeat:
		if r.least, r.most = tree.Min, tree.Max; r.most < 0 {
			r.most = math.MaxInt
		}
	default:
		return nil
	}
	return r.of(tree.Sub[0])
}

// of fills in the set of a run from a single character or a class of characters.
func (r run) of(tree *syntax.Regexp) []run {
	switch {
	case tree.Op == syntax.OpLiteral && len(tree.Rune) == 1 && tree.Flags&syntax.FoldCase == 0:
		tree = &syntax.Regexp{Op: syntax.OpCharClass, Rune: []rune{tree.Rune[0], tree.Rune[0]}}
	case tree.Op != syntax.OpCharClass:
		return nil
	}
	for i := 0; i < len(tree.Rune); i += 2 {
		if tree.Rune[i+1] >= utf8.RuneSelf {
			return nil
		}
		for c := tree.Rune[i]; c <= tree.Rune[i+1]; c++ {
			r.set[c] = true
		}
	}
	return []run{r}
}

// literalRuns makes a run of each character of a fixed text.
func literalRuns(tree *syntax.Regexp) []run {
	var runs []run
	for _, c := range tree.Rune {
		one := run{least: 1, most: 1}.of(&syntax.Regexp{Op: syntax.OpLiteral, Rune: []rune{c}, Flags: tree.Flags})
		if one == nil {
			return nil
		}
		runs = append(runs, one...)
	}
	return runs
}

// decided reports whether no run can take a byte that a later one needs. Then there is
// only one way to match, and taking as many bytes as possible finds it.
func decided(runs []run) bool {
	for i := range runs {
		if runs[i].least == runs[i].most {
			continue
		}
		for j := i + 1; j < len(runs); j++ {
			if runs[i].meets(&runs[j]) {
				return false
			}
			if runs[j].least > 0 {
				break
			}
		}
	}
	return true
}

// meets reports whether two sets have a byte in common.
func (r *run) meets(other *run) bool {
	for b := range r.set {
		if r.set[b] && other.set[b] {
			return true
		}
	}
	return false
}
