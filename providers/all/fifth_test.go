package all_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestAFifthServiceIsAFolderADialectAndALine adds a made-up service to the program, as
// docs/adding-a-provider.md says: what is laid over the module is the service's folder,
// its file of the simulator, and one line in each of the two lists. It then holds the
// service to the suite, and runs a campaign with it.
func TestAFifthServiceIsAFolderADialectAndALine(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	m := newModule(t)
	m.lay("testdata/fifth")
	m.line("providers/all/all.go", "import (\n", "\t\"github.com/reelmerge/reelmerge/providers/acme\"\n")
	m.line("providers/all/all.go", "return append([]providers.Service{\n", "\t\tacme.Service(),\n")
	m.line("providers/sandbox/sandbox.go", "return append([]player{\n", "\t\t{Acme, acmeBase, acme{s}.routes},\n")
	if want := []string{"providers/all/all.go", "providers/sandbox/sandbox.go"}; !slices.Equal(m.changed(), want) {
		t.Fatalf("files that were there and change: %q, want %q", m.changed(), want)
	}
	dir := t.TempDir()
	suite, program := filepath.Join(dir, "suite"+exe()), filepath.Join(dir, "reelmerge"+exe())
	m.tool("test", "-c", "-vet=off", "-o", suite, "./providers/acme")
	m.tool("build", "-o", program, "./cmd/reelmerge")
	c := exec.CommandContext(t.Context(), suite, "-test.v")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestConformance") {
		t.Errorf("the suite: %v\n%s", err, out)
	}
	m.campaign(program)
}

// campaign makes three videos on the simulator, and has a row refused that breaks a
// rule of the service.
func (m *module) campaign(program string) {
	dir := m.t.TempDir()
	run := func(code int, wants string, args ...string) {
		m.t.Helper()
		c := exec.CommandContext(m.t.Context(), program, args...)
		c.Dir = dir
		out, err := c.CombinedOutput()
		if c.ProcessState == nil || c.ProcessState.ExitCode() != code || !strings.Contains(string(out), wants) {
			m.t.Fatalf("reelmerge %q: %v, want exit %d and %q\n%s", args, err, code, wants, out)
		}
	}
	run(0, `"title": "Acme video"`, "schema", "acme-video")
	run(0, "a video of a title", "init", "--help")
	run(0, "wrote campaign.yaml", "init", "--template", "acme-video")
	sheet := "id,name\n1,Ada\n2,Grace\n3,Linus\n"
	m.write(filepath.Join(dir, "customers.csv"), sheet)
	run(0, "24", "plan", "campaign.yaml", "--sandbox")
	run(0, "", "run", "campaign.yaml", "--sandbox", "--yes", "--set", "output.dir=out")
	run(0, "24 charged", "sandbox", "bank", "--state", "out/sandbox/sandbox.db")
	m.write(filepath.Join(dir, "customers.csv"), sheet+"4,"+strings.Repeat("x", 40)+"\n")
	run(3, "customers.csv:B5: ACM-1", "check", "campaign.yaml")
	run(2, "for the token, see: Acme, Settings, API", "run", "campaign.yaml", "--yes", "--new-ledger")
}

// module is the source of this program with files laid over it.
type module struct {
	t       *testing.T
	root    string
	overlay map[string]string // file of the module to the one that is read instead
}

func newModule(t *testing.T) *module {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return &module{t, root, map[string]string{}}
}

// lay lays each file of a folder over the module.
func (m *module) lay(folder string) {
	m.t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		from, err := filepath.Abs(path)
		m.overlay[filepath.Join(m.root, name)] = from
		return err
	})
	if err != nil || len(m.overlay) == 0 {
		m.t.Fatalf("%d files: %v", len(m.overlay), err)
	}
}

// line puts a line behind a place of a file.
func (m *module) line(name, behind, line string) {
	m.t.Helper()
	path := filepath.Join(m.root, filepath.FromSlash(name))
	from, again := m.overlay[path]
	if !again {
		from = path
	}
	source, err := os.ReadFile(from)
	if err != nil || strings.Count(string(source), behind) != 1 {
		m.t.Fatalf("%s: %v, or it does not have %q once", name, err, behind)
	}
	m.overlay[path] = filepath.Join(m.t.TempDir(), filepath.Base(name))
	m.write(m.overlay[path], strings.Replace(string(source), behind, behind+line, 1))
}

// changed lists the files that were there before.
func (m *module) changed() (names []string) {
	for path := range m.overlay {
		if _, err := os.Stat(path); err == nil {
			names = append(names, filepath.ToSlash(strings.TrimPrefix(path, m.root+string(filepath.Separator))))
		}
	}
	slices.Sort(names)
	return names
}

// tool runs the go command over the module.
func (m *module) tool(command string, args ...string) {
	m.t.Helper()
	list, err := json.Marshal(map[string]any{"Replace": m.overlay})
	if err != nil {
		m.t.Fatal(err)
	}
	overlay := filepath.Join(m.t.TempDir(), "overlay.json")
	m.write(overlay, string(list))
	c := exec.CommandContext(m.t.Context(), "go", append([]string{command, "-overlay", overlay}, args...)...)
	c.Dir = m.root
	if out, err := c.CombinedOutput(); err != nil {
		m.t.Fatalf("go %s %q: %v\n%s", command, args, err, out)
	}
}

func (m *module) write(path, text string) {
	m.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

func exe() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}
