-- Documents by number, beside an index of their places. A table that is an index itself, as it was before, has the
-- bodies in the index: whoever looked up a document read the whole of those that it was compared with, and a
-- deployment's has hundreds of kilobytes.
CREATE TABLE numbered_documents (
    number     INTEGER PRIMARY KEY,
    account    TEXT NOT NULL,
    region     TEXT NOT NULL,
    collection TEXT NOT NULL,
    key        TEXT NOT NULL,
    body       TEXT NOT NULL
) STRICT;
INSERT INTO numbered_documents (account, region, collection, key, body)
    SELECT account, region, collection, key, body FROM documents ORDER BY account, region, collection, key;
DROP TABLE documents;
ALTER TABLE numbered_documents RENAME TO documents;
CREATE UNIQUE INDEX documents_by_place ON documents (account, region, collection, key);

-- Whose document is at this key?
CREATE INDEX documents_by_key ON documents (collection, key, account, region);
