package boltstore

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
)

// The codec is tested from within: a store never writes most of what it must
// survive reading.

func both(c *codec, e *ledger.Entry) {
	entry(c, e)
	body(c, e)
}

func TestEveryKindAndStateHasANumber(t *testing.T) {
	for _, m := range ledger.Moves() {
		if known := kinds(); !slices.Contains(known[:], m.Kind) {
			t.Errorf("%s has no number", m.Kind)
		}
	}
	for _, s := range ledger.States() {
		if stateNumber(s) == 0 {
			t.Errorf("%s has no number", s)
		}
	}
}

// TestEntriesSurviveTheCodec makes up entries field by field, so that a field the
// codec forgets is missed.
func TestEntriesSurviveTheCodec(t *testing.T) {
	times := rapid.OneOf(rapid.Just(time.Time{}), rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(-1e11, 1e11).Draw(t, "s"), rapid.Int64Range(0, 1e9-1).Draw(t, "ns")).UTC()
	}))
	known := kinds()
	config := rapid.MakeConfig{
		Types: map[reflect.Type]*rapid.Generator[any]{
			reflect.TypeFor[time.Time]():       times.AsAny(),
			reflect.TypeFor[ledger.State]():    rapid.SampledFrom(ledger.States()).AsAny(),
			reflect.TypeFor[ledger.Kind]():     rapid.SampledFrom(known[1:]).AsAny(),
			reflect.TypeFor[credit.Basis]():    rapid.SampledFrom([]credit.Basis{0, 1, 2, 3}).AsAny(),
			reflect.TypeFor[json.RawMessage](): rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) json.RawMessage { return b }).AsAny(),
			reflect.TypeFor[int]():             rapid.IntRange(0, 1<<40).AsAny(),
			reflect.TypeFor[string]():          rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)).AsAny(),
		},
	}
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MakeCustom[ledger.Entry](config).Draw(t, "entry")
		data := encode(nil, func(c *codec) { both(c, &want) })
		var got ledger.Entry
		if err := decode(data, func(c *codec) { both(c, &got) }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("entry (-written +read):\n%s", diff)
		}
		for cut := range data {
			if decode(data[:cut], func(c *codec) { both(c, new(ledger.Entry)) }) == nil {
				t.Fatalf("%d of %d bytes were read as an entry", cut, len(data))
			}
		}
	})
}

func TestTimeKeysSortAsTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) time.Time {
			return time.Unix(rapid.Int64Range(-1e11, 1e11).Draw(t, name), rapid.Int64Range(0, 1e9-1).Draw(t, name)).UTC()
		}
		a, b := draw("a"), draw("b")
		if slices.Compare(timeKey(a), timeKey(b)) != a.Compare(b) || !timeOf(timeKey(a)).Equal(a) {
			t.Fatalf("%v and %v", a, b)
		}
	})
}

// FuzzEntry reads anything as an entry: what can be read is written the same way
// again, and nothing panics or takes memory without end.
func FuzzEntry(f *testing.F) {
	for _, e := range []ledger.Entry{{}, {
		Key: "row", State: ledger.Succeeded, Ticket: ledger.Ticket{Job: "3f6c0000-0000-4000-8000-000000000000"},
		Attempts: []ledger.Attempt{{Outcome: ledger.Failed, At: time.Unix(1, 2)}}, Elsewhere: []ledger.Book{{}},
		History: []ledger.Moment{{At: time.Unix(1, 2), Kind: ledger.Plan}}, Kept: ledger.Fingerprint{1},
	}} {
		f.Add(encode(nil, func(c *codec) { both(c, &e) }))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var e, again ledger.Entry
		if decode(data, func(c *codec) { both(c, &e) }) != nil {
			return
		}
		if err := decode(encode(nil, func(c *codec) { both(c, &e) }), func(c *codec) { both(c, &again) }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("entry (-read +read again):\n%s", diff)
		}
	})
}
