//! A commit as the thread that made it knows it: what has changed, and what its writers have made of that.

use std::any::Any;

use crate::{Change, Sequence};

/// What a writer has made of the document that it puts, for a follower of this node: the document as it takes
/// effect, which then need not be read and made again. It is gone if nobody takes it at once.
pub type Made = Box<dyn Any + Send>;

/// The changes of one commit, which are durable and can be read.
#[derive(Default)]
pub struct Commit {
    changes: Vec<Change>,
    /// One for each change.
    made: Vec<Option<Made>>,
}

impl Commit {
    /// The changes, in their order.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// What was made of the document of the change at `index`, if it is a `T`.
    #[must_use]
    pub fn made<T: Any>(&self, index: usize) -> Option<&T> {
        self.made.get(index)?.as_ref()?.downcast_ref()
    }

    /// The same, which is the caller's then.
    pub fn take_made<T: Any>(&mut self, index: usize) -> Option<Box<T>> {
        let made = self.made.get_mut(index)?.take()?;
        made.downcast().ok()
    }

    pub(crate) fn push(&mut self, change: Change) {
        self.changes.push(change);
        self.made.push(None);
    }

    /// Keeps what was made of the newest change's document.
    pub(crate) fn attach(&mut self, made: Made) {
        if let Some(newest) = self.made.last_mut() {
            *newest = Some(made);
        }
    }

    /// Adds the changes of the next transaction.
    pub(crate) fn append(&mut self, mut next: Self) {
        self.changes.append(&mut next.changes);
        self.made.append(&mut next.made);
    }

    /// Whether these are all changes behind `sequence`.
    pub(crate) fn follows(&self, sequence: Sequence) -> bool {
        let mut expected = sequence.as_u64();
        self.changes.iter().all(|change| {
            expected = expected.saturating_add(1);
            change.sequence.as_u64() == expected
        })
    }

    /// The number of the newest change.
    pub(crate) fn last(&self) -> Sequence {
        self.changes.last().map(|change| change.sequence).unwrap_or_default()
    }
}

impl std::fmt::Debug for Commit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Commit").field("changes", &self.changes).finish_non_exhaustive()
    }
}
