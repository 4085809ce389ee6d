-- Erasing people and retention: the facts that ask for it, how far each has come, and what is being removed. Creates
-- empty tables: no time on any number of rows.

-- A fact table: «erase whoever this is». Holds a keyed hash, never the value.
CREATE TABLE IF NOT EXISTS erasures (
  node LowCardinality(String),
  segment UInt32,
  row UInt32,
  site LowCardinality(String),
  id String,
  received_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  -- phone, email, visitor or person.
  kind LowCardinality(String),
  -- Which of `erasure_keys` the hash was made with.
  key LowCardinality(String),
  hash String,
  -- The position its own log had given out by then: what is before it must be in first.
  waits_for String,
  INDEX by_segment segment TYPE minmax GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
-- «What became of this erasure?»
ORDER BY (site, id)
SETTINGS index_granularity = 2048;

-- Phones can be counted through: without the key a hash of one says nothing. In a table, not in a file, because every
-- machine that takes facts must hash alike. Two made at one moment are both kept; a hash names its own.
CREATE TABLE IF NOT EXISTS erasure_keys (
  id String,
  key String,
  made_at DateTime64(3, 'UTC')
) ENGINE = MergeTree
-- «Which key is the oldest?»
ORDER BY made_at;

CREATE TABLE IF NOT EXISTS erasure_runs (
  site LowCardinality(String),
  id String,
  -- waiting, removing, clearing (the rows are gone, their bytes not yet), done, refused.
  state LowCardinality(String),
  reason LowCardinality(String),
  -- Rows removed, by table.
  counts Map(String, UInt64),
  received_at DateTime64(3, 'UTC'),
  done_at Nullable(DateTime64(3, 'UTC')),
  version UInt64
) ENGINE = ReplacingMergeTree(version)
-- «How far is it?»
ORDER BY (site, id);

-- Keyed hashes of all that named an erased person: a fact from before the erasure that comes in late is known by them.
CREATE TABLE IF NOT EXISTS erased_identifiers (
  site LowCardinality(String),
  erasure String,
  kind LowCardinality(String),
  hash String
) ENGINE = ReplacingMergeTree
-- «Does this late fact belong to somebody erased?»
ORDER BY (site, erasure, kind, hash);

-- What is being removed just now, and what hangs on it; a partition is dropped when its work is done. Deletions name this
-- table: a value in their own text would stay on the disk in the list of mutations.
CREATE TABLE IF NOT EXISTS removal_plans (
  job String,
  -- member, again, visit, row, person, keep, quarantine: see matching/removal/plan.ts.
  role LowCardinality(String),
  kind LowCardinality(String),
  value String,
  other String
) ENGINE = MergeTree
PARTITION BY job
-- «Is this identifier to be removed?»
ORDER BY (role, kind, value);
