package sandbox

import "net/url"

// referenceNames are the names under which callers send their own key.
func referenceNames() []string {
	return []string{"rm", "reference", "reelmerge", "ref", "rk", "key", "row"}
}

// queryReference finds the caller's own key in the query of an address that the
// service stores.
func queryReference(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	for _, name := range referenceNames() {
		if value := u.Query().Get(name); value != "" {
			return value
		}
	}
	return ""
}
