package sources_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/sources"
)

// repeated is a text of any length that compresses a thousandfold.
type repeated struct{ left int64 }

func (r *repeated) Read(b []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), r.left))
	for i := range b[:n] {
		b[i] = 'A'
	}
	r.left -= int64(n)
	return n, nil
}

// bomb returns a workbook with one part that expands to so many bytes.
func bomb(t *testing.T, part, head string, size int64, tail string) []byte {
	t.Helper()
	base := workbook{parts: map[string]string{part: ""}}.bytes(t)
	z, err := zip.NewReader(bytes.NewReader(base), int64(len(base)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestSpeed) })
	for _, f := range z.File {
		if err := w.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	p, err := w.Create(part)
	if err == nil {
		_, err = io.Copy(p, io.MultiReader(strings.NewReader(head), &repeated{left: size}, strings.NewReader(tail)))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// lie changes the length that the directory of a zip file declares for a part.
func lie(t *testing.T, b []byte, part string, size uint32) []byte {
	t.Helper()
	b = bytes.Clone(b)
	for at := 0; ; at++ {
		i := bytes.Index(b[at:], []byte("PK\x01\x02"))
		if i < 0 {
			t.Fatalf("no part %q", part)
		}
		at += i
		if n := int(binary.LittleEndian.Uint16(b[at+28:])); string(b[at+46:at+46+n]) == part {
			binary.LittleEndian.PutUint32(b[at+24:], size)
			return b
		}
	}
}

func TestBombsAreRefusedBeforeMemoryIsSpent(t *testing.T) {
	const gib = 1 << 30
	cell, end := `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>`, `</t></is></c></row></sheetData></worksheet>`
	sheet := bomb(t, "xl/worksheets/sheet1.xml", cell, gib, end)
	texts := bomb(t, "xl/sharedStrings.xml", "<sst><si><t>", 64<<20, "</t></si></sst>")
	styles := bomb(t, "xl/styles.xml", "<styleSheet><!--", 40<<20, "--></styleSheet>")
	many := map[string]string{}
	for i := range sources.MaxParts {
		many[fmt.Sprintf("x/%d", i)] = "x"
	}
	for name, data := range map[string][]byte{
		"sheet":          sheet,
		"texts":          texts,
		"styles":         styles,
		"any part":       bomb(t, "xl/media/x.bin", "", 2<<20, ""),
		"sheet, lying":   lie(t, sheet, "xl/worksheets/sheet1.xml", 900_000),
		"texts, lying":   lie(t, texts, "xl/sharedStrings.xml", 900_000),
		"styles, lying":  lie(t, styles, "xl/styles.xml", 900_000),
		"too many parts": workbook{parts: many}.bytes(t),
	} {
		t.Run(name, func(t *testing.T) {
			path := writeFile(t, "bomb.xlsx", data)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err := sources.Open(path, sources.Options{})
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			var fe *sources.FileError
			want := "ROW-TOO-LARGE"
			if strings.HasSuffix(name, "lying") {
				want = "ROW-DAMAGED"
			}
			if !errors.As(err, &fe) || fe.Code != want || fe.Hint == "" {
				t.Errorf("err = %v, want %s with a hint", err, want)
			}
			if spent := (after.TotalAlloc - before.TotalAlloc) >> 20; took > time.Second || spent > 32 {
				t.Errorf("took %v and %d MiB", took, spent)
			}
			if err := sources.WriteMarked(path, path+".marked.xlsx", sources.Options{}, nil); err == nil {
				t.Error("the bomb was copied")
			}
		})
	}
}

func TestAPartThatLiesOnlyToExcelizeIsRefusedByTheCopy(t *testing.T) {
	good := workbook{rows: texts(1, "a", "b") + texts(2, "1", "2"), parts: map[string]string{"xl/media/x.bin": strings.Repeat("x", 5000)}}.bytes(t)
	path := writeFile(t, "x.xlsx", lie(t, good, "xl/media/x.bin", 10))
	err := sources.WriteMarked(path, path+".marked.xlsx", sources.Options{}, []sources.Mark{{Row: 2, Column: 0, Message: "x"}})
	var fe *sources.FileError
	if !errors.As(err, &fe) || fe.Code != "ROW-DAMAGED" {
		t.Errorf("err = %v, want ROW-DAMAGED", err)
	}
}

func TestDamagedWorkbooksAreRefused(t *testing.T) {
	good := workbook{rows: texts(1, "name", "city") + texts(2, "Ada", strings.Repeat("Riga ", 50))}.bytes(t)
	flipped := bytes.Clone(good)
	at := bytes.Index(flipped, []byte("worksheets/sheet1.xml")) + 60
	flipped[at] ^= 0x55
	password := bytes.Clone(good)
	for i := range len(password) - 8 {
		if string(password[i:i+4]) == "PK\x01\x02" {
			password[i+8] |= 1
		}
	}
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"cut off":        {good[:len(good)/2], "ROW-DAMAGED"},
		"four bytes":     {good[:4], "ROW-DAMAGED"},
		"a flipped byte": {flipped, "ROW-DAMAGED"},
		"zip password":   {password, "ROW-ENCRYPTED"},
		"empty zip":      {[]byte("PK\x05\x06" + strings.Repeat("\x00", 18)), "ROW-FORMAT"},
	} {
		t.Run(name, func(t *testing.T) {
			var fe *sources.FileError
			_, err := sources.Open(writeFile(t, "x.xlsx", c.data), sources.Options{})
			if !errors.As(err, &fe) || fe.Code != c.code {
				t.Errorf("err = %v, want %s", err, c.code)
			}
		})
	}
}

func TestAWorkbookWithAPasswordIsNamed(t *testing.T) {
	f := excelize.NewFile()
	path := t.TempDir() + "/secret.xlsx"
	if err := f.SaveAs(path, excelize.Options{Password: "x"}); err != nil {
		t.Fatal(err)
	}
	var fe *sources.FileError
	if _, err := sources.Open(path, sources.Options{}); !errors.As(err, &fe) || fe.Code != "ROW-ENCRYPTED" {
		t.Errorf("err = %v, want ROW-ENCRYPTED", err)
	}
}

func TestATextTableThatGoesMissingIsNoticed(t *testing.T) {
	// The texts are read before the first row; a workbook that is deleted or
	// overwritten meanwhile cannot turn names into numbers.
	data := workbook{strings: "<si><t>name</t></si><si><t>Ada</t></si>", rows: cellsOf(1, `<c r="A1" t="s"><v>0</v></c>`) + cellsOf(2, `<c r="A2" t="s"><v>1</v></c>`)}.bytes(t)
	path := writeFile(t, "x.xlsx", data)
	r, err := sources.Open(path, sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if rows := readAll(t, r); len(rows) != 1 || rows[0].Cells[0] != "Ada" {
		t.Errorf("rows = %+v", rows)
	}
}
