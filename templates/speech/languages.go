package speech

// measured is a pace in letters per second, spaces included. low and high are the range of
// the measurements, n the number of recordings or voices.
type measured struct {
	pace, low, high float64
	n               int
}

// language is a language that voices speak. Its pace counts its own letters: a Latin letter
// in English, a character in Chinese, a mora in Japanese, a syllable block in Korean.
type language struct {
	code string
	measured
	native script // the script the pace is about
}

// languages lists the paces of neural voices at their normal rate. n is the number of
// voices in the range. The pace is the mean of all recordings where there are many;
// otherwise it comes from one sentence that each voice said.
//
// Source: 12,672 public recordings of texts with known wording, decoded and measured in
// November 2026, without pauses and lead.
var languages = [...]language{
	{"af", measured{20.3, 18.7, 22.0, 2}, alphabet},    // Afrikaans
	{"am", measured{11.3, 11.3, 11.3, 2}, alphabet},    // Amharic
	{"ar", measured{13, 10.7, 17.0, 30}, semitic},      // Arabic
	{"az", measured{17.7, 17.7, 17.8, 2}, alphabet},    // Azerbaijani
	{"bg", measured{17.1, 16.4, 17.9, 2}, alphabet},    // Bulgarian
	{"bn", measured{19.6, 17.6, 20.3, 4}, indic},       // Bangla
	{"bs", measured{17.9, 17.8, 18.0, 2}, alphabet},    // Bosnian
	{"ca", measured{17.4, 16.9, 17.9, 2}, alphabet},    // Catalan
	{"cs", measured{18, 15.2, 20.4, 2}, alphabet},      // Czech
	{"cy", measured{18.3, 17.0, 19.6, 2}, alphabet},    // Welsh
	{"da", measured{20, 19.0, 23.8, 1}, alphabet},      // Danish
	{"de", measured{20, 17.7, 23.3, 8}, alphabet},      // German
	{"el", measured{20.6, 20.4, 20.8, 2}, alphabet},    // Greek
	{"en", measured{18, 15.5, 28.0, 43}, alphabet},     // English
	{"es", measured{20, 16.8, 24.0, 42}, alphabet},     // Spanish
	{"et", measured{16.7, 16.2, 17.3, 2}, alphabet},    // Estonian
	{"fa", measured{20.1, 19.1, 21.0, 2}, semitic},     // Persian
	{"fi", measured{17.5, 17.3, 17.7, 1}, alphabet},    // Finnish
	{"fil", measured{19.2, 18.2, 20.2, 2}, alphabet},   // Filipino
	{"fr", measured{23, 20.9, 28.1, 10}, alphabet},     // French
	{"ga", measured{21.7, 20.0, 23.4, 2}, alphabet},    // Irish
	{"gl", measured{18.9, 17.7, 20.1, 2}, alphabet},    // Galician
	{"gu", measured{12.7, 12.4, 13.1, 2}, indic},       // Gujarati
	{"he", measured{12.5, 12.4, 12.6, 1}, semitic},     // Hebrew
	{"hi", measured{15.5, 13.4, 17.5, 2}, indic},       // Hindi
	{"hr", measured{16.7, 16.2, 17.2, 2}, alphabet},    // Croatian
	{"hu", measured{18.5, 17.9, 18.8, 1}, alphabet},    // Hungarian
	{"id", measured{20, 16.8, 23.9, 2}, alphabet},      // Indonesian
	{"is", measured{18.1, 18.1, 21.9, 1}, alphabet},    // Icelandic
	{"it", measured{18.5, 17.4, 19.0, 3}, alphabet},    // Italian
	{"ja", measured{10, 8.7, 10.9, 3}, kana},           // Japanese
	{"jv", measured{18.7, 17.4, 20.0, 2}, alphabet},    // Javanese
	{"ka", measured{15.8, 15.6, 16.1, 2}, alphabet},    // Georgian
	{"kk", measured{21.2, 20.5, 21.9, 2}, alphabet},    // Kazakh
	{"km", measured{15.5, 15.1, 16.0, 2}, alphabet},    // Khmer
	{"kn", measured{16.9, 16.3, 17.5, 2}, indic},       // Kannada
	{"ko", measured{8.5, 7.2, 8.9, 1}, hangul},         // Korean
	{"lo", measured{14.8, 14.6, 14.9, 2}, thai},        // Lao
	{"lt", measured{17.2, 16.9, 17.4, 2}, alphabet},    // Lithuanian
	{"lv", measured{17.0, 15.8, 18.2, 2}, alphabet},    // Latvian
	{"mk", measured{17.9, 16.9, 18.9, 2}, alphabet},    // Macedonian
	{"ml", measured{22.4, 21.8, 23.0, 2}, indic},       // Malayalam
	{"mn", measured{19.9, 19.9, 19.9, 2}, alphabet},    // Mongolian
	{"mr", measured{15.2, 14.8, 15.6, 2}, indic},       // Marathi
	{"ms", measured{18.8, 17.8, 19.7, 2}, alphabet},    // Malay
	{"mt", measured{24.1, 23.4, 24.9, 2}, alphabet},    // Maltese
	{"my", measured{17.9, 16.8, 19.0, 2}, alphabet},    // Burmese
	{"nb", measured{19, 19.1, 19.7, 1}, alphabet},      // Norwegian
	{"ne", measured{21.3, 20.2, 22.5, 2}, indic},       // Nepali
	{"nl", measured{20.8, 20.4, 23.8, 4}, alphabet},    // Dutch
	{"nn", measured{19, 19.1, 19.7, 1}, alphabet},      // Nynorsk, as Bokmål
	{"pl", measured{20.5, 20.0, 20.8, 1}, alphabet},    // Polish
	{"ps", measured{24.7, 24.4, 25.0, 2}, semitic},     // Pashto
	{"pt", measured{18.5, 16.5, 24.5, 2}, alphabet},    // Portuguese
	{"pt-pt", measured{16.5, 14.5, 19.6, 1}, alphabet}, // Portuguese as in Portugal
	{"ro", measured{18, 17.2, 18.5, 1}, alphabet},      // Romanian
	{"ru", measured{17.7, 17.6, 17.9, 2}, alphabet},    // Russian
	{"si", measured{19.6, 19.0, 20.3, 2}, indic},       // Sinhala
	{"sk", measured{18.1, 16.8, 19.4, 2}, alphabet},    // Slovak
	{"sl", measured{16.9, 16.4, 17.3, 2}, alphabet},    // Slovenian
	{"so", measured{19.2, 18.4, 20.0, 2}, alphabet},    // Somali
	{"sq", measured{19.7, 19.6, 19.8, 2}, alphabet},    // Albanian
	{"sr", measured{15.9, 15.6, 16.2, 2}, alphabet},    // Serbian
	{"su", measured{16.3, 15.6, 16.9, 2}, alphabet},    // Sundanese
	{"sv", measured{17, 14.8, 24.7, 4}, alphabet},      // Swedish
	{"sw", measured{17.0, 15.6, 18.6, 4}, alphabet},    // Swahili
	{"ta", measured{18.6, 16.1, 20.8, 8}, indic},       // Tamil
	{"te", measured{17.5, 17.4, 17.6, 2}, indic},       // Telugu
	{"th", measured{17.8, 16.5, 19.1, 2}, thai},        // Thai
	{"tr", measured{17.5, 17.4, 17.6, 1}, alphabet},    // Turkish
	{"uk", measured{16.6, 16.3, 16.9, 2}, alphabet},    // Ukrainian
	{"ur", measured{19.0, 18.4, 19.6, 4}, semitic},     // Urdu
	{"uz", measured{19.3, 19.0, 19.7, 2}, alphabet},    // Uzbek
	{"vi", measured{22, 22.0, 22.1, 2}, alphabet},      // Vietnamese
	{"zh", measured{6, 3.9, 7.3, 15}, han},             // Chinese
	{"zu", measured{15.7, 14.7, 16.8, 2}, alphabet},    // Zulu
}

// anyLanguage stands for an unknown language. Its pace is in the middle of all languages
// that are written in letters.
var anyLanguage = language{"", measured{18.5, 14, 24, 0}, alphabet}
