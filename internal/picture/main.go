// Command picture draws the picture of the README: the customers' sheet, what the program
// says about it, the sheet that comes back, and how each video begins. All of it comes from
// a real run on the simulator, with the two files that the README shows.
//
//	go run ./internal/picture    writes docs/picture.svg
package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	drawn, err := picture(context.Background(), ".")
	if err == nil {
		err = os.WriteFile(filepath.Join("docs", "picture.svg"), drawn, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

// picture builds the program, runs the campaign of the README and draws what came out. The
// same program and README give the same bytes, so that a test can hold the kept picture to
// them: lengths and costs of the simulator follow from the texts, and times and names that
// change from run to run are left out.
func picture(ctx context.Context, repository string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "reelmerge-picture-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "reelmerge")
	// The flag is that of make build, so that nothing is compiled twice.
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", program, "./cmd/reelmerge")
	build.Dir = repository
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	// The files come out of the README itself: a reader who tries them sees the same.
	readme, err := os.ReadFile(filepath.Join(repository, "README.md"))
	if err != nil {
		return nil, err
	}
	s := session{ctx: ctx, dir: dir, program: program}
	for _, name := range []string{"export.json", "customers.csv"} {
		if err := s.takeFrom(string(readme), name); err != nil {
			return nil, err
		}
	}
	return s.play()
}

// session is a folder with a campaign, and what was typed there.
type session struct {
	ctx          context.Context
	dir, program string
	said         []string // commands as they were typed, and lines of their output
}

// takeFrom writes a file that a page shows.
func (s *session) takeFrom(page, name string) error {
	block := regexp.MustCompile("(?s)<!-- file: " + regexp.QuoteMeta(name) + " -->\n```\\w*\n(.*?)```\n").FindStringSubmatch(page)
	if block == nil {
		return fmt.Errorf("the README shows no file %s", name)
	}
	return os.WriteFile(filepath.Join(s.dir, name), []byte(block[1]), 0o600)
}

// play makes the videos, and draws.
func (s *session) play() ([]byte, error) {
	err := errors.Join(
		s.run("init export.json customers.csv", "wrote "),
		s.run("check campaign.yaml", "ready"),
		s.run("plan campaign.yaml", "Colossyan minutes", "Hello "),
		s.run("run campaign.yaml --sandbox", " made", "results: "),
	)
	if err != nil {
		return nil, err
	}
	before, err := s.sheet("customers.csv")
	if err != nil {
		return nil, err
	}
	after, err := s.sheet(filepath.Join("out", "campaign", "sandbox", "results.csv"))
	if err != nil {
		return nil, err
	}
	stills, err := s.stills(after)
	if err != nil {
		return nil, err
	}
	after = only(after, "Customer ID", "First Name", "Plan", "video_status", "video_url", "video_seconds", "credits")
	return draw(before, s.said, after, stills), nil
}

// run runs a command, and keeps the lines of its output that have one of the texts. Lines
// with times of this machine are none of them.
func (s *session) run(line string, texts ...string) error {
	c := exec.CommandContext(s.ctx, s.program, strings.Fields(line)...)
	c.Dir = s.dir
	// The state of the user's own accounts would change the estimates.
	c.Env = append(os.Environ(), "NO_COLOR=1", "LC_ALL=C.UTF-8", "REELMERGE_STATE="+filepath.Join(s.dir, "state"))
	out, err := c.CombinedOutput()
	if err != nil {
		return fmt.Errorf("reelmerge %s: %w: %s", line, err, out)
	}
	s.said = append(s.said, "$ reelmerge "+line)
	for _, text := range texts {
		found := ""
		for said := range strings.Lines(string(out)) {
			if strings.Contains(said, text) && !strings.HasPrefix(said, "after ") {
				found = strings.TrimRight(said, "\n")
			}
		}
		if found == "" {
			return fmt.Errorf("reelmerge %s does not say %q: %s", line, text, out)
		}
		s.said = append(s.said, found)
	}
	return nil
}

func (s *session) sheet(name string) ([][]string, error) {
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		return nil, err
	}
	return csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff"))).ReadAll()
}

// stills fetches the first picture of each video from the simulator, which is served anew
// with what it kept.
func (s *session) stills(results [][]string) (pictures [][]byte, err error) {
	ctx, stop := context.WithCancel(s.ctx)
	serve := exec.CommandContext(ctx, s.program, "sandbox", "--state", filepath.Join(s.dir, "out", "campaign", "sandbox", "sandbox.db"), "--listen", "127.0.0.1:0")
	said, err := serve.StderrPipe()
	if err == nil {
		err = serve.Start()
	}
	if err != nil {
		stop()
		return nil, err
	}
	defer func() {
		stop()
		_ = serve.Wait() // it was ended
	}()
	// It chooses a free port, and names it in its first line.
	line, err := bufio.NewReader(said).ReadString('\n')
	address := regexp.MustCompile(`http://[0-9.:]+`).FindString(line)
	if err != nil || address == "" {
		return nil, fmt.Errorf("the simulator says %q: %w", line, err)
	}
	at := slices.Index(results[0], "thumbnail_url")
	for _, row := range results[1:] {
		// The results have the address of the simulator that made the videos, which has ended.
		picture, err := fetch(ctx, address+"/files/"+path.Base(row[at]))
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, picture)
	}
	return pictures, nil
}

func fetch(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch %s: %s", address, response.Status)
	}
	return io.ReadAll(response.Body)
}

// only returns the named columns of a sheet. The names of videos, and the port of the
// simulator, are other ones each time: an ellipsis stands for them.
func only(sheet [][]string, names ...string) (list [][]string) {
	changing := regexp.MustCompile(`//[^/]+(/.*/)[0-9a-f-]{36}`)
	for _, row := range sheet {
		var cells []string
		for _, name := range names {
			cells = append(cells, changing.ReplaceAllString(row[slices.Index(sheet[0], name)], "//…${1}…"))
		}
		list = append(list, cells)
	}
	return list
}
