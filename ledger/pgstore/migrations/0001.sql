-- What all ledgers of one account at a service share: no job belongs to two rows. An
-- account without a name is that of one ledger alone.
create table reelmerge.account (
  no   bigint generated always as identity primary key,
  name bytea unique
);

-- One row for each campaign. Changes of entries lock it first, which puts all commits of a
-- campaign into one order.
create table reelmerge.ledger (
  no       bigint generated always as identity primary key,
  id       text   not null unique,
  name     text   not null unique,
  identity bytea  not null,                   -- record
  account  bigint not null references reelmerge.account,
  open     bool   not null,                   -- false while it is being copied into the database
  commits  bigint not null default 0,         -- grows with each commit, so that an old copy is known
  totals   bytea  not null                    -- record: counts and balances
) with (fillfactor = 50);

-- Who drives a ledger. It is a table of its own, because it is renewed while commits of
-- the ledger wait for each other.
create table reelmerge.lease (
  ledger  bigint primary key references reelmerge.ledger,
  token   bytea       not null default '',    -- of the process that holds it
  who     text        not null default '',
  epoch   bigint      not null default 0,
  since   timestamptz not null default 'epoch',
  until   timestamptz not null default 'epoch',
  longest bigint      not null default 0      -- milliseconds: the longest that it was ever given for
) with (fillfactor = 50);

create table reelmerge.entry (
  ledger bigint not null references reelmerge.ledger,
  n      bigint not null,                     -- counts from one, in the order of planning
  key    bytea  not null,                     -- a long key is cut, and ends with a hash
  state  text   not null,
  head   bytea  not null,                     -- record: all but the body
  body   bytea,                               -- record: what the submit sends
  primary key (ledger, n)
) with (fillfactor = 80);
create unique index entry_key on reelmerge.entry (ledger, key);
create index entry_going on reelmerge.entry (ledger, state, n) where state <> 'succeeded';

create table reelmerge.ticket (
  account bigint not null references reelmerge.account,
  job     bytea  not null,                    -- cut like a key
  ledger  bigint not null,
  n       bigint not null,
  primary key (account, job),
  foreign key (ledger, n) references reelmerge.entry
);
create index ticket_entry on reelmerge.ticket (ledger, n);

-- When requests were about to be sent, in nanoseconds since 1970.
create table reelmerge.intent (
  ledger bigint not null references reelmerge.ledger,
  at     bigint not null
);
create index intent_at on reelmerge.intent (ledger, at);

create table reelmerge.run (
  ledger bigint not null references reelmerge.ledger,
  n      bigint not null,
  run    bytea  not null,                     -- record
  primary key (ledger, n)
);

create table reelmerge.document (
  name text  primary key,
  body bytea not null                         -- record
);

-- The latest transaction of each writer. One whose answer was lost is looked up here.
create table reelmerge.receipt (
  writer bytea       primary key,
  seq    bigint      not null,
  at     timestamptz not null
) with (fillfactor = 50);
