package numfmt

import (
	"strconv"
	"time"
)

// settleCalendar refuses calendars whose days depend on the computer, and parts of dates
// that differ between languages. A wrong year in a video is worse than a fault.
func (p *section) settleCalendar() {
	t := p.tag
	calendar := p.has('y', 'M', 'd', 'b', 'e', 'g')
	// Times look the same in every calendar.
	switch {
	case !calendar:
	case p.hijri, t.calendar == hijri, t.calendar == ummAlQura:
		p.cannot("the day of its Islamic calendar, which depends on the computer,")
	case t.calendar == hebrew, t.calendar > 0x0c:
		p.cannot("its calendar")
	case (t.calendar == japanese || t.calendar == taiwanese) && p.has('y', 'b'):
		p.cannot("a year of its calendar")
	}
	// These two count years from another start, which is simple. Their eras are not known
	// here.
	if (t.calendar == buddhist || t.calendar == korean) && p.has('b', 'e', 'g') {
		p.cannot("an era in its calendar")
	}
	for _, it := range p.items {
		p.settleEra(it)
	}
}

// settleEra refuses eras and weekdays that need a language, if the code names none.
func (p *section) settleEra(it item) {
	t := p.tag
	switch it.kind {
	case 'e':
		if t.language == nil {
			p.cannot("the year " + strconv.Quote(it.text) + " without a language")
		}
	// Only Japanese and the Chinese of Taiwan have eras whose names are known here.
	case 'g':
		if t.primary() != japaneseWords && !t.traditional() {
			p.cannot("the era " + strconv.Quote(it.text) + " in its language")
		}
	case 'a':
		switch t.primary() {
		case japaneseWords, koreanWords:
		case chinese:
			if it.n == 3 {
				p.cannot("the short weekday " + strconv.Quote(it.text) + " in Chinese")
			}
		default:
			p.cannot("the weekday " + strconv.Quote(it.text) + " in its language")
		}
	}
}

// year writes a year, or the name of its era. Buddhist years are ahead by 543, Korean ones
// by 2333.
func (p *section) year(it item, i int, at time.Time) (string, error) {
	year := at.Year()
	switch p.tag.calendar {
	case buddhist:
		year += 543
	case korean:
		year += 2333
	}
	switch it.kind {
	case 'b':
		// A b asks for the Buddhist year, whatever the calendar of the tag.
		year = at.Year() + 543
	case 'e', 'g':
		return p.era(it, i, at)
	}
	// yy shows two digits, and every longer form four.
	if it.n <= 2 {
		return p.numeral(int64(year%100), 2, true)
	}
	return p.numeral(int64(year), 4, true)
}

// era is a Japanese era: its first day, its letter and its name.
type era struct {
	year, month, day int
	letter, name     string
}

// eras returns the eras since the first day of a workbook, latest first. A new emperor adds
// a line here.
func eras() []era {
	return []era{{2019, 5, 1, "R", "令和"}, {1989, 1, 8, "H", "平成"}, {1926, 12, 25, "S", "昭和"}, {1912, 7, 30, "T", "大正"}, {1868, 1, 25, "M", "明治"}}
}

// era writes a year within an era, or the era's name. In a language without eras, e is the
// plain year.
func (p *section) era(it item, i int, at time.Time) (string, error) {
	switch {
	case p.tag.primary() == japaneseWords:
		return p.japanese(it, i, at)
	case p.tag.traditional():
		return p.republic(it, at)
	}
	return p.numeral(int64(at.Year()), 4, true)
}

// japanese writes a year of a Japanese era, or its name in three lengths: R, 令, 令和.
func (p *section) japanese(it item, i int, at time.Time) (string, error) {
	for _, e := range eras() {
		switch {
		// The list begins with the latest era, so the first one that has begun is the right
		// one.
		case at.Before(time.Date(e.year, time.Month(e.month), e.day, 0, 0, 0, 0, time.UTC)):
			continue
		case it.kind == 'e':
			return p.yearOfEra(it, i, at.Year()-e.year+1)
		case it.n == 1:
			return e.letter, nil
		case it.n == 2:
			return string([]rune(e.name)[:1]), nil
		}
		return e.name, nil
	}
	return "", &UnknownError{Part: "the era of so early a year"}
}

// yearOfEra writes a year of a Japanese era. The first year may be 元 instead of 1.
func (p *section) yearOfEra(it item, i, year int) (string, error) {
	switch {
	case year > 1:
	case p.tag.gannen && p.tag.ofEra && p.behindEra(i):
		return "元", nil
	// Programs differ in whether they write 元 here.
	case p.tag.gannen && !p.tag.ofEra, p.dbnum > 0:
		return "", &UnknownError{Part: "the first year of an era"}
	}
	return p.numeral(int64(year), it.n, false)
}

// behindEra reports whether an item follows the name of an era. Behind a mere letter, year
// 1 stays a number.
func (p *section) behindEra(i int) bool {
	return i > 0 && p.items[i-1].kind == 'g' && p.items[i-1].n > 1
}

// republic writes a year of the Republic of China, or the name of the era.
func (p *section) republic(it item, at time.Time) (string, error) {
	year := at.Year() - 1911
	switch {
	// The first year is written 民國元年 or 民國1年, depending on the program. Earlier years have
	// no era.
	case year < 2:
		return "", &UnknownError{Part: "the era of so early a year"}
	case it.kind == 'e':
		return p.numeral(int64(year), it.n, false)
	case it.n < 3:
		return "民國", nil
	}
	return "中華民國", nil
}
