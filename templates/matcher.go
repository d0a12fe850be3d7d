package templates

import "regexp"

// matcher is a compiled pattern.
type matcher struct {
	set bool
	re  *regexp.Regexp
}

func newMatcher(re *regexp.Regexp) matcher {
	return matcher{set: true, re: re}
}

func (m matcher) match(s string) bool {
	return m.re.MatchString(s)
}
