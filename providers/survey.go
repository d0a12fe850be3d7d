package providers

import "encoding/json"

// Surveyor is a [Checker] that can say of a template what none of its rows will be
// held to, because the template does not tell what it would take to know.
type Surveyor interface {
	// Survey reads the request of a template, whose variables are not in place
	// yet. What it returns is worth saying once, and keeps no row back.
	Survey(request json.RawMessage) []Problem
}
