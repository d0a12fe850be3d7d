package sources

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// jsonLines reads a file with one JSON object per line. The keys of the first object become
// the columns, in their order.
type jsonLines struct {
	lines   *records
	places  map[string]int
	keys    []string
	first   *record // the first object, returned after the header
	started bool
}

// openJSONLines reads the first object.
func openJSONLines(in io.Reader, o Options) (*jsonLines, error) {
	if o.Encoding == "" {
		o.Encoding = "utf-8" // by RFC 8259; bytes that are not are a fault of their row
	}
	t, err := openText(in, o)
	if err != nil {
		return nil, err
	}
	j := &jsonLines{lines: newRecords(t.r, ','), places: map[string]int{}}
	return j, j.readFirst()
}

// readFirst takes the columns from the first object.
func (j *jsonLines) readFirst() error {
	line, number, err := j.line()
	if errors.Is(err, io.EOF) {
		return &FileError{Code: "ROW-EMPTY", Message: "there is nothing in it", Hint: "check that it is the right file"}
	}
	if err != nil {
		return err
	}
	if bytes.HasPrefix(line, []byte("[")) {
		return &FileError{Code: "ROW-JSON", Row: number, Message: "it is one JSON array, not one object per line",
			Hint: "write each object on a line of its own: jq -c '.[]' FILE"}
	}
	members, err := members(line)
	if err != nil {
		return &FileError{Code: "ROW-JSON", Row: number, Message: "the first line is not a JSON object", Err: err,
			Hint: `each line must be an object: {"name": "Ada", "city": "Riga"}`}
	}
	// A key that is there twice stays twice. The check of the header reports it with its
	// place.
	for _, m := range members {
		if _, ok := j.places[m.key]; !ok {
			j.places[m.key] = len(j.keys)
		}
		j.keys = append(j.keys, m.key)
	}
	rec := j.record(members, number)
	j.first = &rec
	return nil
}

// line returns the next line that is not blank, without space around it.
func (j *jsonLines) line() ([]byte, int, error) {
	for {
		line, err := j.lines.line()
		if err != nil {
			return nil, 0, err
		}
		j.lines.pos += len(line)
		j.lines.number++
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, j.lines.number, nil
		}
	}
}

// next returns the keys as the first record, then one record per object.
func (j *jsonLines) next() (record, error) {
	if !j.started {
		j.started = true
		// The table takes its header from the first record, as it does for a CSV file.
		return record{number: j.first.number, cells: j.keys}, nil
	}
	if rec := j.first; rec != nil {
		j.first = nil
		return *rec, nil
	}
	line, number, err := j.line()
	if err != nil {
		return record{}, err
	}
	m, err := members(line)
	// One broken line is the fault of one row. The lines below are still readable.
	if err != nil {
		return record{number: number, cells: make([]string, len(j.keys)), faults: []Fault{{Column: -1, Code: "ROW-JSON",
			Value: clip(string(line)), Message: "the line is not a JSON object: " + err.Error(),
			Hint: `each line must be an object: {"name": "Ada", "city": "Riga"}`}}}, nil
	}
	return j.record(m, number), nil
}

// record puts the members of an object under the columns. A member that fits no column gets
// a fault, because dropping it would lose data silently.
func (j *jsonLines) record(ms []member, number int) record {
	rec := record{number: number, cells: make([]string, len(j.keys))}
	seen := make([]bool, len(j.keys))
	for _, m := range ms {
		at, ok := j.places[m.key]
		f := Fault{Column: at, Value: m.text}
		switch {
		case !ok:
			f.Column = -1
			f.Code = "ROW-JSON-KEY"
			f.Message = fmt.Sprintf("key %q is not in the first line, whose keys are the columns", clip(m.key))
			f.Hint = "give the first line every key; null will do"
		// A JSON decoder would keep the last of two values. Which one was meant is not
		// known.
		case seen[at]:
			f.Code, f.Message = "ROW-JSON-KEY", fmt.Sprintf("key %q is there twice", clip(m.key))
			f.Hint = "give each key once"
		case m.nested:
			f.Code, f.Message = "ROW-JSON-VALUE", "the value is a list or an object; a cell is one text or number"
			f.Hint = "write its parts under keys of their own"
		default:
			rec.cells[at] = m.text
			seen[at] = true
			continue
		}
		rec.faults = append(rec.faults, f)
	}
	return rec
}

// notices returns none, since JSON leaves nothing to guess.
func (j *jsonLines) notices() []Notice { return nil }

// close does nothing. The caller opened the stream and closes it.
func (j *jsonLines) close() error { return nil }

// member is one key of an object with its value as text.
type member struct {
	key, text string
	nested    bool
}

// members reads an object with its keys in order. Numbers stay as text, since a float would
// lose the last digits of a long id.
func members(line []byte) ([]member, error) {
	// The JSON decoder replaces invalid bytes silently. The value would be wrong without a
	// fault.
	if !utf8.Valid(line) {
		return nil, errors.New("it is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	t, err := dec.Token()
	if err != nil {
		return nil, plainJSON(err)
	}
	if t != json.Delim('{') {
		return nil, errors.New("it does not begin with {")
	}
	var ms []member
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, plainJSON(err)
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, plainJSON(err)
		}
		text, nested, err := scalar(raw)
		if err != nil {
			return nil, plainJSON(err)
		}
		ms = append(ms, member{key: key.(string), text: text, nested: nested})
	}
	if _, err := dec.Token(); err != nil {
		return nil, plainJSON(err)
	}
	// Two objects in a line would leave the second one unread.
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the object")
	}
	return ms, nil
}

// scalar returns a value as text; null is an empty cell.
func scalar(raw json.RawMessage) (text string, nested bool, err error) {
	switch raw[0] {
	case '{', '[':
		return clip(string(raw)), true, nil
	case '"':
		err := json.Unmarshal(raw, &text)
		return text, false, err
	case 'n':
		return "", false, nil
	}
	return string(raw), false, nil
}

// plainJSON shortens a message of the JSON decoder for a reader who does not know Go.
func plainJSON(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("it ends too early")
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

// clip shortens a text for a message and replaces invalid bytes.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
