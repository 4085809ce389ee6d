-- What the durable log tells the rest: which segments are wholly in, and which rows were refused. Creates empty tables.

CREATE TABLE IF NOT EXISTS segments (
  node LowCardinality(String),
  table LowCardinality(String),
  segment UInt32,
  rows UInt32,
  first_received_at DateTime64(3, 'UTC'),
  landed_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(landed_at)
-- «What has landed since the position I have read to?»
ORDER BY (node, table, segment);

CREATE TABLE IF NOT EXISTS quarantine (
  node LowCardinality(String),
  table LowCardinality(String),
  segment UInt32,
  row UInt32,
  reason String,
  line String CODEC(ZSTD(3)),
  quarantined_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(quarantined_at)
-- «Which rows of this segment were refused?»
ORDER BY (node, table, segment, row);
