// Package pgtest starts PostgreSQL for tests: a cluster of its own, in a temporary folder
// and on a port of the loopback interface. Where PostgreSQL is not installed, tests skip
// and say so.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMissing is returned where PostgreSQL is not installed, or cannot be started by this
// user.
var ErrMissing = errors.New("PostgreSQL is not installed; on Debian: apt-get install postgresql")

// Password is that of the cluster's user.
const Password = "only-for-tests"

// Cluster is one server.
type Cluster struct {
	Port int

	bin, dir string
	settings []string
	server   *process
	made     atomic.Int64 // databases
}

// New starts a server that ends with the test. Settings are written like fsync=off.
func New(t testing.TB, settings ...string) *Cluster {
	t.Helper()
	c, err := Start(settings...)
	if errors.Is(err, ErrMissing) {
		t.Skip("SKIPPED: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Remove(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// Start starts a server. The caller removes it.
func Start(settings ...string) (*Cluster, error) {
	c := &Cluster{settings: settings}
	if err := c.prepare(); err != nil {
		return nil, err
	}
	password := filepath.Join(c.dir, "password")
	err := os.WriteFile(password, []byte(Password), 0o644)
	if err == nil {
		err = c.Tool("initdb", "-D", c.data(), "-U", "postgres", "--pwfile", password, "--auth=scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync")
	}
	if err == nil {
		err = c.Up()
	}
	if err != nil {
		return nil, errors.Join(err, c.Remove())
	}
	return c, nil
}

// Copy starts a second server on a copy of this one's files, made with pg_basebackup while
// it runs. It is no standby: it goes on by itself. The caller starts it.
func (c *Cluster) Copy() (*Cluster, error) { return c.copied() }

// Standby starts a second server that follows this one.
func (c *Cluster) Standby() (*Cluster, error) {
	other, err := c.copied("--write-recovery-conf")
	if err != nil {
		return nil, err
	}
	if err := other.Up(); err != nil {
		return nil, errors.Join(err, other.Remove())
	}
	return other, nil
}

// Promote has a standby go on by itself, with what it has.
func (c *Cluster) Promote() error { return c.Tool("pg_ctl", "promote", "-w", "-D", c.data()) }

func (c *Cluster) copied(flags ...string) (*Cluster, error) {
	other := &Cluster{settings: c.settings}
	if err := other.prepare(); err != nil {
		return nil, err
	}
	flags = append([]string{"-D", other.data(), "-d", c.URL("postgres"), "-X", "stream", "--checkpoint=fast", "--no-sync"}, flags...)
	if err := other.Tool("pg_basebackup", flags...); err != nil {
		return nil, errors.Join(err, other.Remove())
	}
	return other, nil
}

// prepare finds the programs and makes the folder.
func (c *Cluster) prepare() error {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 || !runs() {
		return ErrMissing
	}
	slices.Sort(found)
	c.bin = filepath.Dir(found[len(found)-1])
	var err error
	if c.dir, err = os.MkdirTemp("", "pgtest-"); err != nil {
		return err
	}
	return own(c.dir)
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// Up starts the server and waits until it answers.
func (c *Cluster) Up() (err error) {
	if c.Port == 0 {
		if c.Port, err = freePort(); err != nil {
			return err
		}
	}
	args := []string{"-D", c.data(), "-p", fmt.Sprint(c.Port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="}
	for _, s := range c.settings {
		args = append(args, "-c", s)
	}
	if c.server, err = start(filepath.Join(c.bin, "postgres"), args, filepath.Join(c.dir, "log")); err != nil {
		return err
	}
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if err = c.answers(); err == nil {
			return nil
		}
		if time.Since(began) > time.Minute || c.server.over() {
			log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
			return fmt.Errorf("the server does not start: %w: %s", err, log)
		}
	}
}

// Set replaces the settings, from the next start on.
func (c *Cluster) Set(settings ...string) { c.settings = settings }

// answers asks the server for an answer.
func (c *Cluster) answers() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return c.Exec(ctx, "postgres", "select 1")
}

// Exec runs a statement in a database.
func (c *Cluster) Exec(ctx context.Context, database, sql string) error {
	conn, err := pgx.Connect(ctx, c.URL(database))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql)
	return err
}

// URL is the address of a database.
func (c *Cluster) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("postgres", Password), Host: fmt.Sprintf("127.0.0.1:%d", c.Port), Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

// Database makes an empty database and returns its address.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", c.made.Add(1))
	if err := c.Exec(t.Context(), "postgres", "create database "+name); err != nil {
		t.Fatal(err)
	}
	return c.URL(name)
}

// Tool runs one of PostgreSQL's programs. An error has what it said.
func (c *Cluster) Tool(name string, args ...string) error {
	_, err := c.Output(name, args...)
	return err
}

// Output is Tool, with what the program wrote.
func (c *Cluster) Output(name string, args ...string) ([]byte, error) {
	cmd := exec.Command(filepath.Join(c.bin, name), args...) //nolint:noctx // it ends by itself
	cmd.SysProcAttr = asServer()
	cmd.Dir = c.dir
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("%s: %w: %s", name, err, said.String())
	}
	return out, nil
}

// Kill ends the server at once, as a crash does: what it had not made durable is gone from
// its memory, and it recovers at its next start.
func (c *Cluster) Kill() error { return c.server.end(syscall.SIGQUIT) }

// Stop ends the server in good order; connections are cut.
func (c *Cluster) Stop() error { return c.server.end(syscall.SIGINT) }

// Remove ends the server and removes its folder.
func (c *Cluster) Remove() error {
	err := error(nil)
	if c.server != nil {
		err = c.Kill()
	}
	return errors.Join(err, os.RemoveAll(c.dir))
}

// freePort finds a port that is free now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
