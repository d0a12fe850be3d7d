package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"runtime"
	"sync/atomic"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/internal/record"
)

// inspect reads a whole ledger file and returns its faults, each broken record by its
// name. It does not use bbolt, which would trust the file. The error says why the file
// could not be read.
func inspect(f *os.File) ([]error, error) {
	im, err := openImage(f)
	if err == nil {
		var leaves map[string][]leaf
		if leaves, err = im.buckets(); err == nil {
			return im.inspect(leaves)
		}
	}
	if errors.Is(err, ledger.ErrCorrupt) {
		return []error{err}, nil
	}
	return nil, err
}

// inspect has several workers read the records, and compares their sums. The free list is
// checked only for a file without broken records: with them, pages are missing anyway.
func (im *image) inspect(leaves map[string][]leaf) ([]error, error) {
	if err := im.ours(leaves); err != nil {
		return []error{err}, nil
	}
	var all []leaf
	for _, name := range buckets() {
		all = append(all, leaves[name]...)
	}
	seed := maphash.MakeSeed()
	audits := make([]*audit, runtime.GOMAXPROCS(0))
	for i := range audits {
		audits[i] = newAudit(seed)
	}
	each(all, len(audits), func(worker int, l leaf) { audits[worker].leaf(im, l) })
	total := newAudit(seed)
	for _, part := range audits {
		total.merge(part)
	}
	if len(total.problems) > 0 {
		return im.named(total.problems, leaves[bucketKeys]), nil
	}
	if err := im.free(); err != nil {
		return []error{err}, nil
	}
	return total.compare(), nil
}

// again returns the image with no page claimed, so that pages can be read a second time.
func (im *image) again() *image {
	return &image{file: im.file, pageSize: im.pageSize, pages: im.pages, used: make([]atomic.Uint32, len(im.used))}
}

// named adds the key of its row to each problem of an entry, for a person to find the row.
// It reads the keys again, because only now it is known which ones are needed.
func (im *image) named(problems []error, keys []leaf) []error {
	wanted := map[uint64]int{}
	for i, p := range problems {
		var broken *brokenRecord
		if errors.As(p, &broken) && broken.ofRow() {
			wanted[binary.BigEndian.Uint64(broken.key)] = i
		}
	}
	if len(wanted) == 0 {
		return problems
	}
	second := im.again()
	for _, l := range keys {
		// What is broken here is among the problems already.
		_ = second.records(l, nil, func(_ uint32, key, sealed []byte) error {
			var n uint64
			if open(bucketKeys, key, sealed, record.Sequence(&n)) != nil {
				return nil
			}
			if i, ok := wanted[n]; ok {
				problems[i] = fmt.Errorf("row %q: %w", key, problems[i])
			}
			return nil
		})
	}
	return problems
}

// ours refuses a file that is no ledger, or one of a later version. It comes before any
// other check, so that a newer format is not reported as damage.
func (im *image) ours(leaves map[string][]leaf) error {
	if len(leaves[bucketMeta]) != 1 {
		return fmt.Errorf("%w: a database, but not a ledger", ledger.ErrForeign)
	}
	version, moved := uint64(0), []byte(nil)
	err := im.again().records(leaves[bucketMeta][0], nil, func(_ uint32, key, value []byte) error {
		switch string(key) {
		case keyFormat:
			return open(bucketMeta, key, value, record.Sequence(&version))
		case keyMoved:
			return open(bucketMeta, key, value, record.Rest(&moved))
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case version == 0:
		return damaged("it has no format")
	case version == movedVersion:
		return movedTo(moved)
	case version > formatVersion:
		return fmt.Errorf("%w: file format %d, known is %d", ledger.ErrNewer, version, formatVersion)
	}
	for _, name := range buckets() {
		if _, there := leaves[name]; !there {
			return damaged("bucket %q is not there", name)
		}
	}
	if len(leaves) != len(buckets()) {
		return damaged("it has %d buckets, not %d", len(leaves), len(buckets()))
	}
	return nil
}
