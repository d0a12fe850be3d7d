package providers_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
)

func TestOnlyCertainKindsSayThatNothingWasCreated(t *testing.T) {
	for kind, want := range map[providers.Kind]bool{
		providers.Unknown: false, providers.Transient: false, providers.Contract: false, providers.Kind(200): false,
		providers.NotSent: true, providers.Invalid: true, providers.Auth: true, providers.Funds: true, providers.Busy: true,
		providers.Throttled: true, providers.Conflict: true, providers.NotFound: true,
	} {
		if got := kind.NothingCreated(); got != want {
			t.Errorf("%v.NothingCreated() = %v, want %v", kind, got, want)
		}
	}
}

func TestAnErrorOfUnknownMakeIsUnknown(t *testing.T) {
	cause := errors.New("cause")
	wrapped := fmt.Errorf("row 7: %w", &providers.Error{Kind: providers.Busy, Call: "submit", Status: 409, Err: cause})
	if got := providers.KindOf(wrapped); got != providers.Busy {
		t.Errorf("kind = %v", got)
	}
	if !errors.Is(wrapped, cause) || wrapped.Error() != "row 7: submit: status 409: cause" {
		t.Errorf("error = %q", wrapped)
	}
	for _, err := range []error{nil, cause} {
		if got := providers.KindOf(err); got != providers.Unknown {
			t.Errorf("KindOf(%v) = %v", err, got)
		}
	}
}

func TestEachKindHasAWord(t *testing.T) {
	seen := map[string]bool{}
	for kind := providers.Unknown; kind <= providers.Contract; kind++ {
		if word := kind.String(); seen[word] || word == "" {
			t.Errorf("kind %d is called %q", kind, word)
		} else {
			seen[word] = true
		}
	}
	if got := providers.Kind(99).String(); got != "kind(99)" {
		t.Errorf("got %q", got)
	}
}

func TestAnAllowanceIsExhaustedOnlyWhenTheServiceSaysSo(t *testing.T) {
	for hint, want := range map[providers.RateHint]bool{
		{}: false, {Known: true}: true, {Known: true, Remaining: 1}: false,
	} {
		if hint.Exhausted() != want {
			t.Errorf("%+v.Exhausted() = %v", hint, !want)
		}
	}
	if (job.Length{}).Known() || !(job.Length{High: 1}).Known() {
		t.Error("the zero length is known, or another is not")
	}
	s := providers.Service{Operations: []providers.Operation{{Name: "a/b"}}}
	if !s.Offers("a/b") || s.Offers("a/c") {
		t.Error("Offers is wrong")
	}
}
