-- Some hundreds of events of one stream in one row; src/chunk.rs describes what is in it. An event's
-- number is that of its chunk, which is its first event's, plus the events before it in the chunk.
CREATE TABLE chunks (
    id        INTEGER PRIMARY KEY,
    group_id  INTEGER NOT NULL,
    stream_id INTEGER NOT NULL,
    first     INTEGER NOT NULL,
    last      INTEGER NOT NULL,
    ingestion INTEGER NOT NULL,
    events    INTEGER NOT NULL,
    bytes     INTEGER NOT NULL,
    data      BLOB    NOT NULL
) STRICT;

-- With all that tells which chunks to read, so that no others are touched.
CREATE INDEX chunks_of_a_stream ON chunks (stream_id, first, id, last, events);
CREATE INDEX chunks_of_a_group ON chunks (group_id, first, id, last, events, stream_id);

-- The number of the next event: none is used again. One row.
CREATE TABLE numbers (
    only       INTEGER PRIMARY KEY CHECK (only = 0),
    next_event INTEGER NOT NULL
) STRICT;
INSERT INTO numbers
    SELECT 0, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) + 1;
