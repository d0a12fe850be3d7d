package pgstore

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reelmerge/reelmerge/ledger"
)

// The names in the migrations are qualified with their schema: a search path would stay in
// a connection that others use after us.
//
//go:embed migrations/*.sql
var migrations embed.FS

// schema is the version of the schema that this program works with: the number of its
// migrations.
func schema() (int, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	return len(files), err
}

// Migrate brings the schema of a database up to date. Several processes may do so at the
// same time, and a crash leaves the database as it was: all is one transaction. Processes
// of an earlier version of the program are refused afterwards, so they should have ended.
func Migrate(ctx context.Context, url string) error {
	d, err := connect(url, Options{})
	if err != nil {
		return err
	}
	defer d.Close()
	err = pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error { return migrate(ctx, tx) })
	if err != nil && !errors.Is(err, ledger.ErrNewer) {
		return refused(fmt.Errorf("migrate the database: %w", err))
	}
	return err
}

// migrate makes the migrations that are missing. The lock is that of the transaction, so
// that it ends with it, also behind a pooler.
func migrate(ctx context.Context, tx pgx.Tx) error {
	const lock = 0x7265656c // "reel"
	for _, sql := range []string{
		fmt.Sprintf("select pg_advisory_xact_lock(%d)", lock),
		"create schema if not exists reelmerge",
		"create table if not exists reelmerge.version (n int primary key, at timestamptz not null default clock_timestamp())",
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	var done int
	if err := tx.QueryRow(ctx, "select coalesce(max(n), 0) from reelmerge.version").Scan(&done); err != nil {
		return err
	}
	want, err := schema()
	if err == nil && done > want {
		err = sameSchema(done, want)
	}
	for n := done + 1; n <= want && err == nil; n++ {
		err = step(ctx, tx, n)
	}
	return err
}

// step makes one migration. The simple protocol takes a file of many statements at once.
func step(ctx context.Context, tx pgx.Tx, n int) error {
	sql, err := migrations.ReadFile(path.Join("migrations", fmt.Sprintf("%04d.sql", n)))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, string(sql), pgx.QueryExecModeSimpleProtocol); err != nil {
		return fmt.Errorf("migration %d: %w", n, err)
	}
	_, err = tx.Exec(ctx, "insert into reelmerge.version (n) values ($1)", n)
	return err
}

// schemaOf reads the version of a database's schema; 0: there is none.
func schemaOf(ctx context.Context, q querier) (n int, err error) {
	err = q.QueryRow(ctx, "select coalesce(max(n), 0) from reelmerge.version").Scan(&n)
	if pg, is := errors.AsType[*pgconn.PgError](err); is && (pg.Code == "42P01" || pg.Code == "3F000") {
		return 0, nil
	}
	return n, err
}

// sameSchema refuses a schema that this program does not know.
func sameSchema(is, want int) error {
	switch {
	case is == want:
		return nil
	case is > want:
		return &Fault{Cause: fmt.Errorf("%w: the database has schema %d, this program knows %d", ledger.ErrNewer, is, want), Cure: "use the latest version of the program"}
	case is == 0:
		return &Fault{Cause: errors.New("the database has no tables of Reelmerge yet"), Cure: "make them with: reelmerge store migrate URL"}
	}
	return &Fault{Cause: fmt.Errorf("the database has schema %d, this program needs %d", is, want), Cure: "stop all runs, then bring it up to date with: reelmerge store migrate URL"}
}
