package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"debug/elf"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// compose is what a compose file says of what is tested here.
type compose struct {
	Services map[string]struct {
		Image       string
		User        string
		Entrypoint  []string
		Command     []string
		Ports       []string
		Volumes     []string
		EnvFile     []string `yaml:"env_file"`
		Secrets     []string
		ReadOnly    bool `yaml:"read_only"`
		Tmpfs       []string
		CapDrop     []string `yaml:"cap_drop"`
		SecurityOpt []string `yaml:"security_opt"`
		StopGrace   string   `yaml:"stop_grace_period"`
		Restart     string
		Profiles    []string
		Healthcheck struct{ Disable bool }
	}
	Secrets map[string]struct{ File string }
	Name    string
}

func composed(t *testing.T) (c compose) {
	t.Helper()
	data, err := os.ReadFile("../../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(data, &c, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if len(c.Services) != 2 {
		t.Fatalf("%d services", len(c.Services))
	}
	return c
}

// TestTheComposeFileIsCareful reads compose.yaml, which knows no key beyond those that are
// listed here.
func TestTheComposeFileIsCareful(t *testing.T) {
	c := composed(t)
	for name, s := range c.Services {
		if s.Image != "reelmerge" || s.User != "${REELMERGE_USER:-1000:1000}" || !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) ||
			!slices.Equal(s.SecurityOpt, []string{"no-new-privileges:true"}) || !slices.Equal(s.Tmpfs, []string{"/tmp:mode=1777"}) {
			t.Errorf("%s may do more than it must: %+v", name, s)
		}
		if !slices.Equal(s.Volumes, []string{"./campaigns:/campaigns"}) || s.StopGrace != "3m" {
			t.Errorf("%s keeps nothing, or is killed while it saves: %+v", name, s)
		}
		for _, secret := range s.Secrets {
			if !slices.Contains(s.Command, "/run/secrets/"+secret) || c.Secrets[secret].File == "" {
				t.Errorf("%s: the secret %s comes from nowhere, or is not used", name, secret)
			}
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s is open to other machines at %s", name, port)
			}
		}
		if len(s.Ports) == 0 && !s.Healthcheck.Disable {
			t.Errorf("%s has no server, and is asked for one", name)
		}
	}
}

// container is the file system of a built image, and what the image says of itself.
type container struct {
	t                            *testing.T
	root                         string
	source                       string
	User, WorkingDir, StopSignal string
	Entrypoint, Cmd, Env         []string
	Healthcheck                  struct{ Test []string }
}

// imageBuilt builds the image by `make image` from what is committed, with Debian's buildah.
// That asks no registry: the image begins from nothing.
func imageBuilt(t *testing.T) *container {
	t.Helper()
	if _, err := exec.LookPath("buildah"); err != nil || os.Getuid() != 0 {
		t.Skip("SKIPPED: an image is built by root, with buildah")
	}
	c := &container{t: t, source: clone(t)}
	store := t.TempDir()
	buildah := []string{"buildah", "--storage-driver", "vfs", "--root", filepath.Join(store, "root"), "--runroot", filepath.Join(store, "run")}
	command(t, c.source, "make", "image", "VERSION=v1.2.3", "BUILDER="+strings.Join(buildah, " "))
	ask := func(args ...string) string {
		return command(t, c.source, buildah[0], append(buildah[1:len(buildah):len(buildah)], args...)...)
	}
	var said struct {
		Docker struct{ Config *container }
	}
	said.Docker.Config = c
	if err := json.Unmarshal([]byte(ask("inspect", "--type", "image", "reelmerge")), &said); err != nil {
		t.Fatal(err)
	}
	c.root = strings.TrimSpace(ask("mount", strings.TrimSpace(ask("from", "reelmerge"))))
	return c
}

func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir = dir
	var wrong bytes.Buffer
	c.Stderr = &wrong
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s%s", name, args, err, out, wrong.Bytes())
	}
	return string(out)
}

// inside is a command in the container, as its user or another one, with nothing of this
// machine's environment.
func (c *container) inside(user string, args ...string) *exec.Cmd {
	uid, gid, _ := strings.Cut(user, ":")
	run := exec.Command(args[0], args[1:]...)
	run.Path, run.Err = args[0], nil // of the container, where nothing is looked up
	run.Dir = c.WorkingDir
	run.Env = c.Env
	run.SysProcAttr = &syscall.SysProcAttr{Chroot: c.root, Credential: &syscall.Credential{Uid: c.number(uid), Gid: c.number(gid)}}
	return run
}

func (c *container) number(text string) uint32 {
	c.t.Helper()
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n == 0 {
		c.t.Fatalf("user %q is root, or is no number", text)
	}
	return uint32(n)
}

// put copies a folder, or writes a file, that a user of the container owns.
func (c *container) put(user, at string, from fs.FS) {
	c.t.Helper()
	target := filepath.Join(c.root, at)
	if err := os.CopyFS(target, from); err != nil {
		c.t.Fatal(err)
	}
	uid, gid, _ := strings.Cut(user, ":")
	err := filepath.WalkDir(target, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(c.number(uid)), int(c.number(gid)))
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// TestTheImage builds the image of a container and uses it as compose.yaml does.
func TestTheImage(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds an image")
	}
	c := imageBuilt(t)
	t.Run("has the program alone", c.hasTheProgramAlone)
	t.Run("makes a campaign", c.makesACampaign)
	t.Run("knows time zones", c.knowsTimeZones)
	t.Run("serves pages and is asked for its health", c.servesPages)
}

func (c *container) hasTheProgramAlone(t *testing.T) {
	var files []string
	err := filepath.WalkDir(c.root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && path != c.root {
			info, err := d.Info()
			if err != nil {
				return err
			}
			owner := info.Sys().(*syscall.Stat_t).Uid
			files = append(files, fmt.Sprintf("%s %s %d", strings.TrimPrefix(path, c.root), info.Mode(), owner))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/campaigns drwxr-xr-x 65532", "/reelmerge -rwxr-xr-x 0", "/tmp dtrwxrwxrwx 65532"}, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	program := filepath.Join(c.root, "reelmerge")
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the program needs a loader: %s", p.Type)
		}
	}
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	for _, authority := range []string{"ISRG Root X1", "DigiCert Global Root G2", "GTS Root R1", "Amazon Root CA 1"} {
		if !bytes.Contains(data, []byte(authority)) {
			t.Errorf("the program does not know the authority %s", authority)
		}
	}
	if c.StopSignal != "SIGTERM" || !slices.Equal(c.Entrypoint, []string{"/reelmerge"}) {
		t.Errorf("%+v", c)
	}
}

func (c *container) makesACampaign(t *testing.T) {
	c.put(c.User, "campaigns", os.DirFS(filepath.Join(c.source, "examples/template-job")))
	run := composed(t).Services["run"].Entrypoint
	for _, step := range []struct {
		args []string
		says string
	}{
		{append(c.Entrypoint, "--version"), "v1.2.3"},
		{append(c.Entrypoint, c.Cmd...), "Make a campaign:"},
		{append(c.Entrypoint, "check", "campaign.yaml"), ""},
		{append(c.Entrypoint, "plan", "campaign.yaml"), "200"},
		{append(run, "campaign.yaml", "--yes"), "200 made"},
		{append(c.Entrypoint, "status", "campaign.yaml"), "200 made"},
	} {
		out, err := c.inside(c.User, step.args...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), step.says) || strings.Contains(string(out), "warning") {
			t.Fatalf("%q: %v\n%s", step.args, err, out)
		}
	}
	videos, err := filepath.Glob(filepath.Join(c.root, "campaigns/out/campaign/sandbox/videos/*.mp4"))
	if err != nil || len(videos) != 200 {
		t.Fatalf("%d videos: %v", len(videos), err)
	}
	if owner := fileOwner(t, videos[0]); fmt.Sprintf("%d:%[1]d", owner) != c.User {
		t.Errorf("the videos are user %d's", owner)
	}
}

func fileOwner(t *testing.T, path string) uint32 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Uid
}

// knowsTimeZones asks for a moment by a clock on the wall.
func (c *container) knowsTimeZones(t *testing.T) {
	plan := c.inside(c.User, append(c.Entrypoint, "plan", "campaign.yaml", "--json", "--set", "limits.stop_at=06:00")...)
	plan.Env = append(plan.Env, "TZ=Asia/Kolkata")
	out, err := plan.Output()
	if err != nil || !regexp.MustCompile(`"stop_at":\s*"[^"]*T06:00:00\+05:30"`).Match(out) {
		t.Errorf("%v\n%.2000s", err, out)
	}
}

// servesPages starts the service of compose.yaml as another user, who owns the campaigns, and
// asks with the image's own health check. Both get a port that is free here.
func (c *container) servesPages(t *testing.T) {
	page := composed(t).Services["page"]
	if page.Ports[0] != "127.0.0.1:8710:8710" || !slices.Contains(c.Healthcheck.Test, "127.0.0.1:8710") {
		t.Fatalf("%q, %q", page.Ports, c.Healthcheck.Test)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(free.Addr().(*net.TCPAddr).Port)
	free.Close()
	atPort := func(args []string) (moved []string) {
		for _, arg := range args {
			moved = append(moved, strings.Replace(arg, ":8710", ":"+port, 1))
		}
		return moved
	}
	const user = "1000:1000"
	c.put(user, "campaigns", os.DirFS(t.TempDir())) // whose they are from now on
	c.put(user, "run/secrets", os.DirFS(secrets(t)))
	health := func() ([]byte, error) {
		if c.Healthcheck.Test[0] != "CMD" {
			t.Fatalf("%q", c.Healthcheck.Test)
		}
		return c.inside(user, atPort(c.Healthcheck.Test[1:])...).CombinedOutput()
	}
	if out, err := health(); err == nil || !strings.Contains(string(out), "no server answers") {
		t.Errorf("before it is there: %v, %s", err, out)
	}
	server := c.inside(user, atPort(append(c.Entrypoint, page.Command...))...)
	var wrong bytes.Buffer
	server.Stderr = &wrong
	said, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Process.Kill() }() // it has ended, if the test has gone well
	if line, err := bufio.NewReader(said).ReadString('\n'); err != nil {
		t.Fatalf("%v %q\n%s", err, line, wrong.Bytes())
	}
	if out, err := health(); err != nil {
		t.Errorf("it answers: %v, %s", err, out)
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait() // how it ends is a matter of other tests
	if out, err := health(); err == nil {
		t.Errorf("after it has ended: %s", out)
	}
}

// secrets are files for the secrets of compose.yaml.
func secrets(t *testing.T) string {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"password":    []byte("correct horse battery\n"),
		"certificate": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		"key":         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
