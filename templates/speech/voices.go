package speech

// voice is a voice whose pace and silence were measured.
type voice struct {
	id       string
	language string
	measured         // n recordings of 20 letters or more; the span holds 80 % of them
	silence  float64 // seconds before and after the words, at the median
}

// voices lists the measured voices. The source is that of the languages.
var voices = [...]voice{
	{"ar-AE-FatimaNeural", "ar", measured{10.7, 9.4, 12.1, 172}, 1.13},
	{"ar-AE-HamdanNeural", "ar", measured{12.0, 10.7, 13.3, 13}, 1.10},
	{"cs-CZ-AntoninNeural", "cs", measured{20.4, 17.8, 24.4, 43}, 1.31},
	{"cs-CZ-VlastaNeural", "cs", measured{15.2, 13.6, 18.0, 14}, 0.97},
	{"da-DK-JeppeNeural", "da", measured{19.0, 18.4, 21.7, 15}, 1.06},
	{"da-DK-Neural2-F", "da", measured{23.8, 21.1, 28.4, 304}, 0.47},
	{"de-DE-ConradNeural", "de", measured{22.1, 20.8, 23.2, 18}, 1.08},
	{"de-DE-KatjaNeural", "de", measured{19.2, 17.0, 22.3, 534}, 1.07},
	{"en-GB-LibbyNeural", "en", measured{17.2, 14.8, 19.1, 17}, 0.95},
	{"en-GB-RyanNeural", "en", measured{19.9, 18.0, 22.9, 17}, 0.97},
	{"en-GB-SoniaNeural", "en", measured{17.9, 16.2, 21.0, 261}, 0.56},
	{"en-IE-EmilyNeural", "en", measured{19.0, 16.7, 21.8, 20}, 0.98},
	{"en-US-GuyNeural", "en", measured{20.2, 17.6, 23.0, 55}, 1.05},
	{"en-US-SaraNeural", "en", measured{19.5, 17.2, 22.2, 16}, 1.00},
	{"sarvam-bulbul-v3:aditya", "en", measured{14.7, 13.6, 15.5, 163}, 0.32},
	{"es-CL-CatalinaNeural", "es", measured{20.4, 18.9, 21.9, 42}, 0.96},
	{"es-ES-AlvaroNeural", "es", measured{21.8, 19.8, 23.2, 16}, 1.12},
	{"es-ES-ElviraNeural", "es", measured{19.8, 18.0, 22.7, 314}, 1.06},
	{"fi-FI-HarriNeural", "fi", measured{17.3, 16.2, 18.3, 17}, 1.07},
	{"fr-FR-DeniseNeural", "fr", measured{22.8, 20.0, 26.8, 674}, 1.07},
	{"fr-FR-EloiseNeural", "fr", measured{21.4, 19.4, 24.8, 299}, 1.05},
	{"fr-FR-HenriNeural", "fr", measured{25.3, 22.2, 27.8, 122}, 1.11},
	{"he-IL-AvriNeural", "he", measured{12.4, 11.6, 14.9, 12}, 1.06},
	{"hi-IN-AaravNeural", "hi", measured{17.5, 15.7, 19.1, 13}, 1.15},
	{"hu-HU-TamasNeural", "hu", measured{18.8, 14.0, 25.7, 15}, 0.95},
	{"is-IS-GunnarNeural", "is", measured{21.9, 19.9, 25.7, 16}, 1.00},
	{"it-IT-AlessioMultilingualNeural", "it", measured{18.7, 17.4, 20.8, 16}, 0.54},
	{"it-IT-ElsaNeural", "it", measured{19.0, 17.3, 21.4, 262}, 0.42},
	{"fish-s2-pro:narration", "ja", measured{10.5, 8.6, 13.1, 64}, 0.20},
	{"fish-s2-pro:piyo", "ja", measured{10, 8.7, 12, 7}, 0.20},
	{"ja-JP-KeitaNeural", "ja", measured{10.9, 9.4, 12.6, 311}, 1.07},
	{"ja-JP-NanamiNeural", "ja", measured{9.4, 8.3, 10.6, 293}, 1.09},
	{"ja-JP-Neural2-B", "ja", measured{8.7, 7.8, 9.7, 101}, 0.47},
	{"ko-KR-InJoonNeural", "ko", measured{8.4, 7.8, 9.2, 17}, 1.51},
	{"ko-KR-SunHiNeural", "ko", measured{8.9, 8.0, 9.6, 121}, 1.11},
	{"nb-NO-FinnNeural", "nb", measured{19.1, 17.5, 20.4, 15}, 1.09},
	{"nl-NL-MaartenNeural", "nl", measured{20.7, 18.6, 24.4, 18}, 1.08},
	{"pl-PL-MarekNeural", "pl", measured{20.8, 18.0, 23.2, 321}, 1.16},
	{"pt-BR-AntonioNeural", "pt", measured{18.4, 16.2, 20.9, 14}, 0.98},
	{"pt-BR-FranciscaNeural", "pt", measured{19.7, 17.4, 32.1, 88}, 1.01},
	{"pt-PT-RaquelNeural", "pt-pt", measured{16.5, 14.5, 19.6, 234}, 1.08},
	{"ro-RO-EmilNeural", "ro", measured{18.5, 15.8, 20.3, 16}, 1.00},
	{"ru-RU-DmitryNeural", "ru", measured{17.6, 15.3, 19.7, 313}, 1.17},
	{"ru-RU-SvetlanaNeural", "ru", measured{17.9, 15.4, 20.1, 311}, 1.09},
	{"sv-SE-MattiasNeural", "sv", measured{14.8, 12.7, 16.3, 14}, 1.13},
	{"tr-TR-AhmetNeural", "tr", measured{17.4, 15.4, 17.8, 12}, 1.36},
}
