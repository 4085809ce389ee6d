-- How far the clocks of phone providers are off, as their calls show it, and what spoke for each match. Creates two empty
-- tables and adds columns that take no room until rows are written: no time on any number of rows. `throughline rebuild`
-- fills them for calls of before.

CREATE TABLE IF NOT EXISTS call_clocks (
  site LowCardinality(String),
  id String,
  at DateTime64(3, 'UTC'),
  provider LowCardinality(String),
  -- The first day of the seven over which the clock is measured.
  period LowCardinality(String),
  -- {"leases": [[from, seen, to]], "clicks": [], "heard"}, in milliseconds against `at`.
  evidence String CODEC(ZSTD(1)),
  version UInt64,
  is_deleted UInt8,
  INDEX by_period period TYPE set(0) GRANULARITY 1
) ENGINE = ReplacingMergeTree(version, is_deleted)
-- «What does this call say of its provider's clock?»
ORDER BY (site, id)
SETTINGS index_granularity = 2048;

CREATE TABLE IF NOT EXISTS provider_clocks (
  site LowCardinality(String),
  provider String,
  period String,
  -- How far the clock is ahead of ours.
  skew_ms Int32,
  -- How far a moment may be off after that, as a standard deviation.
  jitter_ms UInt32,
  -- How many calls it was measured by.
  calls UInt32,
  version UInt64,
  is_deleted UInt8
) ENGINE = ReplacingMergeTree(version, is_deleted)
-- «How far off was this provider's clock then?»
ORDER BY (site, provider, period);

ALTER TABLE call_matches
  ADD COLUMN IF NOT EXISTS clock_skew_ms Int32,
  -- phone_link_clicked, caller_known, number_kept, others_possible.
  ADD COLUMN IF NOT EXISTS signs Array(LowCardinality(String));
