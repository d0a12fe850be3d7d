package pgtest

import (
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"strconv"
	"syscall"
)

// process is a server that runs.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// runs reports whether this user can start a server: it refuses to run as root, so root
// starts it as the user of Debian's package.
func runs() bool {
	_, _, err := server()
	return err == nil
}

// server is the user that the server runs as.
func server() (uid, gid int, err error) {
	if os.Getuid() != 0 {
		return os.Getuid(), os.Getgid(), nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, err
	}
	if uid, err = strconv.Atoi(u.Uid); err == nil {
		gid, err = strconv.Atoi(u.Gid)
	}
	return uid, gid, err
}

// own gives a folder to the user of the server.
func own(dir string) error {
	uid, gid, err := server()
	if err != nil {
		return err
	}
	return os.Chown(dir, uid, gid)
}

// asServer has a program run as the user of the server, and end with this process.
func asServer() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if uid, gid, err := server(); err == nil && os.Getuid() == 0 {
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return attr
}

// start starts a server. It ends with the thread that started it, so that is kept.
func start(program string, args []string, log string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(program, args...), done: make(chan struct{})} //nolint:noctx // Remove ends it
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr = out, out, asServer()
	started := make(chan error)
	go func() { // ended by end
		runtime.LockOSThread()
		defer close(p.done)
		defer out.Close()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // it was ended by a signal
		}
	}()
	return p, <-started
}

func (p *process) over() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// end ends the server with a signal and waits for it.
func (p *process) end(s syscall.Signal) error {
	if p.over() {
		return nil
	}
	err := p.cmd.Process.Signal(s)
	<-p.done
	return err
}
