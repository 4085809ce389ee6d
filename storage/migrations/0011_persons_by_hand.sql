-- Persons merged and split by hand, and why an identifier is shared. Adds columns that take no room until rows are written:
-- no time on any number of rows. Rows of shared identifiers get their rule when matching starts.

ALTER TABLE annotations
  -- Ids of persons that are one, whatever the other facts say.
  ADD COLUMN IF NOT EXISTS merge Array(String),
  -- What does not belong to the person the annotation is on: an identifier by kind and value, or `person` and an id.
  ADD COLUMN IF NOT EXISTS split_kind LowCardinality(String),
  ADD COLUMN IF NOT EXISTS split_value String;

ALTER TABLE identities
  -- By which rule it is shared (see matching/identity/limits.ts), and the most that rule allows.
  ADD COLUMN IF NOT EXISTS shared_rule LowCardinality(String),
  ADD COLUMN IF NOT EXISTS shared_max UInt32;
