package sources

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Odd finds the cells of columns that are not what nearly all others of their column are:
// a text among dates, or a negative amount among prices. Such a cell looks wrong in a
// video, and nothing else would tell.
type Odd struct{ columns map[int]*variety }

// OddCell is a cell that is not what the others of its column are.
type OddCell struct {
	Row, Column    int
	Value          string
	Message, Cause string // Cause is what is true of every such cell of the column
}

// variety is how often each form of value stands in a column, and where.
type variety struct {
	filled int
	forms  map[string]*shape
}

// shape is one form of values: dates written in one way, amounts of one sign, texts.
type shape struct {
	kind    string
	count   int
	example string
	rows    []int // the first ones
	values  []string
}

// Of a form, so many cells are remembered; and a column has so few forms that all others
// count as texts.
const (
	rememberedCells = 1000
	mostShapes      = 24
)

// NewOdd begins for some columns of a table, by their places. The others are not looked at.
func NewOdd(columns ...int) *Odd {
	o := &Odd{columns: map[int]*variety{}}
	for _, i := range columns {
		o.columns[i] = &variety{forms: map[string]*shape{}}
	}
	return o
}

// Take adds a row with its number. A row of totals is left out.
func (o *Odd) Take(number int, cells []string) {
	if sumsUp(cells) {
		return
	}
	for i, v := range o.columns {
		if i < len(cells) {
			v.take(number, strings.TrimSpace(cells[i]))
		}
	}
}

func (v *variety) take(number int, value string) {
	if value == "" {
		return
	}
	v.filled++
	kind, form := formOf(value)
	s := v.forms[form]
	if s == nil && len(v.forms) >= mostShapes {
		kind, form = isText, isText
		s = v.forms[form]
	}
	if s == nil {
		s = &shape{kind: kind, example: value}
		v.forms[form] = s
	}
	if s.count++; len(s.rows) < rememberedCells {
		s.rows = append(s.rows, number)
		s.values = append(s.values, clip(value))
	}
}

// The kinds of values.
const (
	isText     = "text"
	isDate     = "date"
	isPositive = "number above zero"
	isNegative = "number below zero"
	isZero     = "zero"
)

var (
	dateDigits = regexp.MustCompile(`^\d{1,4}([-/.])\d{1,2}([-/.])\d{1,4}( \d{1,2}:\d{2}(:\d{2})?)?$`)
	dateWords  = regexp.MustCompile(`^(\d{1,2}\.? \p{L}{3,}\.?,? \d{4}|\p{L}{3,} \d{1,2},? \d{4})$`)
	amount     = regexp.MustCompile(`^([-−(]?)(?:\p{Sc}|[A-Z]{3})? ?([-−]?)(\d[\d.,'’ \x{a0}\x{202f}]*)\)? ?(?:\p{Sc}|[A-Z]{3}|%)?$`)
)

const digits = "0123456789"

// formOf says what kind of value a text is, and in which form it is written.
func formOf(value string) (kind, form string) {
	if len(value) > 40 || !strings.ContainsAny(value, digits) {
		return isText, isText
	}
	if dateDigits.MatchString(value) || dateWords.MatchString(value) {
		return isDate, isDate + dateForm(value)
	}
	if m := amount.FindStringSubmatch(value); m != nil {
		return signOf(m), signOf(m)
	}
	return isText, isText
}

// dateForm is how a date is written: "Y" for a year of four digits, "d" for any other
// number, "L" for a word, and the marks between them. A time of day is not compared.
func dateForm(date string) string {
	day, _, _ := strings.Cut(date, ":")
	var form strings.Builder
	for day != "" {
		rest := strings.TrimLeft(day, digits)
		if run := len(day) - len(rest); run == 4 {
			form.WriteByte('Y')
		} else if run > 0 {
			form.WriteByte('d')
		} else if rest = strings.TrimLeftFunc(day, unicode.IsLetter); len(rest) < len(day) {
			form.WriteByte('L')
		} else {
			_, size := utf8.DecodeRuneInString(day)
			form.WriteString(day[:size])
			rest = day[size:]
		}
		day = rest
	}
	return form.String()
}

func signOf(m []string) string {
	switch {
	case strings.Trim(m[3], "0., ") == "":
		return isZero
	case m[1]+m[2] != "":
		return isNegative
	}
	return isPositive
}

// few is how many cells a column must have before some of them are odd.
const few = 8

// Cells lists the odd cells of a column. There are none where its values differ a lot, or where
// it was not looked at.
func (o *Odd) Cells(column int) []OddCell {
	v := o.columns[column]
	if v == nil || v.filled < few {
		return nil
	}
	kinds := map[string]int{}
	var most *shape
	for _, s := range v.forms {
		kinds[s.kind] += s.count
		if most == nil || s.count > most.count {
			most = s
		}
	}
	dates, numbers := kinds[isDate], kinds[isPositive]+kinds[isNegative]+kinds[isZero]
	switch {
	case nearly(dates, v.filled):
		list := v.odd(column, func(s *shape) bool { return s.kind != isDate }, v.are("date", dates))
		if nearly(most.count, dates) {
			list = append(list, v.odd(column, func(s *shape) bool { return s.kind == isDate && s != most },
				fmt.Sprintf("is written in another way than %s, as %d of %d dates of the column are", most.example, most.count, dates))...)
		}
		return list
	case nearly(numbers, v.filled):
		list := v.odd(column, func(s *shape) bool { return s.kind == isText || s.kind == isDate }, v.are("number", numbers))
		if nearly(kinds[isPositive], numbers) {
			list = append(list, v.odd(column, func(s *shape) bool { return s.kind == isNegative || s.kind == isZero },
				fmt.Sprintf("is not above zero, as %d of %d numbers of the column are", kinds[isPositive], numbers))...)
		}
		return list
	}
	return nil
}

func (v *variety) are(what string, count int) string {
	return fmt.Sprintf("is no %s, as %d of %d cells of the column are", what, count, v.filled)
}

// nearly reports whether a part is at least nine tenths of all.
func nearly(part, all int) bool { return 10*part >= 9*all && all > 0 }

// odd lists the remembered cells of some forms, in the order of the rows.
func (v *variety) odd(column int, is func(*shape) bool, fault string) (list []OddCell) {
	for _, s := range v.forms {
		if !is(s) {
			continue
		}
		for i, row := range s.rows {
			list = append(list, OddCell{Row: row, Column: column, Value: s.values[i], Message: fmt.Sprintf("%q %s", s.values[i], fault), Cause: "the value " + fault})
		}
	}
	slices.SortFunc(list, func(a, b OddCell) int { return cmp.Compare(a.Row, b.Row) })
	return list
}
