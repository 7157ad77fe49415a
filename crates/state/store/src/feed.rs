//! The change feed: every put and delete, numbered in commit order, for the data plane and
//! whoever else must follow the configuration.
//!
//! The changes themselves are rows beside the documents, written in the same transaction.
//! A [`Follower`] remembers how far it has read and is woken when there is more; so a slow
//! one costs no memory and a fast one loses nothing. One that has nothing to do with a change,
//! or little, takes it on the thread that commits ([`Follower::take_at_once`]) and is not woken.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::Scope;
use tokio::sync::watch;

use crate::commit::Commit;
use crate::engines::{Engine, read_from};
use crate::limits::{FEED_BATCH, FEED_PAUSE};
use crate::waiting::block_on;
use crate::{Document, Key, StoreFault};

/// A change's number. Later commits have greater numbers; numbers are never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sequence(u64);

impl Sequence {
    pub(crate) const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for Sequence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What happened to a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// It was created or replaced.
    Put,
    /// It was removed.
    Deleted,
}

/// One document's change. It carries no body: read the document, which may have changed
/// again since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The change's number.
    pub sequence: Sequence,
    /// Whose document it is.
    pub scope: Scope,
    /// The document's collection.
    pub collection: Arc<str>,
    /// The document's key.
    pub key: Key,
    /// What happened.
    pub kind: ChangeKind,
}

impl Change {
    /// Whether this is a change of a `D`.
    #[must_use]
    pub fn is<D: Document>(&self) -> bool {
        &*self.collection == D::COLLECTION
    }
}

/// What a follower is handed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Batch {
    /// The next changes, at least one, in commit order.
    Changes(Vec<Change>),
    /// The follower was so far behind that changes it has not seen are forgotten: read
    /// everything anew, then [`acknowledge`](Follower::acknowledge) this number. Changes
    /// behind it come in the next batch.
    Reload(Sequence),
}

impl Batch {
    /// The number to acknowledge when this batch has taken effect.
    #[must_use]
    pub fn last(&self) -> Sequence {
        match self {
            Self::Changes(changes) => changes.last().map(|change| change.sequence).unwrap_or_default(),
            Self::Reload(sequence) => *sequence,
        }
    }
}

/// What an engine finds behind a follower's position.
pub(crate) enum Remembered {
    /// The changes, oldest first; empty if there are none.
    Changes(Vec<Change>),
    /// Some of them are forgotten; the newest change of all has this number.
    Forgotten(Sequence),
}

/// The feed's in-process part: who follows, and the news that there is more. Engines hold
/// it too, and call [`Feed::committed`] for their own commits and for those that they learn
/// of from other processes.
pub(crate) struct Feed {
    committed: watch::Sender<Sequence>,
    acknowledged: watch::Sender<()>,
    followers: Mutex<Vec<Arc<Position>>>,
}

/// Takes the changes of a commit at once; answers whether all of them have taken effect.
type AtOnce = Box<dyn FnMut(&mut Commit) -> bool + Send>;

struct Position {
    name: &'static str,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    read: Sequence,
    acknowledged: Sequence,
    /// Whether a batch may be on its way to the follower, or be taking effect.
    busy: bool,
    at_once: Option<AtOnce>,
}

impl Position {
    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn acknowledged(&self) -> Sequence {
        self.progress().acknowledged
    }

    /// Has the follower take `commit` at once if it is the next for it; answers whether it is behind by
    /// nothing then. One that still works on what came before is not asked: of two that bring the same thing
    /// into effect, the older could be the last.
    fn offer(&self, commit: &mut Commit) -> bool {
        let mut progress = self.progress();
        let Progress { read, acknowledged, busy, at_once } = &mut *progress;
        let next = !*busy && read == acknowledged && commit.follows(*read);
        let taken = next
            && at_once.as_mut().is_some_and(|take| {
                // The writer lives on, and the feed brings what was not taken.
                catch_unwind(AssertUnwindSafe(|| take(commit))).unwrap_or_else(|_| {
                    tracing::error!(follower = self.name, "a follower panicked while it took a commit");
                    false
                })
            });
        if taken {
            (*read, *acknowledged) = (commit.last(), commit.last());
        }
        taken
    }
}

impl Feed {
    pub(crate) fn new() -> Self {
        Self {
            committed: watch::Sender::new(Sequence::default()),
            acknowledged: watch::Sender::new(()),
            followers: Mutex::default(),
        }
    }

    /// Tells that everything up to `sequence` is committed and can be read.
    pub(crate) fn committed(&self, sequence: Sequence) {
        self.tell(sequence, true);
    }

    /// The same of a commit whose changes are known.
    pub(crate) fn committed_with(&self, mut commit: Commit) {
        if commit.changes().is_empty() {
            return;
        }
        let mut behind = false;
        for position in self.positions().iter() {
            behind |= !position.offer(&mut commit);
        }
        self.acknowledged.send_replace(());
        self.tell(commit.last(), behind);
    }

    /// `news` is whether a follower has to be woken.
    fn tell(&self, sequence: Sequence, news: bool) {
        self.committed.send_if_modified(|current| {
            let newer = sequence > *current;
            if newer {
                *current = sequence;
            }
            newer && news
        });
    }

    /// The newest change that is known to be committed.
    pub(crate) fn current(&self) -> Sequence {
        *self.committed.borrow()
    }

    /// The change up to which every follower of this node has read; `None` without any.
    pub(crate) fn read_by_all(&self) -> Option<Sequence> {
        self.positions().iter().map(|position| position.progress().read).min()
    }

    pub(crate) fn follow(self: &Arc<Self>, name: &'static str, engine: Arc<dyn Engine>) -> Follower {
        let mut positions = self.positions();
        let start = self.current();
        let progress = Progress { read: start, acknowledged: start, ..Progress::default() };
        let position = Arc::new(Position { name, progress: Mutex::new(progress) });
        positions.push(Arc::clone(&position));
        Follower { feed: Arc::clone(self), news: self.committed.subscribe(), position, engine }
    }

    /// Waits until every follower has acknowledged `sequence`; answers whether they did
    /// before the deadline.
    pub(crate) async fn settled(&self, sequence: Sequence, deadline: Duration) -> bool {
        let mut news = self.acknowledged.subscribe();
        let settled = async {
            while !self.acknowledged_by_all(sequence) {
                // Cannot fail: the sender is in `self`.
                if news.changed().await.is_err() {
                    return;
                }
            }
        };
        if tokio::time::timeout(deadline, settled).await.is_ok() {
            return true;
        }
        let behind: Vec<_> = self
            .positions()
            .iter()
            .filter(|position| position.acknowledged() < sequence)
            .map(|position| position.name)
            .collect();
        if !behind.is_empty() {
            tracing::warn!(sequence = sequence.0, ?behind, "followers of the change feed are late");
        }
        behind.is_empty()
    }

    fn acknowledged_by_all(&self, sequence: Sequence) -> bool {
        self.positions().iter().all(|position| position.acknowledged() >= sequence)
    }

    fn positions(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Position>>> {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A subscription to the change feed. Dropping it ends the subscription.
///
/// It keeps the store open. Whoever makes one and then reads the store sees everything:
/// some changes twice, none never.
pub struct Follower {
    feed: Arc<Feed>,
    news: watch::Receiver<Sequence>,
    position: Arc<Position>,
    engine: Arc<dyn Engine>,
}

impl Follower {
    /// Waits for the next batch. Cancelling the wait loses nothing.
    ///
    /// A failed read of the feed is logged and tried again after a pause. Must be awaited
    /// on a tokio runtime with its timer.
    pub async fn next(&mut self) -> Batch {
        loop {
            match self.poll().await {
                Ok(Some(batch)) => return batch,
                Ok(None) => self.wait().await,
                Err(fault) => {
                    self.report(&fault);
                    tokio::time::sleep(FEED_PAUSE).await;
                }
            }
        }
    }

    /// [`next`](Self::next) for a thread that runs no tasks.
    pub fn blocking_next(&mut self) -> Batch {
        loop {
            match block_on(self.poll()) {
                Ok(Some(batch)) => return batch,
                Ok(None) => block_on(self.wait()),
                Err(fault) => {
                    self.report(&fault);
                    std::thread::sleep(FEED_PAUSE);
                }
            }
        }
    }

    /// From now on the follower is asked by the thread that commits, before anybody else is: `take` brings the
    /// changes of a commit into effect and answers `true`, or changes nothing and answers `false`; then they
    /// come in a batch, as those do that come before all others have taken effect. It is called with the
    /// writer waiting, so it neither reads the store nor takes long.
    pub fn take_at_once(&self, take: impl FnMut(&mut Commit) -> bool + Send + 'static) {
        self.position.progress().at_once = Some(Box::new(take));
    }

    /// The next batch if there is one now.
    pub async fn poll(&mut self) -> Result<Option<Batch>, StoreFault> {
        self.news.mark_unchanged();
        let position = {
            let mut progress = self.position.progress();
            if self.feed.current() <= progress.read {
                return Ok(None);
            }
            progress.busy = true;
            progress.read
        };
        let batch = match read_from(&*self.engine, move |transaction| {
            transaction.changes_after(position, FEED_BATCH)
        })
        .await?
        {
            Remembered::Changes(changes) if changes.is_empty() => return Ok(None),
            Remembered::Changes(changes) => Batch::Changes(changes),
            Remembered::Forgotten(sequence) => Batch::Reload(sequence),
        };
        self.position.progress().read = batch.last();
        Ok(Some(batch))
    }

    /// Tells that everything up to `sequence` has taken effect, for
    /// [`Store::settled`](crate::Store::settled).
    pub fn acknowledge(&self, sequence: Sequence) {
        let mut progress = self.position.progress();
        progress.acknowledged = progress.acknowledged.max(sequence);
        progress.busy = progress.acknowledged < progress.read;
        drop(progress);
        self.feed.acknowledged.send_replace(());
    }

    async fn wait(&mut self) {
        // Cannot fail: the sender is in `self.feed`.
        let _ = self.news.changed().await;
    }

    fn report(&self, fault: &StoreFault) {
        tracing::error!(follower = self.position.name, %fault, "the change feed could not be read");
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.feed.positions().retain(|position| !Arc::ptr_eq(position, &self.position));
        self.feed.acknowledged.send_replace(());
    }
}
