package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// recording is a text and how long a voice took to say it, at its normal rate.
type recording struct {
	text                    string
	file, words             float64 // seconds of the whole file, and of speech in it
	language, voice, engine string
}

// code is the language without its region.
func (r *recording) code() string {
	code, _, _ := strings.Cut(r.language, "-")
	return code
}

// read reads every file of a folder.
func read(folder string) ([]recording, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.tsv"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("read %q: no file ends in .tsv", folder)
	}
	var all []recording
	for _, name := range names {
		if all, err = readFile(name, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func readFile(name string, all []recording) ([]recording, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read recordings: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	var head map[string]int
	for n := 1; lines.Scan(); n++ {
		cells := strings.Split(lines.Text(), "\t")
		if head == nil {
			if head, err = header(cells); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			continue
		}
		r, err := newRecording(head, cells)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		all = append(all, r)
	}
	return all, lines.Err()
}

func header(cells []string) (map[string]int, error) {
	head := make(map[string]int)
	for i, c := range cells {
		head[c] = i
	}
	for _, c := range []string{"text", "seconds_file", "seconds_speech", "rate_percent", "language", "voice", "engine"} {
		if _, ok := head[c]; !ok {
			return nil, fmt.Errorf("no column %q in its first line", c)
		}
	}
	return head, nil
}

func newRecording(head map[string]int, cells []string) (recording, error) {
	if len(cells) < len(head) {
		return recording{}, fmt.Errorf("%d cells, and the first line has %d", len(cells), len(head))
	}
	r := recording{text: cells[head["text"]], language: cells[head["language"]], voice: cells[head["voice"]], engine: cells[head["engine"]]}
	rate, err := strconv.ParseFloat(cells[head["rate_percent"]], 64)
	if err != nil {
		return r, err
	}
	for _, c := range []struct {
		name string
		to   *float64
	}{{"seconds_file", &r.file}, {"seconds_speech", &r.words}} {
		if *c.to, err = strconv.ParseFloat(cells[head[c.name]], 64); err != nil {
			return r, err
		}
		*c.to *= 1 + rate/100
	}
	return r, nil
}
