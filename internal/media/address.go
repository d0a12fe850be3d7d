package media

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/reelmerge/reelmerge/internal/publicnet"
)

// local reports whether a host is on this machine and may be asked.
func (s *Shelf) local(u *url.URL) bool {
	return s.options.Local && publicnet.IsLoopback(u.Hostname())
}

// isPrivate reports whether the name of a host is surely not public. The address of a name
// is checked when the client dials it.
func isPrivate(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return !publicnet.Public(ip)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".internal")
}
