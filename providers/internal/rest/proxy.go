package rest

import (
	"encoding/base64"
	"net/url"
	"strings"
)

// proxySecrets are the passwords of the proxies that the environment names, in
// the forms in which a proxy may say them back.
func proxySecrets(getenv func(string) string) (list []string) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"} {
		address := getenv(name)
		if _, rest, found := strings.Cut(address, "://"); found {
			address = rest
		}
		at := strings.LastIndexByte(address, '@')
		if at < 0 {
			continue
		}
		user, password, _ := strings.Cut(address[:at], ":")
		for _, form := range []func(string) (string, error){url.PathUnescape, asItIs} {
			plainUser, err1 := form(user)
			plain, err2 := form(password)
			if err1 != nil || err2 != nil || plain == "" {
				continue
			}
			pair := plainUser + ":" + plain
			list = append(list, pair, plain, base64.StdEncoding.EncodeToString([]byte(pair)))
		}
	}
	return list
}

func asItIs(s string) (string, error) { return s, nil }
