package providers

import "strings"

// longestShown is how much of an address is shown to people.
const longestShown = 120

// IsAddress reports whether a row names a file by its web address, as opposed to
// a path. Any scheme counts, also one that nothing is fetched by.
func IsAddress(name string) bool {
	scheme, _, found := strings.Cut(name, "://")
	return found && scheme != "" && !strings.ContainsFunc(scheme, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("+-.", r)
	})
}

// ShowAddress returns as much of an address as may be printed: neither a password
// nor the query, which in a signed link is one, nor more than a line of it. A path
// is returned as it is.
func ShowAddress(name string) string {
	if !IsAddress(name) {
		return name
	}
	scheme, rest, _ := strings.Cut(name, "://")
	end := strings.IndexAny(rest, "?#")
	host, path, _ := strings.Cut(rest[:orLength(end, rest)], "/")
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = "…@" + host[at+1:]
	}
	shown := scheme + "://" + host
	if path != "" {
		shown += "/" + path
	}
	if runes := []rune(shown); len(runes) > longestShown {
		return string(runes[:longestShown]) + "…"
	}
	if end >= 0 {
		shown += rest[end:end+1] + "…"
	}
	return shown
}

func orLength(end int, text string) int {
	if end < 0 {
		return len(text)
	}
	return end
}
