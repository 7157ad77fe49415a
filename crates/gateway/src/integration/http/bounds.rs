//! Every bound of the client side, in one place. All are per worker.

use std::num::NonZeroUsize;
use std::time::Duration;

/// What one target may have under way.
#[derive(Clone, Copy, Debug)]
pub struct PerTarget {
    /// Requests at a time. Further ones wait, until their own deadline.
    pub busy: NonZeroUsize,
    /// Requests that may wait; more are refused at once.
    pub waiting: usize,
}

impl Default for PerTarget {
    fn default() -> Self {
        Self {
            busy: NonZeroUsize::new(BUSY_PER_TARGET).unwrap_or(NonZeroUsize::MIN),
            waiting: WAITING_PER_TARGET,
        }
    }
}

/// Requests to one target at a time, unless the operator says otherwise.
pub(super) const BUSY_PER_TARGET: usize = 1_024;

/// Requests that may wait for their turn with one target, unless the operator says otherwise.
pub(super) const WAITING_PER_TARGET: usize = 4_096;

/// Idle connections that are kept for one target.
pub(super) const IDLE_PER_TARGET: usize = 256;

/// Targets that are remembered. Above it, those without connections are forgotten.
pub(super) const TARGETS: usize = 4_096;

/// How long an idle connection is kept, if the backend has not announced a shorter time.
pub(super) const IDLE_TIME: Duration = Duration::from_secs(50);

/// From what idle time on a connection may have been closed at the other end without our having
/// seen it yet, so that a copy of the request is worth keeping. Under load connections rest for
/// much less than this, and nothing is copied.
pub(super) const MAY_BE_STALE: Duration = Duration::from_millis(10);

/// The least time that one of several addresses gets to answer before the next is tried.
pub(super) const ADDRESS_TIME: Duration = Duration::from_millis(250);

/// How long the addresses of a name are remembered. The resolver does not tell how long they
/// hold, and backends behind load balancers move within a minute.
pub(super) const NAME_TIME: Duration = Duration::from_secs(10);

/// How long it is remembered that a name cannot be resolved.
pub(super) const NO_NAME_TIME: Duration = Duration::from_secs(1);

/// Names that are remembered.
pub(super) const NAMES: usize = 1_024;

/// Addresses of one name that are tried.
pub(super) const ADDRESSES: usize = 8;
