package numfmt

import "slices"

// NamesOf returns every name that any language has for a month, a weekday and
// the halves of the day, and the letters of eras.
func NamesOf(month, weekday int) []string {
	var out []string
	for _, l := range languages().byID {
		out = append(out, l.months[month-1], l.short[month-1], initial(l.months[month-1]), l.days[weekday], l.shortDays[weekday])
		out = append(out, l.half...)
	}
	for _, e := range eras() {
		out = append(out, e.letter)
	}
	out = append(out, "AM", "PM", "A", "P", "a", "p")
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" || s == "?" })
}

// Language is a line of the table.
type Language struct {
	ID    uint16
	Names map[string][]string // by format code: mmmm, mmm, dddd, ddd, AM/PM
}

// Languages returns the table.
func Languages() []Language {
	var out []Language
	for _, l := range languages().byID {
		out = append(out, Language{l.id, map[string][]string{"mmmm": l.months, "mmm": l.short, "dddd": l.days, "ddd": l.shortDays, "AM/PM": l.half}})
	}
	slices.SortFunc(out, func(a, b Language) int { return int(a.ID) - int(b.ID) })
	return out
}

// LanguageNamed returns the number of a language, 0 for none.
func LanguageNamed(name string) uint16 {
	if l := languages().byName[name]; l != nil {
		return l.id
	}
	return 0
}
