package templates_test

import (
	"testing"

	"github.com/reelmerge/reelmerge/templates"
)

func TestNumbersAreWrittenAsTheLocaleDoes(t *testing.T) {
	tests := []struct{ locale, format, in, want string }{
		{"en", "€#,##0.00", "1234.5", "€1,234.50"},
		{"en-GB", "€#,##0.00", "0", "€0.00"},
		{"de", "#,##0.00 €", "1234.56", "1.234,56 €"},
		{"de", "#,##0.00 €", "1.234,56", "1.234,56 €"},
		{"de", "#,##0.00 €", "1,234.56", "1.234,56 €"},
		{"de", "#,##0.00", "12,5", "12,50"},
		{"de", "#,##0", "1.234.567", "1.234.567"},
		{"fr", "#,##0.00 €", "1234567,5", "1\u00a0234\u00a0567,50 €"},
		{"fr", "0.00", "1 234,5", "1234,50"},
		{"de-CH", "CHF #,##0.00", "1234.5", "CHF 1’234.50"},
		{"en-IN", "₹#,##0", "1234567", "₹12,34,567"},
		{"en-IN", "#,##0.0", "12,34,567.5", "12,34,567.5"},
		{"ar", "#,##0.00", "1234.5", "١٬٢٣٤٫٥٠"},
		{"ar", "0.0", "١٢٣٤٫٥", "١٢٣٤٫٥"},
		{"en", "$#,##0.00", "$1,234.5", "$1,234.50"},
		{"en", "$#,##0.00", "USD 12", "$12.00"},
		{"en", "#,##0.00", "(12.30)", "-12.30"},
		{"en", "€0.00", "-12.3", "-€12.30"},
		{"en", "0.00", "12-", "-12.00"},
		{"en", "0.00", "\u2212 7", "-7.00"},
		{"en", "0.##", "7", "7"},
		{"en", "0.##", "7.125", "7.13"},
		{"en", "0.0#", "7", "7.0"},
		{"en", "0", "0.5", "1"},
		{"en", "0", "-0.4", "0"},
		{"en", "0.00", "999.995", "1000.00"},
		{"en", "0.00", "0.1e1", "1.00"},
		{"en", "0.00000", "1.5E-3", "0.00150"},
		{"en", "0", "12345678901234567890123", "12345678901234567890123"},
		{"en", "0.00", "0.285", "0.29"}, // a float would say 0.28
		{"en", "00000", "7501", "07501"},
		{"en", "0%", "0.15", "15%"},
		{"en", "0.0%", "15.5%", "15.5%"},
		{"en", "#.00", "0.5", ".50"},
		{"en", "# 'items'", "3", "3 items"},
		{"en", `0.0 "kg #1"`, "3", "3.0 kg #1"},
	}
	for _, tt := range tests {
		got, problems := bindOne(t, tt.locale, templates.Source{Column: "v", Format: tt.format}, []string{"v"}, []string{tt.in})
		if got != tt.want || len(problems) > 0 {
			t.Errorf("%s %s of %q: got %q, want %q %v", tt.locale, tt.format, tt.in, got, tt.want, problems)
		}
	}
}

func TestWhatIsNoNumberIsRefused(t *testing.T) {
	tests := []struct{ locale, in string }{
		{"de", "1.234"}, {"fr", "1.234"}, {"en", "1,23,4"}, {"en", "1.2.3"}, {"en", "twelve"}, {"en", "12 apples"}, {"en", "--1"}, {"en", "1,,2"},
		{"en", "."}, {"en", "€"}, {"en", "1e999"}, {"en", "Infinity"}, {"en", "NaN"}, {"en", "0x10"}, {"en", "12:30"}, {"en", "1.2,3.4"}, {"en", "5%%"},
	}
	for _, tt := range tests {
		got, problems := bindOne(t, tt.locale, templates.Source{Column: "v", Format: "#,##0.00"}, []string{"v"}, []string{tt.in})
		if got != "" || len(problems) != 1 || problems[0].Hint == "" {
			t.Errorf("%s %q became %q, %v", tt.locale, tt.in, got, problems)
		}
	}
}

func TestDatesAreWrittenAsTheLocaleDoes(t *testing.T) {
	tests := []struct{ locale, format, in, want string }{
		{"en-GB", "2 January 2006", "2026-03-31", "31 March 2026"},
		{"en-US", "January 2, 2006", "3/31/2026", "March 31, 2026"},
		{"en-GB", "2 January 2006", "4/3/2026", "4 March 2026"},
		{"en-US", "2 January 2006", "4/3/2026", "3 April 2026"},
		{"de", "2. January 2006", "31.03.2026", "31. März 2026"},
		{"de", "Monday, 2. January", "2026-03-31", "Dienstag, 31. März"},
		{"de", "02.01.2006", "2026-03-01", "01.03.2026"},
		{"de", "dd.mm.yyyy", "2026-03-01", "01.03.2026"},
		{"de", "d. MMMM yyyy", "1.3.2026", "1. März 2026"},
		{"de", "2. January 2006", "1. März 2026", "1. März 2026"},
		{"fr", "2 January 2006", "14 juillet 2026", "14 juillet 2026"},
		{"es", "2 de January de 2006", "2026-05-01", "1 de mayo de 2026"},
		{"pl", "2 January 2006", "2026-09-01", "1 września 2026"},
		{"en", "Mon 2 Jan", "2026-03-31T18:30:00", "Tue 31 Mar"},
		{"en", "2006", "March 31st, 2026", "2026"},
		{"en", "2006-01-02", "5/5/2026", "2026-05-05"},
		{"en-GB", "2006-01-02", "1 Sept 2026", "2026-09-01"},
		{"fr", "2006-01-02", "1er janv. 2026", "2026-01-01"},
		{"ja", "2006/01/02", "2026-03-31", "2026/03/31"},
	}
	for _, tt := range tests {
		got, problems := bindOne(t, tt.locale, templates.Source{Column: "v", Format: tt.format}, []string{"v"}, []string{tt.in})
		if got != tt.want || len(problems) > 0 {
			t.Errorf("%s %s of %q: got %q, want %q %v", tt.locale, tt.format, tt.in, got, tt.want, problems)
		}
	}
}

func TestWhatIsNoDateIsRefused(t *testing.T) {
	tests := []struct{ locale, in string }{
		{"en", "3/4/2026"}, {"en-GB", "31.4.2026"}, {"en-US", "31/3/2026"}, {"en", "46095"}, {"en", "tomorrow"}, {"en-GB", "3/4/26"},
		{"en", "2026-02-30"}, {"en", "31 März 2026"}, {"en", "0/0/2026"}, {"en", "1 March 2 2026"}, {"de", "2026"},
		{"fr", "1 jui 2026"}, {"en", "1 Ma 2026"},
	}
	for _, tt := range tests {
		got, problems := bindOne(t, tt.locale, templates.Source{Column: "v", Format: "2 January 2006"}, []string{"v"}, []string{tt.in})
		if got != "" || len(problems) != 1 || problems[0].Hint == "" {
			t.Errorf("%s %q became %q, %v", tt.locale, tt.in, got, problems)
		}
	}
}

func TestFormatsThatCannotWorkAreRefusedOnce(t *testing.T) {
	for locale, formats := range map[string][]string{
		"en": {"hello", "#.#.#", "0,0.0,0", "#a#", "ddddd", "x", "!"},
		"ja": {"2 January 2006", "MMMM"},
	} {
		for _, format := range formats {
			b, problems := templates.NewBinder([]string{"v"}, strs("v"), templates.Mapping{Locale: locale,
				Sources: map[string]templates.Source{"v": {Format: format}}})
			if b != nil || len(problems) != 1 || problems[0].Code != "VAR-BAD-FORMAT" {
				t.Errorf("%s %q: %v", locale, format, problems)
			}
		}
	}
}

// FuzzFormat holds any pattern and any cell to this: a text or a problem, never both.
func FuzzFormat(f *testing.F) {
	f.Add("de", "#,##0.00 €", "1.234,56")
	f.Add("en-IN", "00.0%", "-12.5%")
	f.Add("fr", "2 January 2006", "1 août 2026")
	f.Add("ar", "#,##0.00", "(1,234.5)")
	f.Add("en", "d MMMM yyyy", "31/3/2026")
	f.Fuzz(func(t *testing.T, locale, format, cell string) {
		m := templates.Mapping{Locale: locale, Sources: map[string]templates.Source{"v": {Column: "v", Format: format}}}
		b, problems := templates.NewBinder([]string{"v"}, strs("v"), m)
		if b == nil {
			if len(problems) == 0 {
				t.Fatal("refused without a word")
			}
			return
		}
		values := make([]string, 1)
		if p := b.Bind(values, []string{cell}); len(p) > 0 && (values[0] != "" || p[0].Hint == "") {
			t.Fatalf("%q %+v", values[0], p)
		}
	})
}
