// Command speech measures the speech model against recordings.
//
//	go run ./bench/speech FOLDER
//
// FOLDER holds files of tab-separated values, one for each language, with the columns
// text, seconds_file, seconds_speech, rate_percent, language, voice and engine.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "speech: error:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: go run ./bench/speech FOLDER")
	}
	all, err := read(args[0])
	if err != nil {
		return err
	}
	byLanguages(out, all)
	byLength(out, all)
	unsettled(out, all)
	recognition(out, all)
	return nil
}
