package rest_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// TestProxyPasswordThatIsSaidBackIsHidden, in every spelling.
func TestProxyPasswordThatIsSaidBackIsHidden(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy", "ALL_PROXY"} {
		for _, address := range []string{"http://ada:p%40ss%3Aword@proxy.example:3128", "ada:p%40ss%3Aword@proxy.example:3128", "http://ada:p@ss:word@proxy.example"} {
			t.Run(name+" "+address, func(t *testing.T) {
				t.Setenv(name, address)
				c := clientOf(t, providers.Config{BaseURL: "https://api.example.com", Token: canary}, rest.Options{})
				pair := base64.StdEncoding.EncodeToString([]byte("ada:p@ss:word"))
				for _, said := range []string{"no ada:p@ss:word", "no p@ss:word here", "got " + pair, "you said p%40ss%3Aword", "Proxy-Authorization: Basic " + pair} {
					got := c.Clean(said)
					if strings.Contains(got, "p@ss") || strings.Contains(got, "p%40ss") || strings.Contains(got, pair) {
						t.Errorf("%q is shown as %q", said, got)
					}
				}
				if got := c.Clean("ada is fine"); got != "ada is fine" {
					t.Error(got)
				}
			})
		}
	}
}
