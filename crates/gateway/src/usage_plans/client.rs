//! One key in one plan: its buckets and its meter, which outlive changes of the key and the plan.

use std::sync::{Arc, Mutex, PoisonError};

use base::{Scope, Timestamp};

use super::meter::{Exhausted, Meter};
use crate::throttle::{Bucket, StageBuckets};

/// What a key has used of a plan.
#[derive(Debug)]
pub(super) struct Client {
    /// Where both are.
    pub(super) scope: Scope,
    /// The plan's id.
    pub(super) plan: Box<str>,
    /// The key's id.
    pub(super) key: Box<str>,
    /// Of the plan's throttle, which holds for all of its stages together.
    pub(super) bucket: Arc<Bucket>,
    /// Of the throttles of single methods.
    pub(super) methods: StageBuckets,
    /// Of the plan's quota.
    pub(super) meter: Meter,
    /// Where those are that have counted something.
    pub(super) active: Arc<Active>,
}

/// The clients that have counted what is not in the store yet.
#[derive(Debug, Default)]
pub(super) struct Active(Mutex<Vec<Arc<Client>>>);

impl Client {
    /// Counts a request, if the quota allows it.
    pub(super) fn count(self: &Arc<Self>, now: Timestamp) -> Result<(), Exhausted> {
        if self.meter.take(now)? {
            self.active.clients().push(Arc::clone(self));
        }
        Ok(())
    }
}

impl Active {
    /// Takes them out.
    pub(super) fn take(&self) -> Vec<Arc<Client>> {
        std::mem::take(&mut self.clients())
    }

    /// Puts back one that is still to be written.
    pub(super) fn put_back(&self, client: Arc<Client>) {
        self.clients().push(client);
    }

    fn clients(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Client>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
