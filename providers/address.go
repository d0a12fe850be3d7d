package providers

import "strings"

// longestShown is how much of an address is shown to people, in characters.
const longestShown = 120

// IsAddress reports whether a row names a file by its web address, as opposed to
// a path. Any scheme counts, also one that nothing is fetched by.
func IsAddress(name string) bool {
	scheme, _, found := strings.Cut(name, "://")
	return found && scheme != "" && !strings.ContainsFunc(scheme, foreignToSchemes)
}

func foreignToSchemes(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("+-.", r)
}

// ShowAddress returns as much of an address as may be printed: neither a password
// nor the query, which in a signed link is one, nor more than a line of it. A path
// is returned as it is.
func ShowAddress(name string) string {
	if !IsAddress(name) {
		return name
	}
	scheme, rest, _ := strings.Cut(name, "://")
	hidden := ""
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest, hidden = rest[:end], rest[end:end+1]+"…"
	}
	host, path, deep := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = "…" + host[at:]
	}
	if deep {
		host += "/"
	}
	shown := []rune(scheme + "://" + host + path)
	if len(shown) > longestShown {
		return string(shown[:longestShown]) + "…"
	}
	return string(shown) + hidden
}
