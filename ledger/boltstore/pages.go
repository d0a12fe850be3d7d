package boltstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/reelmerge/reelmerge/ledger"
)

// The layout of bbolt's pages, in bytes. bbolt writes numbers as its machine
// does.
const (
	headerSize     = 16 // id 8, kind 2, count 2, overflow 4
	elementSize    = 16 // leaf: flags, position, key size, value size; branch: position, key size, page
	bucketSize     = 16 // root page 8, sequence 8
	metaSize       = 64 // after the header; its last 8 bytes are a checksum of the others
	metaMagic      = 0xED0CDAED
	metaVersion    = 2
	kindBranch     = 0x01
	kindLeaf       = 0x02
	kindMeta       = 0x04
	kindFreelist   = 0x10
	flagBucket     = 0x01
	manyFree       = 0xffff // the count of a free list that did not fit into 16 bits
	deepest        = 64
	largestPage    = 1 << 16
	smallestPage   = 1 << 9
	noFreelist     = 1<<64 - 1
	metaPages      = 2
	claimBatchSize = 64
)

var native = binary.NativeEndian

// image is a bbolt file that is read page by page without trust. Every page must have its
// own number, be used exactly once, begin with the key that its parent has, and keep its
// keys in order. So every byte that is read is checked against another one. Free pages
// and the unused ends of pages are not read.
type image struct {
	file     io.ReaderAt
	pageSize int
	root     uint64
	freelist uint64
	pages    uint64          // the first page that was never used
	used     []atomic.Uint32 // a bit for each page
}

// page is one page with its overflow.
type page struct {
	id       uint64
	kind     uint16
	count    int
	overflow uint64 // pages after this one that belong to it
	data     []byte // with the header
	within   bool   // it lies within another, and ends with its last element
}

// leaf is a page of records that waits to be read, with the range of its keys.
type leaf struct {
	bucket    string
	id        uint64
	low, high []byte // high is nil at the end of a bucket
	inline    []byte // the page itself, when it lies within another
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ledger.ErrCorrupt, fmt.Sprintf(format, args...))
}

// claim marks pages as used, and refuses those that already are or do not exist. Two
// references to one page would let a later commit overwrite records that still count.
func (im *image) claim(id, n uint64) error {
	if id < metaPages || id >= im.pages || n > im.pages-id {
		return damaged("page %d is outside the file", id)
	}
	for p := id; p < id+n; p++ {
		bit := uint32(1) << (p % 32)
		if im.used[p/32].Or(bit)&bit != 0 {
			return damaged("page %d is used twice", p)
		}
	}
	return nil
}

// read reads a page with its overflow into a buffer, and claims it.
func (im *image) read(id uint64, buf []byte) (page, error) {
	if id < metaPages || id >= im.pages {
		return page{}, damaged("page %d is outside the file", id)
	}
	data := append(buf[:0], make([]byte, im.pageSize)...)
	if _, err := im.file.ReadAt(data, int64(id)*int64(im.pageSize)); err != nil {
		return page{}, fmt.Errorf("read page %d: %w", id, err)
	}
	p := parse(data)
	if p.id != id {
		return p, damaged("page %d says it is page %d", id, p.id)
	}
	if err := im.claim(id, p.overflow+1); err != nil {
		return p, err
	}
	// The overflow was claimed, so it lies within the file and its size is bounded by it.
	if p.overflow > 0 {
		p.data = make([]byte, (int(p.overflow)+1)*im.pageSize)
		if _, err := im.file.ReadAt(p.data, int64(id)*int64(im.pageSize)); err != nil {
			return p, fmt.Errorf("read page %d: %w", id, err)
		}
	}
	return p, nil
}

// parse reads the header of a page. Nothing in it is trusted yet.
func parse(data []byte) page {
	return page{
		id: native.Uint64(data), kind: native.Uint16(data[8:]), count: int(native.Uint16(data[10:])),
		overflow: uint64(native.Uint32(data[12:])), data: data,
	}
}

// elements yields the parts of each element: its number, its key, and its value
// or page.
func (p page) elements(visit func(flags uint32, key, value []byte, child uint64) error) error {
	next := headerSize + p.count*elementSize
	if next > len(p.data) {
		return damaged("page %d has no room for %d elements", p.id, p.count)
	}
	for i := range p.count {
		at := headerSize + i*elementSize
		e := p.data[at : at+elementSize]
		var flags uint32
		var position, keySize, valueSize int
		var child uint64
		if p.kind == kindLeaf {
			flags = native.Uint32(e)
			position = int(native.Uint32(e[4:]))
			keySize, valueSize = int(native.Uint32(e[8:])), int(native.Uint32(e[12:]))
		} else {
			position, keySize = int(native.Uint32(e)), int(native.Uint32(e[4:]))
			child = native.Uint64(e[8:])
		}
		// bbolt writes keys and values one after another without gaps, so each position is
		// known beforehand: a wrong one is damage, also where it leads to readable bytes.
		if at+position != next || keySize == 0 || next+keySize+valueSize > len(p.data) {
			return damaged("page %d, element %d is not where it should be", p.id, i)
		}
		key := p.data[next : next+keySize : next+keySize]
		value := p.data[next+keySize : next+keySize+valueSize : next+keySize+valueSize]
		next += keySize + valueSize
		if err := visit(flags, key, value, child); err != nil {
			return err
		}
	}
	if p.within && next != len(p.data) {
		return damaged("a page within a page has %d bytes too many", len(p.data)-next)
	}
	return nil
}

// ordered checks that keys grow within [low, high), and that the first is low itself.
// bbolt finds the place of a page in its parent by that key. With another key it would
// add a second reference to the page.
type ordered struct {
	page      uint64
	low, high []byte // low is nil at the top of a bucket
	last      []byte
}

// next checks one key.
func (o *ordered) next(key []byte) error {
	if o.last != nil && bytes.Compare(o.last, key) >= 0 ||
		o.last == nil && o.low != nil && !bytes.Equal(o.low, key) || o.high != nil && bytes.Compare(key, o.high) >= 0 {
		return damaged("page %d: key %x is out of order", o.page, key)
	}
	o.last = key
	return nil
}

// leaves walks down from a page to the pages with records. All of these are equally deep,
// so one look at each level is enough; a page of another kind is found when it is read.
func (im *image) leaves(top leaf) ([]leaf, error) {
	level := []leaf{top}
	for depth := 0; ; depth++ {
		kind, err := im.kind(level[0].id)
		if err != nil || kind == kindLeaf {
			return level, err
		}
		if depth == deepest { // a real tree of that depth would not fit on any disk
			return nil, damaged("bucket %q is endlessly deep", top.bucket)
		}
		var below []leaf
		for _, l := range level {
			p, err := im.read(l.id, nil)
			if err != nil {
				return nil, err
			}
			children, err := p.children(l)
			if err != nil {
				return nil, err
			}
			below = append(below, children...)
		}
		level = below
	}
}

// children splits the range of a branch among the pages below it.
func (p page) children(l leaf) (children []leaf, err error) {
	if p.kind != kindBranch {
		return nil, damaged("page %d has kind %#x, want a branch", p.id, p.kind)
	}
	order := ordered{page: p.id, low: l.low, high: l.high}
	err = p.elements(func(_ uint32, key, _ []byte, child uint64) error {
		if n := len(children); n > 0 {
			children[n-1].high = key
		}
		children = append(children, leaf{bucket: l.bucket, id: child, low: key, high: l.high})
		return order.next(key)
	})
	if err == nil && len(children) == 0 {
		err = damaged("branch page %d is empty", p.id)
	}
	return children, err
}

// kind looks at what a page says it is, without claiming it.
func (im *image) kind(id uint64) (uint16, error) {
	if id < metaPages || id >= im.pages {
		return 0, damaged("page %d is outside the file", id)
	}
	header := make([]byte, headerSize)
	if _, err := im.file.ReadAt(header, int64(id)*int64(im.pageSize)); err != nil {
		return 0, fmt.Errorf("read page %d: %w", id, err)
	}
	return native.Uint16(header[8:]), nil
}

// buckets returns the leaves of every bucket, by name.
func (im *image) buckets() (map[string][]leaf, error) {
	tops, err := im.leaves(leaf{id: im.root})
	if err != nil {
		return nil, err
	}
	found := map[string][]leaf{}
	for _, top := range tops {
		err := im.records(top, nil, func(flags uint32, key, value []byte) error {
			if flags != flagBucket || len(value) < bucketSize || native.Uint64(value[8:]) != 0 {
				return damaged("page %d: %q is no bucket of ours", top.id, key)
			}
			name := string(key)
			found[name], err = im.bucket(name, value)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// bucket returns the leaves of one bucket; a small one lies within its parent.
func (im *image) bucket(name string, value []byte) ([]leaf, error) {
	root := native.Uint64(value)
	if root != 0 && len(value) != bucketSize {
		return nil, damaged("bucket %q has %d bytes too many", name, len(value)-bucketSize)
	}
	if root != 0 {
		return im.leaves(leaf{bucket: name, id: root})
	}
	inline := bytes.Clone(value[bucketSize:])
	if len(inline) < headerSize {
		return nil, damaged("bucket %q is cut off", name)
	}
	return []leaf{{bucket: name, inline: inline}}, nil
}

// records yields the records of a leaf.
func (im *image) records(l leaf, buf []byte, visit func(flags uint32, key, value []byte) error) error {
	p, err := im.leafPage(l, buf)
	if err != nil {
		return err
	}
	if p.kind != kindLeaf {
		return damaged("page %d has kind %#x, want a leaf", p.id, p.kind)
	}
	order := ordered{page: l.id, low: l.low, high: l.high}
	return p.elements(func(flags uint32, key, value []byte, _ uint64) error {
		if err := order.next(key); err != nil {
			return err
		}
		return visit(flags, key, value)
	})
}

// leafPage returns the page of a leaf, which bbolt keeps within its parent while it is
// small.
func (im *image) leafPage(l leaf, buf []byte) (page, error) {
	if l.inline == nil {
		return im.read(l.id, buf)
	}
	p := parse(l.inline)
	p.within = true
	if p.id != 0 || p.overflow != 0 {
		return p, damaged("bucket %q has a page within a page", l.bucket)
	}
	return p, nil
}

// free claims the free pages and the list of them. After that, every page must be
// claimed.
func (im *image) free() error {
	if im.freelist == noFreelist {
		return damaged("the free list was not written")
	}
	p, err := im.read(im.freelist, nil)
	if err != nil {
		return err
	}
	ids := p.data[headerSize:]
	n := uint64(p.count)
	if p.count == manyFree {
		n = native.Uint64(ids)
		ids = ids[8:]
	}
	if p.kind != kindFreelist || n > uint64(len(ids)/8) {
		return damaged("the free list at page %d is broken", p.id)
	}
	for i := range n {
		if err := im.claim(native.Uint64(ids[i*8:]), 1); err != nil {
			return err
		}
	}
	return im.complete()
}

// complete refuses a page that is neither used nor free: the reference to it is lost, and
// with it its records.
func (im *image) complete() error {
	for p := uint64(metaPages); p < im.pages; p++ {
		if im.used[p/32].Load()&(1<<(p%32)) == 0 {
			return damaged("page %d is neither used nor free", p)
		}
	}
	return nil
}

// each has several workers read leaves, and returns when all are read. They take leaves in
// batches, so that they seldom contend for the counter.
func each(leaves []leaf, workers int, read func(worker int, l leaf)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for {
				end := int(next.Add(claimBatchSize))
				for _, l := range leaves[min(end-claimBatchSize, len(leaves)):min(end, len(leaves))] {
					read(worker, l)
				}
				if end >= len(leaves) {
					return
				}
			}
		})
	}
	group.Wait()
}
