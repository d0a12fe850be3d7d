package speech

// numerals holds the lengths of the words of numbers, in letters of the language with the
// space after them.
type numerals struct {
	digit, ten, teen, tens, joint float64 // "four", "ten", "fourteen", "forty", "und"
	aHundred, hundred, rest       float64 // 100 in all, the part that it adds to a digit, "and" after it
	aThousand, thousand, million  float64
	point, month, symbol          float64 // "point", "September", "percent"
}

// numeralsOf returns the numerals of a language. If it has none, it returns those of a
// language that counts alike, or the means of all.
//
// Source: the means over the number words that n2words 4.0.0 gives for 0 to 999, and over
// round thousands and millions; Chinese, Japanese and Korean by their sounds.
func numeralsOf(code string) *numerals {
	if like := countsLike(code); like != "" {
		code = like
	}
	for i := range allNumerals {
		if allNumerals[i].code == code {
			return &allNumerals[i].numerals
		}
	}
	return &allNumerals[0].numerals
}

// countsLike returns a language whose numbers are as long, or "". Only languages of one
// family are paired.
func countsLike(code string) string {
	switch code {
	case "pt-pt":
		return "pt"
	case "nn":
		return "nb"
	case "sk":
		return "cs"
	case "bs", "sl", "mk", "bg":
		return "hr"
	case "ca", "gl":
		return "es"
	case "af":
		return "nl"
	case "is":
		return "sv"
	case "jv", "su":
		return "id"
	case "ne", "si":
		return "hi"
	case "ml":
		return "ta"
	case "et":
		return "fi"
	case "uz", "kk":
		return "tr"
	case "lo":
		return "th"
	case "ps":
		return "fa"
	}
	return ""
}

// allNumerals lists the numerals. The first one, without a code, holds the means.
var allNumerals = [...]struct {
	code string
	numerals
}{
	{"", numerals{5, 5, 9, 8, 0, 7, 5, 0, 7, 6, 8, 7, 8, 7}},
	{"am", numerals{4.3, 4, 8.3, 3.9, 0, 7, 3, 0, 6, 2, 5, 7, 8, 7}},
	{"ar", numerals{5.4, 5, 9.2, 6.3, 1, 5, 2.5, 1, 4, 4.4, 6.4, 5, 6, 5}},
	{"az", numerals{5, 3, 8, 6.3, 0, 4, 4, 0, 4, 4, 7, 7, 8, 7}},
	{"bn", numerals{3.9, 3, 5.4, 5.5, -1.1, 6, 3, 0, 9, 6, 5.5, 7, 8, 7}},
	{"cs", numerals{4.9, 6, 8.7, 8.5, 0, 4, 4, 0, 6, 6.4, 8, 6, 7, 7}},
	{"da", numerals{4, 3, 7, 7.5, 1, 11, 8, 3, 9, 6, 10, 6, 7, 7}},
	{"de", numerals{5.3, 5, 8.1, 8, 1.9, 11, 7, -1, 11, 7, 10, 6, 7, 7}},
	{"el", numerals{5.2, 5, 9, 8.1, 0, 6, 4.8, 0, 6, 6, 12, 5, 10, 8}},
	{"en", numerals{5, 4, 8.4, 6.8, -1, 12, 8, 0, 13, 9, 8, 6, 7.5, 7}},
	{"es", numerals{5.3, 5, 8.1, 8.3, 1.6, 5, 6.5, 0, 4, 4, 9, 6, 8, 7}},
	{"fa", numerals{3.6, 3, 6.2, 4.8, 2, 3, 2.3, 2, 5, 5, 7, 7, 8, 7}},
	{"fi", numerals{7.1, 9, 13.1, 15.4, -1, 5, 5, 0, 6, 6, 9, 7, 9, 9}},
	{"fil", numerals{5.3, 6, 10.4, 8.9, 0.3, 12, 8.4, 0, 13, 9.4, 10.4, 7, 8, 7}},
	{"fr", numerals{5, 4, 7.1, 10.1, -1, 5, 6, -1, 6, 6, 9, 8, 7, 7}},
	{"gu", numerals{3.6, 3, 5, 5.5, -1.5, 6, 3, 0, 8, 5, 5.9, 7, 8, 7}},
	{"he", numerals{4.3, 4, 9.3, 6.3, 1, 4, 4.6, 0, 4, 6.3, 9, 5, 6, 5}},
	{"hi", numerals{3.6, 3, 5.9, 5.1, -1.6, 6, 3, 0, 9, 6, 5.5, 6, 6, 6}},
	{"hr", numerals{5.2, 6, 9.8, 9.5, 0, 4, 2.9, 0, 13, 7.3, 9, 7, 8, 7}},
	{"hu", numerals{5, 4, 10, 7.5, -0.8, 5, 3.8, -1, 5, 3.8, 5.8, 5, 9, 8}},
	{"id", numerals{5.9, 8, 11.6, 12, 0, 8, 6, 0, 7, 5, 5, 5, 8, 7}},
	{"it", numerals{5.2, 6, 9.1, 8.3, -1.2, 6, 5, -1, 6, 4, 8, 8, 8, 7}},
	{"ja", numerals{1.8, 2, 3.8, 3.8, 0, 2, 2, 0, 2, 2, 4, 2, 4, 5}},
	{"ka", numerals{5, 4, 8.8, 8.5, -0.1, 4, 2.3, -1, 6, 5, 8, 7, 8, 7}},
	{"kn", numerals{5.2, 6, 9, 8.3, -2, 10, 5, 0, 11, 6, 8, 7, 8, 7}},
	{"ko", numerals{1, 1, 2, 2, 0, 1, 1, 0, 1, 1, 2, 1, 2, 3}},
	{"lt", numerals{6.2, 7, 10.9, 13.8, 0, 14, 7, 0, 18, 12, 10, 7, 8, 7}},
	{"lv", numerals{6.1, 7, 12.2, 11.3, 0, 6, 6, 0, 10, 9, 8, 7, 8, 7}},
	{"mr", numerals{3.7, 4, 5.3, 5.3, 0, 8, 5, 0, 8, 5, 5.5, 7, 8, 7}},
	{"ms", numerals{5.7, 8, 11.3, 11.8, 0, 8, 6, 0, 7, 5, 5, 7, 8, 7}},
	{"nb", numerals{4, 3, 7, 6, -1, 10, 7, 3, 9, 6, 8, 6, 7, 7}},
	{"nl", numerals{5, 5, 8.2, 8, 1, 8, 7, -1, 8, 7, 8, 6, 8, 7}},
	{"pl", numerals{6.1, 9, 11.8, 13.8, 0, 4, 3.3, 0, 7, 8, 8.6, 9, 9, 7}},
	{"pt", numerals{5.1, 4, 7.6, 8.1, 2, 4, 5.5, 2, 4, 4, 8, 8, 8, 7}},
	{"ro", numerals{5, 5, 12.7, 9.1, 3, 7, 5.1, 0, 6, 4.1, 9.1, 7, 9, 7}},
	{"ru", numerals{5.6, 7, 11.9, 9.6, 0, 4, 3, 0, 12, 6.4, 9.6, 8, 8, 8}},
	{"sr", numerals{5.2, 6, 9.8, 9.5, 0, 4, 2.6, 0, 13, 7, 8, 7, 8, 7}},
	{"sv", numerals{4.2, 4, 6.8, 7, -1, 7, 7, 4, 6, 6, 7, 6, 7, 7}},
	{"sw", numerals{5, 5, 13, 8.5, 3, 9, 4, 0, 10, 5, 8, 7, 8, 7}},
	{"ta", numerals{6, 6, 9.8, 7.5, 0.4, 5, 2.3, 2, 11, 7, 8.5, 7, 8, 7}},
	{"te", numerals{5.8, 4, 8.9, 5.6, 0, 4, 6, 0, 10, 7, 4.8, 7, 8, 7}},
	{"th", numerals{4.3, 4, 7.2, 7.1, -1.1, 10, 4, -1, 9, 3, 4, 3, 8, 6}},
	{"tr", numerals{4.7, 3, 7.7, 6.1, 0, 4, 4, 0, 4, 4, 7, 6, 6, 6}},
	{"uk", numerals{5.6, 7, 12, 9.4, 0, 4, 2.6, 0, 12, 6.4, 9.6, 8, 8, 8}},
	{"ur", numerals{3.8, 3, 5.4, 4.5, -1.8, 7, 3, 0, 9, 5, 5.8, 7, 8, 7}},
	{"vi", numerals{4, 5, 9, 9, 0, 9, 5, 0, 10, 6, 6, 5, 8, 8}},
	{"zh", numerals{1, 1, 2, 2, 0, 2, 1, 0, 2, 1, 2, 1, 2, 2.5}},
}
