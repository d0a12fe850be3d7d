package speech

import "testing"

// TestTheTablesMakeSense: every pace lies in the span that was measured, no entry stands
// twice, and languages that count have numerals.
func TestTheTablesMakeSense(t *testing.T) {
	seen := make(map[string]bool)
	once := func(key string) {
		if seen[key] {
			t.Errorf("%s stands twice", key)
		}
		seen[key] = true
	}
	for _, l := range languages {
		once("language " + l.code)
		l.check(t, l.code)
	}
	for _, v := range voices {
		once("voice " + v.id)
		v.check(t, v.id)
		if v.silence <= 0 || v.silence > 2 || languageOf(v.language) == nil {
			t.Errorf("%s: silence %v, language %q", v.id, v.silence, v.language)
		}
	}
	for _, s := range servicePaces {
		once("service " + s.service + " " + s.language)
		s.check(t, s.service)
	}
	for _, n := range allNumerals {
		once("numerals " + n.code)
		if n.code != "" && languageOf(n.code) == nil || n.digit <= 0 || n.teen < n.digit || n.million <= 0 {
			t.Errorf("numerals %q: %+v", n.code, n.numerals)
		}
	}
	if len(languages) < 74 || len(voices) < 45 {
		t.Errorf("%d languages and %d voices", len(languages), len(voices))
	}
}

func (m measured) check(t *testing.T, name string) {
	t.Helper()
	if m.low <= 0 || m.pace > m.high*1.02 || m.pace < m.low*0.93 || m.n <= 0 {
		t.Errorf("%s: pace %v in %v to %v, of %d", name, m.pace, m.low, m.high, m.n)
	}
}

// TestLanguagesThatAreRecognisedHaveAPace, and their tables are whole.
func TestLanguagesThatAreRecognisedHaveAPace(t *testing.T) {
	if len(allTells()) < 35 {
		t.Fatalf("only %d languages", len(allTells()))
	}
	for _, l := range allTells() {
		if languageOf(l.code) == nil {
			t.Errorf("%s has no pace", l.code)
		}
		if len(l.letters) < 18 || len(l.words) < 200 || len(l.triples) < 600 {
			t.Errorf("%s: %d letters, %d words, %d triples", l.code, len(l.letters), len(l.words), len(l.triples))
		}
	}
	for _, b := range blocks {
		if languageOf(b.code) == nil {
			t.Errorf("%s has no pace", b.code)
		}
	}
}
