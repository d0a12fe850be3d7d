package templates

import "encoding/json"

// Scenes describes the scenes of the row whose values are in out; nil where none are known.
func (p *Program) Scenes(out *Rendered) []SceneNote {
	if p.length.solver == nil {
		return nil
	}
	return p.length.solver.Scenes(out)
}

// Creative is the document of the scenes with the values of the row in out, as JSON; nil
// where no scenes are known. Scenes that are in the request are those of the very bytes that
// would be sent. Of scenes that are kept by the service, it is the template's copy, with the
// values in it that the request gives by name.
func (p *Program) Creative(out *Rendered) []byte {
	switch {
	case p.t.scenes == nil:
		return nil
	case p.t.inRequest(p.t.scenes) && !p.t.ByName():
		var sent map[string]json.RawMessage
		if err := json.Unmarshal(out.Body, &sent); err != nil {
			return nil // a value of the row is no JSON; the row has a problem for it
		}
		return sent[p.t.form().Scenes]
	}
	b := &bodyBuilder{t: p.t, index: map[string]int{}}
	for i, v := range p.t.Variables {
		b.index[v.Name] = i
	}
	b.value(p.t.scenes)
	b.flush()
	return fill(nil, b.ops, out)
}
