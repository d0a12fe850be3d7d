package sources_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"

	"github.com/reelmerge/reelmerge/sources"
)

// people are names and places as sheets have them, in the encodings that programs save
// them in without saying so.
func people() map[string][]string {
	return map[string][]string{
		"windows-1250":    {"Paweł Żółkiewski", "Małgorzata Dąbek", "Łukasz Wójcik", "Agnieszka Świątek", "Kraków", "Łódź", "Zażółć gęślą jaźń", "Grażyna Błaszczyk"},
		"windows-1250 cs": {"Jiří Dvořák", "Božena Němcová", "Kateřina Šťastná", "Tomáš Říha", "Plzeň", "Ústí nad Labem", "Žaneta Čechová", "Ondřej Kolář"},
		"windows-1250 hu": {"Győző Erdős", "Csűrös Ödön", "Szőke László", "Kőszegi Gergő", "Erzsébet Fűzfa", "Hódmezővásárhely", "Bíró Jenő", "Dezső Mátyás"},
		"windows-1250 ro": {"Ştefan Ionuţ", "Cătălin Rădulescu", "Mădălina Drăgan", "Constanţa", "Bucureşti", "Gheorghe Pătraşcu", "Târgovişte"},
		"windows-1250 hr": {"Đorđe Čupić", "Željko Božić", "Ćiro Blažević", "Šime Vrsaljko", "Branka Kovačević", "Čakovec", "Marija Jurić Zagorka"},
		"windows-1254":    {"Ayşe Yılmaz", "Çağrı Şahin", "İbrahim Güneş", "Işıl Çelik", "Oğuzhan Yıldırım", "Muğla", "Diyarbakır", "Eskişehir"},
		"windows-1257":    {"Žygimantas Ąžuolas", "Rūta Šėrė", "Eglė Stankevičiūtė", "Kęstutis Žilinskas", "Gintarė Žukauskienė", "Panevėžys", "Živilė Butkutė"},
		"windows-1257 lv": {"Jānis Bērziņš", "Līga Kalniņa", "Dāvis Krūmiņš", "Māris Ozoliņš", "Zane Liepiņa", "Rēzekne", "Ķekava", "Ģirts Āboliņš"},
		"windows-1251":    {"Анна Каренина", "Иван Петров", "Москва", "Екатеринбург", "Юлия Щербакова", "Сергей Жуков", "Нижний Новгород"},
		"windows-1251 uk": {"Олена Шевченко", "Київ", "Андрій Їжакевич", "Львів", "Євген Коваленко", "Чернігів"},
		"windows-1251 bg": {"Георги Димитров", "Пловдив", "Цветелина Ангелова", "Николай Христов", "Велико Търново"},
		"koi8-r":          {"Анна Каренина", "Иван Петров", "Москва", "Екатеринбург", "Юлия Щербакова"},
		"ibm866":          {"Анна Каренина", "Иван Петров", "Москва", "Екатеринбург", "Юлия Щербакова"},
		"windows-1253":    {"Γιώργος Παπαδόπουλος", "Ελένη Νικολάου", "Αθήνα", "Θεσσαλονίκη", "Κώστας Γεωργίου"},
		"windows-1255":    {"דוד כהן", "שרה לוי", "ירושלים", "תל אביב", "משה פרידמן"},
		"windows-1256":    {"محمد أحمد", "فاطمة علي", "القاهرة", "الرياض", "عبد الله حسن"},
		"windows-874":     {"สมชาย ใจดี", "กรุงเทพมหานคร", "เชียงใหม่", "วิชัย สุขใจ", "นภา ทองดี"},
		"big5":            {"陳大文", "林美玲", "王小明", "台北市", "張志豪", "李淑芬", "高雄市"},
		"gbk":             {"李雷", "韩梅梅", "王小明", "北京市", "张伟", "刘洋", "上海市"},
		"shift_jis":       {"田中太郎", "佐藤花子", "東京都", "鈴木一郎", "大阪市", "山本 ゆうこ"},
		"euc-kr":          {"김철수", "이영희", "박지민", "서울특별시", "최민준", "정수빈"},
		"windows-1252":    {"Jürgen Müller", "Köln", "Günther Groß", "Jörg Schäfer", "Düsseldorf", "Käthe Böhm"},
		"windows-1252 fr": {"Hélène Lefèvre", "François Côté", "Benoît Gaëtan", "Geneviève Fève", "Nîmes", "Irène Père"},
		"windows-1252 es": {"José Muñoz", "María Núñez", "Begoña Peña", "Íñigo Ibáñez", "A Coruña", "Logroño"},
		"windows-1252 pt": {"João Gonçalves", "Conceição Simões", "São Paulo", "Sebastião Brandão", "Inês Mendonça"},
		"windows-1252 da": {"Søren Kjær", "Jørgen Bæk", "Åse Ødegård", "Århus", "Tromsø", "Mårten Åkesson"},
		"macintosh":       {"Jürgen Müller", "Hélène Lefèvre", "José Muñoz", "Köln", "François Côté", "Düsseldorf"},
		"cp850":           {"Jürgen Müller", "Hélène Lefèvre", "Köln", "François Côté", "Düsseldorf", "Jörg Schäfer"},
		"iso-8859-2":      {"Paweł Żółkiewski", "Małgorzata Dąbek", "Łukasz Wójcik", "Agnieszka Świątek", "Šárka Ťopková", "Leoš Žák"},
	}
}

// encoded writes a sheet of names in an encoding.
func encoded(t testing.TB, name string, names []string) []byte {
	t.Helper()
	data, err := encodingNamed(name).NewEncoder().Bytes([]byte("id;value\n" + "r" + strings.Join(names, "\nr") + "\n"))
	if err != nil {
		t.Fatal(name, err)
	}
	return []byte(strings.ReplaceAll(string(data), "\nr", "\nr;"))
}

func encodingNamed(name string) encoding.Encoding {
	switch name {
	case "cp850":
		return charmap.CodePage850
	case "cp852":
		return charmap.CodePage852
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		panic(err)
	}
	return enc
}

// values reads the second column of a sheet.
func values(data []byte, o sources.Options) (read []string, notices []sources.Notice, err error) {
	r, err := sources.OpenReader("x.csv", strings.NewReader(string(data)), o)
	if err != nil {
		return nil, nil, err
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return read, r.Notices(), nil
		}
		if err != nil {
			return nil, nil, err
		}
		read = append(read, row.Cells[1])
	}
}

// TestASheetOfNamesIsReadAsItsCodePage: with half a dozen names there is no doubt.
func TestASheetOfNamesIsReadAsItsCodePage(t *testing.T) {
	for key, names := range people() {
		page, _, _ := strings.Cut(key, " ")
		read, notices, err := values(encoded(t, page, names), sources.Options{})
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		if strings.Join(read, "|") != strings.Join(names, "|") {
			t.Errorf("%s: read as %q", key, read)
		}
		if len(notices) != 1 || notices[0].Code != "ROW-ENCODING-GUESSED" {
			t.Errorf("%s: %+v", key, notices)
		}
	}
}

// TestAWrongGuessIsAQuestion takes a few of the names at a time: each sheet is read right,
// or it is a question with its own reading among the answers, and the answer reads it.
func TestAWrongGuessIsAQuestion(t *testing.T) {
	rng := rand.New(rand.NewSource(7))
	questions, right := 0, 0
	for key, names := range people() {
		page, _, _ := strings.Cut(key, " ")
		for range 15 {
			var some []string
			for range 1 + rng.Intn(3) {
				some = append(some, names[rng.Intn(len(names))])
			}
			data := encoded(t, page, some)
			read, _, err := values(data, sources.Options{})
			var fe *sources.FileError
			switch {
			case err == nil && strings.Join(read, "|") == strings.Join(some, "|"):
				right++
			case err == nil:
				t.Errorf("%s: %q read as %q without a question", key, some, read)
			case !errors.As(err, &fe) || fe.Code != "ROW-ENCODING-UNKNOWN" || fe.Hint == "":
				t.Errorf("%s: %q: %v", key, some, err)
			default:
				questions++
			}
		}
	}
	if questions == 0 || right < questions {
		t.Errorf("%d questions, %d read", questions, right)
	}
}

// TestAQuestionShowsBothReadings of the same cell, with the words that answer it.
func TestAQuestionShowsBothReadings(t *testing.T) {
	for _, c := range []struct {
		name, page, value string
		cell              string
		readings, answers []string
	}{
		{"Turkish or Icelandic", "windows-1254", "Aydın", "B3", []string{`"Aydın"`, `"Aydýn"`}, []string{"windows-1254", "windows-1252"}},
		{"Hungarian or Portuguese", "windows-1250", "Erdős", "B3", []string{`"Erdős"`, `"Erdõs"`}, []string{"windows-1250", "windows-1252"}},
		{"Slovene or French", "windows-1250", "Kač", "B3", []string{`"Kač"`, `"Kaè"`}, []string{"windows-1250", "windows-1252"}},
		{"one Japanese name", "shift_jis", "榎本", "B3", []string{`"榎本"`}, []string{"shift_jis"}},
		{"one Korean name", "euc-kr", "달", "B3", []string{`"달"`}, []string{"euc-kr"}},
	} {
		data := []byte(strings.Replace(string(encoded(t, c.page, []string{"XX", c.value})), "XX", "Ada", 1))
		for _, in := range []string{"a file", "a pipe"} {
			var err error
			if in == "a file" {
				_, err = sources.Open(writeFile(t, "x.csv", data), sources.Options{})
			} else {
				_, _, err = values(data, sources.Options{})
			}
			var fe *sources.FileError
			if !errors.As(err, &fe) || fe.Code != "ROW-ENCODING-UNKNOWN" || fe.Cell != c.cell || fe.Row != 3 {
				t.Errorf("%s from %s: %+v", c.name, in, err)
				continue
			}
			for _, want := range c.readings {
				if !strings.Contains(fe.Message, want) {
					t.Errorf("%s: %q does not show %s", c.name, fe.Message, want)
				}
			}
			for _, want := range c.answers {
				if !strings.Contains(fe.Hint, want) {
					t.Errorf("%s: %q does not name %s", c.name, fe.Hint, want)
				}
			}
		}
		read, _, err := values(data, sources.Options{Encoding: c.page})
		if err != nil || read[1] != c.value {
			t.Errorf("%s: with the answer %q, %v", c.name, read, err)
		}
	}
}

// TestWhatAllCodePagesReadAlikeIsNoQuestion: umlauts stand in the same place in most.
func TestWhatAllCodePagesReadAlikeIsNoQuestion(t *testing.T) {
	for _, c := range []struct{ page, value string }{
		{"windows-1250", "Müller"}, {"windows-1252", "Jäger"}, {"windows-1254", "Özgür"}, {"windows-1257", "Jürgens"}, {"iso-8859-2", "Größe"},
		{"windows-1252", "5 €"}, {"windows-1250", "12 °C"}, {"windows-1252", "Ada’s"}, {"windows-1252", "ACME®"}, {"windows-1252", "André"},
	} {
		if read, notices, err := values(encoded(t, c.page, []string{c.value}), sources.Options{}); err != nil || read[0] != c.value || len(notices) != 1 {
			t.Errorf("%s %q: %q, %v, %v", c.page, c.value, read, notices, err)
		}
	}
}

// TestUnicodeIsNeverAQuestion: bytes that are UTF-8 or UTF-16 are nothing else.
func TestUnicodeIsNeverAQuestion(t *testing.T) {
	wide := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	for key, names := range people() {
		text := "id;value\nr;" + strings.Join(names, "\nr;") + "\n"
		utf16, err := wide.NewEncoder().Bytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for form, data := range map[string][]byte{"UTF-8": []byte(text), "UTF-8 with a mark": []byte("\ufeff" + text), "UTF-16": utf16} {
			read, notices, err := values(data, sources.Options{})
			if err != nil || len(notices) > 0 || strings.Join(read, "|") != strings.Join(names, "|") {
				t.Errorf("%s as %s: %q, %v, %v", key, form, read, notices, err)
			}
		}
	}
}

// TestTheNextReadingIsShown checks that a guess shows the second likeliest reading.
func TestTheNextReadingIsShown(t *testing.T) {
	_, notices, err := values(encoded(t, "windows-1252", []string{"Jürgen Müller", "Irène Lefèvre", "José Muñoz"}), sources.Options{})
	if err != nil || len(notices) != 1 || !strings.Contains(notices[0].Hint, "windows-1250") || !strings.Contains(notices[0].Hint, "Irčne") {
		t.Errorf("%+v, %v", notices, err)
	}
}

// TestNamesBeyondTheSampleCount: the letters of a large file may come late.
func TestNamesBeyondTheSampleCount(t *testing.T) {
	names := append(strings.Split(strings.Repeat("Ada Lovelace,", 120_000), ",")[:120_000], people()["windows-1250"]...)
	data := encoded(t, "windows-1250", names)
	r, err := sources.Open(writeFile(t, "late.csv", data), sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := readAll(t, r)
	if got := rows[len(rows)-8].Cells[1]; got != "Paweł Żółkiewski" {
		t.Errorf("read as %q", got)
	}
	names = append(names[:120_000], "Erdős")
	_, err = sources.Open(writeFile(t, "question.csv", encoded(t, "windows-1250", names)), sources.Options{})
	var fe *sources.FileError
	if !errors.As(err, &fe) || fe.Cell != "B120002" {
		t.Errorf("%v", err)
	}
}

// TestAGuessTakesNoTime: as much evidence as is looked at, in the time of a blink.
func TestAGuessTakesNoTime(t *testing.T) {
	var data strings.Builder
	data.WriteString("id;value\n")
	for i := range 300_000 {
		fmt.Fprintf(&data, "%d;M\xfcller %d \xe8\xf0\xe9\n", i, i)
	}
	start := time.Now()
	_, _, err := values([]byte(data.String()), sources.Options{})
	var fe *sources.FileError
	if took := time.Since(start); took > 3*time.Second || err != nil && !errors.As(err, &fe) {
		t.Errorf("%v, %v", took, err)
	} else {
		t.Log(took)
	}
}

// FuzzGuess holds any bytes to this: a text, or a question that can be answered.
func FuzzGuess(f *testing.F) {
	for key, names := range people() {
		page, _, _ := strings.Cut(key, " ")
		f.Add(encoded(f, page, names))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _, err := values(append([]byte("id;value\nr;"), data...), sources.Options{})
		var fe *sources.FileError
		if err != nil && (!errors.As(err, &fe) || fe.Code == "" || fe.Message == "") {
			t.Fatal(err)
		}
	})
}
