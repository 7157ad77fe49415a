-- Documents, by owner and place. The body is a JSON text. Keys sort by their bytes
-- (SQLite's default collation), which the stored form of a key relies on.
CREATE TABLE documents (
    account    TEXT NOT NULL,
    region     TEXT NOT NULL,
    collection TEXT NOT NULL,
    key        TEXT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (account, region, collection, key)
) STRICT, WITHOUT ROWID;

-- Whose document is at this key? An access key id leads to its account.
CREATE INDEX documents_by_key ON documents (collection, key);

-- The change feed. AUTOINCREMENT: numbers are not used again after rows are forgotten.
CREATE TABLE changes (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,
    account    TEXT    NOT NULL,
    region     TEXT    NOT NULL,
    collection TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    kind       INTEGER NOT NULL CHECK (kind IN (0, 1)) -- 0 put, 1 deleted
) STRICT;

-- The newest change that has been forgotten; one row.
CREATE TABLE forgotten_changes (
    only     INTEGER PRIMARY KEY CHECK (only = 0),
    sequence INTEGER NOT NULL
) STRICT;
INSERT INTO forgotten_changes VALUES (0, 0);

-- Bytes by their digest, with the number of things that use them.
CREATE TABLE blobs (
    id    TEXT    PRIMARY KEY,
    uses  INTEGER NOT NULL,
    bytes BLOB    NOT NULL
) STRICT;
