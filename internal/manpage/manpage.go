// Package manpage writes manual pages in the language of man, with the sections that each
// page of the program has: exit status, environment and files.
package manpage

import (
	"fmt"
	"strings"
)

// Page is the manual page of one command.
type Page struct {
	Name     string // such as reelmerge-run
	Short    string // one line
	Usage    string
	About    string // paragraphs; lines that begin with two spaces stay as they are
	Options  []Entry
	Examples string
	Exit     []Entry
	Also     []string // names of other pages
}

// Entry is a term with its meaning.
type Entry struct{ Term, Text string }

// Edition is what all pages of a release have in common.
type Edition struct {
	Version string
	Date    string // of the release, as 2026-11-30; empty where it is not known
}

// Render returns the page in roff, the language of man. Only macros that every man knows
// are used: .TH and .SH for headings, .TP for a term with its meaning, .nf to keep lines.
// The same page and edition give the same bytes.
func (p Page) Render(e Edition) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"%s\" \"reelmerge %s\" \"Reelmerge\"\n", strings.ToUpper(escaped(p.Name)), e.Date, escaped(e.Version))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", escaped(p.Name), escaped(p.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.nf\n%s\n.fi\n", line(p.Usage))
	b.WriteString(".SH DESCRIPTION\n")
	paragraphs(&b, p.About)
	entries(&b, "OPTIONS", p.Options)
	if p.Examples != "" {
		b.WriteString(".SH EXAMPLES\n")
		paragraphs(&b, p.Examples)
	}
	entries(&b, "EXIT STATUS", p.Exit)
	entries(&b, "ENVIRONMENT", Environment())
	entries(&b, "FILES", files())
	if len(p.Also) > 0 {
		b.WriteString(".SH SEE ALSO\n")
		for i, name := range p.Also {
			comma := " ,"
			if i == len(p.Also)-1 {
				comma = ""
			}
			fmt.Fprintf(&b, ".BR %s (1)%s\n", escaped(name), comma)
		}
	}
	return []byte(b.String())
}

// paragraphs writes a text. What is indented, such as an example, keeps its lines.
func paragraphs(b *strings.Builder, text string) {
	literal := false
	for part := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		indented := strings.HasPrefix(part, "  ")
		if indented != literal && part != "\n" {
			b.WriteString(map[bool]string{true: ".PP\n.RS 4\n.nf\n", false: ".fi\n.RE\n.PP\n"}[indented])
			literal = indented
		}
		// An empty line ends a paragraph, but not an example, which may have some.
		switch text := strings.TrimSpace(part); {
		case text != "":
			b.WriteString(line(text) + "\n")
		case literal:
			b.WriteString("\n")
		default:
			b.WriteString(".PP\n")
		}
	}
	if literal {
		b.WriteString(".fi\n.RE\n")
	}
}

// entries writes a section of terms, each on a line of its own with its meaning below.
func entries(b *strings.Builder, title string, list []Entry) {
	if len(list) == 0 {
		return
	}
	b.WriteString(".SH " + title + "\n")
	for _, e := range list {
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", escaped(e.Term), line(e.Text))
	}
}

// escaped writes a text so that man shows it as it is: hyphens stay hyphens that can be
// copied, and a backslash is none of its own commands.
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
}

// line writes a line of text. A point or a quote at its beginning would be a command.
func line(text string) string {
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + escaped(text)
	}
	return escaped(text)
}

// Environment lists the variables that the program reads.
func Environment() []Entry {
	return []Entry{
		{"COLOSSYAN_TOKEN, KENSA_TOKEN, SAMSAR_TOKEN, VIDGEN_TOKEN", "The token of the service, where the campaign names none. Only what talks to the service needs it; the simulator does not."},
		{"other variables", "A campaign may name any variable as ${NAME} for a token, a header or the secret of webhooks."},
		{"DISPLAY, WAYLAND_DISPLAY", "Whether serve opens a browser, on systems other than macOS and Windows."},
		{"REELMERGE_STATE", "The folder for what was learnt about the accounts; else reelmerge in the user's folder of settings."},
		{"NO_COLOR", "Where it is set, nothing is coloured."},
		{"CI, TERM", "Where CI is set, or TERM is dumb, no line is drawn anew: progress is told line by line."},
		{"LC_ALL, LC_CTYPE, LANG", "Whether the terminal shows UTF-8; else progress is drawn in ASCII."},
		{"TZ", "The zone of the times that are shown."},
		{"MSYSTEM", "Where Git's bash on Windows sets it, commands to copy are written for that shell."},
		{"HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "The proxy for requests to the service."},
		{"TMPDIR", "The folder for temporary files."},
		{"GOGC", "How often memory is tidied; 100 where it is not set."},
	}
}

// files lists what the program reads and writes.
func files() []Entry {
	return []Entry{
		{"campaign.yaml", "The campaign: sheet, template, service, limits, budget. It is the default of CAMPAIGN."},
		{"out/NAME/", "The output folder of the campaign NAME, unless output.dir says otherwise. A run on the simulator has its own, sandbox, in it."},
		{"out/NAME/ledger.db", "What was sent, and what it cost. Never delete it: everything would be bought again."},
		{"out/NAME/ledger.bak", "The ledger as it was when the last run began, for reelmerge ledger restore."},
		{"out/NAME/results.xlsx, results.csv", "The sheet with a link, a cost or a reason in every row."},
		{"out/NAME/videos/", "The videos, where the campaign wants them fetched."},
		{"out/NAME/run.json, status.json, made.json", "The record of the run, where it stands, and which files were made."},
	}
}
