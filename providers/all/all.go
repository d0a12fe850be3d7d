// Package all is the list of services. One that is written in Go is one line here, which
// is easier to find than a registration in some init function; one that is described by data
// is a file of package builtin.
package all

import (
	"slices"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/builtin"
	"github.com/reelmerge/reelmerge/providers/colossyan"
	"github.com/reelmerge/reelmerge/providers/kensa"
	"github.com/reelmerge/reelmerge/providers/samsar"
	"github.com/reelmerge/reelmerge/providers/vidgen"
)

// Services returns all services, in the order in which they are listed to people.
func Services() []providers.Service {
	return append([]providers.Service{
		colossyan.Service(),
		kensa.Service(),
		samsar.Service(),
		vidgen.Service(),
	}, builtin.Services()...)
}

// Find returns the service of a name, such as "colossyan".
func Find(name string) (providers.Service, bool) {
	all := Services()
	i := slices.IndexFunc(all, func(s providers.Service) bool { return s.Name == name })
	if i < 0 {
		return providers.Service{}, false
	}
	return all[i], true
}
