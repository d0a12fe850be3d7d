package xmltoken_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// tokens returns all tokens of a text, with the pieces of what is long put
// together.
func tokens(in io.Reader) (list []xmltoken.Token, err error) {
	s := xmltoken.NewScanner(in)
	for {
		t, err := s.Next()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return list, err
		}
		kept := *t
		kept.Raw = bytes.Clone(t.Raw)
		if last := len(list) - 1; last >= 0 && !t.IsElement() && list[last].Kind == t.Kind {
			list[last].Raw = append(list[last].Raw, t.Raw...)
			continue
		}
		list = append(list, kept)
	}
}

func TestTokensAreCutWhereTheyEnd(t *testing.T) {
	text := `<?xml version="1.0"?><x:row a=">" b='"'>1 &gt; 0<!-- <row> --><x:c/><![CDATA[</row>]]></x:row >` + "\n"
	want := []string{`<?xml version="1.0"?>`, `<x:row a=">" b='"'>`, `1 &gt; 0`, `<!-- <row> -->`, `<x:c/>`, `<![CDATA[`, `</row>`, `]]>`, `</x:row >`, "\n"}
	for name, in := range map[string]io.Reader{"at once": strings.NewReader(text), "a byte at a time": iotest.OneByteReader(strings.NewReader(text))} {
		got, err := tokens(in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var raw []string
		for _, token := range got {
			raw = append(raw, string(token.Raw))
		}
		if diff := cmp.Diff(want, raw); diff != "" {
			t.Fatalf("%s: %s", name, diff)
		}
		if !got[1].Begins("row") || got[1].Ends("row") || !got[8].Ends("row") || !got[4].Begins("c") || !got[4].Ends("c") || got[2].Is("row") {
			t.Errorf("%s: names %+v", name, raw)
		}
		if got[3].Kind != xmltoken.Other || got[6].Kind != xmltoken.CDATA || !got[6].IsText() || got[7].IsText() {
			t.Errorf("%s: kinds of %q", name, raw)
		}
	}
}

func TestATokenWithoutAnEndIsAnError(t *testing.T) {
	for _, text := range []string{"<row", `<row a=">`, "<!-- >", "<!-->", "<![CDATA[ ]>", "<?x >", "<c a='>", "<!x", "<", "<!--"} {
		if got, err := tokens(strings.NewReader(text)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q gives %d tokens, %v", text, len(got), err)
		}
	}
	if _, err := tokens(strings.NewReader("<c a='" + strings.Repeat("x>", 4<<20))); !errors.Is(err, xmltoken.ErrTooLong) {
		t.Errorf("err = %v", err)
	}
	if _, err := tokens(strings.NewReader("<!--" + strings.Repeat("x>", 4<<20) + "-->" + strings.Repeat("y", 5<<20))); err != nil {
		t.Errorf("a long comment and a long text: %v", err)
	}
}

func TestAnErrorOfTheFileIsTold(t *testing.T) {
	broken := errors.New("broken")
	for _, text := range []string{"", "a", "<row", "<row>", "<!-- ", "<![CDATA[ "} {
		if _, err := tokens(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("after %q: %v", text, err)
		}
	}
}

func TestAttributesAreFoundByTheirNames(t *testing.T) {
	const tag = "<c x:ref='1' a=' ref=\"2\"' ref = \"A&amp;B\"\n empty=''/>"
	token, err := xmltoken.NewScanner(strings.NewReader(tag)).Next()
	if err != nil {
		t.Fatal(err)
	}
	from, to, ok := token.Find("ref")
	if !ok || tag[from:to] != "A&amp;B" {
		t.Errorf("ref stands at %d to %d: %q, %v", from, to, tag[from:to], ok)
	}
	if from, to, ok := token.Find("empty"); !ok || from != to || tag[from-1:to+1] != "''" {
		t.Errorf("empty stands at %d to %d, %v", from, to, ok)
	}
	if _, _, ok := token.Find("re"); ok {
		t.Error("an attribute was found that is not there")
	}
	for name, want := range map[string]string{"ref": "A&B", "x:ref": "1", "a": ` ref="2"`, "empty": "", "f": ""} {
		if got := token.Value(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	for _, bad := range []string{"<c a>", "<c a=>", "<c a=b>", "<c =''>", "<>"} {
		if token, err := xmltoken.NewScanner(strings.NewReader(bad)).Next(); err != nil || token.Value("a") != "" {
			t.Errorf("%s: %q, %v", bad, token.Value("a"), err)
		}
	}
}

func TestPrefixOfATag(t *testing.T) {
	for tag, want := range map[string]string{"<x:row>": "x:", "</x:row >": "x:", "<row a:b=''>": "", "<x:row/>": "x:", "": ""} {
		if got := xmltoken.Prefix([]byte(tag)); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
}

func TestEntitiesAreResolvedAndNeverCutInTwo(t *testing.T) {
	const text = "&lt;&gt;&amp;&quot;&apos; &#65;&#x1F600;&#X41; & &; &unknown; &#99999999; &amp"
	const want = "<>&\"' A😀A & &; &unknown; &#99999999; &amp"
	for fill := range 40 { // the buffer ends at every place of the text
		filler := strings.Repeat("x", 64<<10-fill)
		s, got := xmltoken.NewScanner(strings.NewReader(filler+text)), []byte(nil)
		for {
			token, err := s.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got = token.AppendText(got)
		}
		if string(got) != filler+want {
			t.Fatalf("%d: %q", fill, got[len(filler):])
		}
	}
}

func TestCopyUntilTakesTheMarkAndNothingBehindIt(t *testing.T) {
	for fill := range 20 { // the buffer ends at every place of the mark
		before := strings.Repeat("x", 64<<10-len("</rox>")-fill) + "</rox>"
		var out strings.Builder
		s := xmltoken.NewScanner(strings.NewReader("<row>" + before + "</row><c/>"))
		if _, err := s.Next(); err != nil {
			t.Fatal(err)
		}
		if err := s.CopyUntil(&out, []byte("</row>")); err != nil || out.String() != before {
			t.Fatalf("%d bytes, %v", out.Len(), err)
		}
		if token, err := s.Next(); err != nil || !token.Begins("c") {
			t.Fatalf("then %q, %v", token.Raw, err)
		}
		if err := s.CopyUntil(io.Discard, []byte("</row>")); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
}

func FuzzTokensAddUpToTheText(f *testing.F) {
	for _, s := range []string{`<a b="c">d</a><!-- e --><f/>`, "<>", "</>", "<![CDATA[a]]]]><![CDATA[>]]>", "<!DOCTYPE a [<!ENTITY b '>'>]>", "<?a?>&amp", "<!--->"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := tokens(strings.NewReader(text))
		var sum strings.Builder
		for _, piece := range got {
			sum.Write(piece.Raw)
			_, _, _ = piece.Find("b")
			_ = piece.Value("b") + xmltoken.Prefix(piece.Raw)
		}
		if err == nil && sum.String() != text || !strings.HasPrefix(text, sum.String()) {
			t.Errorf("%q adds up to %q, %v", text, sum.String(), err)
		}
		slow, slowErr := tokens(iotest.OneByteReader(strings.NewReader(text)))
		if diff := cmp.Diff(got, slow, cmp.AllowUnexported(xmltoken.Token{})); diff != "" || (err == nil) != (slowErr == nil) {
			t.Errorf("%q, a byte at a time: %s %v %v", text, diff, err, slowErr)
		}
	})
}

// read writes down what a reader returns.
func read(text string) (events []string, err error) {
	r, inText := xmltoken.NewReader(strings.NewReader(text)), false
	for {
		token, err := r.Next()
		if err != nil {
			return events, err
		}
		switch {
		case token.Kind == xmltoken.Open:
			events = append(events, "<"+string(token.Name()))
		case token.Kind == xmltoken.Close:
			events = append(events, ">"+string(token.Name()))
		case inText && token.IsText():
			events[len(events)-1] += string(token.AppendText(nil))
		case token.IsText():
			events = append(events, string(token.AppendText([]byte("="))))
		}
		inText = token.IsText()
	}
}

func TestReaderReturnsElementsAndTheirText(t *testing.T) {
	got, err := read("\ufeff<?xml version='1.0'?><!-- < --><x:a>\n<x:b c='/>'/>1<!-- 2 -->&lt;<![CDATA[&lt;]]></x:a>\n")
	want := []string{"<a", "=\n", "<b", ">b", "=1<&lt;", ">a", "=\n"}
	if diff := cmp.Diff(want, got); diff != "" || !errors.Is(err, io.EOF) {
		t.Errorf("%v %s", err, diff)
	}
}

func TestReaderRefusesWhatIsNotWhole(t *testing.T) {
	for text, want := range map[string]string{
		"<a>": "unexpected EOF", "<a><b/>": "unexpected EOF", "<a/></a>": "an element is closed that was not opened", "<>": "an element has no name",
		"<!DOCTYPE a><a/>": "it has a document type, which no workbook needs", strings.Repeat("<a>", 201): "its elements are nested too deeply",
		strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200): "EOF", "": "EOF",
	} {
		if _, err := read(text); err == nil || err.Error() != want {
			t.Errorf("%.30q: %v, want %s", text, err, want)
		}
	}
}

// FuzzReaderReadsAsTheStandardLibrary: what is XML for the standard library is
// the same for a reader, where it has one name space alone.
func FuzzReaderReadsAsTheStandardLibrary(f *testing.F) {
	for _, s := range []string{`<a b="c">d<e/></a>`, "<x:a xmlns:x='u'>&#65;<![CDATA[&]]></x:a>", "<a><!-- <b> --><?c <d>?></a>", "<a b='>' c=\"'\"/>", "<a>\r\n<![CDATA[\r]]>\r</a>", "<a xmlns='u'><b:a xmlns:b='u'></b:a></a>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, ok := standard(strings.TrimPrefix(text, "\ufeff"))
		if !ok {
			return
		}
		if got, err := read(text); !errors.Is(err, io.EOF) || cmp.Diff(want, got) != "" {
			t.Errorf("%q: %v %s", text, err, cmp.Diff(want, got))
		}
	})
}

// standard is read by encoding/xml; not ok where that finds a fault, a document
// type, or a name that only it takes apart.
func standard(text string) (events []string, ok bool) {
	d, depth, inText, space := xml.NewDecoder(strings.NewReader(text)), 0, false, ""
	for {
		token, err := d.Token()
		if err != nil {
			return events, errors.Is(err, io.EOF)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				space = token.Name.Space
			}
			if depth++; depth > 200 || strings.Contains(token.Name.Local, ":") || token.Name.Space != space || token.Name.Local == "extLst" {
				return nil, false
			}
			events, inText = append(events, "<"+token.Name.Local), false
		case xml.EndElement:
			depth--
			events, inText = append(events, ">"+token.Name.Local), false
		case xml.CharData:
			if len(token) == 0 && !inText {
				return nil, false // an empty section
			}
			if inText {
				events[len(events)-1] += string(token)
			} else {
				events, inText = append(events, "="+string(token)), true
			}
		case xml.Directive:
			return nil, false
		}
	}
}
