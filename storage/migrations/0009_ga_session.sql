-- The session id of Google Analytics beside its client id: what an upload to it has to name for a conversion to be given to
-- the visit. Adds two columns that are empty in all old rows: a change of names alone, a moment on any number of rows.

-- At the end, where a log row has it.
ALTER TABLE events ADD COLUMN IF NOT EXISTS ga_session String CODEC(ZSTD(1));

ALTER TABLE sessions ADD COLUMN IF NOT EXISTS ga_session String AFTER ym;
