package boltstore

import (
	"bytes"
	"errors"
	"hash/fnv"
	"io"
	"os"
	"sync/atomic"
)

// meta is one of the two pages from which all others are found. The one with the higher
// transaction number is in force.
type meta struct{ pageSize, root, freelist, pages, transaction uint64 }

// openImage reads both meta pages. bbolt is content with one. But when the newer one is
// broken, the last commit is silently gone, and with it perhaps the memory of a paid
// video.
func openImage(f *os.File) (*image, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	first, err := readMeta(f, 0, 0)
	if err != nil {
		return nil, err
	}
	second, err := readMeta(f, 1, int64(first.pageSize))
	if err != nil {
		return nil, err
	}
	// Each commit writes the other of the two pages, with the next number.
	newest := first
	if second.transaction > first.transaction {
		newest = second
	}
	if size := newest.pages * newest.pageSize; second.pageSize != first.pageSize || newest.pages > 1<<40 || size > uint64(info.Size()) {
		return nil, damaged("the file has %d bytes, %d pages were written", info.Size(), newest.pages)
	}
	return &image{
		file: f, pageSize: int(newest.pageSize), root: newest.root, freelist: newest.freelist, pages: newest.pages,
		used: make([]atomic.Uint32, newest.pages/32+1),
	}, nil
}

// readMeta reads one meta page and checks all of its fields, since every other page is
// found by them.
func readMeta(f io.ReaderAt, id uint64, at int64) (meta, error) {
	raw := make([]byte, headerSize+metaSize)
	if _, err := f.ReadAt(raw, at); err != nil && !errors.Is(err, io.EOF) {
		return meta{}, err
	}
	p := parse(raw)
	raw = raw[headerSize:]
	sum := fnv.New64a()
	_, _ = sum.Write(raw[:metaSize-8])
	m := meta{
		pageSize: uint64(native.Uint32(raw[8:])), root: native.Uint64(raw[16:]), freelist: native.Uint64(raw[32:]),
		pages: native.Uint64(raw[40:]), transaction: native.Uint64(raw[48:]),
	}
	switch {
	case p.id != id, p.kind != kindMeta, p.count != 0, p.overflow != 0,
		native.Uint32(raw) != metaMagic, native.Uint32(raw[4:]) != metaVersion, native.Uint64(raw[56:]) != sum.Sum64():
		return m, damaged("the meta page at byte %d is broken", at)
	case m.pageSize < smallestPage || m.pageSize > largestPage || m.pages < 4:
		return m, damaged("the meta page at byte %d makes no sense", at)
	}
	return m, nil
}

// hasMagic reports whether a file begins like a database. A broken ledger must be
// reported as broken, and not as a file of another program.
func hasMagic(path string) bool {
	f, err := openRegular(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // only read from
	magic := native.AppendUint32(nil, metaMagic)
	start := make([]byte, largestPage+headerSize+metaSize)
	n, _ := f.ReadAt(start, 0) // a short file is looked at as far as it goes
	return bytes.Contains(start[:n], magic)
}
