package templates

// Correction is what finished videos of a campaign taught about the length of speech.
// The zero value corrects nothing.
type Correction struct {
	Factor float64 // what was heard divided by what was estimated, 0 for nothing observed
	Videos int     // how many finished videos it comes from
}
