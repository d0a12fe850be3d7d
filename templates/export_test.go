package templates

// RememberFew has values take each other's places all the time.
func RememberFew(p *Program, out *Rendered) {
	out.remember(p)
	for i := range out.memories {
		out.memories[i].places = make([]*recalled, 2)
	}
}

// RememberNothing makes out work out every value of a program anew, in each row.
func RememberNothing(p *Program, out *Rendered) {
	out.remember(p)
	for i := range out.memories {
		out.memories[i].places = nil
	}
}
