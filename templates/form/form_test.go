package form_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/language"
	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/templates/form"
)

// TestADateIsTheOneThatIsWritten: an offset says where the clock hung, and moves nothing.
func TestADateIsTheOneThatIsWritten(t *testing.T) {
	loc := form.Of(language.MustParse("en-GB"))
	write, err := form.New("d mmmm yyyy", loc)
	if err != nil {
		t.Fatal(err)
	}
	clock, err := form.New("2 January 2006 15:04:05", loc)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][2]string{
		"2026-05-01T00:30:00+02:00":                {"1 May 2026", "00:30:00"},
		"2026-05-01T23:30:00-08:00":                {"1 May 2026", "23:30:00"},
		"2026-05-01T00:30:00Z":                     {"1 May 2026", "00:30:00"},
		"2026-12-31T22:00:00-05:00":                {"31 December 2026", "22:00:00"},
		"2027-01-01T00:15:00+14:00":                {"1 January 2027", "00:15:00"},
		"2026-05-01T00:30:00.123+02:00":            {"1 May 2026", "00:30:00"},
		"2026-05-01T00:30+02:00":                   {"1 May 2026", "00:30:00"},
		"2026-05-01T00:30:00+0200":                 {"1 May 2026", "00:30:00"},
		"2026-05-01 00:30:00+02":                   {"1 May 2026", "00:30:00"},
		"2026-05-01 00:30:00 +02:00":               {"1 May 2026", "00:30:00"},
		"2026-05-01 00:30:00 +0200 CEST":           {"1 May 2026", "00:30:00"},
		"2026-05-01 23:30:00 UTC":                  {"1 May 2026", "23:30:00"},
		"2026-05-01t23:30:00z":                     {"1 May 2026", "23:30:00"},
		"2026-05-01T00:30:00+02:00[Europe/Berlin]": {"1 May 2026", "00:30:00"},
		"2026-05-01T00:30:00\u221202:00":           {"1 May 2026", "00:30:00"},
		"2026-03-29T02:30:00+01:00":                {"29 March 2026", "02:30:00"},
		"2026-05-01 00:30:00,5":                    {"1 May 2026", "00:30:00"},
		"2026-05-01":                               {"1 May 2026", "00:00:00"},
	} {
		if got, err := write(text); got != want[0] || err != nil {
			t.Errorf("%s: %q, want %q, %v", text, got, want[0], err)
		}
		if got, err := clock(text); got != want[0]+" "+want[1] || err != nil {
			t.Errorf("%s: %q, want %q, %v", text, got, want, err)
		}
	}
	for _, text := range []string{
		"2026-05-01T00:30:00+24:00", "2026-05-01T00:30:00+02:75", "2026-05-01T24:30:00Z", "2026-02-30T00:30:00Z",
		"2026-05-01T00:30:00+2", "2026-05-01T", "2026-05-01T00:30:00+02:00 late", "2026-05-01 later",
	} {
		if got, err := write(text); err == nil {
			t.Errorf("%s became %q", text, got)
		}
	}
}

// formats that one of the programs of the world understands, and this one does not.
func unusable() []string {
	return []string{
		// Excel and its relatives
		"#'##0.00", "#'###'##0.00", "#'##0'.00", `0.0,,"M"`, "0.0,", "#,", "# ?/?", "0.0?", "* #,##0", "#,##0_)", "€ #,##0.00 [Red]",
		`[>=1000]0.0,"K";0`, "#,##0;-#,##0", "0.00E+00", "0;0", "@", "General", "0.00;@", "##,##.00", ",##0", "#.##0,00", "0,00", "#.##0", "# ##0",
		"0#.00", "#.#0", "#,##,##0", "#,####", "0.00.", "0%%", "[$€-407] #,##0", "yyyy-mm-dd;@", "[$-407]d. mmmm yyyy", "dd/mm/yyyy hh:mm",
		// strftime, printf, .NET, Python, JavaScript
		"%Y-%m-%d", "%d", "%d.%m.%Y", "%.2f", "%.0f", "%05d", "%0d", "%s", "%0.2f EUR", "{0:N2}", "{0}", "{0:yyyy}", "${0:.2f}", "N2", "C2", "F0", "n0", "{:,.2f}", "{:%d.%m.%Y}",
		"Do MMMM YYYY", "d MMMM YYYY [at] H", "dd-MM-yyyy HH:mm", "jS F Y", "`d`", "<d.m.yyyy>", "d|m=y",
		// dates as examples, and half of two notations
		"31.12.2026", "31 March 2026", "24.12.2006", "01.05.2026", "03.04.2006", "02.02.2006", "2. Januar 2006", "2. März 2006", "2 mai 2006", "2 MMMM 2006",
		"2 MMM 2006", "d MMMM 2006", "2nd January 2006", "2 Mondays", "2 january 2006", "dienstag, 2. January", "dd.мм.yyyy", "d.M.гггг", "2 D 2006",
		"2 January 2006 Z07:00", "2006-01-02T15:04:05-07:00", "Mon Jan 2 15:04:05 MST 2006", "3:04", "15:04 PM", "04:05", "mmMM", "dd02",
		"it's 2 January", `0 "km`, "0 \u00a4", "0.0\u2030", "12.00 #,##0",
	}
}

// TestFormatsThatCannotBeObeyedAreRefused: nothing of a format is left in a text as it is,
// unless it can only be text.
func TestFormatsThatCannotBeObeyedAreRefused(t *testing.T) {
	loc := form.Of(language.English)
	for _, format := range unusable() {
		write, err := form.New(format, loc)
		if err == nil {
			number, _ := write("1234.5")
			date, _ := write("2026-05-01")
			t.Errorf("%s: writes %q, %q", format, number, date)
		} else if len(err.Error()) < 10 {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestFormatsThatPeopleWriteAreObeyed(t *testing.T) {
	for _, tt := range []struct{ locale, format, in, want string }{
		{"de-CH", "#,##0.00", "1234.5", "1’234.50"},
		{"en", `#,##0.00 \€`, "1234.5", "1,234.50 €"},
		{"en", `\#0`, "7", "#7"},
		{"en", "CHF #,##0.00", "1234.5", "CHF 1,234.50"},
		{"en", "0.00 EUR", "1234.5", "1234.50 EUR"},
		{"en", "0 km", "5", "5 km"},
		{"de", "0 Monate", "5", "5 Monate"},
		{"nl", `€ #,##0",-"`, "1234", "€ 1.234,-"},
		{"en", ".00", "0.5", ".50"},
		{"en", "0.", "5", "5."},
		{"en", "%0", "0.15", "%15"},
		{"en", "0 %", "0.15", "15 %"},
		{"en", "+0", "5", "+5"},
		{"en", "(0.0)", "5", "(5.0)"},
		{"en", "#,##0 m2", "5000", "5,000 m2"},
		{"en", `"No. "#`, "5", "No. 5"},
		{"en", `0 'o''clock'`, "5", "5 o'clock"},
		{"en", "0 ''", "5", "5 '"},
		{"en", "0,0.0", "1234.5", "1,234.5"},
		{"en", "#,###,##0", "1234567", "1,234,567"},
		{"en-IN", "#,##,##0", "1234567", "12,34,567"},
		{"en", "000,000", "1234", "001,234"},
		{"es", "d 'de' MMMM 'de' yyyy", "2026-05-01", "1 de mayo de 2026"},
		{"es", "2 de January de 2006", "2026-05-01", "1 de mayo de 2026"},
		{"it", "2 January e 2006", "2026-05-01", "1 maggio e 2026"},
		{"en", "'Monday' d MMMM", "2026-05-01", "Monday 1 May"},
		{"en", `'day' 2 "of January"`, "2026-05-01", "day 1 of January"},
		{"en", "20060102", "2026-05-01", "20260501"},
		{"en", "ddmmyyyy", "2026-05-01", "01052026"},
		{"en", "02Jan06", "2026-05-01", "01May26"},
		{"ja", "2006年1月2日", "2026-05-01", "2026年5月1日"},
		{"zh", "yyyy年m月d日", "2026-05-01", "2026年5月1日"},
		{"ru", "02.01.2006 г.", "2026-05-01", "01.05.2026 г."},
		{"ru", "02.01.2006г.", "2026-05-01", "01.05.2026г."},
		{"en", "2006-01-02T15:04:05", "2026-05-01T12:30:00Z", "2026-05-01T12:30:00"},
		{"fr", "15h04", "2026-05-01 09:05", "09h05"},
		{"de", "am 2. January um 15:04 Uhr", "2026-05-01 09:05", "am 1. Mai um 09:05 Uhr"},
		{"en", "3:04 PM", "2026-05-01 21:05", "9:05 PM"},
		{"en", "Mon, 2 Jan", "2026-05-01", "Fri, 1 May"},
		{"en", "EEEE, d MMMM y", "2026-05-01", "Friday, 1 May 2026"},
		{"en", `d\. mmmm`, "2026-05-01", "1. May"},
		{"en", "1/06", "2026-05-01", "5/26"},
		{"en", "2006-01-02 (2 January)", "2026-05-01", "2026-05-01 (1 May)"},
	} {
		write, err := form.New(tt.format, form.Of(language.MustParse(tt.locale)))
		if err != nil {
			t.Errorf("%s: %v", tt.format, err)
			continue
		}
		if got, err := write(tt.in); got != tt.want || err != nil {
			t.Errorf("%s %s of %s: %q, want %q, %v", tt.locale, tt.format, tt.in, got, tt.want, err)
		}
	}
}

// sayable checks the output of any format: without the words of dates, numbers and
// currencies, no sign of a format is left in it.
func sayable(text string) bool {
	return !strings.ContainsAny(text, "#?*_[]{};@<>=|`~^\\\u2030\u00a4\"")
}

// TestNoSignOfAFormatIsSent makes formats of the signs that programs use, without quotes:
// each is refused, or leaves none of them in the text.
func TestNoSignOfAFormatIsSent(t *testing.T) {
	loc := form.Of(language.English)
	piece := rapid.SampledFrom([]string{
		"0", "00", "#", "#,##0", ".00", ",", ".", "%", "?", "*", "_", "[", "]", ";", "@", "{", "}", "E+", "[Red]", "[>1]", "\\", "'", "\"", " ",
		"d", "dd", "m", "MMMM", "yyyy", "y", "Y", "h", "H", "s", "%d", "%Y", "%.2f", "2", "02", "01", "January", "Jan", "Monday", "2006", "15", "04", "/", "-", ":",
		"€", "$", "CHF", "T", "Z", "N2", "<", ">", "=", "$1",
	})
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		format := strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, "format"), "")
		write, err := form.New(format, loc)
		if err != nil {
			return
		}
		accepted++
		literal := strings.ContainsAny(format, "'\"\\")
		for _, value := range []string{"1234567.891", "0", "-12.5", "2026-12-31T17:18:19Z"} {
			text, err := write(value)
			if err != nil || literal {
				continue
			}
			if !sayable(text) {
				t.Fatalf("%s writes %q", format, text)
			}
			if value == "1234567.891" && !strings.Contains(format, "%") && !unitWithDigit.MatchString(format) && !rounds(text) {
				t.Fatalf("%s of %s is %q", format, value, text)
			}
		}
	})
	if accepted == 0 {
		t.Error("no format was accepted")
	}
}

// unitWithDigit is a digit of text, as in m2.
var unitWithDigit = regexp.MustCompile(`\pL\d`)

// rounds reports whether the digits of a text are those of 1234567.891, rounded or cut.
func rounds(text string) bool {
	digits := strings.TrimLeft(strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text), "0")
	for _, want := range []string{"1234568", "12345679", "123456789", "1234567891"} {
		if strings.TrimRight(digits, "0") == want {
			return true
		}
	}
	return false
}

// FuzzNew holds any format to this: it is refused with a reason, or it writes.
func FuzzNew(f *testing.F) {
	for _, format := range unusable() {
		f.Add(format, "1234.5")
	}
	f.Add("d MMMM yyyy", "2026-05-01T00:30:00+02:00")
	f.Add(`#,##0.00 \€`, "-1")
	f.Fuzz(func(t *testing.T, format, value string) {
		write, err := form.New(format, form.Of(language.German))
		if err != nil {
			if write != nil {
				t.Fatal("refused, and there all the same")
			}
			return
		}
		if text, err := write(value); err != nil && text != "" {
			t.Fatalf("%q and %v", text, err)
		}
	})
}
