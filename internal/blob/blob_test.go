package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/reelmerge/reelmerge/internal/blob"
)

// place is a store, and what can happen to it.
type place struct {
	blob.Store
	other  blob.Store                        // another process at the same place
	damage func(sum blob.Sum, with []byte)   // changes what is kept
	vanish func()                            // takes the folder or the bucket away
	lock   func()                            // takes the rights away; nil where that cannot be done
	alien  func(name string, content []byte) // puts what is not ours beside the files
	page   int                               // how many names a listing has at a time; 0: all
}

// conformance is what every store does.
func conformance(t *testing.T, open func(t *testing.T) place) {
	for name, test := range map[string]func(*testing.T, place){
		"what was put comes back":        comesBack,
		"wrong bytes are refused":        refusesWrongBytes,
		"damage is found":                findsDamage,
		"what is missing is named so":    namesTheMissing,
		"a place that is gone is named":  namesTheGonePlace,
		"rights that are gone are named": namesLostRights,
		"all are listed and removed":     listsAndRemoves,
		"large files are not held":       streams,
		"many put and get at once":       manyAtOnce,
		"a canceled call ends":           endsWithItsContext,
		"files of a machine":             filesOfAMachine,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func sumOf(t *testing.T, content []byte) blob.Sum {
	t.Helper()
	sum, err := blob.SumOf(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func put(t *testing.T, s blob.Store, content []byte) blob.Sum {
	t.Helper()
	sum := sumOf(t, content)
	if err := s.Put(t.Context(), sum, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	return sum
}

// wants reports whether a store has a content, or the error that comes instead.
func wants(t *testing.T, s blob.Store, sum blob.Sum, content []byte, want error) {
	t.Helper()
	var got bytes.Buffer
	err := s.Get(t.Context(), sum, &got)
	if !errors.Is(err, want) || want == nil && (err != nil || !bytes.Equal(got.Bytes(), content)) {
		t.Errorf("get: %v, %d bytes; want %v, %d bytes", err, got.Len(), want, len(content))
	}
	hasCure(t, err)
}

// hasCure wants a place and a cure in an error.
func hasCure(t *testing.T, err error) {
	t.Helper()
	var e *blob.Error
	if err != nil && (!errors.As(err, &e) || e.Hint == "" || e.Place == "" || !strings.Contains(e.Error(), e.Place)) {
		t.Errorf("%#v has no place, or no cure", err)
	}
}

func comesBack(t *testing.T, p place) {
	for _, content := range [][]byte{{}, []byte("Ada"), bytes.Repeat([]byte{0, 1, 0xff}, 50_000)} {
		sum := put(t, p, content)
		wants(t, p, sum, content, nil)
		wants(t, p.other, sum, content, nil)
		if has, err := p.other.Has(t.Context(), sum); !has || err != nil {
			t.Errorf("has: %v, %v", has, err)
		}
	}
	// A reader that stands at its end is put from its beginning.
	content := []byte("Grace")
	r := bytes.NewReader(content)
	if _, err := io.Copy(io.Discard, r); err != nil {
		t.Fatal(err)
	}
	if err := p.Put(t.Context(), sumOf(t, content), r); err != nil {
		t.Fatal(err)
	}
	wants(t, p, sumOf(t, content), content, nil)
}

func refusesWrongBytes(t *testing.T, p place) {
	sum := sumOf(t, []byte("Ada"))
	err := p.Put(t.Context(), sum, strings.NewReader("Eve"))
	if !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("put: %v", err)
	}
	hasCure(t, err)
	wants(t, p, sum, nil, blob.ErrMissing)
}

func findsDamage(t *testing.T, p place) {
	content := bytes.Repeat([]byte("Ada "), 10_000)
	sum := put(t, p, content)
	for _, with := range [][]byte{{}, content[1:], append(slices.Clone(content), '!'), bytes.Replace(content, []byte("A"), []byte("E"), 1)} {
		p.damage(sum, with)
		wants(t, p, sum, nil, blob.ErrDamaged)
	}
	put(t, p, content) // mends it
	wants(t, p, sum, content, nil)
}

func namesTheMissing(t *testing.T, p place) {
	sum := sumOf(t, []byte("nobody"))
	wants(t, p, sum, nil, blob.ErrMissing)
	if has, err := p.Has(t.Context(), sum); has || err != nil {
		t.Errorf("has: %v, %v", has, err)
	}
	if err := p.Remove(t.Context(), sum); err != nil {
		t.Errorf("remove: %v", err)
	}
}

func namesTheGonePlace(t *testing.T, p place) {
	sum := put(t, p, []byte("Ada"))
	p.vanish()
	fails(t, p, sum, blob.ErrNoPlace)
}

func namesLostRights(t *testing.T, p place) {
	if p.lock == nil {
		t.Skip("SKIPPED: root may do everything")
	}
	sum := put(t, p, []byte("Ada"))
	p.lock()
	fails(t, p, sum, blob.ErrDenied)
}

// fails wants one error of every method.
func fails(t *testing.T, p place, sum blob.Sum, want error) {
	t.Helper()
	_, has := p.Has(t.Context(), sum)
	for name, err := range map[string]error{
		"put":    p.Put(t.Context(), sum, strings.NewReader("Ada")),
		"get":    p.Get(t.Context(), sum, io.Discard),
		"has":    has,
		"remove": p.Remove(t.Context(), sum),
		"all":    list(t.Context(), p, map[blob.Sum]bool{}),
	} {
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		hasCure(t, err)
	}
}

func list(ctx context.Context, s blob.Store, into map[blob.Sum]bool) error {
	for sum, err := range s.All(ctx) {
		if err != nil {
			return err
		}
		into[sum] = true
	}
	return nil
}

func listsAndRemoves(t *testing.T, p place) {
	p.alien("readme.txt", []byte("not ours"))
	p.alien("deeper/"+sumOf(t, []byte("x")).String(), []byte("x"))
	p.alien(strings.ToUpper(sumOf(t, []byte("x")).String()), []byte("x"))
	want := map[blob.Sum]bool{}
	for i := range max(p.page+100, 20) { // more than a page of a listing
		want[put(t, p, []byte{byte(i), byte(i >> 8)})] = true
	}
	got := map[blob.Sum]bool{}
	if err := list(t.Context(), p, got); err != nil || !maps.Equal(got, want) {
		t.Errorf("%d of %d files are listed: %v", len(got), len(want), err)
	}
	for sum, err := range p.All(t.Context()) { // as purge does
		if err := errors.Join(err, p.Remove(t.Context(), sum)); err != nil {
			t.Fatal(err)
		}
	}
	clear(got)
	if err := list(t.Context(), p, got); err != nil || len(got) != 0 {
		t.Errorf("%d are left: %v", len(got), err)
	}
}

// noise gives the same bytes each time it is read, and holds none of them.
type noise struct {
	size, at int64
}

func (n *noise) Read(p []byte) (int, error) {
	if n.at == n.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), n.size-n.at)]
	for i := range p {
		p[i] = byte((n.at + int64(i)) * 2654435761 >> 13)
	}
	n.at += int64(len(p))
	return len(p), nil
}

func (n *noise) Seek(offset int64, whence int) (int64, error) {
	n.at = map[int]int64{io.SeekStart: 0, io.SeekCurrent: n.at, io.SeekEnd: n.size}[whence] + offset
	return n.at, nil
}

func streams(t *testing.T, p place) {
	file := &noise{size: 40 << 20}
	sum, err := blob.SumOf(file)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := p.Put(t.Context(), sum, file); err != nil {
		t.Fatal(err)
	}
	if err := p.Get(t.Context(), sum, io.Discard); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	t.Logf("%d KiB were allocated for 40 MiB there and back", (after.TotalAlloc-before.TotalAlloc)>>10)
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("%d MiB were allocated for 40 MiB there and back", used>>20)
	}
}

func manyAtOnce(t *testing.T, p place) {
	contents := make([][]byte, 8)
	for i := range contents {
		contents[i] = bytes.Repeat([]byte{byte(i)}, 10_000)
	}
	var all sync.WaitGroup
	for worker := range 16 {
		all.Go(func() {
			s := []blob.Store{p.Store, p.other}[worker%2]
			for range 5 {
				content := contents[rand.IntN(len(contents))]
				sum := sumOf(t, content)
				if err := s.Put(t.Context(), sum, bytes.NewReader(content)); err != nil {
					t.Error(err)
				}
				wants(t, s, sum, content, nil)
			}
		})
	}
	all.Wait()
}

func endsWithItsContext(t *testing.T, p place) {
	sum := put(t, p, []byte("Ada"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Put(ctx, sum, strings.NewReader("Ada")); !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v", err)
	}
	if err := p.Get(ctx, sum, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("get: %v", err)
	}
	wants(t, p, sum, []byte("Ada"), nil)
}

func filesOfAMachine(t *testing.T, p place) {
	here := filepath.Join(t.TempDir(), "photo.jpg")
	if err := os.WriteFile(here, []byte("a picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	sum, err := blob.PutFile(t.Context(), p, here)
	if err != nil || sum != sumOf(t, []byte("a picture")) {
		t.Fatal(sum, err)
	}
	p.damage(sum, []byte("a pictura"))
	if _, err := blob.PutFile(t.Context(), p, here); err != nil { // it is there, and is not read
		t.Fatal(err)
	}
	there := filepath.Join(t.TempDir(), "cache", "photo.jpg")
	err = blob.FetchFile(t.Context(), p, sum, there)
	if !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("fetch: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(there)); err != nil || len(left) != 0 {
		t.Errorf("what is damaged leaves %v, %v", left, err)
	}
	put(t, p, []byte("a picture"))
	if err := os.WriteFile(there, []byte("an old one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := blob.FetchFile(t.Context(), p, sum, there); err != nil {
		t.Fatal(err)
	}
	p.vanish()
	if err := blob.FetchFile(t.Context(), p, sum, there); err != nil {
		t.Errorf("what is here is asked for: %v", err)
	}
	if got, err := os.ReadFile(there); err != nil || string(got) != "a picture" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := blob.PutFile(t.Context(), p, filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("put of nothing: %v", err)
	}
}

func TestSumsAreReadAsTheyAreWritten(t *testing.T) {
	sum := sumOf(t, nil)
	if got, err := blob.ParseSum(sum.String()); got != sum || err != nil {
		t.Error(got, err)
	}
	for _, text := range []string{"", "ab", strings.ToUpper(sum.String()), sum.String() + "00", sum.String()[1:] + "g", "../" + sum.String()} {
		if _, err := blob.ParseSum(text); err == nil {
			t.Errorf("%q is a sum", text)
		}
	}
}
