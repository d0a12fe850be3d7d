package campaign

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Draft is a campaign that is being written. Open decisions stand in it as
// comments, at the place where a person makes them.
type Draft struct {
	Path       string // of the campaign; the other paths are written as seen from its folder
	Next       string // the command that comes next, for a person
	Sheet      string
	HeaderRow  int    // 0 and 1: the first one
	Key        string // empty: none
	Template   string
	Variables  [][2]string // a variable, and the column that feeds it
	Service    string      // the file that describes the service; empty: it is a known one
	Token      string      // the environment variable of the token
	WhereToken string      // where a person finds the token
	BaseURL    string      // empty: the service's own
	Prices     []string    // lines of prices
	Approval   bool        // a person approves what is sent
	Open       []OpenPoint
}

// OpenPoint is a decision that is left to a person.
type OpenPoint struct {
	What    string   `json:"what"`
	Cure    string   `json:"cure"`
	Section string   `json:"-"` // of the campaign, where it is decided; empty when it is elsewhere
	Lines   []string `json:"-"` // to write there
}

// Text is the campaign as YAML.
func (d *Draft) Text() []byte {
	var b strings.Builder
	b.WriteString("# Next: " + d.Next + "\n")
	fmt.Fprintf(&b, "# A paid run reads the token from %s; see %s.\n", d.Token, d.WhereToken)
	for _, point := range d.Open {
		if point.Section == "" {
			fmt.Fprintf(&b, "# Undecided: %s;\n# %s.\n", point.What, point.Cure)
		}
	}
	d.section(&b, "rows", d.rows())
	b.WriteString("template: " + Text(d.beside(d.Template)) + "\n")
	if d.Approval {
		b.WriteString("approval: required\n")
	}
	d.section(&b, "variables", d.feeds())
	d.section(&b, "provider", d.provider())
	d.section(&b, "prices", d.Prices)
	return []byte(b.String())
}

func (d *Draft) rows() []string {
	lines := []string{"file: " + Text(d.beside(d.Sheet))}
	if d.HeaderRow > 1 {
		lines = append(lines, fmt.Sprintf("header_row: %d", d.HeaderRow))
	}
	if d.Key != "" {
		lines = append(lines, "key: "+Text(d.Key)+"  # the id of a row: its values must not change")
	}
	return lines
}

// feeds are the columns that feed the variables.
func (d *Draft) feeds() (lines []string) {
	for _, v := range d.Variables {
		lines = append(lines, v[0]+": "+Text(v[1]))
	}
	return lines
}

// provider says where the service is. One of a file gets no token that the campaign does not
// name.
func (d *Draft) provider() (lines []string) {
	if d.Service != "" {
		lines = append(lines, "file: "+Text(d.beside(d.Service)), fmt.Sprintf("token: ${%s}", d.Token))
	}
	if d.BaseURL != "" {
		lines = append(lines, "base_url: "+Text(d.BaseURL))
	}
	return lines
}

// section writes one group of keys. A group that only has open points is written as a
// comment.
func (d *Draft) section(b *strings.Builder, name string, lines []string) {
	head := name + ":\n"
	if len(lines) == 0 {
		head = "#" + head
	}
	for i, line := range lines {
		if i == 0 {
			b.WriteString(head)
		}
		b.WriteString("  " + line + "\n")
	}
	for _, point := range d.Open {
		if point.Section != name {
			continue
		}
		fmt.Fprintf(b, "  # Undecided: %s;\n  # %s.\n", point.What, point.Cure)
		if len(lines) == 0 {
			b.WriteString(head)
			lines = point.Lines // one group has one head
		}
		for _, line := range point.Lines {
			b.WriteString("#  " + line + "\n")
		}
	}
}

// beside is a path as seen from the campaign's folder.
func (d *Draft) beside(path string) string {
	from, err1 := filepath.Abs(filepath.Dir(d.Path))
	to, err2 := filepath.Abs(path)
	if rel, err := filepath.Rel(from, to); err1 == nil && err2 == nil && err == nil {
		return filepath.ToSlash(rel)
	}
	return path
}
