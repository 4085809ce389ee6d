-- By which rules the history was made. Creates an empty table.

CREATE TABLE IF NOT EXISTS matching_rules (
  rules UInt32,
  -- begun: a rebuild by these rules was started; done: the history is what they make of the facts.
  state LowCardinality(String),
  at DateTime64(3, 'UTC')
) ENGINE = MergeTree
-- «What was the last that was heard?» A row for each rebuild: a few in a year.
ORDER BY at;
