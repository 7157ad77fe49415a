//! A token bucket in one number: the moment at which it will be full again. Taking a token moves
//! that moment by one token's time; there is no token if it would lie too far ahead.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use api::apigateway::MethodSetting;

const SECOND: f64 = 1e9;

/// How many requests a second all APIs of an account get at AWS in a region (developer guide, "API
/// Gateway quotas").
pub const ACCOUNT_RATE: f64 = 10_000.0;

/// How many of them at once.
pub const ACCOUNT_BURST: i32 = 5_000;

/// A rate and a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The time in which one token comes, in nanoseconds; 0 if nothing passes.
    token: u64,
    /// The time in which an empty bucket fills.
    full: u64,
}

impl Limit {
    /// `rate` requests a second and `burst` at once. Negative numbers are no limits, as terraform's
    /// provider documents its defaults of -1; `None` if both are. Of what one alone means nothing is
    /// recorded: the other is then the account's, which holds anyway, so that neither is forgotten.
    /// If either is 0, nothing passes.
    #[must_use]
    pub fn new(rate: f64, burst: i32) -> Option<Self> {
        let (rate, burst) = match (rate >= 0.0, burst >= 0) {
            (false, false) => return None,
            (false, true) => (ACCOUNT_RATE, burst),
            (true, false) => (rate, ACCOUNT_BURST),
            (true, true) => (rate, burst),
        };
        let burst = u64::try_from(burst).unwrap_or_default();
        if rate == 0.0 || burst == 0 {
            return Some(Self { token: 0, full: 0 });
        }
        // A rate so low that no token comes in a century lets no more pass than its burst.
        let longest = (1_u64 << 61) / burst;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive number, which saturates"
        )]
        let token = ((SECOND / rate) as u64).clamp(1, longest);
        Some(Self { token, full: token.saturating_mul(burst) })
    }

    /// Of a stage's settings for a method, if they limit it.
    #[must_use]
    pub fn of_method(setting: &MethodSetting) -> Option<Self> {
        let (rate, burst) = (setting.throttling_rate_limit, setting.throttling_burst_limit);
        Self::new(rate.unwrap_or(-1.0), burst.unwrap_or(-1))
    }
}

/// When it was first looked at any bucket.
static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A moment as buckets tell it: made once for a request that is held to several.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Nanoseconds since the beginning.
    nanoseconds: u64,
}

impl From<Instant> for Moment {
    fn from(instant: Instant) -> Self {
        let since = instant.saturating_duration_since(*BEGINNING).as_nanos();
        Self { nanoseconds: u64::try_from(since).unwrap_or(u64::MAX) }
    }
}

/// How much is used of a limit.
#[derive(Debug, Default)]
pub struct Bucket {
    /// Nanoseconds since the beginning at which it is full.
    full_at: AtomicU64,
}

impl Bucket {
    /// Takes a token, if there is one. Exact however many take at a time.
    #[must_use]
    pub fn take(&self, limit: Limit, now: Moment) -> bool {
        if limit.token == 0 {
            return false;
        }
        let now = now.nanoseconds;
        let taken = self.full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            let next = full_at.max(now).saturating_add(limit.token);
            (next - now <= limit.full).then_some(next)
        });
        taken.is_ok()
    }

    /// Whether nothing of it is used, whatever the limit.
    #[must_use]
    pub fn is_full(&self, now: Moment) -> bool {
        self.full_at.load(Ordering::Relaxed) <= now.nanoseconds
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn passed(bucket: &Bucket, limit: Limit, now: Instant, tries: usize) -> usize {
        (0..tries).filter(|_| bucket.take(limit, now.into())).count()
    }

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let (bucket, limit) = (Bucket::default(), Limit::new(2.0, 5).unwrap());
        let start = *BEGINNING;
        for (millis, expected) in [(0, 5), (499, 0), (500, 1), (1_499, 1), (1_500, 1), (60_000, 5)] {
            assert_eq!(
                passed(&bucket, limit, start + Duration::from_millis(millis), 9),
                expected,
                "{millis}"
            );
        }
    }

    #[test]
    fn limits_that_let_all_or_nothing_pass() {
        assert_eq!(Limit::new(-1.0, -1), None);
        assert_eq!(Limit::new(f64::NAN, -1), None);
        assert_eq!(Limit::of_method(&MethodSetting::default()), None);
        // One alone limits too.
        assert_eq!(Limit::new(-1.0, 5), Limit::new(10_000.0, 5));
        assert_eq!(Limit::new(5.0, -1), Limit::new(5.0, 5_000));
        for (rate, burst) in [(0.0, 5), (5.0, 0)] {
            let bucket = Bucket::default();
            assert_eq!(passed(&bucket, Limit::new(rate, burst).unwrap(), *BEGINNING, 9), 0);
        }
        for (rate, burst, expected) in [(1e-300, 3, 3), (f64::INFINITY, 1, 1), (1e-9, i32::MAX, 9)] {
            let bucket = Bucket::default();
            assert_eq!(passed(&bucket, Limit::new(rate, burst).unwrap(), *BEGINNING, 9), expected, "{rate}");
        }
    }

    #[test]
    fn a_new_limit_finds_what_is_used() {
        let bucket = Bucket::default();
        assert_eq!(passed(&bucket, Limit::new(1.0, 2).unwrap(), *BEGINNING, 9), 2);
        assert_eq!(passed(&bucket, Limit::new(1.0, 3).unwrap(), *BEGINNING, 9), 1);
    }

    #[test]
    fn threads_share_a_burst_exactly() {
        let (bucket, limit) = (Bucket::default(), Limit::new(1e-6, 1_000).unwrap());
        let total = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let passed = passed(&bucket, limit, *BEGINNING, 700);
                    total.fetch_add(passed, Ordering::Relaxed);
                });
            }
        });
        assert_eq!(total.into_inner(), 1_000);
    }

    proptest! {
        /// In any stretch of time no more pass than the burst and what comes meanwhile.
        #[test]
        fn never_more_than_burst_and_rate(
            rate in 1_u32..1_000,
            burst in 1_i32..50,
            steps in proptest::collection::vec(0_u64..100_000_000, 1..100),
        ) {
            let (bucket, limit) = (Bucket::default(), Limit::new(f64::from(rate), burst).unwrap());
            let (mut at, mut total) = (0_u64, 0_u64);
            for step in steps {
                at += step;
                total += u64::from(bucket.take(limit, (*BEGINNING + Duration::from_nanos(at)).into()));
            }
            let most = u64::try_from(burst).unwrap() + at * u64::from(rate) / 1_000_000_000 + 1;
            prop_assert!(total <= most, "{total} of {most}");
        }
    }
}
