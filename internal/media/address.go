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

// isPrivate reports whether a host is certainly none of the public network, as
// far as its name tells. Where a name leads to is looked at when it is dialled.
func isPrivate(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return !publicnet.Public(ip)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".internal")
}
