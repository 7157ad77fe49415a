//! What is counted of requests whoever they are for.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::shard::Sharded;

/// Counts of all requests. Each core counts for itself.
#[derive(Debug)]
pub struct Traffic(Sharded<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Requests that came less those that were answered; one core's alone may be negative, if a
    /// request was dropped on another thread than it came in on.
    in_flight: AtomicI64,
    to_no_stage: AtomicU64,
    aws_operations: AtomicU64,
}

/// A request that is under way, until this is dropped.
#[derive(Debug)]
pub(super) struct InFlight<'a>(&'a Traffic);

impl Default for Traffic {
    fn default() -> Self {
        Self(Sharded::new(Counts::default))
    }
}

impl Traffic {
    /// Requests whose answer has not begun.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        let sum: i64 = self.0.iter().map(|counts| counts.in_flight.load(Ordering::Relaxed)).sum();
        u64::try_from(sum).unwrap_or(0)
    }

    /// Requests to APIs or stages that are not there.
    #[must_use]
    pub fn to_no_stage(&self) -> u64 {
        self.0.iter().map(|counts| counts.to_no_stage.load(Ordering::Relaxed)).sum()
    }

    /// Calls of AWS operations.
    #[must_use]
    pub fn aws_operations(&self) -> u64 {
        self.0.iter().map(|counts| counts.aws_operations.load(Ordering::Relaxed)).sum()
    }

    pub(super) fn begin(&self) -> InFlight<'_> {
        self.0.mine().in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self)
    }

    pub(super) fn count_to_no_stage(&self) {
        self.0.mine().to_no_stage.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_aws_operation(&self) {
        self.0.mine().aws_operations.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.0.mine().in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_in_flight_until_it_is_dropped() {
        let traffic = Traffic::default();
        let (first, second) = (traffic.begin(), traffic.begin());
        assert_eq!(traffic.in_flight(), 2);
        drop(first);
        assert_eq!(traffic.in_flight(), 1);
        drop(second);
        assert_eq!(traffic.in_flight(), 0);
    }
}
