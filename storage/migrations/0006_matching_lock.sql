-- Who runs matching on this database, and what a postback says. Creates an empty table and adds a column that takes no
-- room until rows are written: no time on any number of rows.

CREATE TABLE IF NOT EXISTS matching_lock (
  name LowCardinality(String),
  holder String,
  host String,
  pid UInt32,
  renewed_at DateTime64(3, 'UTC'),
  is_released UInt8
) ENGINE = ReplacingMergeTree(renewed_at)
-- «Who holds it, and since when has nothing been heard of them?»
ORDER BY (name, holder);

-- What the destination is told, as it was when the postback was queued (JSON): every try says the same.
ALTER TABLE postbacks ADD COLUMN IF NOT EXISTS facts String;
