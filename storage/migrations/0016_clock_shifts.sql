-- Clocks of phone providers that are off by whole quarter hours. Adds columns that take no room until rows are written: no
-- time on any number of rows. A rebuild fills them for calls of before.

ALTER TABLE provider_clocks
  -- By how many whole quarter hours the clock is ahead of ours; `skew_ms` comes on top. A clock that was set anew within the
  -- seven days has one more row, whose `period` is the moment from which on it was so.
  ADD COLUMN IF NOT EXISTS shift_ms Int32,
  -- Calls that rang in a lease by this clock, of those that could tell.
  ADD COLUMN IF NOT EXISTS agreeing UInt32,
  ADD COLUMN IF NOT EXISTS told UInt32;
