-- Which snapshots of matching's memory may be taken for the state of this database. Creates an empty table.

CREATE TABLE IF NOT EXISTS matching_snapshots (
  site String,
  -- Snapshots that were made of the history as it is: one, two for a moment, none once what they hold has been removed.
  ids Array(String),
  version UInt64
) ENGINE = ReplacingMergeTree(version)
-- «Is this a snapshot of what stands here?» A row for each site.
ORDER BY site;
