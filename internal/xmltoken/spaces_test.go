package xmltoken_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// paths writes down the path of each element that a reader returns, with the text
// in it.
func paths(t *testing.T, text string) string {
	t.Helper()
	var path, list []string
	r := xmltoken.NewReader(strings.NewReader(text))
	for {
		token, err := r.Next()
		if errors.Is(err, io.EOF) {
			return strings.Join(list, " ")
		}
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		switch {
		case token.IsText():
			if s := strings.TrimSpace(string(token.AppendText(nil))); s != "" {
				list = append(list, "="+s)
			}
			continue
		case token.Kind == xmltoken.Open:
			path = append(path, string(token.Name()))
			list = append(list, strings.Join(path, "/"))
		}
		at := strings.Join(path, "/")
		if !r.At(at) || r.Depth() != len(path) || r.Begins(at) != (token.Kind == xmltoken.Open) || r.Ends(at) != (token.Kind == xmltoken.Close) {
			t.Errorf("%s: the reader is not at %s", text, at)
		}
		if token.Kind == xmltoken.Close {
			path = path[:len(path)-1]
		}
	}
}

func TestOnlyTheDocumentsOwnElementsAreRead(t *testing.T) {
	const mc = ` xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"`
	for text, want := range map[string]string{
		`<a xmlns="u"><b>1</b></a>`:                                               "a a/b =1",
		`<x:a xmlns:x="u"><x:b>1</x:b></x:a>`:                                     "a a/b =1",
		`<x:a xmlns:x="u" xmlns:y='u'><y:b>1</y:b><b>2</b></x:a>`:                 "a a/b =1",
		`<a xmlns="u" xmlns:e="v"><e:b>1<b>2</b><e:b/></e:b><b>3</b>4</a>`:        "a a/b =3 =4",
		`<a xmlns="u"><b xmlns="v">1<c xmlns="u">2</c></b><b xmlns="u">3</b></a>`: "a a/b =3",
		`<x:a xmlns:x="u"><b xmlns="u">1</b><x:b xmlns:x="v">2</x:b><x:c/></x:a>`: "a a/b =1 a/c",
		`<a xmlns="u"><extLst><ext>1<a><b/></a></ext></extLst><b/></a>`:           "a a/extLst a/b",
		`<a xmlns="u"><x:extLst xmlns:x="v"><b/></x:extLst><b/></a>`:              "a a/b",
		`<a xmlns="&#117;"><b xmlns:x="u"><x:c/></b></a>`:                         "a a/b a/b/c",
		`<a><b/></a>`:           "a a/b",
		`<x:a><x:b/><b/></x:a>`: "a a/b",
		`<a xmlns="u"` + mc + `><mc:AlternateContent><mc:Choice Requires="z"><b>1</b></mc:Choice><mc:Fallback><b>2</b></mc:Fallback></mc:AlternateContent></a>`: "a a/b =2",
		`<a xmlns="u"` + mc + `><c><mc:AlternateContent><mc:Fallback/></mc:AlternateContent><b/></c></a>`:                                                       "a a/c a/c/b",
	} {
		if got := paths(t, text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestAnAttributeIsFoundByItsNameSpace(t *testing.T) {
	for text, want := range map[string]string{
		`<a xmlns:r="u" r:id="1"/>`: "1", `<a xmlns:q='u' id="0" q:id='1'/>`: "1", `<a xmlns:r="v" xmlns:q="u" r:id="0" q:id="1"/>`: "1",
		`<a id="1"/>`: "", `<a xmlns:r="v" r:id="1"/>`: "", `<a r:id="1&amp;2"/>`: "1&2", `<a xmlns:r="u" r:ids="1"/>`: "",
	} {
		r := xmltoken.NewReader(strings.NewReader(text))
		if _, err := r.Next(); err != nil || r.ValueIn("id", "w", "u") != want {
			t.Errorf("%s: %q, %v", text, r.ValueIn("id", "w", "u"), err)
		}
	}
}

func TestAPrefixIsFoundForANameSpace(t *testing.T) {
	s := xmltoken.NewScanner(strings.NewReader(`<a xmlns="u" xmlns:x="v" xmlns:y="w"><b xmlns:x="z" xmlns:q="u"/><c/>`))
	for _, want := range []map[string]string{{"u": "", "v": "x:", "w": "y:"}, {"u": "q:", "v": "", "z": "x:"}, {"v": "x:", "z": ""}} {
		if _, err := s.Next(); err != nil || s.Space() != "u" {
			t.Fatalf("space %q, %v", s.Space(), err)
		}
		for space, prefix := range want {
			if got, ok := s.PrefixOf(space); got != prefix || ok != (prefix != "") {
				t.Errorf("%s: %q %v, want %q", space, got, ok, prefix)
			}
		}
	}
}

func TestContentIsSkippedToItsEnd(t *testing.T) {
	for text, want := range map[string]string{
		`<a><b><c>1</c></b><d/></a>`:                                     "a a/d",
		`<x:a><x:b><!-- </x:b> --><![CDATA[</x:b>]]></x:b ><x:d/></x:a>`: "a a/d",
		`<a><b/><d/></a>`:                                                "a a/d",
		`<a><b><b-c>1</b-c><bc/></b
><d/></a>`: "a a/d",
		`<a><b>` + strings.Repeat("<c>1</c>", 20_000) + `</b><d/></a>`: "a a/d",
	} {
		r, list := xmltoken.NewReader(strings.NewReader(text)), []string(nil)
		for {
			token, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case r.Begins("a/b"):
				if err := r.SkipContent(); err != nil {
					t.Fatal(err)
				}
			case r.Begins("a"):
				list = append(list, "a")
			case r.Begins("a/d"):
				list = append(list, "a/d")
			case token.Kind != xmltoken.Close:
				list = append(list, "?")
			}
		}
		if diff := cmp.Diff(want, strings.Join(list, " ")); diff != "" {
			t.Errorf("%.60s: %s", text, diff)
		}
	}
	for _, text := range []string{"<a>", "<a><!--", "<a><![CDATA[</a>", "<a></b>", "<a><!DOCTYPE </a>"} {
		r := xmltoken.NewReader(strings.NewReader(text))
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		if err := r.SkipContent(); err == nil {
			t.Errorf("%s was skipped", text)
		}
	}
}

func TestADocumentOfSeveralNameSpaces(t *testing.T) {
	spaces := map[string]string{"u": "u:", "v": "w:"}
	for text, want := range map[string]string{
		`<a:d xmlns:a="u" xmlns="v" xmlns:x="z"><b a:k="1&amp;2" x:k="3" k="4" y:k="5"/><x:b><c/></x:b><a:b>t</a:b></a:d>`: "u:d u:d/w:b[u:k=1&2] u:d/u:b=t",
		`<d xmlns="z" xmlns:a="u"><a:b/><c/></d>`:                        "d d/u:b",
		`<a:d xmlns:a="u"><b xmlns="v"><c/></b><c xmlns="u"/></a:d>`:     "u:d u:d/w:b u:d/w:b/w:c u:d/u:c",
		`<a:d xmlns:a="u"><a:b xmlns:a="z"/><a:extLst/><b/></a:d>`:       "u:d u:d/u:extLst",
		`<a:d xmlns:a="v" xmlns:b="v"><b:c a:i="1" b:j="2"></b:c></a:d>`: "w:d w:d/w:c[w:i=1][w:j=2]",
	} {
		r, got := xmltoken.NewReaderOf(strings.NewReader(text), spaces), ""
		path := map[int]string{}
		for {
			token, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if token.Kind == xmltoken.Open {
				path[r.Depth()] = strings.TrimPrefix(path[r.Depth()-1]+"/"+string(r.Name()), "/")
				if got += " " + path[r.Depth()]; !r.Begins(path[r.Depth()]) {
					t.Errorf("%s: not at %s", text, path[r.Depth()])
				}
				for name, value := range r.Attributes() {
					got += fmt.Sprintf("[%s=%s]", name, value)
				}
			}
			if token.IsText() {
				got += "=" + string(token.Raw)
			}
		}
		if got = strings.TrimSpace(got); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestLineEndsAndWhiteSpaceAreThoseOfXML(t *testing.T) {
	for fill := range 30 { // the buffer ends at every place of the text
		filler := strings.Repeat("x", 64<<10-3-fill)
		r, got := xmltoken.NewReader(strings.NewReader("<a>"+filler+"1\r\n2\r3&#13;4\r\r\n&#xD83D;&#xDE00;é€😀<![CDATA[\r\n\r5]]></a>")), []byte(nil)
		for {
			token, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got = token.AppendText(got)
		}
		if want := filler + "1\n2\n3\r4\n\n😀é€😀\n\n5"; string(got) != want {
			t.Fatalf("%d: %q", fill, got[len(filler):])
		}
	}
	r := xmltoken.NewReader(strings.NewReader("<a b='1\r\n2\n3\t4&#10;5\r'/>"))
	if token, err := r.Next(); err != nil || token.Value("b") != "1 2 3 4\n5 " {
		t.Errorf("%q, %v", token.Value("b"), err)
	}
}
