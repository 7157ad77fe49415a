//! The statements of a transaction.

use std::sync::Arc;

use base::{Scope, Timestamp};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::faults::fault;
use crate::engines::{EngineTransaction, Range};
use crate::feed::Remembered;
use crate::limits::FEED_BATCH;
use crate::{BlobId, Change, ChangeKind, Commit, Key, Made, Place, Sequence, Span, StoreFault};

// The statements over a range of keys. Its end may be open (NULL); a blob stands behind every text then, so
// that the end bounds SQLite's search in any case: `?5 IS NULL OR key < ?5` would be tried on every row of the
// collection behind the start.

const RECORD_RANGE: &str = "INSERT INTO changes (account, region, collection, key, kind)
    SELECT account, region, collection, key, ?6 FROM documents
    WHERE account = ?1 AND region = ?2 AND collection = ?3 AND key >= ?4 AND key < coalesce(?5, x'')
    ORDER BY key";

const DELETE_RANGE: &str = "DELETE FROM documents
    WHERE account = ?1 AND region = ?2 AND collection = ?3 AND key >= ?4 AND key < coalesce(?5, x'')";

const LIST: &str = "SELECT key, body FROM documents
    WHERE account = ?1 AND region = ?2 AND collection = ?3 AND key >= ?4 AND key < coalesce(?5, x'')
      AND (?6 IS NULL OR key > ?6)
    ORDER BY key LIMIT ?7";

/// Whether a transaction may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    Write,
}

/// Why no more rows are wanted.
enum Halt {
    Enough,
    Fault(StoreFault),
}

impl From<StoreFault> for Halt {
    fn from(fault: StoreFault) -> Self {
        Self::Fault(fault)
    }
}

/// A transaction that its connection has begun.
pub(super) struct SqliteTransaction<'c> {
    connection: &'c Connection,
    mode: Mode,
    failed: Option<StoreFault>,
    /// What it has changed; nothing if that is not known one by one, or is too much.
    changed: Option<Commit>,
    collections: CollectionNames,
}

impl<'c> SqliteTransaction<'c> {
    pub(super) fn new(connection: &'c Connection, mode: Mode) -> Self {
        let (changed, collections) = (Some(Commit::default()), CollectionNames::default());
        Self { connection, mode, failed: None, changed, collections }
    }

    /// The first fault of the engine. A closure that met one is undone even if it answers
    /// success, because not all that it did has happened.
    pub(super) fn failed(&mut self) -> Option<StoreFault> {
        self.failed.take()
    }

    /// What it has changed, if that is known one by one.
    pub(super) fn changed(self) -> Option<Commit> {
        self.changed
    }

    fn writing(&self) -> Result<(), StoreFault> {
        match self.mode {
            Mode::Write => Ok(()),
            Mode::Read => Err(StoreFault::ReadingTransaction),
        }
    }

    fn note<T>(&mut self, result: rusqlite::Result<T>) -> Result<T, StoreFault> {
        result.map_err(|error| {
            let fault = fault(&error);
            self.failed.get_or_insert_with(|| fault.clone());
            fault
        })
    }

    fn execute(&mut self, sql: &str, params: impl Params) -> Result<usize, StoreFault> {
        self.writing()?;
        let result = self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute(params));
        self.note(result)
    }

    fn find<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        column: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreFault> {
        let result = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row(params, column).optional());
        self.note(result)
    }

    /// Hands rows to `each` until it wants no more. Its own errors do not count as the engine's.
    fn scan<H: Into<Halt>>(
        &mut self,
        sql: &str,
        params: impl Params,
        mut each: impl FnMut(&Row<'_>) -> rusqlite::Result<Result<(), H>>,
    ) -> Result<(), StoreFault> {
        let result = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let mut rows = statement.query(params)?;
            while let Some(row) = rows.next()? {
                if let Err(halt) = each(row)? {
                    return Ok(halt.into());
                }
            }
            Ok(Halt::Enough)
        });
        match self.note(result)? {
            Halt::Enough => Ok(()),
            Halt::Fault(fault) => Err(fault),
        }
    }

    fn record(
        &mut self,
        scope: &Scope,
        collection: &str,
        key: &str,
        kind: ChangeKind,
    ) -> Result<(), StoreFault> {
        self.execute(
            "INSERT INTO changes (account, region, collection, key, kind) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![scope.account(), scope.region(), collection, key, number(kind)],
        )?;
        if let Some(changed) = &mut self.changed {
            match (u64::try_from(self.connection.last_insert_rowid()), Key::decode(key)) {
                (Ok(sequence), Some(key)) if changed.changes().len() < FEED_BATCH => changed.push(Change {
                    sequence: Sequence::new(sequence),
                    scope: scope.clone(),
                    collection: self.collections.share(collection),
                    key,
                    kind,
                }),
                _ => self.changed = None,
            }
        }
        Ok(())
    }

    /// Forgets the changes up to `sequence`.
    pub(super) fn forget(&mut self, sequence: Sequence) -> Result<(), StoreFault> {
        self.execute("DELETE FROM changes WHERE sequence <= ?1", [sequence.as_u64().cast_signed()])?;
        self.execute("UPDATE forgotten_changes SET sequence = ?1", [sequence.as_u64().cast_signed()])?;
        Ok(())
    }

    /// The newest forgotten change.
    pub(super) fn forgotten(&mut self) -> Result<Sequence, StoreFault> {
        let found = self.find("SELECT sequence FROM forgotten_changes", (), |row| sequence(row, 0))?;
        Ok(found.unwrap_or_default())
    }
}

impl EngineTransaction for SqliteTransaction<'_> {
    fn get(&mut self, scope: &Scope, collection: &str, key: &str) -> Result<Option<String>, StoreFault> {
        self.find(
            "SELECT body FROM documents WHERE account = ?1 AND region = ?2 AND collection = ?3 AND key = ?4",
            params![scope.account(), scope.region(), collection, key],
            |row| row.get(0),
        )
    }

    fn put(&mut self, scope: &Scope, collection: &str, key: &str, body: &str) -> Result<(), StoreFault> {
        self.execute(
            "INSERT INTO documents (account, region, collection, key, body) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET body = excluded.body",
            params![scope.account(), scope.region(), collection, key, body],
        )?;
        self.record(scope, collection, key, ChangeKind::Put)
    }

    fn attach(&mut self, made: Made) {
        if let Some(changed) = &mut self.changed {
            changed.attach(made);
        }
    }

    fn delete(&mut self, scope: &Scope, collection: &str, key: &str) -> Result<bool, StoreFault> {
        let removed = self.execute(
            "DELETE FROM documents WHERE account = ?1 AND region = ?2 AND collection = ?3 AND key = ?4",
            params![scope.account(), scope.region(), collection, key],
        )?;
        if removed == 0 {
            return Ok(false);
        }
        self.record(scope, collection, key, ChangeKind::Deleted)?;
        Ok(true)
    }

    fn delete_range(&mut self, scope: &Scope, collection: &str, range: &Range) -> Result<usize, StoreFault> {
        let recorded = self.execute(
            RECORD_RANGE,
            params![
                scope.account(),
                scope.region(),
                collection,
                range.prefix,
                range.end,
                number(ChangeKind::Deleted)
            ],
        )?;
        if recorded == 0 {
            return Ok(0);
        }
        // SQLite tells how many there are and not which.
        self.changed = None;
        self.execute(
            DELETE_RANGE,
            params![scope.account(), scope.region(), collection, range.prefix, range.end],
        )
    }

    fn list(
        &mut self,
        scope: &Scope,
        collection: &str,
        range: &Range,
        each: &mut dyn FnMut(&str, &str) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault> {
        // Two lower bounds, of which SQLite uses one as the start of its search; the one
        // that is further is handed in as both.
        let start = range.after.as_ref().filter(|after| **after >= range.prefix).unwrap_or(&range.prefix);
        let limit = range.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        self.scan(
            LIST,
            params![scope.account(), scope.region(), collection, start, range.end, range.after, limit],
            |row| Ok(each(text(row, 0)?, text(row, 1)?)),
        )
    }

    fn list_everywhere(
        &mut self,
        collection: &str,
        each: &mut dyn FnMut(Scope, &str, &str) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault> {
        self.scan(
            "SELECT account, region, key, body FROM documents WHERE collection = ?1
             ORDER BY account, region, key",
            [collection],
            |row| Ok(each(scope(row, 0)?, text(row, 2)?, text(row, 3)?)),
        )
    }

    fn find_anywhere(
        &mut self,
        collection: &str,
        key: &str,
        each: &mut dyn FnMut(Scope, &str) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault> {
        self.scan(
            "SELECT account, region, body FROM documents WHERE collection = ?1 AND key = ?2
             ORDER BY account, region",
            [collection, key],
            |row| Ok(each(scope(row, 0)?, text(row, 2)?)),
        )
    }

    fn add(&mut self, scope: &Scope, collection: &str, key: &str, amount: u32) -> Result<(), StoreFault> {
        self.execute(
            "INSERT INTO counters (account, region, collection, key, value) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET value = value + excluded.value",
            params![scope.account(), scope.region(), collection, key, amount],
        )?;
        Ok(())
    }

    fn count(&mut self, scope: &Scope, collection: &str, key: &str) -> Result<u64, StoreFault> {
        let found = self.find(
            "SELECT value FROM counters WHERE account = ?1 AND region = ?2 AND collection = ?3 AND key = ?4",
            params![scope.account(), scope.region(), collection, key],
            |row| total(row, 0),
        )?;
        Ok(found.unwrap_or_default())
    }

    fn counts(
        &mut self,
        scope: &Scope,
        collection: &str,
        range: &Range,
        each: &mut dyn FnMut(&str, u64) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault> {
        self.scan(
            "SELECT key, value FROM counters
             WHERE account = ?1 AND region = ?2 AND collection = ?3 AND key >= ?4 AND (?5 IS NULL OR key < ?5)
             ORDER BY key",
            params![scope.account(), scope.region(), collection, range.prefix, range.end],
            |row| Ok(each(text(row, 0)?, total(row, 1)?)),
        )
    }

    fn delete_counts(&mut self, scope: &Scope, collection: &str, range: &Range) -> Result<usize, StoreFault> {
        self.execute(
            "DELETE FROM counters
             WHERE account = ?1 AND region = ?2 AND collection = ?3 AND key >= ?4 AND (?5 IS NULL OR key < ?5)",
            params![scope.account(), scope.region(), collection, range.prefix, range.end],
        )
    }

    fn append(
        &mut self,
        scope: &Scope,
        journal: &str,
        moment: Timestamp,
        body: &str,
    ) -> Result<(), StoreFault> {
        self.execute(
            "INSERT INTO records (account, region, journal, moment, sequence, body)
             SELECT ?1, ?2, ?3, ?4, coalesce(max(sequence) + 1, 0), ?5 FROM records
             WHERE account = ?1 AND region = ?2 AND journal = ?3 AND moment = ?4",
            params![scope.account(), scope.region(), journal, moment.as_millis(), body],
        )?;
        Ok(())
    }

    fn records(
        &mut self,
        scope: &Scope,
        journal: &str,
        span: &Span,
        each: &mut dyn FnMut(Place, &str) -> Result<bool, StoreFault>,
    ) -> Result<(), StoreFault> {
        let from = span.from.map_or(i64::MIN, Timestamp::as_millis);
        let until = span.until.map_or(i64::MAX, Timestamp::as_millis);
        let (before, sequence) = match span.before {
            Some(place) => (place.moment.as_millis(), place.sequence.cast_signed()),
            None => (i64::MAX, i64::MAX),
        };
        self.scan(
            "SELECT moment, sequence, body FROM records
             WHERE account = ?1 AND region = ?2 AND journal = ?3 AND moment >= ?4 AND moment <= min(?5, ?6)
               AND (moment, sequence) < (?6, ?7)
             ORDER BY moment DESC, sequence DESC",
            params![scope.account(), scope.region(), journal, from, until, before, sequence],
            |row| {
                let place = Place { moment: Timestamp::from_millis(row.get(0)?), sequence: total(row, 1)? };
                Ok(match each(place, text(row, 2)?) {
                    Ok(true) => Ok(()),
                    Ok(false) => Err(Halt::Enough),
                    Err(fault) => Err(Halt::Fault(fault)),
                })
            },
        )
    }

    fn delete_records(
        &mut self,
        journal: &str,
        moment: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreFault> {
        self.execute(
            "DELETE FROM records WHERE (account, region, journal, moment, sequence) IN (
                 SELECT account, region, journal, moment, sequence FROM records
                 WHERE journal = ?1 AND moment < ?2 ORDER BY moment LIMIT ?3)",
            params![journal, moment.as_millis(), i64::try_from(limit).unwrap_or(i64::MAX)],
        )
    }

    fn put_blob(&mut self, id: &BlobId, bytes: &[u8]) -> Result<(), StoreFault> {
        if !self.keep_blob(id)? {
            self.execute(
                "INSERT INTO blobs (id, uses, bytes) VALUES (?1, 1, ?2)",
                params![id.as_str(), bytes],
            )?;
        }
        Ok(())
    }

    fn keep_blob(&mut self, id: &BlobId) -> Result<bool, StoreFault> {
        let known = self.execute("UPDATE blobs SET uses = uses + 1 WHERE id = ?1", [id.as_str()])?;
        Ok(known > 0)
    }

    fn get_blob(&mut self, id: &BlobId) -> Result<Option<Vec<u8>>, StoreFault> {
        self.find("SELECT bytes FROM blobs WHERE id = ?1", [id.as_str()], |row| row.get(0))
    }

    fn delete_blob(&mut self, id: &BlobId) -> Result<bool, StoreFault> {
        let known = self.execute("UPDATE blobs SET uses = uses - 1 WHERE id = ?1", [id.as_str()])?;
        self.execute("DELETE FROM blobs WHERE id = ?1 AND uses <= 0", [id.as_str()])?;
        Ok(known > 0)
    }

    fn sequence(&mut self) -> Result<Sequence, StoreFault> {
        let found =
            self.find("SELECT seq FROM sqlite_sequence WHERE name = 'changes'", (), |row| sequence(row, 0))?;
        Ok(found.unwrap_or_default())
    }

    fn changes_after(&mut self, position: Sequence, limit: usize) -> Result<Remembered, StoreFault> {
        if position < self.forgotten()? {
            return Ok(Remembered::Forgotten(self.sequence()?));
        }
        let mut changes = Vec::new();
        let mut collections = CollectionNames::default();
        self.scan(
            "SELECT sequence, account, region, collection, key, kind FROM changes
             WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
            params![position.as_u64().cast_signed(), i64::try_from(limit).unwrap_or(i64::MAX)],
            |row| {
                let key = text(row, 4)?;
                let Some(key) = Key::decode(key) else {
                    return Ok(Err(StoreFault::Corrupted { reason: format!("{key:?} is not a key") }));
                };
                changes.push(Change {
                    sequence: sequence(row, 0)?,
                    scope: scope(row, 1)?,
                    collection: collections.share(text(row, 3)?),
                    key,
                    kind: if row.get::<_, i64>(5)? == 0 { ChangeKind::Put } else { ChangeKind::Deleted },
                });
                Ok(Ok(()))
            },
        )?;
        Ok(Remembered::Changes(changes))
    }
}

const fn number(kind: ChangeKind) -> i64 {
    match kind {
        ChangeKind::Put => 0,
        ChangeKind::Deleted => 1,
    }
}

fn text<'r>(row: &'r Row<'_>, index: usize) -> rusqlite::Result<&'r str> {
    let value: ValueRef<'r> = row.get_ref(index)?;
    value
        .as_str()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, value.data_type(), Box::new(error)))
}

fn scope(row: &Row<'_>, index: usize) -> rusqlite::Result<Scope> {
    Ok(Scope::new(text(row, index)?, text(row, index + 1)?))
}

fn sequence(row: &Row<'_>, index: usize) -> rusqlite::Result<Sequence> {
    Ok(Sequence::new(total(row, index)?))
}

fn total(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(index)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, number))
}

/// A batch's changes are mostly of a few collections: their names are shared.
#[derive(Default)]
struct CollectionNames(Vec<Arc<str>>);

impl CollectionNames {
    fn share(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.iter().find(|known| &***known == name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.0.push(Arc::clone(&name));
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by measuring: with an optional end the time of a list grew with everything behind it.
    #[test]
    fn a_range_is_searched_from_its_start_to_its_end() {
        let mut connection = super::super::open::memory().unwrap();
        super::super::migrate::migrate(&mut connection, std::path::Path::new(""), &base::Clock::system())
            .unwrap();
        for statement in [LIST, RECORD_RANGE, DELETE_RANGE] {
            let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
            let count = plan.parameter_count();
            let steps: Vec<String> = plan
                .query_map(rusqlite::params_from_iter(vec![""; count]), |row| row.get("detail"))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            let bounds = "(account=? AND region=? AND collection=? AND key>? AND key<?)";
            assert!(steps.len() == 1 && steps[0].ends_with(bounds), "{statement}: {steps:?}");
        }
    }
}
