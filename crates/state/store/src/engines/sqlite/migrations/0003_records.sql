-- What happened, by owner and moment; rows are added and removed, never changed. `sequence`
-- tells apart what happened in the same millisecond. The change feed does not tell of them.
CREATE TABLE records (
    account  TEXT    NOT NULL,
    region   TEXT    NOT NULL,
    journal  TEXT    NOT NULL,
    moment   INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    body     TEXT    NOT NULL,
    PRIMARY KEY (account, region, journal, moment, sequence)
) STRICT, WITHOUT ROWID;

-- Which records of any owner are too old?
CREATE INDEX records_by_moment ON records (journal, moment);
