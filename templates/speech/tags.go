package speech

import "strings"

// languageOf returns the language of a tag such as pt-BR, or nil if it is not known.
func languageOf(tag string) *language {
	tag = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(tag)), "_", "-")
	code, _, _ := strings.Cut(tag, "-")
	if code == "" {
		return nil
	}
	code = sameLanguage(code)
	var found *language
	for i := range languages {
		switch languages[i].code {
		// The whole tag is the better match: pt-pt has a pace of its own.
		case tag:
			return &languages[i]
		case code:
			found = &languages[i]
		}
	}
	return found
}

// sameLanguage returns the code of the table for another code of the same language.
func sameLanguage(code string) string {
	switch code {
	case "no", "nob", "nor":
		return "nb"
	case "nno":
		return "nn"
	case "iw":
		return "he"
	case "in":
		return "id"
	case "tl", "tgl":
		return "fil"
	case "cmn", "yue", "wuu", "zho":
		return "zh"
	case "mo":
		return "ro"
	case "sh":
		return "hr"
	}
	return code
}

// voiceLanguage returns the language tag in the id of a voice, such as en-GB-RyanNeural,
// cmn_CN_x or "Voice (sr-Latn-RS, SophieNeural)". It returns "" if there is none.
func voiceLanguage(voice string) string {
	for rest := voice; ; {
		i := strings.IndexFunc(rest, isASCIILetter)
		if i < 0 {
			return ""
		}
		rest = rest[i:]
		end := strings.IndexFunc(rest, func(r rune) bool { return !isASCIILetter(r) })
		if end < 0 {
			return ""
		}
		word := rest[:end]
		region, ok := regionAfter(rest[end:])
		// Names and models in an id look similar. A small code, a region behind it and a
		// known language together are safe.
		if ok && len(word) <= 3 && word == strings.ToLower(word) && languageOf(word) != nil {
			return word + "-" + region
		}
		rest = rest[end:]
	}
}

// regionAfter reads a region behind a language, such as GB or 419. A script may come in
// between.
func regionAfter(s string) (region string, ok bool) {
	if len(s) < 3 || s[0] != '-' && s[0] != '_' {
		return "", false
	}
	end := 1
	for end < len(s) && (isASCIILetter(rune(s[end])) || s[end] >= '0' && s[end] <= '9') {
		end++
	}
	region = s[1:end]
	switch {
	// Small letters are a region only if more follows. At the end they may be part of a
	// name.
	case len(region) == 2 && (region == strings.ToUpper(region) || end < len(s) && region == strings.ToLower(region)), region == "419":
		return region, true
	case len(region) == 4 && region[0] >= 'A' && region[0] <= 'Z':
		return regionAfter(s[end:])
	}
	return "", false
}

func isASCIILetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
