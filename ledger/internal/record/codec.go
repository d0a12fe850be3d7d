// Package record writes entries, balances and index records as bytes. The bytes are the
// same in every store, so that a ledger can be carried from one to another.
//
// A store decides where its records lie and in which order; this package decides what is
// in each. Every record is sealed with a checksum over its place, key and contents.
package record

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// errShort is returned when a record ends before its last field.
var errShort = errors.New("record is cut off")

// A Codec walks the fields of a record in one fixed order, for writing and for
// reading alike, so that the two cannot get out of step. The order is the format:
// it may only be changed together with the version of its [Layout].
type Codec struct {
	buf     []byte // what is written so far, or what is left to read
	reading bool
	first   bool // what is read is of the first version
	err     error
	times   []time.Time       // those of this record so far
	skim    map[string]string // words read so far, when records are only looked through
}

// Encode appends what the walk writes to a buffer.
func Encode(buf []byte, walk func(*Codec)) []byte {
	c := Codec{buf: buf}
	walk(&c)
	return c.buf
}

// Decode reads a record to its end; anything left over is an error.
func Decode(data []byte, walk func(*Codec)) error {
	c := Codec{buf: data, reading: true}
	return c.read(walk)
}

// read walks a record to its end. Bytes that are left over show that the record is of
// another format, although the fields could be read.
func (c *Codec) read(walk func(*Codec)) error {
	walk(c)
	if c.err == nil && len(c.buf) > 0 {
		return errors.New("record is too long")
	}
	return c.err
}

// More reports whether an optional part of a record follows: where it is written, because
// the writer has one; where it is read, because bytes are left.
func (c *Codec) More(has bool) bool {
	if !c.reading {
		return has
	}
	return c.err == nil && len(c.buf) > 0
}

// fail ends the reading; every later field is left as it is.
func (c *Codec) fail(err error) {
	if c.err == nil {
		c.err = err
		c.buf = nil
	}
}

// Count walks an unsigned number.
func Count[N ~uint64 | ~uint8 | ~int](c *Codec, n *N) {
	if !c.reading {
		c.buf = binary.AppendUvarint(c.buf, uint64(*n))
		return
	}
	v, size := binary.Uvarint(c.buf)
	// A number that does not fit its type is damage; cutting it off would hide that.
	if size <= 0 || uint64(N(v)) != v || N(v) < 0 {
		c.fail(errShort)
		return
	}
	*n = N(v)
	c.buf = c.buf[size:]
}

// number walks a signed number.
func number[N ~int64](c *Codec, n *N) {
	if !c.reading {
		c.buf = binary.AppendVarint(c.buf, int64(*n))
		return
	}
	v, size := binary.Varint(c.buf)
	if size <= 0 {
		c.fail(errShort)
		return
	}
	*n = N(v)
	c.buf = c.buf[size:]
}

// text walks a string.
func text[S ~string](c *Codec, s *S) {
	size := len(*s)
	Count(c, &size)
	if !c.reading {
		c.buf = append(c.buf, *s...)
		return
	}
	*s = S(c.take(size))
}

// raw walks bytes. What is read is a copy: nothing may point into the mapped
// file once its transaction is over.
func raw[B ~[]byte](c *Codec, b *B) {
	size := len(*b)
	Count(c, &size)
	if !c.reading {
		c.buf = append(c.buf, *b...)
		return
	}
	*b = append(B(nil), c.take(size)...)
}

// take reads the next bytes.
func (c *Codec) take(size int) []byte {
	if size < 0 || size > len(c.buf) {
		c.fail(errShort)
		return nil
	}
	taken := c.buf[:size]
	c.buf = c.buf[size:]
	return taken
}

// word walks a string that many records share, such as the name of a service. While
// skimming, all records get the same copy.
func word[S ~string](c *Codec, s *S) {
	if c.skim == nil {
		text(c, s)
		return
	}
	var size int
	Count(c, &size)
	raw := c.take(size)
	known, met := c.skim[string(raw)]
	if !met {
		known = string(raw)
		c.skim[known] = known
	}
	*s = S(known)
}

// name walks a string that is often a UUID; a UUID takes less than half of the room.
// While skimming, the packed bytes are returned, which serve as well for comparing.
func name[S ~string](c *Codec, s *S) {
	if c.skim != nil {
		*s = S(c.packedName())
		return
	}
	packed := !c.reading && isUUID(string(*s))
	flag(c, &packed)
	switch {
	case !packed:
		text(c, s)
	case c.reading:
		*s = S(uuid(c.take(uuidSize)))
	default:
		for _, part := range strings.Split(string(*s), "-") {
			c.buf, _ = hex.AppendDecode(c.buf, []byte(part)) // isUUID has looked at the digits
		}
	}
}

// packedName reads a name without unpacking it; an empty one is empty.
func (c *Codec) packedName() []byte {
	start := c.buf
	size := uuidSize
	packed := false
	if flag(c, &packed); !packed {
		Count(c, &size)
	}
	if c.take(size) == nil || size == 0 {
		return nil
	}
	return start[:len(start)-len(c.buf)]
}

const uuidSize = 16

// isUUID reports whether a string is a UUID just as uuid writes it.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		digit := '0' <= s[i] && s[i] <= '9' || 'a' <= s[i] && s[i] <= 'f'
		if dash != (s[i] == '-') || !dash && !digit {
			return false
		}
	}
	return true
}

// uuid writes 16 bytes as a UUID in lower case, the only spelling that is packed.
func uuid(raw []byte) string {
	if len(raw) != uuidSize {
		return ""
	}
	text := make([]byte, 0, 36)
	for i, part := range [][]byte{raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:]} {
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, part)
	}
	return string(text)
}

// list walks a sequence; an empty one is read as nil.
func list[T any](c *Codec, items *[]T, walk func(*Codec, *T)) {
	size := len(*items)
	Count(c, &size)
	if c.reading {
		if size > len(c.buf) || size < 0 { // each item takes a byte or more
			c.fail(errShort)
			return
		}
		if size > 0 {
			*items = make([]T, size)
		}
	}
	for i := range *items {
		walk(c, &(*items)[i])
	}
}

// flag walks a boolean as a byte.
func flag(c *Codec, b *bool) {
	var n uint8
	if *b {
		n = 1
	}
	Count(c, &n)
	*b = n == 1
}

// year1 is the start of time.Time in Unix seconds.
const year1 = -62135596800

// How a time begins: the zero time, a new one, or from here on the number of an
// earlier time of the same record. The moments of a story and the times of its
// entry are mostly the same, and neighbours are near.
const (
	timeZero = iota
	timeNew
	timeAgain
)

// instant walks a time. Most times of an entry stand twice, in a field and in its history;
// the second one is written as a reference to the first.
func instant(c *Codec, t *time.Time) {
	mark := timeZero
	if !c.reading && !t.IsZero() {
		mark = timeNew
		if i := slices.IndexFunc(c.times, t.Equal); i >= 0 {
			mark = timeAgain + i
		}
	}
	Count(c, &mark)
	switch {
	case mark == timeNew:
		newInstant(c, t)
	case !c.reading || mark == timeZero:
	case mark-timeAgain < len(c.times): // an earlier time of this record, and never a later one
		*t = c.times[mark-timeAgain]
	default:
		c.fail(errShort)
	}
}

// newInstant walks a time as the seconds since the last one, and nanoseconds.
func newInstant(c *Codec, t *time.Time) {
	last := int64(year1)
	if n := len(c.times); n > 0 {
		last = c.times[n-1].Unix()
	}
	seconds := t.Unix() - last
	nanos := t.Nanosecond()
	number(c, &seconds)
	Count(c, &nanos)
	if c.reading {
		*t = time.Unix(last+seconds, int64(nanos)).UTC()
	}
	c.times = append(c.times, *t)
}

// kinds lists the events by their number on disk: it only grows at its end.
func kinds() [20]ledger.Kind {
	return [...]ledger.Kind{
		"", ledger.Plan, ledger.Intend, ledger.Unsend, ledger.Submit, ledger.Reject, ledger.Lose, ledger.Search,
		ledger.Adopt, ledger.Observe, ledger.Succeed, ledger.Fail, ledger.Cancel, ledger.Repeat, ledger.Keep, ledger.Purge,
		ledger.Disown, ledger.Fetch, ledger.Resend, ledger.Claim,
	}
}

// kind walks the number of an event. A number that this edition does not know is of a newer
// one, and no damage.
func kind(c *Codec, k *ledger.Kind) {
	n := 0
	for i, known := range kinds() {
		if *k == known {
			n = i
		}
	}
	Count(c, &n)
	if known := kinds(); n < len(known) {
		*k = known[n]
	} else {
		c.fail(ledger.ErrNewer)
	}
}

// textLike walks a string that begins like another one, as links to the same
// server do.
func textLike[S ~string](c *Codec, s *S, like string) {
	shared := 0
	if !c.reading {
		for shared < min(len(*s), len(like)) && (*s)[shared] == like[shared] {
			shared++
		}
	}
	own := (*s)[shared:]
	Count(c, &shared)
	text(c, &own)
	switch {
	case !c.reading:
	case shared > len(like):
		c.fail(errShort)
	default:
		*s = S(like[:shared]) + own
	}
}

// states lists the states by their number on disk: it only grows at its end.
func states() [8]ledger.State {
	return [...]ledger.State{
		"", ledger.Planned, ledger.Intended, ledger.Submitted, ledger.Unsure,
		ledger.Succeeded, ledger.Failed, ledger.Cancelled,
	}
}

func stateNumber(s ledger.State) uint8 {
	for i, known := range states() {
		if s == known {
			return uint8(i)
		}
	}
	return 0
}

// state walks the number of a state, as kind does that of an event.
func state(c *Codec, s *ledger.State) {
	n := int(stateNumber(*s))
	Count(c, &n)
	if known := states(); n < len(known) {
		*s = known[n]
	} else {
		c.fail(ledger.ErrNewer)
	}
}

func account(c *Codec, a *credit.Account) {
	word(c, &a.Provider)
	word(c, &a.Payer)
	word(c, &a.Unit)
}

// Money walks the amounts of a balance.
func Money(c *Codec, m *ledger.Money) {
	number(c, &m.Ever)
	number(c, &m.Reserved)
	number(c, &m.Charged)
	number(c, &m.Released)
	number(c, &m.Overrun)
}

func balance(c *Codec, b *ledger.Balance) {
	account(c, &b.Account)
	Money(c, &b.Money)
}

func ticket(c *Codec, t *job.Ticket) {
	name(c, &t.Job)
	name(c, &t.Result)
}

// fingerprint walks a hash; an empty one takes a single byte.
func fingerprint(c *Codec, f *ledger.Fingerprint) {
	set := !f.IsZero()
	flag(c, &set)
	switch {
	case !set:
	case c.reading:
		copy(f[:], c.take(len(f)))
	default:
		c.buf = append(c.buf, f[:]...)
	}
}
