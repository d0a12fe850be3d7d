//go:build !linux

package pgtest

import "syscall"

// process is a server that runs; on this system, none is started.
type process struct{}

func runs() bool                                       { return false }
func own(string) error                                 { return ErrMissing }
func asServer() *syscall.SysProcAttr                   { return nil }
func start(string, []string, string) (*process, error) { return nil, ErrMissing }
func (p *process) over() bool                          { return true }
func (p *process) end(syscall.Signal) error            { return nil }
