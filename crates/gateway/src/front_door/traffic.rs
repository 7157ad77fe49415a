//! What is counted of requests whoever they are for.

use crate::shard::{Sharded, Sum};

/// Counts of all requests. Each core counts for itself.
#[derive(Debug)]
pub struct Traffic(Sharded<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Requests that came less those that were answered; one core's alone may be below zero, if a
    /// request was dropped on another thread than it came in on.
    in_flight: Sum,
    to_no_stage: Sum,
    aws_operations: Sum,
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
        let sum = self.0.iter().fold(0_u64, |sum, counts| sum.wrapping_add(counts.in_flight.get()));
        // Below zero while the shares are not read at the same moment.
        if sum > u64::MAX / 2 { 0 } else { sum }
    }

    /// Requests to APIs or stages that are not there.
    #[must_use]
    pub fn to_no_stage(&self) -> u64 {
        self.0.iter().map(|counts| counts.to_no_stage.get()).sum()
    }

    /// Calls of AWS operations.
    #[must_use]
    pub fn aws_operations(&self) -> u64 {
        self.0.iter().map(|counts| counts.aws_operations.get()).sum()
    }

    pub(super) fn begin(&self) -> InFlight<'_> {
        self.0.mine().in_flight.add(1);
        InFlight(self)
    }

    pub(super) fn count_to_no_stage(&self) {
        self.0.mine().to_no_stage.add(1);
    }

    pub(super) fn count_aws_operation(&self) {
        self.0.mine().aws_operations.add(1);
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.0.mine().in_flight.add(u64::MAX);
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
