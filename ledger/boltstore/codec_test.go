package boltstore

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
		Key: "row", State: ledger.Succeeded, Ticket: job.Ticket{Job: "3f6c0000-0000-4000-8000-000000000000"},
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

// TestAMemberOfALaterEditionIsNewer: an entry that cannot be read whole must not
// be written anew without what was not understood.
func TestAMemberOfALaterEditionIsNewer(t *testing.T) {
	e := ledger.Entry{Key: "row", State: ledger.Succeeded, Fetched: ledger.Fetched{File: "row.mp4", Bytes: 1, SHA256: ledger.Fingerprint{1}}}
	walk := func(c *codec) { entry(c, &e) }
	key := sequenceKey(1)
	record := seal(bucketDone, key, walk)
	if err := open(bucketDone, key, record, walk); err != nil {
		t.Fatal(err)
	}
	plain := e
	plain.Fetched = ledger.Fetched{}
	later := seal(bucketDone, key, func(c *codec) {
		entry(c, &plain)
		c.buf = append(c.buf[:len(c.buf)-1], 1, memberEarlier+1, 2, 'h', 'i')
	})
	if err := open(bucketDone, key, later, walk); !errors.Is(err, ErrNewer) || errors.Is(err, ErrCorrupt) {
		t.Errorf("an unknown member: %v", err)
	}
	newer := append([]byte(nil), record...)
	newer[4]++
	binary.BigEndian.PutUint32(newer, checksum(bucketDone, key, newer[4:]))
	if err := open(bucketDone, key, newer, walk); !errors.Is(err, ErrNewer) {
		t.Errorf("a later version: %v", err)
	}
	long := seal(bucketDone, key, func(c *codec) {
		entry(c, &plain)
		c.buf = append(c.buf[:len(c.buf)-1], 1, memberFetched, 9, 0, 0, 2, 0, 'l', 'e', 'f', 't', '!')
	})
	if err := open(bucketDone, key, long, walk); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a member that is too long: %v", err)
	}
}

// TestOnlyEntriesHaveASecondVersion: all other records are what the first edition
// wrote.
func TestOnlyEntriesHaveASecondVersion(t *testing.T) {
	for _, bucket := range buckets() {
		want := byte(1)
		if bucket == bucketGoing || bucket == bucketDone {
			want = 2
		}
		if got := seal(bucket, nil, nothing)[4]; got != want {
			t.Errorf("%s: version %d", bucket, got)
		}
	}
}
