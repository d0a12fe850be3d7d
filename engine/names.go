package engine

import (
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/reelmerge/reelmerge/internal/safename"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
)

// longestNumber is the most digits that a row's number has.
const longestNumber = 19

// newFiles returns the table that tells the file names of rows apart, or nil where it is not
// needed, to save memory. Names without the row's number are as distinct as the keys, so
// one table serves both; names that consist of the number are always distinct.
func (g *gatherer) newFiles() *owners {
	switch {
	case g.planner.Filename == "" || !strings.Contains(g.planner.Filename, "{key}") && len(g.planner.Filename)+longestNumber <= safename.Longest:
		return nil
	case strings.Contains(g.planner.Filename, "{row}"):
		return new(owners)
	}
	return g.rows
}

// clash is the thing that two rows of a sheet share, although they must differ in it.
type clash int

const (
	sameKey  clash = iota // the key
	sameLook              // what a person sees of the key
	sameFile              // the file of the video
)

// naming says which file a row gets, and what tells it apart from others.
type naming struct {
	pattern string // of the files; empty: there are none
	byFile  bool   // the files are as distinct as the keys
}

func (p *Planner) naming() naming {
	return naming{pattern: p.Filename, byFile: p.Filename != "" && !strings.Contains(p.Filename, "{row}")}
}

// name gives a row its file by the pattern, and its identity: that of its file where those
// are as distinct as the keys, else that of its key as a person sees it.
func (n naming) name(c *checked) {
	if n.pattern != "" {
		c.own.content.File = safename.Fill(n.pattern, c.key, c.number)
	}
	if n.byFile {
		c.identity = identityOfFile(c.own.content.File)
		return
	}
	c.identity = identityOf(shown(c.key))
}

// claim returns the row before this one that has the same key, a key that looks the same,
// or the same file; 0 when there is none.
func (g *gatherer) claim(c *checked) (first int, common clash) {
	if c.hashed { // its key was made distinct just now
		g.naming.name(c)
	}
	first, same := g.rows.claim(c.identity, c.key, c.number)
	switch {
	case same:
		return first, sameKey
	case g.naming.byFile:
		return first, sameFile
	case first == 0 && g.files != nil:
		first, _ = g.files.claim(identityOfFile(c.own.content.File), c.key, c.number)
		return first, sameFile
	}
	return first, sameLook
}

// identityOfFile returns the same identity for all names that some file system takes for
// one: a campaign may be moved to a system that ignores case.
func identityOfFile(name string) identity {
	var memory [safename.Longest]byte // enough for any name, so that none is allocated
	return identity(maphash.Bytes(seed, safename.AppendFold(memory[:0], name)))
}

// collision is the problem of a row whose file another row of the sheet would
// write as well.
func (g *gatherer) collision(c *checked, first int) problem.Problem {
	hint := "put {row} into output: filename as well, or use keys that differ in more than case"
	if strings.Contains(g.planner.Filename, "{row}") {
		hint = "put a character such as _ between {key} and {row} in output: filename"
	}
	return problem.Problem{
		Severity: problem.Error, Code: "ROW-FILE-COLLISION", Value: c.own.content.File,
		Message: fmt.Sprintf("row %d would write the same file on some systems", first),
		Cause:   "another row would write the same file on some systems", Like: first, Hint: hint,
	}
}

// noteName reserves the names of an entry, also of one that the sheet no longer has: its
// video may lie in the folder. An entry that was never sent has no file, so its planned
// name stays free.
func (g *gatherer) noteName(e ledger.Entry) {
	if e.State == ledger.Planned {
		e.File = ""
	}
	g.names.Add(e)
}

// nameFile names the file of a row that is to be sent. The row keeps the name it has while
// the pattern leads to it, and otherwise gets the first one that no other row has. Only
// names that differ from the pattern are reserved, since those of the pattern are known
// to be distinct.
func (g *gatherer) nameFile(c *checked, was *rememberedRow) {
	wanted, has := c.own.content.File, was.content.File
	switch {
	case g.planner.Filename == "":
	case has != "" && has != wanted && safename.IsNumbered(wanted, has) && g.reserve(c, has):
		c.own.content.File = has
	case g.names.Free(wanted, c.entry):
	default:
		for n := 2; !g.reserve(c, c.own.content.File); n++ {
			c.own.content.File = safename.Numbered(wanted, n)
		}
	}
}

// reserve makes a name the row's, unless it is another entry's, or one that the
// pattern gives to another row of the sheet.
func (g *gatherer) reserve(c *checked, name string) bool {
	row := 0
	if g.files != nil {
		row = g.files.owner(identityOfFile(name))
	}
	return (row == 0 || row == c.number) && g.names.Claim(name, c.entry)
}
