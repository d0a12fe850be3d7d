package reelmerge_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/font/gofont/gobold"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine"
)

// plant makes a campaign of 600 good rows, and ten with a fault of their own.
func plant(t *testing.T) (f folder, faulty map[string]string) {
	t.Helper()
	f = folder{t, t.TempDir()}
	f.write("bold.ttf", string(gobold.TTF))
	f.write("t.json", `{"operation": "colossyan/video-job", "language": "en",
 "boxes": [{"name": "title", "track": "/scenes/0/tracks/1", "font": "bold.ttf", "size": 60}],
 "variables": {"first": {"type": "string"}, "middle": {"type": "string", "optional": true}, "last": {"type": "string"}, "city": {"type": "string"},
  "picture": {"type": "string"}, "amount": {"type": "string"}, "note": {"type": "string", "optional": true}},
 "request": {"videoCreative": {"settings": {"name": "x", "videoSize": {"width": 1920, "height": 1080}}, "scenes": [
  {"name": "hello", "tracks": [
   {"type": "actor", "actor": "karen", "speakerId": "en-GB-RyanNeural", "position": {"x": 0, "y": 0}, "size": {"width": 900, "height": 1080}, "text": "Hello {first} {middle} {last} from {city}. You saved {amount}. {note}"},
   {"type": "text", "text": "{first} {last}", "position": {"x": 900, "y": 100}, "size": {"width": 800, "height": 160}}]},
  {"name": "city", "duration": 8000, "tracks": [
   {"type": "image", "imageUrl": "{picture}", "position": {"x": 0, "y": 0}, "size": {"width": 1920, "height": 1080}, "startTimeGap": 0, "endTimeGap": 0},
   {"type": "actor", "actor": "karen", "speakerId": "en-GB-RyanNeural", "position": {"x": 0, "y": 0}, "size": {"width": 900, "height": 1080}, "text": "We open a new shop in {city}, {first}."}]}]}}}`)
	f.write("c.yaml", "rows: {file: rows.csv, key: id}\ntemplate: t.json\noutput: {dir: out}\n")
	rows := [][]string{{"id", "first", "middle", "last", "city", "picture", "amount", "note"}}
	first, last, city := []string{"Ada", "Grace", "Linus", "Maria", "Paul"}, []string{"Smith", "Jones", "Miller"}, []string{"Bonn", "Paris", "Rome", "Lisbon"}
	for i := range 600 {
		rows = append(rows, []string{fmt.Sprintf("k%03d", i), first[i%5], last[i%3], last[i/3%3], city[i%4], fmt.Sprintf("https://cdn.example.com/%d.jpg", i), fmt.Sprintf("%d euros", 10+i%80), "Thank you."})
	}
	faulty = map[string]string{}
	change := func(row, column int, value, fault string) {
		rows[row][column] = value
		faulty[rows[row][0]] = fault
	}
	change(50, 3, "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh the younger of Longtown", "too long for its box")
	change(99, 3, "Llanfairpwllgwyngyllgogerychwyrndrobwll", "a word wider than its box")
	change(150, 1, "Zoë 😀", "an emoji in a script")
	change(210, 2, "", "an empty middle name")
	change(260, 4, "the old part of Llanfairpwllgwyngyll, behind the station, next to the church and the market, where the river is", "a scene cut short")
	change(310, 5, "https://other.example.org/cat.gif?x=1", "the wrong picture")
	change(360, 1, "MARGARET", "capitals")
	change(410, 4, "N/A", "a filler")
	change(470, 6, "1234567 euros", "a long number")
	change(530, 7, strings.Repeat("We are very happy that you are with us. ", 8), "far longer than the others")
	file, err := os.Create(filepath.Join(f.path, "rows.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := csv.NewWriter(file).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return f, faulty
}

// TestTheRiskiestRowsHaveEveryPlantedFault: of 600 rows the twelve that are shown have all
// ten faults.
func TestTheRiskiestRowsHaveEveryPlantedFault(t *testing.T) {
	f, faulty := plant(t)
	shown, err := f.sandbox().Preview(t.Context(), reelmerge.PreviewOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(shown.Rows) != 12 {
		t.Errorf("%d rows are shown", len(shown.Rows))
	}
	for _, row := range shown.Rows {
		t.Logf("row %d: %q %q", row.Row, faulty[row.Key], row.Why)
		if len(row.Why) == 0 || len(row.Scenes) != 2 {
			t.Errorf("row %d: %d scenes, chosen for %q", row.Row, len(row.Scenes), row.Why)
		}
		delete(faulty, row.Key)
	}
	for key, fault := range faulty {
		t.Errorf("%s is not shown: %s", key, fault)
	}
	if page, err := os.ReadFile(shown.File); err != nil || !strings.Contains(string(page), "Storyboard of c") {
		t.Error("there is no page: ", err)
	}
}

// TestWhatIsShownIsWhatIsSent: the fingerprint of a row in the storyboard is that of the entry
// that a run makes of it, and so is the price.
func TestWhatIsShownIsWhatIsSent(t *testing.T) {
	f := newFolder(t, "1,Ada\n2,Grace\n")
	before, err := f.sandbox().Preview(t.Context(), reelmerge.PreviewOptions{Keys: []string{"2", "row 2"}, Page: filepath.Join(f.path, "two.html")})
	if err != nil {
		t.Fatal(err)
	}
	run(t, f.sandbox(), reelmerge.RunOptions{})
	var keys []string
	for _, row := range before.Rows {
		keys = append(keys, row.Key)
		story, err := f.sandbox().Row(t.Context(), row.Key)
		if err != nil {
			t.Fatal(err)
		}
		if got := story.Fingerprint.String(); got != row.Fingerprint || row.Cost == nil || row.Cost.Likely == nil || *row.Cost.Likely != story.Estimate.Likely {
			t.Errorf("row %s: shown as %s for %+v, sent as %s for %+v", row.Key, row.Fingerprint, row.Cost, got, story.Estimate)
		}
	}
	if !slices.Equal(keys, []string{"2", "1"}) {
		t.Errorf("shown: %q", keys)
	}
	if _, err := f.sandbox().Preview(t.Context(), reelmerge.PreviewOptions{Keys: []string{"3"}}); err == nil || !strings.Contains(err.Error(), `no row has the key "3"`) {
		t.Error(err)
	}
}

// TestNamesAreSpokenAsTheSheetSays: the script of the storyboard, which is that of the
// request, has the spoken form, the screen has the written one, and no advice is given about
// how the written one would sound.
func TestNamesAreSpokenAsTheSheetSays(t *testing.T) {
	f := folder{t, t.TempDir()}
	f.write("rows.csv", "id,name,Sounds like\n1,J. Nguyễn,Jay Nwin\n2,Ada,\n3,K. Smith,\n")
	f.write("c.yaml", "rows: {file: rows.csv, key: id}\ntemplate: t.json\noutput: {dir: out}\n")
	f.write("t.json", `{"operation": "colossyan/video-job", "language": "en", "variables": {"name": {"type": "string", "say": "Sounds like"}},
 "request": {"videoCreative": {"settings": {"videoSize": {"width": 1920, "height": 1080}, "name": "x"}, "scenes": [{"name": "one", "tracks": [
  {"type": "actor", "actor": "karen", "speakerId": "en-GB-RyanNeural", "text": "Hello {name}.", "position": {"x": 0, "y": 0}, "size": {"width": 900, "height": 1080}},
  {"type": "text", "text": "{name}", "position": {"x": 900, "y": 0}, "size": {"width": 700, "height": 80}, "startTimeGap": 0, "endTimeGap": 0}]}]}}}`)
	shown, err := f.sandbox().Preview(t.Context(), reelmerge.PreviewOptions{Keys: []string{"1", "2", "3"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range shown.Rows {
		line := row.Scenes[0].Script + " / " + row.Scenes[0].Elements[1].Says
		for _, s := range row.Spoken {
			line += " [" + s.Variable + ": " + s.Written + " = " + s.Spoken + "]"
		}
		for _, p := range row.Problems {
			line += " " + p.Code
		}
		got = append(got, line)
	}
	if want := []string{"Hello Jay Nwin. / J. Nguyễn [name: J. Nguyễn = Jay Nwin]", "Hello Ada. / Ada", "Hello K. Smith. / K. Smith VAR-INITIALS"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestAFaultOfASpokenFormIsAmongTheRisks: names are as good as any, and what is wrong is in
// a column that is not seen on the screen.
func TestAFaultOfASpokenFormIsAmongTheRisks(t *testing.T) {
	f := folder{t, t.TempDir()}
	rows := "id,name,Sounds like\n"
	faulty := map[int]string{77: "n/a", 150: "NGUYEN 2", 240: "Ay-da 😀"}
	for i := range 300 {
		said := []string{"", "Ay-da", "Gras", "Lee-nus"}[i%4]
		if fault := faulty[i]; fault != "" {
			said = fault
		}
		rows += fmt.Sprintf("k%03d,%s,%s\n", i, []string{"Ada", "Grace", "Linus"}[i%3], said)
	}
	f.write("rows.csv", rows)
	f.write("c.yaml", "rows: {file: rows.csv, key: id}\ntemplate: t.json\noutput: {dir: out}\n")
	f.write("t.json", `{"operation": "colossyan/video-job", "language": "en", "variables": {"name": {"type": "string", "say": "Sounds like"}},
 "request": {"videoCreative": {"settings": {"videoSize": {"width": 1920, "height": 1080}, "name": "x"}, "scenes": [{"name": "one", "tracks": [
  {"type": "actor", "actor": "karen", "speakerId": "en-GB-RyanNeural", "text": "Hello {name}.", "position": {"x": 0, "y": 0}, "size": {"width": 900, "height": 1080}}]}]}}}`)
	shown, err := f.sandbox().Preview(t.Context(), reelmerge.PreviewOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range shown.Rows {
		for i := range faulty {
			if row.Key == fmt.Sprintf("k%03d", i) {
				delete(faulty, i)
			}
		}
	}
	if len(faulty) > 0 {
		t.Errorf("not shown: %v", faulty)
	}
}

// TestTheRiskiestRowsAreSentFirst: of 600 rows that are to be sent, the first three are risky.
func TestTheRiskiestRowsAreSentFirst(t *testing.T) {
	f, faulty := plant(t)
	var sent []string
	_, err := f.sandbox().Run(t.Context(), reelmerge.RunOptions{Canary: 3, Risk: true, Limit: 3, SkipProblems: true, Happened: func(h engine.Happening) {
		if h.What == engine.Intended {
			sent = append(sent, h.Entry.Key)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(sent) < 3 {
		t.Fatalf("sent: %q", sent)
	}
	for _, key := range sent[:3] {
		if faulty[key] == "" {
			t.Errorf("%s was sent among the first", key)
		}
	}
}
