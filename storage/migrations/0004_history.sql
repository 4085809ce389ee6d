-- The derived tables, written by matching alone. Creates empty tables; `throughline rebuild` fills them.
--
-- ReplacingMergeTree with matching's own counter as version (never the clock). No sort key holds a value that can change,
-- and every read is by FINAL.

CREATE TABLE IF NOT EXISTS identities (
  site LowCardinality(String),
  kind LowCardinality(String),
  value String,
  -- Empty when the identifier is shared and joins nobody.
  person String,
  -- The id a person founded on this identifier has: any old person id leads here, and so to the person of today.
  founds String,
  shared UInt8,
  -- When it is shared: the persons who use it.
  candidates Array(String),
  since DateTime64(3, 'UTC'),
  because_fact LowCardinality(String),
  because_id String,
  because_at DateTime64(3, 'UTC'),
  because_kind LowCardinality(String),
  because_value String,
  version UInt64,
  is_deleted UInt8,
  -- «Which identifiers does this person have?», «Who holds this founder now?»
  INDEX by_person person TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_founds founds TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = ReplacingMergeTree(version, is_deleted)
-- «Whose is this phone?»
ORDER BY (site, kind, value)
SETTINGS index_granularity = 1024;

CREATE TABLE IF NOT EXISTS edges (
  site LowCardinality(String),
  a_kind LowCardinality(String),
  a_value String,
  b_kind LowCardinality(String),
  b_value String,
  -- The fact that says so: event, call, lead, deal, match (a call given to a session), annotation.
  fact LowCardinality(String),
  fact_id String,
  at DateTime64(3, 'UTC'),
  received_at DateTime64(3, 'UTC'),
  -- Where the fact stands in the log: facts received in the same millisecond still have one order.
  node LowCardinality(String),
  segment UInt32,
  row UInt32,
  -- 1: claimed by a browser; 0: said by a server, a provider or the CRM.
  claimed UInt8,
  -- 1: joins persons; 0: a link between events, or held back (see reason).
  joins UInt8,
  reason LowCardinality(String),
  version UInt64,
  is_deleted UInt8,
  INDEX by_b b_value TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_fact fact_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = ReplacingMergeTree(version, is_deleted)
-- «Which facts join this identifier to others?»
ORDER BY (site, a_kind, a_value, b_kind, b_value, fact, fact_id)
SETTINGS index_granularity = 1024;

CREATE TABLE IF NOT EXISTS sessions (
  site LowCardinality(String),
  id String,
  visitor String,
  person String,
  started_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  ended_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  -- 1 for the visitor's first session.
  session_number UInt32,
  source LowCardinality(String),
  medium LowCardinality(String),
  campaign String,
  content String,
  term String,
  channel LowCardinality(String),
  click_ids Map(LowCardinality(String), String),
  landing_url String CODEC(ZSTD(3)),
  landing_path String,
  referrer String CODEC(ZSTD(3)),
  referrer_host LowCardinality(String),
  project LowCardinality(String),
  device LowCardinality(String),
  browser LowCardinality(String),
  os LowCardinality(String),
  country LowCardinality(String),
  region LowCardinality(String),
  city LowCardinality(String),
  pages UInt32,
  events UInt32,
  forms UInt32,
  engaged_ms UInt64,
  scroll_percent UInt8,
  bounce UInt8,
  bot UInt8,
  ga String,
  ym String,
  -- The tracked numbers shown, first shown first.
  numbers Array(String),
  pool LowCardinality(String),
  version UInt64,
  is_deleted UInt8,
  INDEX by_person person TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_visitor visitor TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_started started_at TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree(version, is_deleted)
-- «What do we know of this session?»; reports read by date with the minmax index.
ORDER BY (site, id)
SETTINGS index_granularity = 2048;

CREATE TABLE IF NOT EXISTS call_matches (
  site LowCardinality(String),
  id String,
  at DateTime64(3, 'UTC'),
  `from` String,
  `to` LowCardinality(String),
  direction LowCardinality(String),
  status LowCardinality(String),
  duration UInt32,
  talk UInt32,
  wait UInt32,
  recording_url String,
  operator LowCardinality(String),
  provider LowCardinality(String),
  tags Array(LowCardinality(String)),
  pool LowCardinality(String),
  session String,
  visitor String,
  person String,
  confidence Float64,
  reason LowCardinality(String),
  -- [{"session", "visitor", "confidence", "reason"}], the best first.
  candidates String CODEC(ZSTD(1)),
  -- What a static number stands for; empty otherwise.
  source LowCardinality(String),
  medium LowCardinality(String),
  campaign String,
  channel LowCardinality(String),
  version UInt64,
  is_deleted UInt8,
  INDEX by_person person TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_at at TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree(version, is_deleted)
-- «Which session made this call, and why?»
ORDER BY (site, id)
SETTINGS index_granularity = 1024;

CREATE TABLE IF NOT EXISTS conversions (
  site LowCardinality(String),
  -- lead or deal: what is counted.
  kind LowCardinality(String),
  -- call, lead or deal: ids are unique per site and kind of fact. A form and the webhook about it share fact and id.
  fact LowCardinality(String),
  id String,
  -- Leads and calls: when it happened. Deals: when the deal was created.
  at DateTime64(3, 'UTC'),
  closed_at Nullable(DateTime64(3, 'UTC')),
  -- form, call, chat, callback, marketplace, email, other; empty for deals.
  lead_kind LowCardinality(String),
  -- Deals: open, won, lost. Calls: answered, missed, busy, failed. Empty for other leads.
  status LowCardinality(String),
  stage LowCardinality(String),
  reason LowCardinality(String),
  manager LowCardinality(String),
  project LowCardinality(String),
  -- Null when no message named an amount; of deals alone.
  value Nullable(Decimal(18, 4)),
  currency LowCardinality(String),
  person String,
  visitor String,
  session String,
  -- First request of the person within repeat_lead_days; leads alone.
  first UInt8,
  target UInt8,
  talk UInt32,
  number LowCardinality(String),
  pool LowCardinality(String),
  -- Touchpoints of the path; 0 when nothing can be credited.
  touches UInt16,
  version UInt64,
  is_deleted UInt8,
  INDEX by_person person TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_at at TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree(version, is_deleted)
-- «What became of this lead or deal?»; reports read by date with the minmax index.
ORDER BY (site, kind, fact, id)
SETTINGS index_granularity = 1024;

CREATE TABLE IF NOT EXISTS touchpoints (
  site LowCardinality(String),
  conversion_kind LowCardinality(String),
  conversion_fact LowCardinality(String),
  conversion String,
  -- 1 is the first touch. 0 is the one row, of channel `uncredited`, that every conversion has beside its path: it takes
  -- the credit that no touch can be given.
  position UInt16,
  length UInt16,
  -- When the touch happened; for position 0 when the conversion did.
  at DateTime64(3, 'UTC'),
  session String,
  call String,
  channel LowCardinality(String),
  source LowCardinality(String),
  medium LowCardinality(String),
  campaign String,
  content String,
  term String,
  landing_path String,
  referrer_host LowCardinality(String),
  device LowCardinality(String),
  browser LowCardinality(String),
  os LowCardinality(String),
  country LowCardinality(String),
  region LowCardinality(String),
  city LowCardinality(String),
  -- The conversion, repeated, so that every attribution model is one scan of one table.
  conversion_at DateTime64(3, 'UTC'),
  closed_at Nullable(DateTime64(3, 'UTC')),
  lead_kind LowCardinality(String),
  status LowCardinality(String),
  stage LowCardinality(String),
  reason LowCardinality(String),
  manager LowCardinality(String),
  project LowCardinality(String),
  value Nullable(Decimal(18, 4)),
  currency LowCardinality(String),
  person String,
  first UInt8,
  target UInt8,
  number LowCardinality(String),
  pool LowCardinality(String),
  version UInt64,
  is_deleted UInt8,
  INDEX by_at conversion_at TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree(version, is_deleted)
-- «Which path led to this conversion?»
ORDER BY (site, conversion_kind, conversion_fact, conversion, position)
SETTINGS index_granularity = 2048;

CREATE TABLE IF NOT EXISTS matching_positions (
  node LowCardinality(String),
  table LowCardinality(String),
  -- Matching has read every segment up to and with this one.
  segment UInt32,
  version UInt64,
  read_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(version)
-- «Does history include this write?»
ORDER BY (node, table);

CREATE TABLE IF NOT EXISTS postbacks (
  site LowCardinality(String),
  destination LowCardinality(String),
  webhook_id String,
  event LowCardinality(String),
  deal String,
  person String,
  -- pending, sent (answered 2xx), failed (given up).
  state LowCardinality(String),
  attempts UInt16,
  created_at DateTime64(3, 'UTC'),
  tried_at Nullable(DateTime64(3, 'UTC')),
  next_at Nullable(DateTime64(3, 'UTC')),
  -- The HTTP status of the last answer; 0 when there was none.
  answer_status UInt16,
  error String,
  version UInt64,
  is_deleted UInt8
) ENGINE = ReplacingMergeTree(version, is_deleted)
-- «Has this change been told to this destination?» Not derived from facts: a rebuild keeps it.
ORDER BY (site, destination, webhook_id);
