// Package account keeps what one campaign learns for the next ones of the same account, in
// the state folder of the user. It holds numbers and ids, no row and no text.
//
//	accounts/key          a random key, which makes the names of accounts unguessable
//	accounts/lock         is locked while something is written
//	accounts/ID/NAME      a JSON document
//	accounts/ID/lock      is locked while a document is changed often
//	accounts/ID/alias     is the id of the account that this one is, after a new token
package account

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// Account is the folder of one account.
type Account struct{ folder string }

const (
	keySize      = 32
	idSize       = 16       // bytes of a hash
	mostDocument = 16 << 20 // bytes; a larger file is not ours
)

// Open finds the account that an address and its credentials belong to. They are hashed
// with a random key, so that the folder's name tells nothing to a reader who guesses them.
// It makes the key at the first use; the account's own folder is made by [Account.Update].
func Open(state, address, credentials string) (*Account, error) {
	base := filepath.Join(state, "accounts")
	key, err := readKey(base)
	if err != nil {
		return nil, err
	}
	return named(base, key, address, credentials).known()
}

// Find is [Open] for a reader: it makes nothing, and returns nil where no account is known.
func Find(state, address, credentials string) (*Account, error) {
	base := filepath.Join(state, "accounts")
	key, err := atomicfile.Read(filepath.Join(base, "key"), keySize)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the key of the state folder: %w", err)
	}
	return named(base, key, address, credentials).known()
}

// named is the account whose folder's name is a hash under the key.
func named(base string, key []byte, address, credentials string) *Account {
	return &Account{folder: filepath.Join(base, Name(key, address, credentials))}
}

// Name is a hash of an address and its credentials under a key.
func Name(key []byte, address, credentials string) string {
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s\x00%s", address, credentials) // a hash never fails
	return hex.EncodeToString(mac.Sum(nil)[:idSize])
}

// aliasFile holds the id of the account that a folder stands for.
const aliasFile = "alias"

// known is the account that this one is known as: itself, unless it joined another.
func (a *Account) known() (*Account, error) {
	data, err := atomicfile.Read(a.Path(aliasFile), 2*idSize)
	id, plain := hex.DecodeString(string(data))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return a, nil
	case err != nil:
		return nil, fmt.Errorf("read the alias of an account: %w", err)
	case plain != nil || len(id) != idSize:
		return nil, fmt.Errorf("%s names no account", a.Path(aliasFile))
	}
	return &Account{folder: filepath.Join(filepath.Dir(a.folder), string(data))}, nil
}

// Elsewhere is another account that has a file, while this one does not; nil where there is none.
func (a *Account) Elsewhere(name string) (*Account, error) {
	if _, err := os.Stat(a.Path(name)); err == nil {
		return nil, nil
	}
	base := filepath.Dir(a.folder)
	entries, err := os.ReadDir(base)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the accounts: %w", err)
	}
	for _, entry := range entries {
		other := &Account{folder: filepath.Join(base, entry.Name())}
		if _, err := os.Stat(other.Path(name)); err == nil {
			return other, nil
		}
	}
	return nil, nil
}

// Join makes this account an alias of another one: from then on its address and credentials
// lead there. What was kept here before is not read any more.
func (a *Account) Join(other *Account) error {
	if err := os.MkdirAll(a.folder, 0o700); err != nil {
		return fmt.Errorf("make the account's folder: %w", err)
	}
	return atomicfile.WriteFile(a.Path(aliasFile), []byte(filepath.Base(other.folder)))
}

// Path is where a document of the account is, or would be.
func (a *Account) Path(name string) string { return filepath.Join(a.folder, name) }

// Read reads a document into v, which stays as it is where there is none.
func (a *Account) Read(name string, v any) error {
	data, err := a.text(name)
	if data != nil && err == nil {
		err = json.Unmarshal(data, v)
	}
	return wrap("read", a.Path(name), err)
}

// Peek is [Account.Read] for a document that [Account.Try] writes. A loss of power may leave
// an empty one, which is as good as none.
func (a *Account) Peek(name string, v any) error {
	if data, err := a.text(name); err == nil && len(data) == 0 {
		return nil
	}
	return a.Read(name, v)
}

// text is that of a document, nil where there is none.
func (a *Account) text(name string) ([]byte, error) {
	data, err := atomicfile.Read(a.Path(name), mostDocument)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// Write writes a document durably. The caller holds the lock under which it is changed.
func (a *Account) Write(name string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		err = atomicfile.WriteFile(a.Path(name), append(data, '\n'))
	}
	return wrap("write", a.Path(name), err)
}

// Update reads a document into v, has it changed, and writes it durably. A lock keeps two
// programs from losing each other's change.
func (a *Account) Update(name string, v any, change func()) error {
	return a.within(locked, filepath.Dir(a.folder), func() error {
		if err := a.Read(name, v); err != nil {
			return err
		}
		change()
		return a.Write(name, v)
	})
}

// Try is [Account.Update] for a change that is made often, and says whether it is to be
// written. It does not wait for the disk, which would take most of the time of a run: a loss
// of power takes the changes of the last seconds back.
func (a *Account) Try(name string, v any, change func() (write bool, err error)) error {
	return a.within(soon, a.folder, func() error {
		if err := a.Peek(name, v); err != nil {
			return err
		}
		write, err := change()
		if err != nil || !write {
			return err
		}
		data, err := json.Marshal(v)
		if err == nil {
			err = atomicfile.Replace(a.Path(name), append(data, '\n'))
		}
		return wrap("write", a.Path(name), err)
	})
}

// within acts under the lock of a folder.
func (a *Account) within(lock func(string, func() error) error, folder string, act func() error) error {
	if err := os.MkdirAll(a.folder, 0o700); err != nil {
		return fmt.Errorf("make the account's folder: %w", err)
	}
	return lock(folder, act)
}

// wrap says what could not be done with a file.
func wrap(what, path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, path, err)
}

// Hold locks a file of the account until it is released, or the program dies.
func (a *Account) Hold(name string) (release func(), err error) {
	if err := os.MkdirAll(a.folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the account's folder: %w", err)
	}
	lock := flock.New(a.Path(name), flock.SetPermissions(0o600))
	if locked, err := lock.TryLock(); err != nil || !locked {
		return nil, fmt.Errorf("lock %s: %w", a.Path(name), cmp.Or(err, errHeld))
	}
	return func() { _ = lock.Unlock() }, nil // the end of the program unlocks it as well
}

var errHeld = errors.New("another program holds it")

// Held reports whether a program holds a file. One that cannot be asked counts as held.
func (a *Account) Held(name string) bool {
	if _, err := os.Stat(a.Path(name)); errors.Is(err, fs.ErrNotExist) {
		return false
	}
	lock := flock.New(a.Path(name), flock.SetPermissions(0o600))
	free, err := lock.TryLock()
	if free {
		_ = lock.Unlock()
	}
	return err != nil || !free
}

// Remove forgets a document, and reports whether there was one.
func (a *Account) Remove(name string) (bool, error) {
	err := os.Remove(a.Path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// readKey reads the random key, and makes it at the first use. It is made under the lock,
// since two keys would be two accounts.
func readKey(base string) (key []byte, err error) {
	if err := os.MkdirAll(base, 0o700); err != nil {
		return nil, fmt.Errorf("make the state folder: %w", err)
	}
	path := filepath.Join(base, "key")
	if key, err = atomicfile.Read(path, keySize); err == nil && len(key) == keySize {
		return key, nil
	}
	err = locked(base, func() error {
		if key, err = atomicfile.Read(path, keySize); err == nil && len(key) == keySize {
			return nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read %s: %w", path, err)
		}
		key = make([]byte, keySize)
		_, _ = rand.Read(key) // it never fails
		return atomicfile.WriteFile(path, key)
	})
	return key, err
}

// patience is how long a program waits for the lock of an account: another one may have
// been stopped while it holds it.
const patience = 5 * time.Second

// soon holds the lock of an account's folder, or gives up.
func soon(folder string, act func() error) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	lock := flock.New(filepath.Join(folder, "lock"), flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, 2*time.Millisecond); err != nil {
		return fmt.Errorf("lock %s: %w", folder, err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	return act()
}

// locked holds the lock of a folder.
func locked(folder string, act func() error) (err error) {
	lock := flock.New(filepath.Join(folder, "lock"), flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("lock %s: %w", folder, err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	return act()
}
