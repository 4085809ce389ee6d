-- Which quarantined rows went into the log again. Beside the quarantine and not in it: the log counts the quarantined rows
-- of a segment until it is wholly in, and may write them down once more. Creates an empty table.

CREATE TABLE IF NOT EXISTS quarantine_replays (
  node LowCardinality(String),
  table LowCardinality(String),
  segment UInt32,
  row UInt32,
  -- Of the write that took the row.
  position String,
  replayed_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(replayed_at)
-- «Was this row replayed?»
ORDER BY (node, table, segment, row);
