// Package handover writes the files that tools for mailings import: a line per address with
// the link of the video, and a piece of HTML for the mail. It knows what each tool takes.
//
// The rules of the tools are theirs, as published:
//
//   - Mailchimp: https://mailchimp.com/help/format-guidelines-for-your-import-file/ (text
//     is clipped after 255 bytes; characters beyond ASCII only after the @; one address for
//     each contact; no spaces around it), and merge tags of at most 10 letters and digits.
//   - HubSpot: https://knowledge.hubspot.com/import-and-export/set-up-your-import-file (CSV
//     in UTF-8, a header for each column). Limits of its text properties were not found, so
//     nothing is refused for their sake.
package handover

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Tool is a tool for mailings.
type Tool struct {
	Name  string // as on the command line
	Title string // as people call it
	File  string // the name of the file for it

	header    [4]string // address, video, picture, last day
	tag       string    // how a mail names a column; %s is its name
	mostBytes int       // of a value; 0: not known
	ascii     bool      // an address has no other characters before its @
}

// Tools lists the tools, in the order of a help text.
func Tools() []Tool {
	names := [4]string{"email", "video_url", "video_image_url", "video_expires"}
	return []Tool{
		{Name: "mailchimp", Title: "Mailchimp", File: "mailchimp.csv", header: [4]string{"Email Address", "VIDEOURL", "VIDEOIMG", "VIDEOEND"},
			tag: "*|%s|*", mostBytes: 255, ascii: true},
		{Name: "hubspot", Title: "HubSpot", File: "hubspot.csv", header: names, tag: "{{ contact.%s }}"},
		{Name: "csv", Title: "the mail tool", File: "mail.csv", header: names, tag: "{{%s}}"},
	}
}

// Find returns the tool of a name.
func Find(name string) (Tool, bool) {
	for _, t := range Tools() {
		if t.Name == name {
			return t, true
		}
	}
	return Tool{}, false
}

// SnippetFile is the name of the file with the HTML.
const SnippetFile = "snippet.html"

// Row is one line of the file.
type Row struct {
	Address string
	Video   string    // the link to it
	Page    string    // the service's page that shows it; empty: there is none
	Image   string    // the link to the picture; empty: there is none
	Ends    time.Time // when the link of the video stops working; zero: not known
}

// values are the cells of a row, in the order of the header.
func (r Row) values() [4]string {
	return [4]string{r.Address, r.Video, r.Image, lastDay(r.Ends)}
}

// lastDay is the last whole day, in UTC, before a time.
func lastDay(ends time.Time) string {
	if ends.IsZero() {
		return ""
	}
	return ends.UTC().AddDate(0, 0, -1).Format(time.DateOnly)
}

// Fault says why the tool would not take a row as it is, and what to do about it; both are
// empty if it would.
func (t Tool) Fault(r Row) (fault, cure string) {
	switch {
	case r.Address == "":
		return "it has no address", "write the address into the sheet"
	case !IsAddress(r.Address):
		return fmt.Sprintf("%q is no e-mail address", r.Address), "mend the address in the sheet"
	case t.ascii && !isASCII(r.Address[:strings.LastIndex(r.Address, "@")]):
		return fmt.Sprintf("%s takes no letters such as ü before the @ of an address: %q", t.Title, r.Address), "ask for another address, or send this mail by hand"
	}
	for i, value := range r.values() {
		if t.mostBytes == 0 || len(value) <= t.mostBytes {
			continue
		}
		fault = fmt.Sprintf("%s keeps %d bytes of %s and cuts off the rest, and this value has %d", t.Title, t.mostBytes, t.header[i], len(value))
		return fault, t.shorter(i, r)
	}
	return "", ""
}

// shorter says how a value that is too long becomes shorter.
func (t Tool) shorter(column int, r Row) string {
	switch {
	case column == 1 && r.Page != "" && r.Page != r.Video && len(r.Page) <= t.mostBytes:
		return "use the page that shows the video, whose link is short: add --link page"
	case column == 1:
		return "put the video where its link is short, or use a tool that takes long links: --for csv; at a service that gives a page with its webhook, set webhook.url before the run, and add --link page then"
	case column == 2:
		return "make pictures of your own with --stills, put them where everybody can see them, and set output.public to that place"
	}
	return "ask for another address"
}

// Write writes the file. Values are written as they are: the tools read text and evaluate
// nothing, and a character put before a value would make another address of it. Neither an
// address nor a link is a formula that runs in a spreadsheet program, see [IsAddress].
func (t Tool) Write(w io.Writer, rows []Row) error {
	out := csv.NewWriter(w)
	if err := out.Write(t.header[:]); err != nil {
		return err
	}
	for _, r := range rows {
		values := r.values()
		if err := out.Write(values[:]); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Snippet returns the HTML that goes into the mail. It is a picture with a link, since no
// mail program plays videos, and few let a mail run anything. A picture of ours has the
// right width by itself; any other is given one.
func (t Tool) Snippet(own bool) string {
	width := ` width="600"`
	if own {
		width = ""
	}
	return fmt.Sprintf(`<a href="%s"><img src="%s" alt="Play the video"%s style="max-width:100%%;height:auto;border:0"></a>`+"\n",
		fmt.Sprintf(t.tag, t.header[1]), fmt.Sprintf(t.tag, t.header[2]), width)
}

// SameAddress returns a text that is equal for all ways to write an address.
func SameAddress(address string) string {
	return cases.Fold().String(norm.NFC.String(strings.TrimSpace(address)))
}

// Limits of an address, in bytes (RFC 5321).
const (
	mostLocal   = 64
	mostAddress = 254
)

// IsAddress reports whether a text is the address of a mailbox as mail tools take it: a
// name, one @, and a domain with a dot in it. The name has no quotes and no brackets. So no
// address is a formula that runs, whatever it begins with: a spreadsheet program calls =1+1@x.example
// an error. What could call another program, as =cmd|x!A1 does, is no address here.
func IsAddress(text string) bool {
	local, domain, found := strings.Cut(text, "@")
	return found && len(text) <= mostAddress && utf8.ValidString(text) && isLocal(local) && isDomain(domain)
}

func isLocal(local string) bool {
	if local == "" || len(local) > mostLocal || strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return false
	}
	if strings.ContainsAny(local[:1], "=+-@") && strings.ContainsAny(local, "|!") {
		return false
	}
	return !strings.ContainsFunc(local, func(r rune) bool {
		return strings.ContainsRune("\"()<>[]\\,;:@", r) || r <= ' ' || r > unicode.MaxASCII && !isLetter(r)
	})
}

func isDomain(domain string) bool {
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") || strings.ContainsFunc(label, func(r rune) bool { return r != '-' && !isLetter(r) }) {
			return false
		}
	}
	return true
}

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}
