package xmltoken_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

func TestWhatIsNoXMLIsFound(t *testing.T) {
	for _, good := range []string{
		"<a/>", "\ufeff<?xml version=\"1.0\"?>\n<!-- - --><a/>", "<a b='1' c=\"'\" d='>'>&lt;&#65;&#x1F600;</a >\n", "<x:a xmlns:x='u' x:b='1' b='2'><x:c/></x:a>",
		"<a xml:space='preserve'><![CDATA[<&]]]]><![CDATA[>]]></a>", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", "<_-1.b/>", "<a>]] ></a>",
		"<a xmlns='u'><extLst><x:b xmlns:x='v'><x:c/></x:b></extLst></a>", "<a><!-- a - b --><?p -- ?></a>",
	} {
		if err := xmltoken.WellFormed(strings.NewReader(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", " ", "a", "<a/><b/>", "<a/>b", "b<a/>", "<a>", "<a></b>", "</a>", "<a/></a>", "<a><b></a></b>", "<x:a></y:a>", "<a", "<a b/>", "<a b=c/>", "<a b='1'c='2'/>",
		"<a b='1' b='2'/>", "<a b='<'/>", "<a b='&'/>", "<a>&nbsp;</a>", "<a>&</a>", "<a>&#0;</a>", "<a>&#xD83D;</a>", "<a>\x00</a>", "<a>\xff</a>", "<a>\uffff</a>", "<a>]]></a>",
		"<x:a/>", "<a x:b='1'/>", "<a xmlns:x='u' xmlns:y='u' x:b='1' y:b='2'/>", "<1a/>", "<a 1b='1'/>", "<a:b:c xmlns:a='u'/>", "<a><!-- -- --></a>", "<a><!-- ---></a>",
		"<!DOCTYPE a><a/>", "<a><b xmlns:x='u'/><x:c/></a>", "<a></a b='1'>", "<![CDATA[a]]><a/>", "<a/><![CDATA[]]>", "<a>&#65</a>", "<></>", "<a b='1'/ >",
	} {
		for _, in := range []io.Reader{strings.NewReader(bad), iotest.OneByteReader(strings.NewReader(bad))} {
			if err := xmltoken.WellFormed(in); err == nil {
				t.Errorf("%q is taken for XML", bad)
			}
		}
	}
}

// FuzzWellFormedIsXML: what is taken for XML is XML for the standard library too.
func FuzzWellFormedIsXML(f *testing.F) {
	for _, s := range []string{"<a/>", "<a b='&#10;'><!-- c --><?d e?>]]&gt;</a>", "<x:a xmlns:x='u'><![CDATA[]]]]></x:a>", "<a xmlns='u'>\r\n</a>", "<_ e='ö'/>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if xmltoken.WellFormed(strings.NewReader(text)) != nil || strings.Contains(text, "<?") || text != strings.ToValidUTF8(text, "") {
			return // an instruction may declare an encoding that the library does not know
		}
		d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}
