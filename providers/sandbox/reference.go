package sandbox

import "net/url"

// referenceNames lists the names under which callers send their own key.
func referenceNames() []string {
	return []string{"rm", "reference", "reelmerge", "ref", "rk", "key", "row"}
}

// queryReference returns the caller's own key from the query of an address that the service
// stores. It is the only trace by which a lost job can be found again.
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
