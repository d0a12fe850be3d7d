package problem

import "fmt"

// Severity says whether a problem keeps a video from being made. The zero value
// does.
type Severity uint8

// The severities.
const (
	Error   Severity = iota // nothing is sent before it is cured
	Warning                 // the row is sent, and a person should take a look
)

// String is "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// MarshalText writes the word that JSON shows.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads that word.
func (s *Severity) UnmarshalText(text []byte) error {
	switch string(text) {
	case "error":
		*s = Error
	case "warning":
		*s = Warning
	default:
		return fmt.Errorf("unknown severity %q", text)
	}
	return nil
}
