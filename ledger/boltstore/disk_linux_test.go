package boltstore

import "testing"

func TestNetworkFileSystemsAreKnown(t *testing.T) {
	for magic, want := range map[uint32]string{
		0x6969: "NFS", 0xff534d42: "SMB", 0xfe534d42: "SMB", 0xef53: "", 0x01021994: "", 0x9123683e: "", 0x58465342: "", 0x794c7630: "",
	} {
		if got := networks(magic); got != want {
			t.Errorf("networks(%#x) = %q, want %q", magic, got, want)
		}
	}
	if err := onLocalDisk(t.TempDir() + "/ledger.db"); err != nil {
		t.Error(err)
	}
}
