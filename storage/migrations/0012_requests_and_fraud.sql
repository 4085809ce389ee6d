-- Leads under several ids, verdicts beside what the rules say, why a conversion has no touch, and signs of fraud. Adds
-- columns to derived tables, which is no work on any number of rows; `throughline rebuild` fills them for what is there.

ALTER TABLE conversions
  -- Other ids of the same request: the form builder's own, a double click's. This row stands for all of them.
  ADD COLUMN IF NOT EXISTS also Array(String),
  -- Why: [{"id", "same_as", "rule", "by", "apart_ms"}].
  ADD COLUMN IF NOT EXISTS same String CODEC(ZSTD(1)),
  -- The id of the message that tells of the lead; empty when there is none.
  ADD COLUMN IF NOT EXISTS message String,
  -- The newest verdict of a person: target, not_target, spam, or none. `target` is what follows from both.
  ADD COLUMN IF NOT EXISTS verdict LowCardinality(String),
  -- What the rules say, whatever the verdict.
  ADD COLUMN IF NOT EXISTS target_auto UInt8,
  -- Why no touch can be credited: no_touches, before_tracking (the first came after it); empty when one can.
  ADD COLUMN IF NOT EXISTS uncredited LowCardinality(String),
  -- 0 to 100; of leads and calls alone.
  ADD COLUMN IF NOT EXISTS fraud_score UInt8,
  -- [{"sign", "weight", "evidence": {…}}], the heaviest first.
  ADD COLUMN IF NOT EXISTS fraud_signs String CODEC(ZSTD(1)),
  -- What it is counted by together with others: kind, hash of the value, day.
  ADD COLUMN IF NOT EXISTS fraud_keys Array(String),
  -- «Which lead is this the other id of?»
  ADD INDEX IF NOT EXISTS by_also also TYPE bloom_filter(0.01) GRANULARITY 1,
  -- «Which requests came from this address on this day?»
  ADD INDEX IF NOT EXISTS by_fraud_key fraud_keys TYPE bloom_filter(0.01) GRANULARITY 1;

ALTER TABLE touchpoints
  ADD COLUMN IF NOT EXISTS fraud_score UInt8;

CREATE OR REPLACE VIEW bi_leads DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
  site, fact, id, at, lead_kind, status, first, target, talk, number, pool, project,
  person, visitor, session, touches, verdict, target_auto, fraud_score
FROM conversions FINAL
WHERE kind = 'lead';
