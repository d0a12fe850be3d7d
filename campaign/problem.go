package campaign

import "fmt"

// Severity says whether a problem stops the campaign. The zero value does.
type Severity uint8

// The severities.
const (
	Error   Severity = iota // nothing can be sent before it is cured
	Warning                 // worth a look; the campaign works
)

// String returns the word that lists and JSON show.
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Problem is one thing wrong with a campaign file: where it is, what was found
// there and what to do.
type Problem struct {
	Severity Severity
	Code     string // CMP-…, explained by "reelmerge explain"
	Field    string // dotted path, "limits.active"; empty for the file as a whole
	Value    string // what was found; never a secret
	Message  string
	Hint     string
	Line     int // from 1; 0 when it is not a place in the file
	Column   int // from 1, in characters
}

// String is the problem in one line, without its hint.
func (p Problem) String() string {
	at := ""
	if p.Line > 0 {
		at = fmt.Sprintf("%d:%d: ", p.Line, p.Column)
	}
	if p.Field != "" {
		at += p.Field + ": "
	}
	return at + p.Message
}

// failed reports whether any of the problems is an error.
func failed(problems []Problem) bool {
	for _, p := range problems {
		if p.Severity == Error {
			return true
		}
	}
	return false
}
