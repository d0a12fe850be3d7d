package numfmt

import (
	"strconv"
	"strings"
)

// tag is the meaning of a bracket such as [$-D07041E] or [$-th-TH,D07]: a language, a
// calendar and a form of digits.
type tag struct {
	language *language // nil where none is said, or it is not known
	said     bool      // a language is said
	calendar int
	ofEra    bool // the calendar of the language's eras
	shape    int  // of digits
	month    byte // form of the names of months: 'g' genitive, 'n' nominative, 0 the usual one
	gannen   bool // the first year of an era is 元, in the calendar of eras
	system   byte // 'd' and 't': date and time as the computer's settings say
	conflict bool // two brackets say different things
	unknown  string
}

// Calendars by their number in a tag.
const (
	japanese  = 3
	taiwanese = 4
	korean    = 5
	hijri     = 6
	buddhist  = 7
	hebrew    = 8
	ummAlQura = 0x17
)

// any reports whether the tag has any content.
func (t tag) any() bool { return t != tag{} }

// parseTag reads the part behind the hyphen of [$symbol-tag]. A 1 or 2 behind a currency
// tells only its position, and is ignored.
func parseTag(s string, currency bool) tag {
	name, numbers, _ := strings.Cut(strings.ToLower(s), ",")
	if name == "" {
		return tag{}
	}
	var t tag
	if numbers != "" {
		n, err := strconv.ParseUint(numbers, 16, 16)
		if err != nil {
			t.unknown = "[$-" + s + "]"
		}
		// The low bits hold the calendar, the eighth whether it counts eras, the rest the
		// digits.
		t.calendar = int(n & 0x7f)
		t.ofEra = n&0x80 != 0
		t.shape = int(n >> 8)
	}
	if strings.HasPrefix(name, "x-") {
		return t.private(name)
	}
	if t.named(name) {
		return t
	}
	id, err := strconv.ParseUint(name, 16, 32)
	if err != nil || numbers != "" {
		// A language is meant, but an unknown one. It must not pass as English.
		t.said = true
		return t
	}
	t.calendar = int(id >> 16 & 0x7f)
	t.ofEra = id&0x80_0000 != 0
	t.shape = int(id >> 24)
	if low := uint16(id & 0xffff); !currency || low > 2 {
		t.numbered(low)
	}
	return t
}

// private reads the names that are no languages. They ask for the computer's own date or
// time.
func (t tag) private(name string) tag {
	switch name {
	case "x-sysdate":
		t.system = 'd'
	case "x-systime":
		t.system = 't'
	}
	return t
}

// named finds a language by its name: de-DE, ja-JP-x-gannen. It reports whether it is
// known.
func (t *tag) named(name string) bool {
	name, form, private := strings.Cut(name, "-x-")
	t.language = languages().byName[name]
	if t.language == nil {
		// An unknown country of a known language has at least the names that all others
		// share.
		neutral, _, country := strings.Cut(name, "-")
		if l := languages().byName[neutral]; country && l != nil {
			t.language = languages().anyCountry(l.id)
		}
	}
	if t.language == nil {
		return false
	}
	t.said = true
	if !private {
		return true
	}
	switch form {
	case "gannen":
		t.gannen = true
	case "genlower":
		t.month = 'g'
	case "nomlower":
		t.month = 'n'
	default:
		// The form may change every name, so the language counts as unknown.
		t.language = nil
	}
	return true
}

// numbered finds a language by its number. FC or F4 in front asks for the genitive or
// nominative of months.
func (t *tag) numbered(id uint16) {
	switch id {
	// These mean no language, the user's, and the computer's.
	case 0, 0x400, 0x800:
		return
	case 0xF800:
		t.system = 'd'
		return
	case 0xF400:
		t.system = 't'
		return
	}
	switch id >> 8 {
	case 0xFC:
		t.month = 'g'
		id = 0x400 | id&0xff
	case 0xF4:
		t.month = 'n'
		id = 0x400 | id&0xff
	}
	t.said = true
	t.language = languages().byID[id]
	if t.language == nil {
		t.language = languages().anyCountry(id & 0x3ff)
	}
}

// primary returns the number of the language without its country, or 0.
func (t tag) primary() uint16 {
	if t.language == nil {
		return 0
	}
	return t.language.id & 0x3ff
}

// country reports whether the tag names this language and country.
func (t tag) country(id uint16) bool { return t.language != nil && t.language.id == id }

// Languages by the number of their tag, without a country.
const (
	chinese       = 0x04
	japaneseWords = 0x11
	koreanWords   = 0x12
	russian       = 0x19
	ukrainian     = 0x22
)

// traditional reports whether a language is Chinese as Taiwan writes it.
func (t tag) traditional() bool { return t.country(0x0404) || t.country(0x7C04) }

// simplified reports whether a language is Chinese as China writes it.
func (t tag) simplified() bool { return t.country(0x0804) || t.country(0x0004) || t.country(0x1004) }

// separator returns the date separator of the language, or "" if it is not known.
//
// The list holds the separators on which Windows and LibreOffice 7.4 agree.
func (t tag) separator() string {
	if t.language == nil || t.language.id == 0 {
		return ""
	}
	switch t.language.id {
	case 0x100C, 0x0810: // Swiss French and Italian
		return "."
	case 0x0813: // Flemish
		return "/"
	case 0x340A: // Chile
		return "-"
	case 0x0C0C, 0x1009, 0x4009, 0x3409, 0x0816: // Canada, India, Philippines, Portugal: / or -
		return ""
	}
	switch t.primary() {
	case 0x02, 0x05, 0x07, 0x0b, 0x14, 0x15, 0x18, 0x19, 0x1a, 0x1b, 0x1f, 0x22, 0x23, 0x25, 0x26, 0x2c, 0x2e, 0x2f, 0x3f:
		return "." // Bulgarian, Czech, German, Finnish, Norwegian, Polish, Romanian, Russian, Croatian and Serbian, Slovak, Turkish, Ukrainian, Belarusian, Estonian, Latvian, Azerbaijani, Sorbian, Macedonian, Kazakh
	case 0x06, 0x13, 0x1d, 0x27, 0x38, 0x39, 0x62, 0x6f:
		return "-" // Danish, Dutch, Swedish, Lithuanian, Faroese, Hindi, Frisian, Greenlandic
	case 0x0e, 0x0f, 0x24, 0x28, 0x37, 0x40, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x49, 0x4a, 0x4b, 0x4c, 0x4e, 0x50, 0x51, 0x80:
		// Hungarian, Icelandic, Slovenian and others: programs differ.
		return ""
	}
	return "/"
}
