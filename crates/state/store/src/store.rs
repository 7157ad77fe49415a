//! The store's door: opening it, running closures in it, following it.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::Clock;

use crate::engines::{Engine, read_from, sqlite, write_to};
use crate::feed::Feed;
use crate::waiting::block_on;
use crate::{Follower, OpenError, Sequence, StoreFault, Transaction};

/// Where a store keeps its documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In files of this directory, which is created if it is missing and locked against
    /// other processes.
    Directory(PathBuf),
    /// Nowhere: they are gone with the store.
    Memory,
}

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Where it keeps its documents.
    pub location: Location,
    /// Where it takes the time from.
    pub clock: Clock,
}

/// An open store. Clones share it; it closes when the last clone and the last
/// [`Follower`] are dropped, which waits for the writes that are under way.
#[derive(Clone)]
pub struct Store {
    engine: Arc<dyn Engine>,
    feed: Arc<Feed>,
}

impl Store {
    /// Opens the store, creating or migrating it as needed.
    pub fn open(options: StoreOptions) -> Result<Self, OpenError> {
        Self::opened(&options, None)
    }

    /// The same by the lock that another process has handed over ([`lock`](Self::lock)). From then on both
    /// may use the store; the other must change no documents any more, since this one would not hear of it.
    pub fn take_over(options: StoreOptions, lock: OwnedFd) -> Result<Self, OpenError> {
        Self::opened(&options, Some(lock))
    }

    fn opened(options: &StoreOptions, lock: Option<OwnedFd>) -> Result<Self, OpenError> {
        let feed = Arc::new(Feed::new());
        let engine = sqlite::Sqlite::open(options, lock, Arc::clone(&feed))?;
        Ok(Self { engine: Arc::new(engine), feed })
    }

    /// The lock on the store's directory, to be handed to the process that takes it over; nothing if the
    /// store is in memory.
    ///
    /// # Errors
    /// If the process has no descriptor left.
    pub fn lock(&self) -> std::io::Result<Option<OwnedFd>> {
        self.engine.lock()
    }

    /// Runs `work` in a transaction of its own and answers when its changes are durable,
    /// with the number of the last change it saw or made.
    ///
    /// Closures run one after another, each sees the changes of those before it, and
    /// several share one commit. An `Err` undoes just that closure's changes. `work` may be
    /// run more than once, so it must do nothing but read and write the transaction. It
    /// must not ask the store for another transaction. Dropping the future does not undo
    /// or prevent the write.
    pub async fn write<T, E>(
        &self,
        work: impl Fn(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<(T, Sequence), E>
    where
        T: Send + 'static,
        E: From<StoreFault> + Send + 'static,
    {
        write_to(&*self.engine, move |engine| work(&mut Transaction::new(engine))).await
    }

    /// Runs `work` on a snapshot: it sees all changes that were answered before the call,
    /// and none that is made while it runs. Writing in it fails.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreFault> + Send + 'static,
    {
        read_from(&*self.engine, move |engine| work(&mut Transaction::new(engine))).await
    }

    /// [`write`](Self::write) for a thread that runs no tasks.
    pub fn blocking_write<T, E>(
        &self,
        work: impl Fn(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<(T, Sequence), E>
    where
        T: Send + 'static,
        E: From<StoreFault> + Send + 'static,
    {
        block_on(self.write(work))
    }

    /// [`read`](Self::read) for a thread that runs no tasks.
    pub fn blocking_read<T, E>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreFault> + Send + 'static,
    {
        block_on(self.read(work))
    }

    /// Subscribes to the change feed from the current change on. `name` is for the log.
    #[must_use]
    pub fn follow(&self, name: &'static str) -> Follower {
        self.feed.follow(name, Arc::clone(&self.engine))
    }

    /// The newest change that this node knows of.
    #[must_use]
    pub fn sequence(&self) -> Sequence {
        self.feed.current()
    }

    /// Waits until every follower of this node has acknowledged `sequence`, so that an
    /// answered change is in effect here; answers whether they did before the deadline.
    /// Must be awaited on a tokio runtime with its timer.
    pub async fn settled(&self, sequence: Sequence, deadline: Duration) -> bool {
        self.feed.settled(sequence, deadline).await
    }

    /// Writes a copy of everything, as of one moment, to a new file at `path`; the store
    /// stays in use meanwhile. The copy is durable when this answers. Blocks.
    pub fn backup_to(&self, path: impl AsRef<Path>) -> Result<(), StoreFault> {
        block_on(self.engine.backup(path.as_ref().to_owned()))
    }

    /// Reads everything and answers what is damaged; an empty list means nothing is.
    /// Blocks, and takes time in proportion to the store's size.
    pub fn check(&self) -> Result<Vec<String>, StoreFault> {
        block_on(self.engine.check())
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("sequence", &self.sequence()).finish_non_exhaustive()
    }
}
