package serve_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// world is a folder with a campaign, and the program.
type world struct {
	t   testing.TB
	dir string
}

// built is the program, made once for all tests.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "reelmerge-serve")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "reelmerge")
	out, err := exec.Command("go", "build", "-o", path, "../cmd/reelmerge").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	if service := os.Getenv(playedBy); service != "" {
		os.Exit(servePlayed(service))
	}
	code := m.Run()
	if path, err := built(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// newWorld makes a campaign of so many rows on the simulator; render is how long it takes for
// one video.
func newWorld(t testing.TB, rows int, render time.Duration, more string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	var sheet strings.Builder
	sheet.WriteString("id,name,city\n")
	for i := range rows {
		fmt.Fprintf(&sheet, "C%05d,Name %d,City %d\n", i, i, i%7)
	}
	w.write("rows.csv", sheet.String())
	w.write("template.json", `{"operation": "colossyan/template-job", "request": {"templateJobId": "t"},
 "variables": {"name": {"type": "string", "minLength": 1}, "city": {"type": "string"}}, "duration": {"base_seconds": 60, "seconds_per_character": 0.2}}`)
	w.write("spring.yaml", fmt.Sprintf("name: spring\nrows: {file: rows.csv, key: id}\ntemplate: template.json\nprovider: {sandbox: {render: %s, seed: 7}}\nlimits: {active: 8, poll: {first: 50ms, max: 200ms}}\noutput: {dir: out, download: false}\n%s", render, more))
	return w
}

func (w *world) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// command runs the program, and returns what it printed and its exit code.
func (w *world) command(args ...string) (string, int) {
	w.t.Helper()
	program, err := built()
	if err != nil {
		w.t.Fatal(err)
	}
	c := exec.Command(program, args...)
	c.Dir = w.dir
	c.Env = append(os.Environ(), "REELMERGE_STATE="+filepath.Join(w.dir, "state"))
	out, _ := c.CombinedOutput()
	return string(out), c.ProcessState.ExitCode()
}

// process is a server of its own.
type process struct {
	t       testing.TB
	cmd     *exec.Cmd
	address string // with the token
	said    *strings.Builder
}

var printed = regexp.MustCompile(`^(https?://\S+)/#token=(\S+)$`)

// serve starts the program's server in the folder.
func (w *world) serve(args ...string) *process {
	w.t.Helper()
	program, err := built()
	if err != nil {
		w.t.Fatal(err)
	}
	return w.start(exec.Command(program, append([]string{"serve"}, args...)...))
}

// start starts a process that prints its address.
func (w *world) start(c *exec.Cmd, more ...string) *process {
	w.t.Helper()
	p := &process{t: w.t, said: &strings.Builder{}, cmd: c}
	p.cmd.Dir = w.dir
	p.cmd.Env = append(append(os.Environ(), "REELMERGE_STATE="+filepath.Join(w.dir, "state")), more...)
	p.cmd.Stderr = p.said
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(p.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		w.t.Fatalf("the server said nothing: %v", err)
	}
	p.address = strings.TrimSpace(line)
	if !printed.MatchString(p.address) {
		w.t.Fatalf("the address is %q", p.address)
	}
	return p
}

// base is the address without the token.
func (p *process) base() string { return printed.FindStringSubmatch(p.address)[1] }

func (p *process) token() string { return printed.FindStringSubmatch(p.address)[2] }

// kill ends the process at once, as a crash does.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// end asks the process to end, and waits for it.
func (p *process) end() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}
