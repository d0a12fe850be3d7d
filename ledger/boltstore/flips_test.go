package boltstore_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// flips is how many flips of a kind are tried. Every byte of a ledger carries
// something or nothing. The two are told apart here by the layout of bbolt's pages,
// without the code under test: a flip of the first kind must be noticed, and one of
// the second must change nothing.
const flips = 300

func TestEveryFlippedBitIsNoticed(t *testing.T) {
	f := newFlipper(t)
	random, carrying := rand.New(rand.NewPCG(3, 4)), f.bytes(true)
	noticed := 0
	for range flips {
		at, bit := carrying[random.IntN(len(carrying))], random.IntN(8)
		f.flip(at, bit)
		problems, err := boltstore.Verify(t.Context(), f.path)
		must(t, err)
		s, openErr := boltstore.OpenReadOnly(f.path, boltstore.Options{})
		if openErr == nil {
			must(t, s.Close())
		}
		if len(problems) > 0 && openErr != nil {
			noticed++
		} else {
			t.Errorf("byte %d, bit %d: verify says %v, open %v", at, bit, problems, openErr)
		}
		f.flip(at, bit)
	}
	t.Logf("%d of %d flips among the %d bytes that carry something were noticed", noticed, flips, len(carrying))
}

func TestAFlippedBitOfNothingChangesNothing(t *testing.T) {
	f := newFlipper(t)
	random, unused := rand.New(rand.NewPCG(7, 8)), f.bytes(false)
	want := f.reading()
	for range flips {
		at, bit := unused[random.IntN(len(unused))], random.IntN(8)
		f.flip(at, bit)
		if got := f.reading(); got != want {
			t.Fatalf("byte %d, bit %d: the contents changed", at, bit)
		}
		f.flip(at, bit)
	}
	wantAfter := f.goOn()
	f = newFlipper(t)
	for _, at := range f.bytes(false) {
		f.sound[at] ^= 0xff
	}
	write(t, f.path, f.sound)
	if got := f.reading(); got != want {
		t.Error("all of them at once changed the contents")
	}
	if got := f.goOn(); got != wantAfter {
		t.Error("all of them at once changed what is written next")
	}
	t.Logf("%d of %d flips among the %d unused bytes changed nothing, nor did all bits of all of them at once", flips, flips, len(unused))
}

// TestEveryBitOfThePagesThemselvesIsNoticed flips every bit of each byte that is
// bbolt's own: headers, elements, branches, the free list, both meta pages. A
// wrong one would have a page in use overwritten, or a whole part of the ledger
// disappear.
func TestEveryBitOfThePagesThemselvesIsNoticed(t *testing.T) {
	f, tried := newFlipper(t), 0
	for kind, places := range f.structure() {
		if len(places) == 0 {
			t.Fatalf("there is no %s page: the test is broken", kind)
		}
		for _, at := range places {
			for bit := range 8 {
				f.flip(at, bit)
				if problems, err := boltstore.Verify(t.Context(), f.path); err != nil || len(problems) == 0 {
					t.Errorf("%s page, byte %d, bit %d: problems %v, error %v", kind, at, bit, problems, err)
				}
				f.flip(at, bit)
				tried++
			}
		}
	}
	t.Logf("all %d flips were noticed", tried)
}

// flipper has a ledger with rows in all states and on all kinds of pages.
type flipper struct {
	t     *testing.T
	path  string
	sound []byte
	pages []flipPage
}

// flipPage is one page that is in use, from its first byte to its last.
type flipPage struct {
	kind             string
	from, elements   int // where it begins, and where its elements end
	carrying, beyond int // where what it carries ends, and where it ends
}

const (
	pageSize    = 4096
	pageHeader  = 16
	pageElement = 16
	metaLength  = 64
)

func newFlipper(t *testing.T) *flipper {
	t.Helper()
	path := campaign(t)
	for range 3 { // leave free pages
		s, err := boltstore.Open(path, boltstore.Options{})
		must(t, err)
		must(t, errors.Join(s.Record(t.Context(), ledger.Run{Started: ledgertest.Start(), Rows: 60, Entries: 60}), s.Close()))
	}
	f := &flipper{t: t, path: filepath.Join(memory(t), "ledger.db"), sound: read(t, path)}
	write(t, f.path, f.sound)
	name(t, f.path)
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, PreLoadFreelist: true})
	must(t, err)
	defer func() { must(t, db.Close()) }()
	if db.Info().PageSize != pageSize {
		t.Skipf("SKIPPED: the pages of this machine have %d bytes", db.Info().PageSize)
	}
	must(t, db.View(func(tx *bolt.Tx) error {
		for id := 0; ; {
			info, err := tx.Page(id)
			if info == nil || err != nil {
				return err
			}
			if info.Type == "free" { // what its header says is of the past
				id++
				continue
			}
			f.pages = append(f.pages, f.page(info.ID, info.Type, info.OverflowCount))
			id += info.OverflowCount + 1
		}
	}))
	return f
}

func (f *flipper) page(id int, kind string, overflow int) flipPage {
	at := id * pageSize
	p := flipPage{kind: kind, from: at, beyond: at + (overflow+1)*pageSize}
	switch kind {
	case "meta":
		p.elements = at + pageHeader + metaLength
		p.carrying = p.elements
	case "freelist":
		p.elements = at + pageHeader + 8*int(binary.NativeEndian.Uint16(f.sound[at+10:]))
		p.carrying = p.elements
	default: // leaf, branch
		count := int(binary.NativeEndian.Uint16(f.sound[at+10:]))
		p.elements = at + pageHeader + count*pageElement
		p.carrying = f.end(kind, p.elements-pageElement)
	}
	return p
}

// end is where the last element of a page of records or branches ends.
func (f *flipper) end(kind string, element int) int {
	number := func(i int) int { return int(binary.NativeEndian.Uint32(f.sound[element+4*i:])) }
	if kind == "branch" {
		return element + number(0) + number(1)
	}
	return element + number(1) + number(2) + number(3)
}

// bytes lists where something is carried, or nothing is.
func (f *flipper) bytes(carrying bool) (places []int) {
	used := make([]bool, len(f.sound))
	for _, p := range f.pages {
		for at := p.from; at < p.carrying; at++ {
			used[at] = true
		}
	}
	for at := range used {
		if used[at] == carrying {
			places = append(places, at)
		}
	}
	return places
}

// structure lists the bytes that are bbolt's own, by the kind of their page. Of
// the many elements of a page of records, the first and the last stand for all.
func (f *flipper) structure() map[string][]int {
	places := map[string][]int{"meta": nil, "leaf": nil, "branch": nil, "freelist": nil}
	add := func(kind string, from, to int) {
		for at := from; at < to; at++ {
			places[kind] = append(places[kind], at)
		}
	}
	for _, p := range f.pages {
		if p.kind != "leaf" {
			add(p.kind, p.from, p.carrying)
			continue
		}
		add(p.kind, p.from, p.from+pageHeader+pageElement)
		add(p.kind, max(p.from+pageHeader+pageElement, p.elements-pageElement), p.elements)
	}
	for kind := range places {
		slices.Sort(places[kind])
	}
	return places
}

// flip turns one bit of the file, and turns it back the second time.
func (f *flipper) flip(at, bit int) {
	f.t.Helper()
	file, err := os.OpenFile(f.path, os.O_RDWR, 0)
	must(f.t, err)
	f.sound[at] ^= 1 << bit
	_, err = file.WriteAt(f.sound[at:at+1], int64(at))
	must(f.t, errors.Join(err, file.Close()))
}

// reading is all that anybody can learn from the file, which must be sound.
func (f *flipper) reading() string {
	f.t.Helper()
	if problems, err := boltstore.Verify(context.Background(), f.path); err != nil || len(problems) > 0 {
		f.t.Fatalf("verify says %v, %v", problems, err)
	}
	s, err := boltstore.OpenReadOnly(f.path, boltstore.Options{})
	must(f.t, err)
	var b bytes.Buffer
	for e, err := range s.Entries(context.Background(), ledger.Query{}) {
		must(f.t, err)
		fmt.Fprintf(&b, "%+v\n", e)
	}
	summary, err := s.Summary(context.Background())
	must(f.t, err)
	fmt.Fprintf(&b, "%v %v %+v\n", summary.States, summary.Balances, *summary.Run)
	must(f.t, s.Close())
	return b.String() + contents(f.t, f.path)
}

// goOn has every row that waits intended and lost, and returns what the file holds
// then.
func (f *flipper) goOn() string {
	f.t.Helper()
	name(f.t, f.path)
	s, err := boltstore.Open(f.path, boltstore.Options{})
	must(f.t, err)
	for e, err := range s.Entries(context.Background(), ledger.Query{States: []ledger.State{ledger.Planned}}) {
		must(f.t, err)
		for i, kind := range []ledger.Kind{ledger.Intend, ledger.Lose} {
			_, err := s.Apply(context.Background(), ledger.Change{Key: e.Key, Version: e.Version + uint64(i), Event: ledger.Event{
				Kind: kind, At: ledgertest.Start(), Reason: "a test",
			}})
			must(f.t, err)
		}
	}
	must(f.t, s.Close())
	return f.reading()
}
