package templates

// RememberNothing makes out work out every value of a program anew, in each row.
func RememberNothing(p *Program, out *Rendered) {
	out.remember(p)
	for i := range out.memories {
		out.memories[i].places = nil
	}
}
