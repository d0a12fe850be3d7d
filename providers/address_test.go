package providers_test

import (
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/providers"
)

func TestAnAddressIsShownWithoutWhatIsSecret(t *testing.T) {
	for name, test := range map[string]struct {
		address bool
		shown   string
	}{
		"https://cdn.example.com/a.png":                        {true, "https://cdn.example.com/a.png"},
		"https://cdn.example.com/a.png?X-Amz-Signature=sesame": {true, "https://cdn.example.com/a.png?…"},
		"https://cdn.example.com?key=sesame":                   {true, "https://cdn.example.com?…"},
		"https://cdn.example.com/a#sesame":                     {true, "https://cdn.example.com/a#…"},
		"https://ana:sesame@cdn.example.com/a@b.png":           {true, "https://…@cdn.example.com/a@b.png"},
		"https://ana:s@same@cdn.example.com":                   {true, "https://…@cdn.example.com"},
		"HTTP://cdn.example.com/":                              {true, "HTTP://cdn.example.com/"},
		"s3+v4://bucket/key":                                   {true, "s3+v4://bucket/key"},
		"https://":                                             {true, "https://"},
		"https://cdn.example.com/" + strings.Repeat("ä", 5000): {true, "https://cdn.example.com/" + strings.Repeat("ä", 96) + "…"},
		"faces/ana.png":                                        {false, "faces/ana.png"},
		`C:\faces\ana.png`:                                     {false, `C:\faces\ana.png`},
		"a b://c?sesame":                                       {false, "a b://c?sesame"},
		"://x":                                                 {false, "://x"},
		"":                                                     {false, ""},
	} {
		if providers.IsAddress(name) != test.address || providers.ShowAddress(name) != test.shown {
			t.Errorf("%.60q is an address: %v, shown %q; want %v, %q", name, providers.IsAddress(name), providers.ShowAddress(name), test.address, test.shown)
		}
	}
}
