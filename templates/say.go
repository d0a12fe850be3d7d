package templates

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates/form"
)

// Say is where the spoken form of a variable's values is: a column of the sheet, or a file
// with a list of them.
type Say struct{ Column, File string }

// say reads the member of a declaration; nil when there is none.
func (t *Template) say(n *schema.Node) *Say {
	switch {
	case n == nil:
		return nil
	case n.Kind == schema.String:
		return &Say{Column: t.Text(n)}
	}
	var s struct{ File string }
	_ = json.Unmarshal(t.Raw(n), &s) // its shape was checked by the schema of templates
	return &Say{File: s.File}
}

// Sayings find the spoken forms of a row's values. They never change, so any number of
// goroutines may use them.
type Sayings struct{ by []saying }

// saying is that of one variable.
type saying struct {
	variable, column int               // column is -1 where there is a list
	list             map[string]string // spoken by written
}

// MostSayings is the largest list of spoken forms that is read, in bytes.
const MostSayings = 16 << 20

// NewSayings finds the columns, and reads the lists with the function.
func NewSayings(t *Template, columns []string, read func(path string) ([]byte, error)) (*Sayings, problem.List) {
	s := &Sayings{}
	f := &Findings{t: t}
	header := newHeader(columns)
	for i, v := range t.Variables {
		if v.Say == nil {
			continue
		}
		one := saying{variable: i, column: -1}
		at := v.declared.Member("say")
		switch found := header.find(v.Say.Column); {
		case t.ByName() && v.isSeen():
			f.At(at, "TPL-SAY", fmt.Sprintf("%q is both spoken and shown, and the service puts one value in both places", v.Name), "use two variables: one in the script, one on the screen")
		case v.Say.File != "":
			list, err := readSayings(read, v.Say.File)
			if err != nil {
				f.At(at, "TPL-SAY", fmt.Sprintf("the list %q of %q cannot be read: %v", schema.Shorten(v.Say.File), v.Name, wording.WithoutPath(err)), "it is a CSV file with the columns written and spoken; its path is relative to the template")
			}
			one.list = list
		case len(found) != 1:
			f.At(at, "TPL-SAY", fmt.Sprintf("the sheet has no column %q with the spoken form of %q", schema.Shorten(v.Say.Column), v.Name), header.suggest(v.Say.Column))
		default:
			one.column = found[0]
		}
		s.by = append(s.by, one)
	}
	return s, f.list.In(t.Name)
}

// isSeen reports whether a variable stands where people read it.
func (v *Variable) isSeen() bool {
	return slices.ContainsFunc(v.Uses, func(u Use) bool { return !u.Spoken && u.Field == "text" })
}

// readSayings reads a list of written and spoken forms.
func readSayings(read func(path string) ([]byte, error), path string) (map[string]string, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	rows := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff")))
	head, err := rows.Read()
	if err != nil {
		return nil, errors.New("it has no header")
	}
	written, spoken := slices.Index(head, "written"), slices.Index(head, "spoken")
	if written < 0 || spoken < 0 {
		return nil, errors.New("its header has not both written and spoken")
	}
	list := map[string]string{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		list[form.Fold(row[written])] = row[spoken]
	}
}

// Row returns the spoken form of each of a row's values, "" where it is the written one. It
// uses the memory of the row before; nil stands for no spoken forms at all.
func (s *Sayings) Row(values, cells, memory []string) []string {
	if s == nil || len(s.by) == 0 {
		return nil
	}
	if len(memory) != len(values) {
		memory = make([]string, len(values))
	}
	clear(memory)
	for _, one := range s.by {
		said := ""
		switch {
		case one.list != nil:
			said = one.list[form.Fold(values[one.variable])]
		case one.column >= 0 && one.column < len(cells):
			said = cells[one.column]
		}
		memory[one.variable] = strings.TrimSpace(said)
	}
	return memory
}
