package campaign

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/reelmerge/reelmerge/internal/publicnet"
	"github.com/reelmerge/reelmerge/problem"
)

// Link is the web address of a sheet, as the campaign writes it. It may hold ${VAR}. It is
// printed without its path and query, because with them the sheet can often be read
// without a password.
type Link string

// IsLink reports whether the place of a sheet is a web address, and no path.
func IsLink(text string) bool {
	return strings.Contains(text, "://") || reference.MatchString(text) || strings.HasPrefix(text, googleDocs)
}

// googleDocs begins the link of a Google Sheet that was copied without its scheme.
const googleDocs = "docs.google.com/"

// Empty reports whether the sheet is a file.
func (l Link) Empty() bool { return l == "" }

// Written is the address as the campaign writes it. It is for comparing, and not to be shown.
func (l Link) Written() string { return string(l) }

// String is the address without its path and query. An address that begins with a variable
// shows the variable.
func (l Link) String() string {
	scheme, rest, found := strings.Cut(string(l), "://")
	switch {
	case strings.HasPrefix(string(l), googleDocs):
		return googleDocs + "…"
	case !found:
		return reference.FindString(string(l))
	}
	host, more := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host, more = rest[:i], rest[i+1:]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	if more != "" {
		host += "/…"
	}
	return scheme + "://" + host
}

// Format prints what String returns, for every verb.
func (l Link) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, l.String()) } // fmt reports a failed write itself

// vetLink refuses an address from which no sheet is fetched. Its error is the hint.
func vetLink(text string) error {
	u, err := url.Parse(text)
	switch {
	case strings.HasPrefix(text, googleDocs):
		return errors.New("write https:// in front of it")
	case err != nil || u.Hostname() == "":
		return errors.New("want an https address, such as https://example.com/guests.csv or the link of a Google Sheet")
	case u.User != nil:
		return errors.New("an address with a password in it is not fetched; give the sheet a link of its own")
	case u.Scheme == "https", u.Scheme == "http" && publicnet.IsLoopback(u.Hostname()):
		return nil
	}
	return errors.New("want https; http is only for this machine")
}

// sheet reads where the rows are: a path, - for standard input, or a web address.
func (r *reader) sheet(s *section, rows *Rows) {
	n := s.node.get("file")
	if n == nil || n.kind != scalar || !IsLink(n.text) {
		read(s, "file", &rows.File, r.path)
		return
	}
	read(s, "file", &rows.Link, func(text string) (Link, error) {
		if reference.MatchString(text) {
			return Link(text), nil // it is known when the variable is
		}
		return Link(text), vetLink(text)
	})
}

// Shown is the sheet as people are told of it: a file, or an address without its path.
func (r Rows) Shown() string {
	if r.Link.Empty() {
		return r.File
	}
	return r.Link.String()
}

// SheetLink resolves the address of the sheet: ${VAR} through getenv.
func (c *File) SheetLink(getenv func(string) string) (string, problem.List) {
	v := &resolver{getenv: getenv}
	at := c.place("rows.file")
	text, whole := v.replace(at, string(c.Rows.Link), "")
	if !whole {
		return "", told(c.Path, v.problems)
	}
	if err := vetLink(text); err != nil {
		shown := Link(text).String()
		v.add(at, problem.Problem{Code: "CMP-VALUE", Value: shown, Message: fmt.Sprintf("%q is not usable", shown), Hint: err.Error()})
	}
	return text, told(c.Path, v.problems)
}
