//! What an engine answers for, in terms of stored texts. Everything typed is above, in
//! `transaction`; everything about files and SQL is below, in the engine's folder.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use base::{Scope, Timestamp};

use crate::feed::Remembered;
use crate::{BlobId, Made, Place, Sequence, Span, StoreFault};

pub(crate) mod sqlite;

/// A database that runs closures in transactions.
///
/// An engine is opened with the [`Feed`](crate::feed::Feed), and tells it of every commit:
/// of its own before it answers them, and of other processes' when it learns of them.
pub(crate) trait Engine: Send + Sync {
    /// Runs `work` in a transaction and answers when its commit is durable, with the number
    /// of the last change that was visible to it. `work` may be run more than once; the
    /// last run counts.
    fn write(&self, work: WriteWork) -> Answer<Sequence>;
    /// Runs `work` once on a snapshot.
    fn read(&self, work: ReadWork) -> Answer<()>;
    /// Writes a copy of everything to a new file.
    fn backup(&self, path: PathBuf) -> Answer<()>;
    /// Searches for damage; an empty list means there is none.
    fn check(&self) -> Answer<Vec<String>>;
    /// The lock on what it is kept in, once more; nothing if there is none.
    fn lock(&self) -> std::io::Result<Option<OwnedFd>>;
}

/// An engine's answer, later.
pub(crate) type Answer<T> = Pin<Box<dyn Future<Output = Result<T, StoreFault>> + Send>>;

/// A closure of `write`, with its typed result kept aside.
pub(crate) type WriteWork = Box<dyn FnMut(&mut dyn EngineTransaction) -> Verdict + Send>;

/// A closure of `read`, with its typed result kept aside.
pub(crate) type ReadWork = Box<dyn FnOnce(&mut dyn EngineTransaction) + Send>;

/// What a closure of `write` wants done with its changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Commit them.
    Keep,
    /// Undo them; the closure answered an error.
    RollBack,
}

/// The stored keys of a listing.
pub(crate) struct Range {
    /// The first stored key.
    pub(crate) prefix: String,
    /// The stored key before which the listing ends.
    pub(crate) end: Option<String>,
    /// The stored key behind which the listing starts.
    pub(crate) after: Option<String>,
    /// How many documents at most.
    pub(crate) limit: Option<usize>,
}

/// A running transaction. Keys are in their stored form; bodies are JSON texts.
pub(crate) trait EngineTransaction {
    fn get(&mut self, scope: &Scope, collection: &str, key: &str) -> Result<Option<String>, StoreFault>;
    fn put(&mut self, scope: &Scope, collection: &str, key: &str, body: &str) -> Result<(), StoreFault>;
    /// Keeps what its writer has made of the document that was put last, until the commit.
    fn attach(&mut self, made: Made);
    fn delete(&mut self, scope: &Scope, collection: &str, key: &str) -> Result<bool, StoreFault>;
    fn delete_range(&mut self, scope: &Scope, collection: &str, range: &Range) -> Result<usize, StoreFault>;
    fn list(
        &mut self,
        scope: &Scope,
        collection: &str,
        range: &Range,
        each: &mut dyn FnMut(&str, &str) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault>;
    fn list_everywhere(
        &mut self,
        collection: &str,
        each: &mut dyn FnMut(Scope, &str, &str) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault>;
    fn find_anywhere(
        &mut self,
        collection: &str,
        key: &str,
        each: &mut dyn FnMut(Scope, &str) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault>;
    /// Adds to the counter at `key`, which begins at 0.
    fn add(&mut self, scope: &Scope, collection: &str, key: &str, amount: u32) -> Result<(), StoreFault>;
    fn count(&mut self, scope: &Scope, collection: &str, key: &str) -> Result<u64, StoreFault>;
    fn counts(
        &mut self,
        scope: &Scope,
        collection: &str,
        range: &Range,
        each: &mut dyn FnMut(&str, u64) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault>;
    fn delete_counts(&mut self, scope: &Scope, collection: &str, range: &Range) -> Result<usize, StoreFault>;
    /// Adds a record behind all of its moment.
    fn append(
        &mut self,
        scope: &Scope,
        journal: &str,
        moment: Timestamp,
        body: &str,
    ) -> Result<(), StoreFault>;
    /// Hands the records of a span to `each`, newest first, until it answers `false`.
    fn records(
        &mut self,
        scope: &Scope,
        journal: &str,
        span: &Span,
        each: &mut dyn FnMut(Place, &str) -> Result<bool, StoreFault>,
    ) -> Result<(), StoreFault>;
    /// Removes records of all scopes that happened before `moment`, at most `limit`; answers how
    /// many.
    fn delete_records(&mut self, journal: &str, moment: Timestamp, limit: usize)
    -> Result<usize, StoreFault>;
    fn put_blob(&mut self, id: &BlobId, bytes: &[u8]) -> Result<(), StoreFault>;
    fn keep_blob(&mut self, id: &BlobId) -> Result<bool, StoreFault>;
    fn get_blob(&mut self, id: &BlobId) -> Result<Option<Vec<u8>>, StoreFault>;
    fn delete_blob(&mut self, id: &BlobId) -> Result<bool, StoreFault>;
    /// The last change that this transaction sees.
    fn sequence(&mut self) -> Result<Sequence, StoreFault>;
    /// The changes behind `position`, oldest first, at most `limit`.
    fn changes_after(&mut self, position: Sequence, limit: usize) -> Result<Remembered, StoreFault>;
}

/// Runs a closure on a snapshot and hands out what it answers.
pub(crate) async fn read_from<T, E>(
    engine: &dyn Engine,
    work: impl FnOnce(&mut dyn EngineTransaction) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreFault> + Send + 'static,
{
    let result = Slot::default();
    let filled = Arc::clone(&result);
    engine.read(Box::new(move |transaction| fill(&filled, work(transaction)))).await?;
    take(&result)
}

/// Runs a closure in a writing transaction and hands out what its last run answered.
pub(crate) async fn write_to<T, E>(
    engine: &dyn Engine,
    work: impl Fn(&mut dyn EngineTransaction) -> Result<T, E> + Send + 'static,
) -> Result<(T, Sequence), E>
where
    T: Send + 'static,
    E: From<StoreFault> + Send + 'static,
{
    let result = Slot::default();
    let filled = Arc::clone(&result);
    let sequence = engine
        .write(Box::new(move |transaction| {
            let answer = work(transaction);
            let verdict = if answer.is_ok() { Verdict::Keep } else { Verdict::RollBack };
            fill(&filled, answer);
            verdict
        }))
        .await?;
    Ok((take(&result)?, sequence))
}

/// Where a closure leaves its typed answer, which the engine does not know.
type Slot<T, E> = Arc<Mutex<Option<Result<T, E>>>>;

fn fill<T, E>(slot: &Slot<T, E>, answer: Result<T, E>) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
}

fn take<T, E: From<StoreFault>>(slot: &Slot<T, E>) -> Result<T, E> {
    let answer = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    // An engine that answered without having run the closure is at fault, not its caller.
    answer.unwrap_or_else(|| Err(E::from(StoreFault::Closed)))
}
