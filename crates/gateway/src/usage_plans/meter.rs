//! How much of its quota a key has used. What is left is known from the sums in the store and from
//! what has been counted here since they were read.

use std::sync::{Mutex, PoisonError};

use base::{Day, Timestamp};
use documents::apigateway_keys::UsagePlanDocument;
use documents::apigateway_usage::{QuotaPeriod, UsageExtensionDocument};
use std::sync::Arc;

const DAY_MILLIS: i64 = 86_400_000;

/// Requests of one key in one plan.
#[derive(Debug)]
pub(super) struct Meter(Mutex<State>);

/// What the store says of a key's usage on a day.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// Requests in the current period.
    pub(super) used: u64,
    /// What `UpdateUsage` has granted in it.
    pub(super) extension: UsageExtensionDocument,
}

/// The quota is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted {
    /// The quota's number of requests.
    pub(super) limit: i32,
    /// `DAY`, `WEEK` or `MONTH`.
    pub(super) period: &'static str,
}

#[derive(Debug)]
struct State {
    plan: Arc<UsagePlanDocument>,
    extension: UsageExtensionDocument,
    today: Day,
    /// Since the epoch.
    day_number: i64,
    period: Option<QuotaPeriod>,
    left: i64,
    /// What is not in the store yet, by day; seldom more than one.
    counts: Vec<(Day, u32)>,
}

impl Meter {
    pub(super) fn new(plan: Arc<UsagePlanDocument>, standing: Standing, now: Timestamp) -> Self {
        let mut state = State {
            plan,
            extension: UsageExtensionDocument::default(),
            today: Day::of(now),
            day_number: day_number(now),
            period: None,
            left: 0,
            counts: Vec::new(),
        };
        state.settle(standing);
        Self(Mutex::new(state))
    }

    /// Counts a request, if the quota allows it. Answers whether it is the first that is not in the
    /// store.
    pub(super) fn take(&self, now: Timestamp) -> Result<bool, Exhausted> {
        let mut state = self.state();
        state.keep_up(now);
        if state.period.is_some() && state.left <= 0 {
            return Err(state.exhausted());
        }
        state.left = state.left.saturating_sub(1);
        let (first, today) = (state.counts.is_empty(), state.today);
        match state.counts.last_mut().filter(|(day, _)| *day == today) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => state.counts.push((today, 1)),
        }
        Ok(first)
    }

    /// Takes out what is not in the store yet.
    pub(super) fn gathered(&self) -> Vec<(Day, u32)> {
        std::mem::take(&mut self.state().counts)
    }

    /// Puts back what could not be added to the store.
    pub(super) fn put_back(&self, gathered: &[(Day, u32)]) {
        let mut state = self.state();
        for (day, count) in gathered {
            match state.counts.iter_mut().find(|(own, _)| own == day) {
                Some((_, own)) => *own = own.saturating_add(*count),
                None => state.counts.push((*day, *count)),
            }
        }
        state.counts.sort_unstable();
    }

    /// Learns what the store says by now. All that was gathered is either in it or put back.
    pub(super) fn settle(&self, plan: Arc<UsagePlanDocument>, standing: Standing, now: Timestamp) {
        let mut state = self.state();
        state.plan = plan;
        state.keep_up(now);
        state.settle(standing);
    }

    /// The plan as it is known here.
    pub(super) fn plan(&self) -> Arc<UsagePlanDocument> {
        Arc::clone(&self.state().plan)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A new day may begin a new period, of which nothing is used but what was counted here.
    fn keep_up(&mut self, now: Timestamp) {
        if day_number(now) == self.day_number {
            return;
        }
        (self.today, self.day_number) = (Day::of(now), day_number(now));
        let period = QuotaPeriod::of(&self.plan, self.today);
        if period.map(|period| period.first) != self.period.map(|period| period.first) {
            self.settle(Standing::default());
        }
    }

    fn settle(&mut self, standing: Standing) {
        self.period = QuotaPeriod::of(&self.plan, self.today);
        self.extension = standing.extension;
        if let Some(period) = self.period {
            let pending = self.counts.iter().filter(|(day, _)| *day >= period.first);
            let pending = pending.fold(0_u64, |sum, (_, count)| sum + u64::from(*count));
            let used = standing.used.saturating_add(pending);
            self.left = period.left(used, &self.extension, self.today);
        }
    }

    fn exhausted(&self) -> Exhausted {
        let quota = self.plan.usage_plan.quota.as_ref();
        Exhausted {
            limit: quota.and_then(|quota| quota.limit).unwrap_or_default(),
            period: quota.and_then(|quota| quota.period).map_or("", |period| period.as_str()),
        }
    }
}

fn day_number(moment: Timestamp) -> i64 {
    moment.as_millis().div_euclid(DAY_MILLIS)
}

#[cfg(test)]
mod tests {
    use api::apigateway::{QuotaPeriodType, QuotaSettings, UsagePlan};

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_iso8601(text).unwrap()
    }

    fn plan(limit: Option<i32>, period: QuotaPeriodType) -> Arc<UsagePlanDocument> {
        let quota =
            limit.map(|limit| QuotaSettings { limit: Some(limit), offset: Some(0), period: Some(period) });
        let usage_plan = UsagePlan { quota, ..UsagePlan::default() };
        Arc::new(UsagePlanDocument { usage_plan, created: at("2026-01-01T00:00:00Z") })
    }

    fn used(used: u64) -> Standing {
        Standing { used, ..Standing::default() }
    }

    fn passed(meter: &Meter, now: &str, tries: usize) -> usize {
        (0..tries).filter(|_| meter.take(at(now)).is_ok()).count()
    }

    #[test]
    fn a_quota_lets_through_exactly_its_number() {
        let day = "2026-11-25T10:00:00Z";
        let meter = Meter::new(plan(Some(5), QuotaPeriodType::Day), used(2), at(day));
        assert_eq!(passed(&meter, day, 9), 3);
        assert_eq!(meter.take(at(day)), Err(Exhausted { limit: 5, period: "DAY" }));
        assert_eq!(meter.gathered(), [("2026-11-25".parse().unwrap(), 3)]);
        assert_eq!(meter.gathered(), []);
    }

    /// What another node has counted meanwhile is learnt when the sums are read.
    #[test]
    fn the_sums_count_with_what_is_not_in_them_yet() {
        let day = "2026-11-25T10:00:00Z";
        let of = plan(Some(10), QuotaPeriodType::Day);
        let meter = Meter::new(of.clone(), used(0), at(day));
        assert_eq!(passed(&meter, day, 4), 4);
        let gathered = meter.gathered();
        assert_eq!(passed(&meter, day, 1), 1);
        meter.settle(of.clone(), used(4 + 3), at(day));
        assert_eq!(passed(&meter, day, 9), 2);
        // Had the addition failed, nothing would be lost.
        meter.put_back(&gathered);
        assert_eq!(meter.gathered(), [("2026-11-25".parse().unwrap(), 7)]);
    }

    #[test]
    fn midnight_begins_a_day_and_a_week_begins_on_sunday() {
        let meter = Meter::new(plan(Some(2), QuotaPeriodType::Day), used(2), at("2026-11-25T23:59:59.999Z"));
        assert_eq!(passed(&meter, "2026-11-25T23:59:59.999Z", 3), 0);
        assert_eq!(passed(&meter, "2026-11-26T00:00:00Z", 3), 2);
        let meter = Meter::new(plan(Some(2), QuotaPeriodType::Week), used(1), at("2026-11-27T10:00:00Z"));
        assert_eq!(passed(&meter, "2026-11-28T10:00:00Z", 3), 1);
        assert_eq!(passed(&meter, "2026-11-29T10:00:00Z", 3), 2);
        let days: Vec<String> =
            meter.gathered().iter().map(|(day, count)| format!("{day} {count}")).collect();
        assert_eq!(days, ["2026-11-28 1", "2026-11-29 2"]);
    }

    #[test]
    fn without_a_quota_requests_are_counted_and_pass() {
        let day = "2026-11-25T10:00:00Z";
        let meter = Meter::new(plan(None, QuotaPeriodType::Day), used(0), at(day));
        assert_eq!((meter.take(at(day)), meter.take(at(day))), (Ok(true), Ok(false)));
        // A quota that comes later counts what was used before.
        let of = plan(Some(3), QuotaPeriodType::Day);
        meter.settle(of, used(0), at(day));
        assert_eq!(passed(&meter, day, 9), 1);
    }

    #[test]
    fn grants_count_in_their_period() {
        let day = "2026-11-25T10:00:00Z";
        let of = plan(Some(1), QuotaPeriodType::Day);
        let extension = UsageExtensionDocument { granted: [("2026-11-25".to_owned(), 2)].into() };
        let meter = Meter::new(of, Standing { used: 1, extension }, at(day));
        assert_eq!(passed(&meter, day, 9), 2);
        assert_eq!(passed(&meter, "2026-11-26T10:00:00Z", 9), 1);
    }
}
