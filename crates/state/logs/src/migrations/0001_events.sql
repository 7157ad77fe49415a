-- Log groups that something was written to.
CREATE TABLE groups (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT    NOT NULL,
    region  TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    created INTEGER NOT NULL,
    UNIQUE (account, region, name)
) STRICT;

-- Their streams, with what is known of their events. Times are milliseconds since 1970.
CREATE TABLE streams (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    group_id       INTEGER NOT NULL,
    name           TEXT    NOT NULL,
    created        INTEGER NOT NULL,
    first_event    INTEGER,
    last_event     INTEGER,
    last_ingestion INTEGER,
    bytes          INTEGER NOT NULL DEFAULT 0,
    UNIQUE (group_id, name)
) STRICT;

-- AUTOINCREMENT: an event's number is never used again, nor are those above, whose events
-- may still wait to be removed.
CREATE TABLE events (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    group_id  INTEGER NOT NULL,
    stream_id INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    ingestion INTEGER NOT NULL,
    message   TEXT    NOT NULL
) STRICT;

-- Both end with the event's id, as every SQLite index does.
CREATE INDEX events_of_a_stream ON events (stream_id, timestamp);
CREATE INDEX events_of_a_group ON events (group_id, timestamp);

-- Groups and streams that are gone, but not yet all of their events.
CREATE TABLE removed_groups (id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE removed_streams (id INTEGER PRIMARY KEY) STRICT;

-- Written when everything before it must reach the disk; one row.
CREATE TABLE syncs (
    only   INTEGER PRIMARY KEY CHECK (only = 0),
    number INTEGER NOT NULL
) STRICT;
INSERT INTO syncs VALUES (0, 0);
