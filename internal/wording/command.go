package wording

import (
	"runtime"
	"strings"
)

// Command returns a command line to copy. It is not ok when a word cannot be
// typed exactly: a command with another word would do something else.
func Command(words ...string) (line string, ok bool) {
	quoted := make([]string, len(words))
	for i, word := range words {
		if !Typable(word) {
			return "", false
		}
		quoted[i] = ShellWord(word)
	}
	return strings.Join(quoted, " "), true
}

// Typable reports whether a word can be typed exactly as it is, on a command line
// of this system.
func Typable(word string) bool {
	_, hidden := Untypable(word)
	return !hidden && (runtime.GOOS != "windows" || windowsTypable(word))
}

// windowsTypable refuses what cmd and PowerShell take in different ways, in
// quotes as well.
func windowsTypable(word string) bool { return !strings.ContainsAny(word, "\"%$`") }

// Flag returns the words that give a flag a value, also one that looks like a
// flag itself.
func Flag(name, value string) []string {
	if strings.HasPrefix(value, "-") {
		return []string{name + "=" + value}
	}
	return []string{name, value}
}

// ShellWord quotes a word where a shell would not take it for one. It does not
// ask whether the word is [Typable].
func ShellWord(word string) string {
	if runtime.GOOS == "windows" {
		return windowsWord(word)
	}
	if word != "" && word[0] != '=' && !strings.ContainsAny(word, " \t\r\n\"'$&()*;<>?[]^`{|}~!#%\\") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// windowsWord quotes for cmd and PowerShell. A backslash before the last quote
// would take it along.
func windowsWord(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\"'$&()*;<>?[]^`{|}~!#%,@=") {
		return word
	}
	tail := word[len(strings.TrimRight(word, `\`)):]
	return `"` + word + tail + `"`
}

// SetVariable returns the line by which a person sets an environment variable in the shell
// of a system: PowerShell on Windows, unless the variables say that it is Git's bash there.
func SetVariable(name, value, system string, getenv func(string) string) string {
	if system == "windows" && getenv("MSYSTEM") == "" {
		return "$env:" + name + ` = "` + value + `"`
	}
	return "export " + name + "=" + value
}

// Shown returns a command line to copy in which "…" stands for each word that cannot
// be typed exactly.
func Shown(words ...string) string {
	shown := make([]string, len(words))
	for i, word := range words {
		if shown[i] = word; !Typable(word) {
			shown[i] = "…"
		}
	}
	line, _ := Command(shown...)
	return line
}

// Hidden names the character for which a word cannot be typed.
func Hidden(word string) string {
	r, found := Untypable(word)
	if !found {
		return "a quote" // which only Windows cannot be given
	}
	return Character(r)
}
