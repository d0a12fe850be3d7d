package reelmerge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates/form"
)

// SavedTemplate names a template that is saved at a described service.
type SavedTemplate struct {
	Starter string // the operation, as [Starter] names it
	ID      string // of the template
	File    string // that describes the service; empty for one that comes with the program
	Address string // of a service on machines of one's own; empty: the description says it
}

// Discover asks the service for the variables of a saved template, and returns a template
// of ours that fills them. The token is that of the environment; before it goes to the hosts
// of a file, a person is asked. It costs nothing.
func Discover(ctx context.Context, t SavedTemplate, o Options) ([]byte, error) {
	c := &Campaign{options: o.withDefaults(), file: &campaign.File{Path: "environment"}}
	c.file.Provider.File = t.File
	c.file.Provider.BaseURL = t.Address
	c.describeService()
	if c.found.HasErrors() {
		return nil, refused(c.found)
	}
	operation, err := c.chooseOperation(t.Starter)
	if err != nil {
		return nil, err
	}
	names, err := c.discover(ctx, operation, t.ID)
	if err != nil {
		return nil, err
	}
	pointer, at := c.described.Template(operation)
	variables := map[string]any{}
	filled := map[string]string{}
	for theirs, ours := range unique(names) {
		filled[theirs] = "{" + ours + "}"
		variables[ours] = map[string]any{"type": "string", "example": theirs}
	}
	request := map[string]any{strings.TrimPrefix(pointer, "/"): t.ID, strings.TrimPrefix(at, "/"): filled}
	text, err := json.MarshalIndent(map[string]any{"operation": operation, "request": request, "variables": variables}, "", "  ")
	return append(text, '\n'), err
}

// chooseOperation finds the service of a starter, with its saved templates.
func (c *Campaign) chooseOperation(starter string) (operation string, _ error) {
	for _, s := range c.options.Services {
		for _, o := range s.Operations {
			if schema.NameOf(o.Name) != schema.NameOf(starter) {
				continue
			}
			var known bool
			if c.service, known = c.choose(s); !known {
				return "", refused(c.found)
			}
			if c.described == nil {
				break
			}
			if pointer, _ := c.described.Template(o.Name); pointer != "" {
				c.file.Provider.Name = s.Name
				return o.Name, nil
			}
		}
	}
	return "", fail(Usage, fmt.Errorf("nothing that %s describes asks for the variables of a saved template", starter),
		"copy the starter, and write the variables of your template into it")
}

// discover asks for the variables of a saved template.
func (c *Campaign) discover(ctx context.Context, operation, id string) ([]providers.Asset, error) {
	if c.file.Provider.File != "" { // the token that the campaign of init would use
		c.file.Provider.Token = campaign.NewSecret("${" + campaign.DefaultTokenVariable(c.service.Name) + "}")
	}
	config, err := c.access()
	if err != nil {
		return nil, err
	}
	if err := c.askTrust(ctx, ""); err != nil {
		return nil, err
	}
	config.Transport = readOnly(config.Transport)
	provider, err := c.service.New(config)
	if err != nil {
		return nil, fail(Usage, err, "")
	}
	discoverer, ok := providers.As[providers.Discoverer](provider)
	if !ok {
		return nil, fail(Bug, errors.New("the service cannot be asked for its templates"), "")
	}
	pointer, _ := c.described.Template(operation)
	body, err := json.Marshal(map[string]string{strings.TrimPrefix(pointer, "/"): id})
	if err != nil {
		return nil, fail(Bug, err, "")
	}
	found, err := discoverer.Discover(ctx, providers.Request{Operation: operation, Body: body})
	if err != nil {
		return nil, fail(Held, fmt.Errorf("ask %s for the variables of template %q: %w", c.service.Title, id, err), "compare the id with that in "+c.service.Title+"; "+tokenHint(c.service))
	}
	return found, nil
}

// variableName is a name of the vendor as a variable of ours: Name.text becomes name_text.
func variableName(name string) string {
	ours := form.Variable(name)
	if ours == "" || ours[0] == '_' {
		return "v" + strings.TrimPrefix(ours, "_")
	}
	return ours
}

// unique keeps names of the vendor apart that would be the same variable.
func unique(names []providers.Asset) map[string]string {
	taken := map[string]bool{}
	ours := map[string]string{}
	for _, a := range names {
		name := variableName(a.Name)
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s_%d", variableName(a.Name), n)
		}
		taken[name] = true
		ours[a.Name] = name
	}
	return ours
}
