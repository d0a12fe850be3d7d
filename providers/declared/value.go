package declared

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// lookup follows a JSON Pointer. What is absent or null is not found, so that a missing id
// never reads as an empty one.
func lookup(document any, pointer string) (any, bool) {
	if pointer == "" {
		return document, document != nil
	}
	for part := range strings.SplitSeq(pointer[1:], "/") {
		part = unescape(part)
		switch at := document.(type) {
		case map[string]any:
			document = at[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(at) {
				return nil, false
			}
			document = at[i]
		default:
			return nil, false
		}
	}
	return document, document != nil
}

// scalar writes a text, a number or a truth value as text. Anything else is none.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// text returns the member at a pointer as text.
func text(document any, pointer string) (string, bool) {
	v, ok := lookup(document, pointer)
	if !ok {
		return "", false
	}
	return scalar(v)
}

// Pointers are places of which the first that leads to something counts.
type Pointers []string

// UnmarshalJSON reads one pointer or a list of them.
func (p *Pointers) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		*p = make(Pointers, 1)
		return json.Unmarshal(data, &(*p)[0])
	}
	return json.Unmarshal(data, (*[]string)(p))
}

// text returns the first text that one of the pointers leads to; empty when none does.
func (p Pointers) text(document any) string {
	for _, pointer := range p {
		if s, ok := text(document, pointer); ok && s != "" {
			return s
		}
	}
	return ""
}

// id returns what can be the id of a job; empty when there is none.
func (p Pointers) id(document any) string {
	if s := p.text(document); rest.Usable(s) {
		return s
	}
	return ""
}

// Value is a value of an answer, and how it is written there.
type Value struct {
	At     Pointers
	Header string
	Text   *Text
	As     string
}

// UnmarshalJSON reads pointers, or an object that says more.
func (v *Value) UnmarshalJSON(data []byte) error {
	if data[0] != '{' {
		return v.At.UnmarshalJSON(data)
	}
	type plain Value
	return json.Unmarshal(data, (*plain)(v))
}

// read returns the value as it is written in an answer; empty when it is not there.
func (v *Value) read(a answered, fill values) string {
	switch {
	case v == nil:
		return ""
	case v.Text != nil:
		s, err := v.Text.fill(fill, plain)
		if err != nil {
			return ""
		}
		// A setting may say where in it the id stands: https://cdn.example.com/{job}.mp4.
		return strings.ReplaceAll(s, "{job}", rest.Segment(fill.job))
	case v.Header != "":
		return a.header.Get(v.Header)
	}
	return v.At.text(a.body)
}

// answered is an answer that was decoded.
type answered struct {
	header http.Header
	body   any
}

// span reads a length of time, to the millisecond. What is no plausible length of a video
// is nothing.
func span(s, as string) time.Duration {
	if as == "clock" {
		return clock(s)
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok || strings.ContainsAny(s, "/_xX") {
		return 0
	}
	seconds, _ := r.Float64()
	if as == "milliseconds" {
		seconds /= 1000
	}
	return rest.Quantity(seconds).Seconds()
}

// clock reads 0:01:30.5.
func clock(s string) time.Duration {
	var seconds float64
	for part := range strings.SplitSeq(s, ":") {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil || n < 0 {
			return 0
		}
		seconds = seconds*60 + n
	}
	return rest.Quantity(seconds).Seconds()
}

// moment reads a time; zero when it is none.
func moment(s, as string) time.Time {
	switch as {
	case "unix", "unix_ms":
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || n <= 0 || n > 1e14 {
			return time.Time{}
		}
		if as == "unix" {
			n *= 1000
		}
		return time.UnixMilli(int64(n))
	}
	return rest.Word(s).Time()
}

// amount reads an exact amount. What has more digits than an amount carries is no amount:
// rounding it would be a guess.
func amount(s string) (credit.Amount, bool) {
	a, err := credit.Parse(s)
	return a, err == nil && a >= 0
}

// Duration is a span of time as descriptions write it.
type Duration time.Duration

// forever is longer than any run.
const forever = 100 * 365 * 24 * time.Hour

// UnmarshalJSON reads 90s, 1h30m, 30d or forever.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	if s == "forever" {
		*d = Duration(forever)
		return nil
	}
	read, err := duration(s)
	*d = Duration(read)
	return err
}

// duration reads a duration with days in it.
func duration(s string) (time.Duration, error) {
	var days time.Duration
	if front, back, found := strings.Cut(s, "d"); found {
		n, err := strconv.Atoi(front)
		if err != nil || n < 0 || n > 36_500 {
			return 0, fmt.Errorf("%q is no duration", s)
		}
		days = time.Duration(n) * 24 * time.Hour
		s = back
	}
	if s == "" {
		return days, nil
	}
	rest, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%q is no duration", s)
	}
	return days + rest, nil
}

// Rate is so many in a span of time.
type Rate struct {
	Count int
	Per   time.Duration
}

// UnmarshalJSON reads 60/m or 30/10s.
func (r *Rate) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	count, per, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(count)
	if err != nil {
		return fmt.Errorf("%q is no rate", s)
	}
	if strings.Trim(per, "smhd") == "" {
		per = "1" + per
	}
	r.Count = n
	r.Per, err = duration(per)
	return err
}
