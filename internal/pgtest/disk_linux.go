package pgtest

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
)

// Disk is a small file system, for the tables of one database.
type Disk struct {
	t   testing.TB
	dir string
}

// Disk makes a file system of so many MiB, which goes with the test, and a database on it. A
// test skips where its user may not do that.
func (c *Cluster) Disk(t testing.TB, size int) (url string, d *Disk) {
	t.Helper()
	d = &Disk{t, filepath.Join(c.dir, "disk")}
	if err := syscall.Mkdir(d.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := d.mount(0, size); err != nil {
		t.Skip("SKIPPED: a file system of its own: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(d.dir, syscall.MNT_DETACH) })
	if err := own(d.dir); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"create tablespace small location '" + d.dir + "'", "create database small tablespace small"} {
		if err := c.Exec(t.Context(), "postgres", sql); err != nil {
			t.Fatal(err)
		}
	}
	return c.URL("small"), d
}

// Grow gives the file system another size, in MiB.
func (d *Disk) Grow(size int) {
	d.t.Helper()
	if err := d.mount(syscall.MS_REMOUNT, size); err != nil {
		d.t.Fatal(err)
	}
}

func (d *Disk) mount(flags uintptr, size int) error {
	return syscall.Mount("tmpfs", d.dir, "tmpfs", flags, fmt.Sprintf("size=%dm", size))
}
