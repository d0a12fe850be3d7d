package schema

import (
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/xeipuuv/gojsonschema"
)

// formatPrefix keeps our formats apart from the library's own, which are too generous:
// its date-time takes a bare date, its uri takes javascript:alert(1).
const formatPrefix = "reelmerge:"

// FormatNames lists the formats a schema may name, in alphabetical order.
func FormatNames() []string {
	names := make([]string, 0, len(formats()))
	for name := range formats() {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Format returns the check behind a format's name, false when there is none. It is the
// same function [Schema.Check] uses.
func Format(name string) (func(string) bool, bool) {
	check, ok := formats()[name]
	return check, ok
}

// knownFormat reports whether a format has a check. A schema may name no other, because the
// library would accept any value for it.
func knownFormat(name string) bool {
	_, ok := formats()[name]
	return ok
}

// formats maps each format's name to its check. The map is made once and never changed.
var formats = sync.OnceValue(func() map[string]func(string) bool {
	return map[string]func(string) bool{
		"date":      isDate,
		"iso-date":  isDate,
		"time":      isTime,
		"date-time": isDateTime,
		"email":     isEmail,
		"uri":       isURI,
		"https-url": isHTTPS,
		"hostname":  matches(`^([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])(\.([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]{0,61}[a-zA-Z0-9]))*$`),
		"ipv4":      func(s string) bool { ip := net.ParseIP(s); return ip != nil && !strings.Contains(s, ":") },
		"ipv6":      func(s string) bool { ip := net.ParseIP(s); return ip != nil && strings.Contains(s, ":") },
		"uuid":      matches(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`),
		"regex":     func(s string) bool { _, err := regexp.Compile(s); return err == nil },
		"e164":      matches(`^\+[1-9][0-9]{6,14}$`),
		"hex-color": matches(`^#([0-9a-fA-F]{3}|[0-9a-fA-F]{4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$`),
	}
})

// registerFormats hands our formats to the library, whose registry is global, once.
var registerFormats = sync.OnceFunc(func() {
	for name, check := range formats() {
		gojsonschema.FormatCheckers.Add(formatPrefix+name, formatFunc(check))
	}
})

// formatFunc lets a function stand as the library's format checker. As the standard
// says, a format has nothing to say about values that are not text.
type formatFunc func(string) bool

// IsFormat reports whether a text has the format.
func (f formatFunc) IsFormat(input any) bool {
	text, ok := input.(string)
	return !ok || f(text)
}

// matches returns a check by a pattern. The patterns are constants and compiled once.
func matches(pattern string) func(string) bool {
	return regexp.MustCompile(pattern).MatchString
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// isTime accepts a time with a zone and, unlike the standard, one without: sheets have no
// zones.
func isTime(s string) bool {
	for _, layout := range []string{time.TimeOnly, "15:04:05Z07:00"} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}

func isDateTime(s string) bool {
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil
}

// isEmail accepts a bare address. "Ada <ada@example.org>" is refused: services take the
// address only.
func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == ""
}

// isURI accepts web addresses only, because the services fetch them.
func isURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != ""
}

// isHTTPS accepts addresses that start with https. Blanks and backslashes are refused,
// because some clients repair them and would then ask another address.
func isHTTPS(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && !strings.ContainsAny(s, " \t\r\n\\")
}
