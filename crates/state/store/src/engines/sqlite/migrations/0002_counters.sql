-- Numbers that are added to, by owner and place. They are no documents: the change feed does
-- not tell of them.
CREATE TABLE counters (
    account    TEXT    NOT NULL,
    region     TEXT    NOT NULL,
    collection TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    value      INTEGER NOT NULL,
    PRIMARY KEY (account, region, collection, key)
) STRICT, WITHOUT ROWID;
