-- The fact tables: append-only, one row a fact, each with the log position it came from.
-- Creates empty tables: no time on any number of rows.
--
-- Partitioned by the month of receipt: the sender chooses `at`, and an import of ten years must stay one part an insert.
-- `node`, `segment`, `row` name the line of the durable log; no insert of a segment is ever repeated (see storage README).

CREATE TABLE IF NOT EXISTS events (
  node LowCardinality(String),
  segment UInt32 CODEC(DoubleDelta, ZSTD(1)),
  row UInt32 CODEC(DoubleDelta, ZSTD(1)),
  site LowCardinality(String),
  id String CODEC(ZSTD(1)),
  type LowCardinality(String),
  at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  received_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  clock_shift_ms Int32 CODEC(ZSTD(1)),
  trusted UInt8,
  bot UInt8,
  visitor String CODEC(ZSTD(1)),
  session String CODEC(ZSTD(1)),
  ga String CODEC(ZSTD(1)),
  ym String CODEC(ZSTD(1)),
  url String CODEC(ZSTD(3)),
  referrer String CODEC(ZSTD(3)),
  title String CODEC(ZSTD(3)),
  source LowCardinality(String),
  medium LowCardinality(String),
  campaign String CODEC(ZSTD(1)),
  content String CODEC(ZSTD(1)),
  term String CODEC(ZSTD(1)),
  channel LowCardinality(String),
  click_ids Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  referrer_host LowCardinality(String),
  engaged_ms UInt32 CODEC(ZSTD(1)),
  scroll_percent UInt8,
  form_id String CODEC(ZSTD(1)),
  form_name String CODEC(ZSTD(1)),
  form_fields Map(LowCardinality(String), String) CODEC(ZSTD(3)),
  click_kind LowCardinality(String),
  click_target String CODEC(ZSTD(1)),
  name String CODEC(ZSTD(1)),
  props String CODEC(ZSTD(3)),
  phone String CODEC(ZSTD(1)),
  email String CODEC(ZSTD(1)),
  user String CODEC(ZSTD(1)),
  contact_name String CODEC(ZSTD(1)),
  device LowCardinality(String),
  browser LowCardinality(String),
  os LowCardinality(String),
  country LowCardinality(String),
  region LowCardinality(String),
  city LowCardinality(String),
  ip String CODEC(ZSTD(1)),
  user_agent String CODEC(ZSTD(3)),
  -- «Which new facts came in these segments?» (matching; a fresh segment is a part of its own).
  INDEX by_segment segment TYPE minmax GRANULARITY 1,
  -- «What was received under this id?»
  INDEX by_id id TYPE bloom_filter(0.01) GRANULARITY 4,
  -- «All events of this session, whatever visitor they name.»
  INDEX by_session session TYPE bloom_filter(0.01) GRANULARITY 4
) ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
-- «What did this visitor do, in order?»: sessions are rewritten from all their events, and a person's timeline is read by visitor.
ORDER BY (site, visitor, at, id)
SETTINGS index_granularity = 2048;

CREATE TABLE IF NOT EXISTS leases (
  node LowCardinality(String),
  segment UInt32,
  row UInt32,
  site LowCardinality(String),
  id String,
  received_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  -- taken, renewed, released, imported, or missed (an exhausted pool: number is empty).
  change LowCardinality(String),
  pool LowCardinality(String),
  number LowCardinality(String),
  visitor String,
  session String,
  `from` DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  seen DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  `to` DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  INDEX by_segment segment TYPE minmax GRANULARITY 1,
  INDEX by_id id TYPE bloom_filter(0.01) GRANULARITY 4,
  INDEX by_session session TYPE bloom_filter(0.01) GRANULARITY 4
) ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
-- «Who held this number when it rang?»
ORDER BY (site, number, `from`, session)
SETTINGS index_granularity = 2048;

CREATE TABLE IF NOT EXISTS calls (
  node LowCardinality(String),
  segment UInt32,
  row UInt32,
  site LowCardinality(String),
  id String,
  at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  received_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  -- E.164; empty when the number was withheld.
  `from` String,
  -- Digits after «доб.» / «ext.» in `from`.
  from_extension String,
  `to` LowCardinality(String),
  direction LowCardinality(String),
  status LowCardinality(String),
  duration UInt32,
  talk UInt32,
  wait UInt32,
  recording_url String,
  operator LowCardinality(String),
  provider LowCardinality(String),
  visitor String,
  session String,
  ga String,
  ym String,
  tags Array(LowCardinality(String)),
  version Int64,
  body String CODEC(ZSTD(3)),
  INDEX by_segment segment TYPE minmax GRANULARITY 1,
  INDEX by_number `to` TYPE bloom_filter(0.01) GRANULARITY 4,
  INDEX by_at at TYPE minmax GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
-- «Which message about this call counts?»
ORDER BY (site, id, received_at)
SETTINGS index_granularity = 2048;

CREATE TABLE IF NOT EXISTS leads (
  node LowCardinality(String),
  segment UInt32,
  row UInt32,
  site LowCardinality(String),
  id String,
  at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  received_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  kind LowCardinality(String),
  name String,
  phone String,
  email String,
  visitor String,
  session String,
  ga String,
  ym String,
  url String CODEC(ZSTD(3)),
  source LowCardinality(String),
  medium LowCardinality(String),
  campaign String,
  channel LowCardinality(String),
  text String CODEC(ZSTD(3)),
  version Int64,
  body String CODEC(ZSTD(3)),
  INDEX by_segment segment TYPE minmax GRANULARITY 1,
  INDEX by_at at TYPE minmax GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
-- «Which message about this lead counts?»
ORDER BY (site, id, received_at)
SETTINGS index_granularity = 2048;

CREATE TABLE IF NOT EXISTS deals (
  node LowCardinality(String),
  segment UInt32,
  row UInt32,
  site LowCardinality(String),
  id String,
  at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  received_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  status LowCardinality(String),
  -- A field that a message leaves out is NULL here: what an earlier message said stands.
  stage Nullable(String),
  reason Nullable(String),
  amount Nullable(Decimal(18, 4)),
  currency Nullable(String),
  project Nullable(String),
  manager Nullable(String),
  url Nullable(String),
  created_at Nullable(DateTime64(3, 'UTC')),
  contact_id String,
  contact_name String,
  phones Array(String),
  emails Array(String),
  visitor String,
  ga String,
  ym String,
  call String,
  lead String,
  version Int64,
  body String CODEC(ZSTD(3)),
  INDEX by_segment segment TYPE minmax GRANULARITY 1,
  INDEX by_at at TYPE minmax GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
-- «What path did this deal take?»
ORDER BY (site, id, at, received_at)
SETTINGS index_granularity = 2048;

CREATE TABLE IF NOT EXISTS costs (
  node LowCardinality(String),
  segment UInt32,
  row UInt32,
  site LowCardinality(String),
  id String,
  date Date,
  received_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  source LowCardinality(String),
  medium LowCardinality(String),
  campaign String,
  content String,
  term String,
  channel LowCardinality(String),
  cost Decimal(18, 4),
  currency LowCardinality(String),
  clicks UInt64,
  impressions UInt64,
  body String CODEC(ZSTD(3)),
  INDEX by_segment segment TYPE minmax GRANULARITY 1,
  INDEX by_id id TYPE bloom_filter(0.01) GRANULARITY 4
) ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
-- «What was spent on these days, by the newest word on each key?»
ORDER BY (site, date, source, medium, campaign, content, term, received_at)
SETTINGS index_granularity = 2048;

CREATE TABLE IF NOT EXISTS annotations (
  node LowCardinality(String),
  segment UInt32,
  row UInt32,
  site LowCardinality(String),
  id String,
  at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  received_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  on_kind LowCardinality(String),
  on_id String,
  verdict LowCardinality(String),
  tags Array(String),
  comment String,
  dispute String,
  body String CODEC(ZSTD(3)),
  INDEX by_segment segment TYPE minmax GRANULARITY 1,
  INDEX by_id id TYPE bloom_filter(0.01) GRANULARITY 4
) ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
-- «What has been said about this call, lead, deal or person?»
ORDER BY (site, on_kind, on_id, at, id)
SETTINGS index_granularity = 2048;
