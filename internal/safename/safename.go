// Package safename turns texts of a customer's sheet into file names that every file
// system accepts.
//
// A key can contain anything: a slash, a name that Windows reserves for a device, a mark
// that changes the direction of writing. [Clean] makes one portable name of it, and
// [Fold] tells which names are the same file on some system.
package safename

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Longest is the most bytes of a name. File systems allow 255; the rest is left for
// folders on Windows, temporary suffixes and sync programs.
const Longest = 120

// longestExtension is the longest extension, with its dot, that is kept when a name is
// cut.
const longestExtension = 9

// Fill puts a row's key and number into a pattern such as "{key}.mp4" and
// returns a clean name. Where that is too long, the key is cut, so that the row's
// number still tells the names apart. Braces inside a key are left alone.
func Fill(pattern, key string, row int) string {
	name := fill(pattern, key, row)
	if isPlain(name) {
		return name
	}
	key = printable(key)
	for places := max(1, strings.Count(pattern, "{key}")); key != ""; {
		stem, extension := tidy(fill(pattern, key, row))
		over := len(stem) + len(extension) - Longest
		if over <= 0 {
			break
		}
		key = cut(key, max(0, len(key)-(over+places-1)/places))
	}
	return Clean(fill(pattern, key, row))
}

// fill puts the key and the number into the pattern as they are.
func fill(pattern, key string, row int) string {
	// Most patterns have a key, and nothing else that differs.
	if before, after, found := strings.Cut(pattern, "{key}"); found && strings.IndexByte(before, '{') < 0 && strings.IndexByte(after, '{') < 0 {
		return before + key + after
	}
	var name strings.Builder
	name.Grow(len(pattern) + len(key))
	for {
		before, rest, found := strings.Cut(pattern, "{")
		name.WriteString(before)
		switch after, isKey := strings.CutPrefix(rest, "key}"); {
		case !found:
			return name.String()
		case isKey:
			name.WriteString(key)
			pattern = after
		case strings.HasPrefix(rest, "row}"):
			name.WriteString(strconv.Itoa(row))
			pattern = rest[len("row}"):]
		default:
			name.WriteByte('{')
			pattern = rest
		}
	}
}

// Clean returns a name that is valid and means the same file on Linux, macOS and
// Windows: composed Unicode without controls, separators, bidirectional marks
// and <>:"|?*, no device name, no dot or space at its ends, at most [Longest]
// bytes. It is pure, never empty, and leaves a clean name as it is.
func Clean(name string) string {
	if isPlain(name) {
		return name
	}
	for {
		next := clean(name)
		if next == name {
			return name
		}
		name = next // cutting can bring a dot to the end: what is left is cleaned again
	}
}

func clean(name string) string {
	stem, extension := tidy(name)
	stem = strings.TrimRight(cut(stem, Longest-len(extension)), " .")
	switch {
	case stem == "":
		stem = "_"
	case isDevice(stem):
		stem = "_" + stem
	}
	return stem + extension
}

// tidy removes from a name the characters that no file name should have, and splits it in
// two.
func tidy(name string) (stem, extension string) {
	stem, extension = split(strings.TrimRight(printable(name), " ."))
	return strings.Trim(stem, " ."), extension
}

func printable(name string) string {
	return norm.NFC.String(strings.Map(portable, norm.NFC.String(name)))
}

// Numbered returns the n-th other name for a clean one: "C-1-2.mp4" for
// "C-1.mp4". The number stays when the name has to be cut.
func Numbered(name string, n int) string {
	stem, extension := split(name)
	number := "-" + strconv.Itoa(n)
	return Clean(cut(stem, Longest-len(extension)-len(number)) + number + extension)
}

// IsNumbered reports whether a file has the name, or one that [Numbered] makes of
// it.
func IsNumbered(name, file string) bool {
	stem, _ := split(file)
	n, err := strconv.Atoi(stem[strings.LastIndexByte(stem, '-')+1:])
	return file == name || err == nil && n > 1 && file == Numbered(name, n)
}

// portable maps characters that no file name should have to nothing, and any white space
// to a plain space.
func portable(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case r == utf8.RuneError || !unicode.IsGraphic(r) || strings.ContainsRune(`<>:"/\|?*`, r):
		return -1
	}
	return r
}

// split cuts the extension off, if it looks like one.
func split(name string) (stem, extension string) {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || len(name)-dot > longestExtension {
		return name, ""
	}
	for _, r := range name[dot+1:] {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return name, ""
		}
	}
	return name[:dot], name[dot:]
}

// cut keeps at most so many bytes of whole characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// longestDevice is how many bytes the longest of the names below has, CONOUT$.
const longestDevice = 7

// isDevice reports whether Windows takes the name for a device, with any extension.
func isDevice(name string) bool {
	base, _, _ := strings.Cut(name, ".")
	base = strings.TrimRight(base, " ")
	if len(base) > longestDevice {
		return false
	}
	base = strings.ToUpper(base)
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	port, ok := strings.CutPrefix(base, "COM")
	if !ok {
		port, ok = strings.CutPrefix(base, "LPT")
	}
	return ok && utf8.RuneCountInString(port) == 1 && strings.Contains("0123456789¹²³", port)
}

// Fold returns the same text for two names that some file system takes for one:
// those that differ in case, or in how an accent is written.
func Fold(name string) string { return string(AppendFold(nil, name)) }

// AppendFold appends what [Fold] returns, without other memory for names in ASCII.
func AppendFold(dst []byte, name string) []byte {
	if isASCII(name) {
		for i := range len(name) {
			b := name[i]
			if 'A' <= b && b <= 'Z' {
				b += 'a' - 'A'
			}
			dst = append(dst, b)
		}
		return dst
	}
	folded := cases.Fold().String(norm.NFD.String(name))
	return append(dst, norm.NFC.String(strings.Map(upperCherokee, folded))...)
}

// upperCherokee makes one of the two cases that [cases.Fold] puts each for the
// other.
func upperCherokee(r rune) rune {
	if unicode.Is(unicode.Cherokee, r) {
		return unicode.ToUpper(r)
	}
	return r
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isPlain reports whether a name is short, made of letters, digits, dashes and
// underscores with one dot before its extension, and no device's: most are, and
// need no cleaning.
func isPlain(name string) bool {
	stem, extension := split(name)
	if stem == "" || len(name) > Longest || isDevice(stem) || len(extension) == 1 {
		return false
	}
	for i := range len(stem) {
		if !isPlainByte(stem[i]) {
			return false
		}
	}
	for i := 1; i < len(extension); i++ {
		if !isPlainByte(extension[i]) {
			return false
		}
	}
	return true
}

func isPlainByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '-' || b == '_'
}
