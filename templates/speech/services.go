package speech

import "strings"

// service is a family of voices whose files are alike. Lengths are in seconds.
type service struct {
	name    string
	silence float64 // before and after the words
	lead    float64 // the time of any utterance, however short, beside its letters
	end     float64 // the pause between two sentences
}

// Services are recognised by the ids of their voices. An unknown id counts as one of
// Azure's, since most voices are.
var (
	azure      = service{"azure", 1.07, 0.20, 1.20}
	azureLater = service{"azure", 0.50, 0.20, 0.45} // voices of many languages and the newer ones
	eleven     = service{"eleven", 0.38, 0, 0.40}
	google     = service{"google", 0.47, 0.15, 0.45}
	sarvam     = service{"sarvam", 0.32, 0.20, 0.30}
	fish       = service{"fish", 0.20, 0.30, 1.05}
	openai     = service{"openai", 0.55, 0.20, 0.45}
	qwen       = service{"qwen", 0.30, 0.20, 0.80}
	unnamed    = service{"?", 0.30, 0.20, 0.30}
)

// with returns the service with a voice's own silence. Azure's newer voices leave little
// silence at the end of a file, and little between sentences.
func (s service) with(silence float64) service {
	s.silence = silence
	if s.name == azure.name {
		s.end = azureLater.end
		if silence > muchSilence {
			s.end = azure.end
		}
	}
	return s
}

const muchSilence = 0.8 // seconds

// serviceOf returns the service of a voice by its id.
func serviceOf(voice string) service {
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(voice, p) {
				return true
			}
		}
		return false
	}
	switch {
	// Newer voices of Azure come first: their ids look like those of older ones.
	case has("MultilingualNeural", "Dragon", "Turbo"):
		return azureLater
	case has("eleven") || isElevenID(voice):
		return eleven
	case has("Neural2-", "Wavenet-", "WaveNet-", "Standard-", "Studio-", "Chirp"):
		return google
	case has("sarvam", "bulbul"):
		return sarvam
	case has("fish"):
		return fish
	case has("gpt-", "tts-1"):
		return openai
	case has("qwen"):
		return qwen
	case voice == unnamed.name:
		return unnamed
	}
	return azure
}

// isElevenID reports whether an id looks like one of ElevenLabs: twenty letters and digits
// in no order.
func isElevenID(voice string) bool {
	digits, upper, lower := 0, 0, 0
	for i := range len(voice) {
		switch c := voice[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= 'a' && c <= 'z':
			lower++
		default:
			return false
		}
	}
	return len(voice) == 20 && digits > 0 && upper > 0 && lower > 0
}

// servicePaces lists paces of services whose recordings name no voice, or name a model
// instead. They use the service's own lead and pauses. The source is that of the languages;
// "?" are recordings without voice and service.
var servicePaces = [...]struct {
	service, language string
	measured
}{
	{"eleven", "es", measured{15.4, 10.7, 23.4, 150}},
	{"eleven", "it", measured{18.4, 16.2, 22.0, 148}},
	{"eleven", "nl", measured{20.5, 16.2, 24.7, 10}},
	{"eleven", "pt", measured{16.4, 13.9, 22.9, 155}},
	{"eleven", "sv", measured{20.0, 17.3, 23.6, 100}},
	{"eleven", "zh", measured{4.6, 4.1, 5.2, 159}},
	{"fish", "ja", measured{10.5, 8.6, 13.1, 64}},
	{"google", "da", measured{23.8, 21.1, 28.4, 304}},
	{"google", "ja", measured{8.7, 7.8, 9.7, 101}},
	{"sarvam", "en", measured{14.7, 13.6, 15.5, 163}},
	{"?", "nl", measured{13.4, 11.9, 14.7, 137}},
}

// measuredService returns the pace of a service in a language, or nil. Countries do not
// matter here.
func measuredService(name, language string) *measured {
	language, _, _ = strings.Cut(language, "-")
	for i := range servicePaces {
		if servicePaces[i].service == name && servicePaces[i].language == language {
			return &servicePaces[i].measured
		}
	}
	return nil
}

// measuredVoice returns a voice that was measured in this language, or nil.
func measuredVoice(id, language string) *voice {
	code, _, _ := strings.Cut(language, "-")
	for i := range voices {
		v := &voices[i]
		own, _, _ := strings.Cut(v.language, "-")
		if v.id != "" && strings.EqualFold(v.id, id) && own == code {
			return v
		}
	}
	return nil
}
