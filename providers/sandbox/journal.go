package sandbox

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// The buckets of a state file, and the mark of a file of this program.
const (
	jobsBucket  = "jobs"  // sequence number -> job
	triesBucket = "tries" // content -> how often it was submitted
	metaBucket  = "meta"
	formatKey   = "format"
	format      = "reelmerge sandbox 1"
	lockTimeout = time.Second
)

// journal writes every change to a state file before a caller can see it. Many callers
// share one fsync: while one commit is on its way to the disk, all others gather in the
// next. It needs no goroutine of its own, so it works inside a fake clock, too.
type journal struct {
	db *bbolt.DB // nil: memory only

	mu   sync.Mutex
	next *batch // gathers writes; nil when there are none
	last *batch // the newest batch; when it is done, all earlier ones are

	commit sync.Mutex // held while a batch is on its way to the disk
}

// batch holds the writes of one commit.
type batch struct {
	writes []write
	done   chan struct{} // closed when the batch is on disk, or lost
	err    error         // to be read after done
}

// write sets one key.
type write struct {
	bucket string
	key    []byte
	value  []byte
}

// openJournal opens or creates the state file. An empty path means memory only. A file that
// is in use, foreign or damaged is an error, and stays as it is.
func openJournal(path string) (*journal, error) {
	if path == "" {
		return &journal{}, nil
	}
	if err := createState(path); err != nil {
		return nil, fmt.Errorf("create sandbox state %q: %w", path, err)
	}
	db, err := openState(path, &bbolt.Options{Timeout: lockTimeout, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return nil, err
	}
	return &journal{db: db}, nil
}

// createState makes a new state file appear whole or not at all. A kill in the middle
// leaves at most a temporary folder.
func createState(path string) error {
	// bbolt would fill an empty file, which may be somebody else's.
	if info, err := os.Stat(path); err == nil && info.Size() == 0 {
		return errors.New("the file is empty: not a sandbox state file")
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// Renaming onto the link would replace it. The user surely meant its target.
	if _, err := os.Lstat(path); err == nil {
		return errors.New("it is a link to nothing")
	}
	draft, err := os.MkdirTemp(filepath.Dir(path), ".sandbox-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(draft) }()
	name := filepath.Join(draft, "new.db")
	if err := writeEmptyState(name); err != nil {
		return err
	}
	if err := publish(name, path); err != nil {
		return err
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// publish gives a finished file its name. It leaves a file alone that another process has
// put there meanwhile, where the file system can tell.
func publish(name, path string) error {
	err := os.Link(name, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return os.Rename(name, path)
}

// syncFolder makes a new name survive a power failure, on systems that support it.
func syncFolder(folder string) {
	d, err := os.Open(folder)
	if err != nil {
		return
	}
	_ = d.Sync()
	_ = d.Close()
}

// writeEmptyState writes a state file without jobs.
func writeEmptyState(name string) error {
	db, err := bbolt.Open(name, 0o600, nil)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, bucket := range []string{jobsBucket, triesBucket, metaBucket} {
			if _, err := tx.CreateBucket([]byte(bucket)); err != nil {
				return err
			}
		}
		return tx.Bucket([]byte(metaBucket)).Put([]byte(formatKey), []byte(format))
	})
	return errors.Join(err, db.Close())
}

// openState opens an existing file and checks that it belongs to the sandbox. bbolt panics
// on some damaged files, which becomes an error here.
func openState(path string, options *bbolt.Options) (db *bbolt.DB, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			db = nil
			err = fmt.Errorf("open sandbox state %q: damaged: %v", path, cause)
		}
	}()
	db, err = bbolt.Open(path, 0o600, options)
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("open sandbox state %q: another process uses it", path)
	case err != nil:
		return nil, fmt.Errorf("open sandbox state %q: %w", path, err)
	}
	// Another program may keep a bbolt file under this name. Its data must not be touched.
	if err := checkFormat(db); err != nil {
		return nil, errors.Join(fmt.Errorf("open sandbox state %q: %w", path, err), db.Close())
	}
	return db, nil
}

// checkFormat refuses a bbolt file of another program.
func checkFormat(db *bbolt.DB) error {
	return db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket([]byte(metaBucket))
		if meta == nil || !bytes.Equal(meta.Get([]byte(formatKey)), []byte(format)) {
			return errors.New("not a sandbox state file")
		}
		return nil
	})
}

// load reads everything back in its original order.
func (j *journal) load(job func(*job), try func(content string, count int)) error {
	if j.db == nil {
		return nil
	}
	return j.db.View(func(tx *bbolt.Tx) error {
		err := tx.Bucket([]byte(jobsBucket)).ForEach(func(key, value []byte) error {
			return loadJob(key, value, job)
		})
		if err != nil {
			return err
		}
		return tx.Bucket([]byte(triesBucket)).ForEach(func(key, value []byte) error {
			try(string(key), int(binary.BigEndian.Uint64(value)))
			return nil
		})
	})
}

// loadJob reads one job.
func loadJob(key, value []byte, each func(*job)) error {
	var j job
	if err := json.Unmarshal(value, &j); err != nil {
		return fmt.Errorf("read job %x: %w", key, err)
	}
	each(&j)
	return nil
}

// promise stands for a batch that a caller waits for.
type promise struct {
	batch *batch // nil: there is nothing to wait for
	lead  bool   // this waiter has to commit the batch
}

// enqueue adds writes to the next commit. The caller holds the lock under which it changed
// the memory, so that memory and disk see changes in the same order. It must wait for the
// promise afterwards, since the first one to enqueue into a batch commits it for all.
func (j *journal) enqueue(writes ...write) promise {
	if j.db == nil || len(writes) == 0 {
		return promise{}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	lead := j.next == nil
	if lead {
		j.next = &batch{done: make(chan struct{})}
		j.last = j.next
	}
	j.next.writes = append(j.next.writes, writes...)
	return promise{batch: j.next, lead: lead}
}

// newest returns a promise that everything enqueued so far is on disk.
func (j *journal) newest() promise {
	j.mu.Lock()
	defer j.mu.Unlock()
	return promise{batch: j.last}
}

// wait returns when the promised batch is on disk.
func (j *journal) wait(p promise) error {
	if p.batch == nil {
		return nil
	}
	if p.lead {
		j.flush(p.batch)
	}
	<-p.batch.done
	return p.batch.err
}

// flush commits a batch. Others may join the batch until the commit before it has ended.
func (j *journal) flush(b *batch) {
	j.commit.Lock()
	defer j.commit.Unlock()
	// From here on, new writes go into another batch. This one must not grow while it is
	// written.
	j.mu.Lock()
	j.next = nil
	j.mu.Unlock()
	b.err = j.db.Update(b.put)
	close(b.done)
}

// put writes the batch in a transaction.
func (b *batch) put(tx *bbolt.Tx) error {
	for _, w := range b.writes {
		bucket := tx.Bucket([]byte(w.bucket))
		if w.bucket == jobsBucket {
			bucket.FillPercent = 0.95 // job keys only ever grow
		}
		if err := bucket.Put(w.key, w.value); err != nil {
			return err
		}
	}
	return nil
}

// close writes everything that is enqueued, and closes the file.
func (j *journal) close() error {
	if j.db == nil {
		return nil
	}
	return errors.Join(j.wait(j.newest()), j.db.Close())
}

// jobWrite returns the record of a job as it is now.
func jobWrite(j *job) (write, error) {
	value, err := json.Marshal(j)
	if err != nil {
		return write{}, fmt.Errorf("record job %q: %w", j.ID, err)
	}
	return write{bucket: jobsBucket, key: binary.BigEndian.AppendUint64(nil, j.Seq), value: value}, nil
}

// tryWrite returns the record of how often a content was submitted.
func tryWrite(content string, count int) write {
	return write{bucket: triesBucket, key: []byte(content), value: binary.BigEndian.AppendUint64(nil, uint64(count))}
}
