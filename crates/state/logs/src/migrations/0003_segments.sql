-- The files that data of chunks is in, beside the database; src/segments/mod.rs describes them. AUTOINCREMENT: a number
-- is of one file for ever.
CREATE TABLE segments (number INTEGER PRIMARY KEY AUTOINCREMENT) STRICT;

-- Where a chunk's data is, if it is not in its row: the column data is empty then. A checksum is CRC-32.
ALTER TABLE chunks ADD COLUMN segment INTEGER;
ALTER TABLE chunks ADD COLUMN place INTEGER;
ALTER TABLE chunks ADD COLUMN length INTEGER;
ALTER TABLE chunks ADD COLUMN checksum INTEGER;

-- Whether a segment is still needed.
CREATE INDEX chunks_of_a_segment ON chunks (segment) WHERE segment IS NOT NULL;
