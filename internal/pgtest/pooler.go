package pgtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Pooler starts a PgBouncer in front of the cluster, which ends with the test, and returns
// the way to a database through it. Where it is not installed, the test skips.
func (c *Cluster) Pooler(t testing.TB, mode string) func(url string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		t.Skip("SKIPPED: PgBouncer is not installed; on Debian: apt-get install pgbouncer")
	}
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	users, settings := filepath.Join(c.dir, "users"), filepath.Join(c.dir, "pooler."+mode)
	for path, text := range map[string]string{
		users: fmt.Sprintf("%q %q\n", "postgres", Password),
		settings: fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%d\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port=%d\nunix_socket_dir=\n"+
			"auth_type=scram-sha-256\nauth_file=%s\npool_mode=%s\ndefault_pool_size=3\n", c.Port, port, users, mode),
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := start(program, []string{settings}, filepath.Join(c.dir, "pooler.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.end(syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	})
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)) //nolint:noctx // it does not wait
		if err == nil {
			_ = conn.Close() // only to see that it answers
			break
		}
		if time.Since(began) > 20*time.Second || p.over() {
			log, _ := os.ReadFile(filepath.Join(c.dir, "pooler.log"))
			t.Fatalf("the pooler does not start: %v: %s", err, log)
		}
	}
	return func(url string) string {
		return strings.Replace(url, fmt.Sprintf(":%d/", c.Port), fmt.Sprintf(":%d/", port), 1)
	}
}
