-- How far each of several matching processes has read. Adds two columns to a table of a few hundred rows, and to its sort
-- key: a moment on any number of facts. Rows of before say `shares` 0: one process had every site.

ALTER TABLE matching_positions
  -- How many processes shared the sites; 0 when one had them all.
  ADD COLUMN IF NOT EXISTS shares UInt8 AFTER table,
  -- Which of them this is, from 0 on: it had the sites of `CRC32(site) % 64 % shares = share`.
  ADD COLUMN IF NOT EXISTS share UInt8 AFTER shares,
  -- «How far was the process that had this site?»
  MODIFY ORDER BY (node, table, shares, share);
