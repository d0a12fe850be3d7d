package templates

import (
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
)

// Description explains a template to a person who is about to bind a sheet to it. Lengths
// are in seconds and hold for the values that it was asked about.
type Description struct {
	Operation string         `json:"operation"`
	Language  string         `json:"language"`
	Variables []VariableNote `json:"variables"`
	Scenes    []SceneNote    `json:"scenes"`
	Steps     []StepNote     `json:"steps"`   // of the chain, in order; empty where there is none
	Seconds   *SecondsNote   `json:"seconds"` // nil when the length cannot be known
	Problems  []ProblemNote  `json:"problems"`
}

// VariableNote says what a variable takes and where it stands.
type VariableNote struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Required bool     `json:"required"`
	Spoken   bool     `json:"spoken"`
	Example  string   `json:"example"`
	Default  *string  `json:"default"`
	Where    []string `json:"where"` // "scene 2: text", or a pointer outside the scenes
}

// StepNote is a step of a chain.
type StepNote struct {
	Name      string   `json:"name"`
	Operation string   `json:"operation"`
	When      string   `json:"when"`   // empty: for all rows
	Shared    bool     `json:"shared"` // rows that say the same share one job
	By        []string `json:"by"`     // the variables by whose values its jobs differ
}

// SceneNote says how long a scene lasts and by which rule.
type SceneNote struct {
	Scene   int          `json:"scene"` // counted from 1
	Name    string       `json:"name"`
	Rule    string       `json:"rule"`    // duration, reference, only track or nothing
	Varies  bool         `json:"varies"`  // from row to row
	Seconds *SecondsNote `json:"seconds"` // nil when the length cannot be known
	Slack   *float64     `json:"slack"`   // seconds left after the speech, negative when it is cut
	Tracks  []TrackNote  `json:"tracks"`
}

// TrackNote says when a track is seen, in seconds from the start of its scene.
type TrackNote struct {
	Track int          `json:"track"` // from 1
	Type  string       `json:"type"`
	Rule  string       `json:"rule"`  // duration, gaps, own length or none
	Leads bool         `json:"leads"` // gives the scene its length
	Start *SecondsNote `json:"start"`
	End   *SecondsNote `json:"end"`
}

// SecondsNote is a known [Interval], for JSON.
type SecondsNote struct {
	Low    float64 `json:"low"`
	Likely float64 `json:"likely"`
	High   float64 `json:"high"`
}

// ProblemNote is a problem of the template or of the values, for printing.
type ProblemNote struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Hint     string `json:"hint"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
}

// Describe explains the template for one row of values. If values is nil, each variable
// has its example, else its default, else an empty value. Problems are those that Parse
// and Compile found.
func (p *Program) Describe(values []string, found problem.List) Description {
	if values == nil {
		values = p.t.Examples()
	}
	var out Rendered
	p.Row(values, &out)
	d := Description{Operation: p.t.Operation, Language: p.t.Language, Seconds: out.Seconds.Note(), Problems: []ProblemNote{}, Variables: []VariableNote{}, Scenes: []SceneNote{}, Steps: p.t.stepNotes()}
	if p.length.solver != nil {
		d.Scenes = append(d.Scenes, p.length.solver.Scenes(&out)...)
	}
	for _, v := range p.t.Variables {
		d.Variables = append(d.Variables, v.note(d.Scenes))
	}
	for _, f := range found {
		d.Problems = append(d.Problems, ProblemNote{f.Severity.String(), f.Code, f.Message, f.Hint, f.Line, f.Character})
	}
	return d
}

// Chain draws the steps, each with how many jobs it has; nothing where there is one step.
func (d Description) Chain() (lines []string) {
	for i, s := range d.Steps {
		jobs := "one job for each row"
		switch {
		case i == len(d.Steps)-1 || !s.Shared:
		case len(s.By) == 0:
			jobs = "one job for all rows"
		default:
			jobs = "one job for each " + strings.Join(s.By, " and ")
		}
		if s.When != "" {
			jobs += ", when " + s.When
		}
		branch := ""
		if i > 0 {
			branch = strings.Repeat("   ", i-1) + "└─ "
		}
		lines = append(lines, "  "+branch+s.Name+": "+s.Operation+", "+jobs)
	}
	if len(lines) > 0 {
		lines = append([]string{"", "chain:"}, append(lines, "")...)
	}
	return lines
}

// stepNotes describes the chain of the template; empty for one step.
func (t *Template) stepNotes() []StepNote {
	notes := []StepNote{}
	if len(t.steps) == 1 {
		return notes
	}
	by := map[int]bool{} // a job differs by what the steps before it read, too
	for i, s := range t.steps {
		n := StepNote{Name: s.Step, Operation: s.Operation, When: t.Text(s.node.Member("when")), Shared: i < len(t.steps)-1 && !s.Unshared, By: []string{}}
		for _, v := range s.Reads() {
			by[v] = true
		}
		for v := range t.Variables {
			if by[v] {
				n.By = append(n.By, t.Variables[v].Name)
			}
		}
		notes = append(notes, n)
	}
	return notes
}

// Examples returns one value per variable: its example, else its default, else "".
func (t *Template) Examples() []string {
	values := make([]string, len(t.Variables))
	for i, v := range t.Variables {
		values[i] = v.Example
		if v.Example == "" && v.Default != nil {
			values[i] = *v.Default
		}
	}
	return values
}

// note describes a variable and names its places as a person finds them.
func (v *Variable) note(scenes []SceneNote) VariableNote {
	n := VariableNote{Name: v.Name, Type: v.Type, Required: v.Required, Spoken: v.Spoken, Example: v.Example, Default: v.Default, Where: []string{}}
	for _, use := range v.Uses {
		where := use.Pointer
		if use.Scene >= 0 && use.Scene < len(scenes) {
			where = scenes[use.Scene].Title() + ": " + use.Field
		}
		n.Where = append(n.Where, where)
	}
	return n
}

// Title names the scene as a person finds it in the service's editor.
func (s SceneNote) Title() string {
	if s.Name == "" {
		return fmt.Sprintf("scene %d", s.Scene)
	}
	return fmt.Sprintf("scene %d (%q)", s.Scene, schema.Shorten(s.Name))
}

// Note returns the interval for JSON, nil when it is not known.
func (i Interval) Note() *SecondsNote {
	if !i.Known {
		return nil
	}
	return &SecondsNote{i.Low, i.Likely, i.High}
}
