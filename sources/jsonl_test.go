package sources_test

import (
	"encoding/binary"
	"testing"

	"github.com/reelmerge/reelmerge/sources"
)

func TestJSONLinesReadAsTheyAreWritten(t *testing.T) {
	for _, c := range []sheetCase{
		{name: "texts, numbers, yes and nothing", data: []byte(`{"name":"Zo\u00eb","id":12345678901234567890,"fee":1.50,"paid":true,"note":null}` + "\n" + `{"name":"Bob","paid":false}` + "\n"),
			want: "name | id | fee | paid | note\n1: Zoë | 12345678901234567890 | 1.50 | true | \n2: Bob |  |  | false | "},
		{name: "mark, CRLF, blank lines", data: []byte("\xef\xbb\xbf{\"a\":\"x\",\"b\":\"y\"}\r\n\r\n{\"b\":\"z\"}"), want: "a | b\n1: x | y\n3:  | z\nnotice ROW-BLANK"},
		{name: "UTF-16", data: utf16Of(binary.LittleEndian, "\ufeff{\"a\":\"Zoë\"}\n"), options: sources.Options{Encoding: "utf-16"}, want: "a\n1: Zoë"},
		{name: "keys in another order", data: []byte(`{"a":1,"b":2}` + "\n" + `{"b":4,"a":3}`), want: "a | b\n1: 1 | 2\n2: 3 | 4"},
		{name: "a key that the first line has not", data: []byte(`{"a":1}` + "\n" + `{"a":2,"c":3}`), want: "a\n1: 1\n2: 2\n  row ROW-JSON-KEY"},
		{name: "a key twice", data: []byte(`{"a":1,"b":2}` + "\n" + `{"a":2,"a":3}`), want: "a | b\n1: 1 | 2\n2: 2 | \n  A2 ROW-JSON-KEY"},
		{name: "a key twice in the first line", data: []byte(`{"a":1,"a":2}`), want: "error ROW-DUPLICATE-HEADER B1"},
		{name: "lists and objects", data: []byte(`{"a":1,"b":2}` + "\n" + `{"a":[1],"b":{"x":1}}`), want: "a | b\n1: 1 | 2\n2:  | \n  A2 ROW-JSON-VALUE\n  B2 ROW-JSON-VALUE"},
		{name: "lines that are no objects", data: []byte(`{"a":1}` + "\n{\"a\":\n[1]\n{\"a\":1} x\n\"a\"\n{\"a\":\"\xff\"}\n{1:2}\n" + `{"a":2}`),
			want: "a\n1: 1\n2: \n  row ROW-JSON\n3: \n  row ROW-JSON\n4: \n  row ROW-JSON\n5: \n  row ROW-JSON\n6: \n  row ROW-JSON\n7: \n  row ROW-JSON\n8: 2"},
		{name: "an array", data: []byte(`[{"a":1}]`), want: "error ROW-JSON"},
		{name: "a first line that is no object", data: []byte("name,city\n"), want: "error ROW-JSON"},
		{name: "nothing to see", data: []byte("\n \n"), want: "error ROW-EMPTY"},
		{name: "an object without keys", data: []byte("{}\n"), want: "error ROW-EMPTY"},
		{name: "an empty key", data: []byte(`{"a":1,"":2}`), want: "a\n1: 1\n  row (ROW-NO-HEADER)"},
		{name: "by content alone", file: "-", data: []byte(` {"a":"=1","b":"'=1"}`), want: "a | b\n1: =1 | '=1"},
	} {
		if c.file == "" {
			c.file = "customers.jsonl"
		}
		t.Run(c.name, c.run)
	}
}
