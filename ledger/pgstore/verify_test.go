package pgstore_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// TestVerifyFindsDamage changes one thing of a ledger at a time, behind its back.
func TestVerifyFindsDamage(t *testing.T) {
	url := database(t)
	s, err := dial(t, url).Create(t.Context(), "campaign", ledgertest.Identity())
	must(t, err)
	defer s.Close()
	l := take(t, s, "test", "acme")
	fill(t, l, 5)
	c, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer c.Close(t.Context())
	for _, damage := range []string{
		"delete from reelmerge.run",
		"delete from reelmerge.intent where at = (select min(at) from reelmerge.intent)",
		"delete from reelmerge.ticket where job = 'one'",
		"update reelmerge.ticket set n = 1 where job = 'one'",
		"update reelmerge.entry set head = set_byte(head, 20, 255 - get_byte(head, 20)) where n = 1",
		"update reelmerge.entry set body = set_byte(body, 20, 255 - get_byte(body, 20)) where n = 5",
		"update reelmerge.entry set body = null where n = 5",
		"update reelmerge.entry set state = 'failed' where n = 5",
		"update reelmerge.entry set key = 'other' where n = 5",
		"update reelmerge.entry a set head = b.head from reelmerge.entry b where a.n = 1 and b.n = 5",
		"with t as (delete from reelmerge.ticket where n = 2) delete from reelmerge.entry where n = 5",
		"update reelmerge.ledger set totals = set_byte(totals, 20, 255 - get_byte(totals, 20))",
		"update reelmerge.ledger set identity = set_byte(identity, 20, 255 - get_byte(identity, 20))",
		"insert into reelmerge.document values ('ledger/test/x', 'y')",
	} {
		if problems, err := s.Verify(t.Context()); err != nil || len(problems) > 0 {
			t.Fatalf("before %s: %v %v", damage, problems, err)
		}
		for _, sql := range []string{"create schema kept", "create table kept.ledger as table reelmerge.ledger", "create table kept.entry as table reelmerge.entry",
			"create table kept.ticket as table reelmerge.ticket", "create table kept.run as table reelmerge.run", "create table kept.intent as table reelmerge.intent", damage} {
			_, err := c.Exec(t.Context(), sql)
			must(t, err)
		}
		if problems, err := s.Verify(t.Context()); err != nil || len(problems) == 0 {
			t.Errorf("%s: nothing is found: %v", damage, err)
		}
		for _, sql := range []string{"delete from reelmerge.document", "delete from reelmerge.ticket", "delete from reelmerge.entry", "delete from reelmerge.run", "delete from reelmerge.intent",
			"update reelmerge.ledger l set totals = k.totals, identity = k.identity from kept.ledger k", "insert into reelmerge.entry table kept.entry",
			"insert into reelmerge.ticket table kept.ticket", "insert into reelmerge.run table kept.run", "insert into reelmerge.intent table kept.intent", "drop schema kept cascade"} {
			_, err := c.Exec(t.Context(), sql)
			must(t, err)
		}
	}
}
