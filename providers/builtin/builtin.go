// Package builtin has the descriptions of services that come with the program. A new one is
// a file NAME.service.yaml here, and no line of Go.
package builtin

import (
	"embed"
	"fmt"
	"sync"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/declared"
)

//go:embed *.service.yaml
var files embed.FS

// Descriptions returns all descriptions, in the order of their names.
func Descriptions() []*declared.Description { return descriptions() }

// They are read once: each command lists their operations. A test has checked them, so they
// are not checked again.
var descriptions = sync.OnceValue(func() (list []*declared.Description) {
	names, err := files.ReadDir(".")
	for _, entry := range names {
		var text []byte
		var d *declared.Description
		if text, err = files.ReadFile(entry.Name()); err == nil {
			d, err = declared.Decode(text)
		}
		if err != nil {
			break
		}
		list = append(list, d)
	}
	if err != nil {
		panic(fmt.Sprintf("read built-in descriptions: %v", err)) // the program was built wrongly
	}
	return list
})

// Find returns the description of a name.
func Find(name string) (*declared.Description, bool) {
	for _, d := range Descriptions() {
		if d.Name == name {
			return d, true
		}
	}
	return nil, false
}

// Services returns the services of all descriptions, without the settings of a campaign.
func Services() (list []providers.Service) {
	for _, d := range Descriptions() {
		list = append(list, d.Listed())
	}
	return list
}
