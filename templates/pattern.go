package templates

import (
	"math"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

// pattern is the regular expression of a declaration. Most are a plain sequence of
// characters, such as ^[A-Z]{2}-[0-9]+$, which one look at a value's bytes decides;
// the others are matched as they are.
type pattern struct {
	text string
	expr *regexp.Regexp
	runs []run // nil when only the expression can tell
}

// run is some bytes of a set, one behind the other.
type run struct {
	set         [256]bool
	least, most int
}

// newPattern prepares an expression that is known to be correct.
func newPattern(text string) *pattern {
	p := &pattern{text: text, expr: regexp.MustCompile(text)}
	if tree, err := syntax.Parse(text, syntax.Perl); err == nil {
		p.runs = anchoredRuns(tree)
	}
	return p
}

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

// anchoredRuns takes an expression from ^ to $ apart; nil when it is no sequence of
// ASCII runs, or when taking as many bytes as a run can could be wrong.
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

func runsOf(tree *syntax.Regexp) []run {
	r := run{least: 1, most: 1}
	switch tree.Op { //nolint:exhaustive // whatever else there is, is no run
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

// of makes the run one of a single character's bytes.
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

// decided reports whether no run can take a byte that one behind it needs: then
// there is only one way to match.
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

func (r *run) meets(other *run) bool {
	for b := range r.set {
		if r.set[b] && other.set[b] {
			return true
		}
	}
	return false
}
