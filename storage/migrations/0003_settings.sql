-- Settings documents: every version is kept, the newest one counts, the older ones are the audit log. Creates an empty table.

CREATE TABLE IF NOT EXISTS settings (
  kind LowCardinality(String),
  id String,
  version UInt32,
  body String CODEC(ZSTD(3)),
  is_deleted UInt8,
  changed_at DateTime64(3, 'UTC'),
  changed_by String
) ENGINE = MergeTree
-- «What is the newest version of this document?»
ORDER BY (kind, id, version);
