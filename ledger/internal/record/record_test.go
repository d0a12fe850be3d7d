package record

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// The codec is tested from within: a store never writes most of what it must
// survive reading.

func both(c *Codec, e *ledger.Entry) {
	Entry(c, e)
	Body(c, e)
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
		data := Encode(nil, func(c *Codec) { both(c, &want) })
		var got ledger.Entry
		if err := Decode(data, func(c *Codec) { both(c, &got) }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("entry (-written +read):\n%s", diff)
		}
		for cut := range data {
			if Decode(data[:cut], func(c *Codec) { both(c, new(ledger.Entry)) }) == nil {
				t.Fatalf("%d of %d bytes were read as an entry", cut, len(data))
			}
		}
	})
}

// FuzzEntry reads anything as an entry: what can be read is written the same way
// again, and nothing panics or takes memory without end.
func FuzzEntry(f *testing.F) {
	for _, e := range []ledger.Entry{{}, {
		Key: "row", State: ledger.Succeeded, Ticket: job.Ticket{Job: "3f6c0000-0000-4000-8000-000000000000"},
		Attempts: []ledger.Attempt{{Outcome: ledger.Failed, At: time.Unix(1, 2)}}, Elsewhere: []ledger.Balance{{}},
		History: []ledger.Moment{{At: time.Unix(1, 2), Kind: ledger.Plan}}, Kept: ledger.Fingerprint{1},
		Content: ledger.Content{Made: job.Breakdown{Script: "5c1e", Voices: []job.Say{{Voice: "de", Tracks: 1, Spoken: time.Second}}}},
		InForce: credit.Exactly(1, credit.Observed), Sent: ledger.Sent{Hash: ledger.Fingerprint{1}, Callback: "https://h", Turn: 1, Resends: 2},
	}} {
		f.Add(Encode(nil, func(c *Codec) { both(c, &e) }))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var e, again ledger.Entry
		if Decode(data, func(c *Codec) { both(c, &e) }) != nil {
			return
		}
		if err := Decode(Encode(nil, func(c *Codec) { both(c, &e) }), func(c *Codec) { both(c, &again) }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("entry (-read +read again):\n%s", diff)
		}
	})
}

// TestAMemberOfALaterEditionIsNewer: an entry that cannot be read whole must not
// be written anew without what was not understood.
func TestAMemberOfALaterEditionIsNewer(t *testing.T) {
	e := ledger.Entry{Key: "row", State: ledger.Succeeded, Fetched: ledger.Fetched{File: "row.mp4", Bytes: 1, SHA256: ledger.Fingerprint{1}}}
	walk := func(c *Codec) { Entry(c, &e) }
	layout, key := Layout{"done", EntryVersion}, []byte("1")
	sealed := layout.Seal(key, walk)
	if err := layout.Open(key, sealed, walk); err != nil {
		t.Fatal(err)
	}
	plain := e
	plain.Fetched = ledger.Fetched{}
	later := layout.Seal(key, func(c *Codec) {
		Entry(c, &plain)
		c.buf = append(c.buf[:len(c.buf)-1], 1, memberFilled+1, 2, 'h', 'i')
	})
	if err := layout.Open(key, later, walk); !errors.Is(err, ledger.ErrNewer) {
		t.Errorf("an unknown member: %v", err)
	}
	newer := append([]byte(nil), sealed...)
	newer[4]++
	binary.BigEndian.PutUint32(newer, layout.checksum(key, newer[4:]))
	if err := layout.Open(key, newer, walk); !errors.Is(err, ledger.ErrNewer) {
		t.Errorf("a later version: %v", err)
	}
	long := layout.Seal(key, func(c *Codec) {
		Entry(c, &plain)
		c.buf = append(c.buf[:len(c.buf)-1], 1, memberFetched, 9, 0, 0, 2, 0, 'l', 'e', 'f', 't', '!')
	})
	if err := layout.Open(key, long, walk); err == nil || errors.Is(err, ledger.ErrNewer) {
		t.Errorf("a member that is too long: %v", err)
	}
}
