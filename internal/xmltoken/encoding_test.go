package xmltoken_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

func TestAnyEncodingIsReadAsUTF8(t *testing.T) {
	const text = `<a b="é">Zoë</a>`
	for name, c := range map[string]struct {
		declaration string
		enc         encoding.Encoding
		want        string // of the declaration
	}{
		"no declaration":            {"", encoding.Nop, ""},
		"UTF-8":                     {`<?xml version="1.0" encoding="UTF-8"?>`, encoding.Nop, `<?xml version="1.0" encoding="UTF-8"?>`},
		"UTF-8 with a mark":         {"\ufeff" + `<?xml version='1.0' encoding='utf-8' standalone='yes'?>`, encoding.Nop, `<?xml version='1.0' encoding='utf-8' standalone='yes'?>`},
		"UTF-8 that says otherwise": {`<?xml version="1.0" encoding="utf-16"?>`, encoding.Nop, `<?xml version="1.0" encoding="utf-16"?>`},
		"a mark that is right":      {"\ufeff" + `<?xml version="1.0" encoding="ISO-8859-1"?>`, encoding.Nop, `<?xml version="1.0" encoding="ISO-8859-1"?>`},
		"UTF-16":                    {`<?xml version="1.0" encoding="UTF-16"?>`, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), `<?xml version="1.0" encoding="UTF-8"?>`},
		"UTF-16, the other way":     {`<?xml version="1.0" encoding="UTF-16" standalone="yes"?>`, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`},
		"UTF-16 without a mark":     {`<?xml version="1.0"?>`, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), `<?xml version="1.0"?>`},
		"UTF-16, none of both":      {"", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), ""},
		"UTF-32":                    {`<?xml version="1.0"?>`, utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), `<?xml version="1.0"?>`},
		"Latin-1":                   {`<?xml version="1.0" encoding="ISO-8859-1"?>`, charmap.ISO8859_1, `<?xml version="1.0" encoding="UTF-8"?>`},
		"Windows-1252":              {"<?xml version='1.0'\n encoding = 'windows-1252' ?>", charmap.Windows1252, "<?xml version='1.0'\n encoding = 'UTF-8' ?>"},
		"one of DOS":                {`<?xml version="1.0" encoding="ibm850"?>`, charmap.CodePage850, `<?xml version="1.0" encoding="UTF-8"?>`},
	} {
		data, err := c.enc.NewEncoder().String(c.declaration + text)
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range []io.Reader{strings.NewReader(data), iotest.OneByteReader(strings.NewReader(data))} {
			if got, err := io.ReadAll(xmltoken.UTF8(in)); err != nil || string(got) != c.want+text {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	}
	data, err := japanese.ShiftJIS.NewEncoder().String(`<?xml version="1.0" encoding="Shift_JIS"?><a>` + strings.Repeat("表", 5000) + `</a>`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(xmltoken.UTF8(strings.NewReader(data))); err != nil || !bytes.Contains(got, []byte(`"UTF-8"?><a>`+strings.Repeat("表", 5000)+`</a>`)) {
		t.Errorf("Shift_JIS: %.80q, %v", got, err)
	}
}

func TestAnEncodingThatIsNotKnownIsAnError(t *testing.T) {
	_, err := io.ReadAll(xmltoken.UTF8(strings.NewReader(`<?xml version="1.0" encoding="klingon"?><a/>`)))
	if err == nil || err.Error() != `it is written in the encoding "klingon", which is not known` {
		t.Errorf("err = %v", err)
	}
	broken := errors.New("broken")
	for _, begin := range []string{"", "<a>", `<?xml version="1.0" encoding="ISO-8859-1"?><a>`} {
		got, err := io.ReadAll(xmltoken.UTF8(io.MultiReader(strings.NewReader(begin), iotest.ErrReader(broken))))
		if !errors.Is(err, broken) || len(got) != len(strings.ReplaceAll(begin, "ISO-8859-1", "UTF-8")) {
			t.Errorf("after %q: %q, %v", begin, got, err)
		}
	}
}
