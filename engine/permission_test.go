package engine

import (
	"testing"

	"github.com/reelmerge/reelmerge/sources"
)

func TestWordsOfConsent(t *testing.T) {
	for word, want := range map[string]struct {
		by     LeftOutBy
		warned bool
	}{
		"yes": {}, " YES ": {}, "Y": {}, "true": {}, "1": {}, "x": {}, "Ja": {}, "OUI": {}, "sí": {}, "si\u0301": {}, "SIM": {}, "tak": {}, "ano": {}, "evet": {}, "Да": {},
		"": {ByConsent, false}, "  ": {ByConsent, false}, "no": {ByConsent, false}, "Nein": {ByConsent, false}, "FALSE": {ByConsent, false}, "0": {ByConsent, false}, "нет": {ByConsent, false},
		"maybe": {ByConsent, true}, "2": {ByConsent, true}, "2026-11-30": {ByConsent, true}, "yes?": {ByConsent, true},
	} {
		p := &Permission{Column: -1, Consent: 0}
		by, warning := p.leftOutBy(sources.Row{Cells: []string{word}})
		if by != want.by || (warning != nil) != want.warned {
			t.Errorf("%q: %q and %v, want %q and %v", word, by, warning, want.by, want.warned)
		}
	}
}

func TestSuppressedPeopleAreFoundHoweverTheyAreWritten(t *testing.T) {
	p := &Permission{Column: 0, Consent: -1, Suppressed: map[string]bool{Suppressible(" José@Example.COM"): true}}
	for cell, want := range map[string]LeftOutBy{
		"josé@example.com": BySuppress, "JOSE\u0301@EXAMPLE.COM\u00a0": BySuppress, "jose@example.com": "", "": "",
	} {
		if by, _ := p.leftOutBy(sources.Row{Cells: []string{cell}}); by != want {
			t.Errorf("%q: %q, want %q", cell, by, want)
		}
	}
}
