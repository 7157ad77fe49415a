//! How long things take: counts by bucket, which a collector can add up over time and nodes.

use std::time::Duration;

use crate::shard::Sum;

/// The upper bounds of the buckets, in microseconds: from what the gateway itself takes to the
/// longest timeouts of integrations, 29 seconds and, for streams, 15 minutes.
pub(crate) const BOUNDS: [u64; 18] = [
    250,
    500,
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    30_000_000,
    120_000_000,
    900_000_000,
];

/// One bucket for each bound, and one for what is above all of them.
const BUCKETS: usize = BOUNDS.len() + 1;

/// Durations that are being counted, in a thread's share of something.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    buckets: [Sum; BUCKETS],
    sum_micros: Sum,
}

/// Durations that were counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// How many were at most as long as each bound and longer than the bound before it.
    pub(crate) buckets: [u64; BUCKETS],
    /// All of them together, in microseconds.
    pub(crate) sum_micros: u64,
}

impl Histogram {
    /// Counts one.
    pub(super) fn count(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|bound| *bound < micros);
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.add(1);
        }
        self.sum_micros.add(micros);
    }

    /// Adds what was counted here to `sum`.
    pub(super) fn add_to(&self, sum: &mut Distribution) {
        for (sum, bucket) in sum.buckets.iter_mut().zip(&self.buckets) {
            *sum = sum.wrapping_add(bucket.get());
        }
        sum.sum_micros = sum.sum_micros.wrapping_add(self.sum_micros.get());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_bucket_whose_bound_it_does_not_pass() {
        let histogram = Histogram::default();
        for micros in [0, 250, 251, 1_000, 900_000_000, 900_000_001] {
            histogram.count(Duration::from_micros(micros));
        }
        let mut found = Distribution::default();
        histogram.add_to(&mut found);
        histogram.add_to(&mut found);
        let mut expected = Distribution { sum_micros: 2 * 1_800_001_502, ..Distribution::default() };
        for (bucket, count) in [(0, 4), (1, 2), (2, 2), (17, 2), (18, 2)] {
            expected.buckets[bucket] = count;
        }
        assert_eq!(found, expected);
    }
}
