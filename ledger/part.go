package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A row may be a chain of steps. Its own entry, under the row's key, is that of the last
// step. The steps before it are parts: entries under keys that no row can have. Rows that
// say the same share one part, so that equal work is bought once.

// partPrefix begins the key of every part, and no row's.
const partPrefix = "\x00"

// PartKey is the key of the part that rows share whose step has a fingerprint.
func PartKey(f Fingerprint) string { return partPrefix + f.String() }

// OwnPartKey is the key of a part that one row has for itself.
func OwnPartKey(row string, f Fingerprint) string {
	sum := sha256.New()
	sum.Write([]byte(row))
	sum.Write(f[:])
	return partPrefix + hex.EncodeToString(sum.Sum(nil))
}

// IsPart reports whether a key is that of a part, and not a row's.
func IsPart(key string) bool { return strings.HasPrefix(key, partPrefix) }

// IsPart reports whether the entry is a part, and not a row's own.
func (e Entry) IsPart() bool { return IsPart(e.Key) }

// partDigits is how many digits of its key tell a part from the others of its step.
const partDigits = 6

// PartName is what people call a part: its step and six digits of its key.
func (e Entry) PartName() string {
	digits := strings.TrimPrefix(strings.TrimPrefix(e.Key, partPrefix), purgedPrefix)
	return e.Step + ":" + digits[:min(partDigits, len(digits))]
}

// Fill is a hole in a payload: the text that belongs there is known when an earlier step
// has succeeded.
type Fill struct {
	At    int    `json:"at"`    // the byte of the payload before which the text belongs
	From  string `json:"from"`  // the key of the step's entry
	Field string `json:"field"` // what of it: job, result or video_url
}

// What of an earlier step may fill a hole.
const (
	FillJob      = "job"
	FillResult   = "result"
	FillVideoURL = "video_url"
)

// Filled is what a hole was filled with, of the job that the step had then.
type Filled struct {
	Job  string `json:"job"`
	Text string `json:"text,omitempty"` // empty: the job
}

// inserted is what stands in the hole.
func (f Filled) inserted() string {
	if f.Text == "" {
		return f.Job
	}
	return f.Text
}

// FillWith returns what an entry brings for a hole. It is an error where it has not
// succeeded, or does not have what the hole asks for.
func (e Entry) FillWith(field string) (Filled, error) {
	filled := Filled{Job: e.Ticket.Job}
	switch field {
	case FillResult:
		filled.Text = e.Ticket.Result
		if filled.Text == "" {
			filled.Text = e.Ticket.Job
		}
	case FillVideoURL:
		filled.Text = e.Result.VideoURL
	}
	switch {
	case e.State != Succeeded:
		return filled, fmt.Errorf("%s is %s", e.PartName(), orNone(e.State))
	case filled.Job == "":
		return filled, fmt.Errorf("%s has no job", e.PartName())
	case field == FillVideoURL && filled.Text == "":
		return filled, fmt.Errorf("%s has no link to its video any more", e.PartName())
	}
	if filled.Text == filled.Job {
		filled.Text = ""
	}
	return filled, nil
}

// Body is the request that the entry was sent with: the payload with its holes filled. An
// entry that was not sent has its holes empty.
func (e Entry) Body() json.RawMessage {
	if len(e.Filled) != len(e.Fill) || len(e.Fill) == 0 {
		return e.Payload
	}
	texts := make([]string, len(e.Filled))
	for i, f := range e.Filled {
		texts[i] = f.inserted()
	}
	return FillIn(e.Payload, e.Fill, texts)
}

// Unfilled reports whether the entry has holes, and it is not known what it was sent with.
func (e Entry) Unfilled() bool { return len(e.Filled) != len(e.Fill) }

// FillIn puts texts into the holes of a payload, in their order.
func FillIn(payload []byte, holes []Fill, texts []string) json.RawMessage {
	var b bytes.Buffer
	done := 0
	for i, h := range holes {
		at := min(max(h.At, done), len(payload))
		quoted, _ := json.Marshal(texts[i]) // a text always has a form in JSON
		b.Write(payload[done:at])
		b.Write(quoted[1 : len(quoted)-1])
		done = at
	}
	b.Write(payload[done:])
	return b.Bytes()
}

// Follows lists the keys of the entries that must have succeeded before this one is sent.
func (c Content) Follows() (keys []string) {
	if c.After != "" {
		keys = append(keys, c.After)
	}
	for _, f := range c.Fill {
		if !slices.Contains(keys, f.From) {
			keys = append(keys, f.From)
		}
	}
	return keys
}

// intendable refuses an intent of an entry with a claim, and one whose holes are not all
// filled: the program always knows with what. A person may say that a row was sent, without
// knowing that.
func intendable(e Entry, ev Event) error {
	if err := unclaimed(e, ev); err != nil {
		return err
	}
	if len(ev.Filled) == len(e.Fill) || len(ev.Filled) == 0 && ev.By == ByPerson {
		return nil
	}
	return fmt.Errorf("%w: an intent that fills %d of %d holes (L1)", ErrIllegal, len(ev.Filled), len(e.Fill))
}
