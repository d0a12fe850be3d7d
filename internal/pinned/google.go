package pinned

import (
	"net/url"
	"regexp"
	"strings"
)

// googleSheet matches the path of a Google Sheet: its id, or the id under which it is
// published.
var googleSheet = regexp.MustCompile(`^/spreadsheets/(?:u/\d+/)?d/((?:e/)?[A-Za-z0-9_-]+)(?:/([a-z]*))?/?$`)

// Export returns the address from which a sheet is fetched. For the link of a Google Sheet,
// as its Share button copies it, that is the address of its export, with the sheet of the
// workbook that the link leads to. As a workbook it has all sheets. Any other address is
// returned as it is.
func Export(link string, workbook bool) string {
	u, err := url.Parse(link)
	if err != nil || !isGoogle(u) {
		return link
	}
	found := googleSheet.FindStringSubmatch(u.Path)
	if found == nil || found[2] == "export" || found[2] == "pub" {
		return link
	}
	query := url.Values{}
	verb, format := "export", "format"
	if strings.HasPrefix(found[1], "e/") {
		verb, format = "pub", "output"
	}
	query.Set(format, "csv")
	if workbook {
		query.Set(format, "xlsx")
	} else if gid := sheetID(u); gid != "" {
		query.Set("gid", gid)
		if verb == "pub" {
			query.Set("single", "true")
		}
	}
	if key := u.Query().Get("resourcekey"); key != "" {
		query.Set("resourcekey", key)
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/spreadsheets/d/" + found[1] + "/" + verb, RawQuery: query.Encode()}).String()
}

// sheetID is the id of the sheet that a link leads to. It is in the query or the fragment.
func sheetID(u *url.URL) string {
	if gid := u.Query().Get("gid"); gid != "" {
		return gid
	}
	fragment, err := url.ParseQuery(u.Fragment)
	if err != nil {
		return ""
	}
	return fragment.Get("gid")
}

// isGoogle reports whether an address is one of Google Sheets.
func isGoogle(u *url.URL) bool { return strings.EqualFold(u.Hostname(), "docs.google.com") }
