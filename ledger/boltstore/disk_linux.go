package boltstore

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/reelmerge/reelmerge/ledger"
)

// networks names the file systems of statfs(2) that live on another machine.
func networks(kind uint32) string {
	switch kind {
	case 0x6969:
		return "NFS"
	case 0x517b, 0xfe534d42, 0xff534d42:
		return "SMB"
	case 0x5346414f, 0x6b414653:
		return "AFS"
	case 0x00c36400:
		return "Ceph"
	case 0x7461636f:
		return "OCFS2"
	case 0x01161970:
		return "GFS2"
	case 0x0bd00bd0:
		return "Lustre"
	}
	return ""
}

// onLocalDisk refuses folders on network file systems: their locks do not keep a second
// machine out, and mapped pages may be stale.
func onLocalDisk(path string) error {
	var fs syscall.Statfs_t
	err := syscall.Statfs(filepath.Dir(path), &fs)
	for errors.Is(err, syscall.EINTR) {
		err = syscall.Statfs(filepath.Dir(path), &fs)
	}
	if err != nil {
		return fmt.Errorf("look at the file system of %q: %w", filepath.Dir(path), err)
	}
	if name := networks(uint32(fs.Type)); name != "" {
		return fmt.Errorf("%w: %q is on %s; choose an output folder on this machine", ledger.ErrNetwork, filepath.Dir(path), name)
	}
	return nil
}
