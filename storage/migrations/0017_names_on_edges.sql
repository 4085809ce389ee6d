-- By which full name a request or a deal speaks of its identifiers, as a number from which it cannot be read; 0: by none. A
-- column that takes no room until rows are written: no time on any number of rows. A rebuild fills it for facts of before.

ALTER TABLE edges ADD COLUMN IF NOT EXISTS name UInt32 AFTER claimed;
