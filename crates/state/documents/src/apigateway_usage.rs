//! What API keys have used of their usage plans' quotas.
//!
//! Requests are counted by plan, key and day, in counters ([`UsageCounter`]) that any number of
//! nodes add to. A node gathers its own counts and adds them about once a second with
//! [`count_usage`], many in one transaction, so a crash loses at most what was gathered since, and
//! no sum ever shrinks. In the same transaction it may read the sums back and learn what the
//! other nodes have counted.
//!
//! What is left of a quota is not stored but follows from the counters ([`QuotaPeriod`]), so a plan
//! whose quota is changed is right at once. Only what `UpdateUsage` grants on top of a quota is a
//! document, which the change feed tells the nodes of.

use std::collections::BTreeMap;

use api::apigateway::{QuotaPeriodType, QuotaSettings};
use base::{Day, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Counter, Document, Key, StoreFault, Transaction};

use crate::apigateway_keys::{UsagePlanDocument, UsagePlanKeyDocument};

/// Days for which usage is kept, today included. AWS's number is not published; the examples of
/// its API reference ask for a whole year (`GetUsage`).
pub const USAGE_KEPT_DAYS: u16 = 400;

/// Requests that a key has made in a plan on a day. Key: the plan's id, the key's id, the day.
#[derive(Clone, Copy, Debug)]
pub struct UsageCounter;

impl Counter for UsageCounter {
    const COLLECTION: &'static str = "apigateway/usage";
}

/// The key of a [`UsageCounter`].
#[must_use]
pub fn usage_key(plan: &str, api_key: &str, day: Day) -> Key {
    Key::new([plan, api_key, &day.to_string()])
}

/// Adds requests that a key has made in a plan; answers whether it did: those of a key that has
/// left the plan meanwhile are not counted, and leave nothing behind.
///
/// # Errors
/// If the store fails.
pub fn count_usage(
    tx: &mut Transaction<'_>,
    scope: &Scope,
    plan: &str,
    api_key: &str,
    day: Day,
    requests: u32,
) -> Result<bool, StoreFault> {
    if tx.get::<UsagePlanKeyDocument>(scope, &Key::new([plan, api_key]))?.is_none() {
        return Ok(false);
    }
    tx.add::<UsageCounter>(scope, &usage_key(plan, api_key, day), requests)?;
    Ok(true)
}

/// The requests that a key has made in a period of a plan's quota.
///
/// # Errors
/// If the store fails.
pub fn used_in(
    tx: &mut Transaction<'_>,
    scope: &Scope,
    plan: &str,
    api_key: &str,
    period: QuotaPeriod,
) -> Result<u64, StoreFault> {
    let days = tx.counts::<UsageCounter>(scope, &Key::new([plan, api_key]))?;
    let first = period.first.to_string();
    let of_period = days.iter().filter(|(key, _)| key.last().is_some_and(|day| *day >= *first));
    Ok(of_period.fold(0, |sum, (_, used)| sum.saturating_add(*used)))
}

/// What `UpdateUsage` has granted a key on top of its quota, or taken off it, in one period. Key:
/// the plan's id, the key's id, the period's first day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageExtensionDocument {
    /// Requests by the day from which they count, which is `YYYY-MM-DD`.
    pub granted: BTreeMap<String, i64>,
}

impl UsageExtensionDocument {
    /// What counts on `day`.
    #[must_use]
    pub fn on(&self, day: Day) -> i64 {
        self.granted.range(..=day.to_string()).fold(0, |sum, (_, amount)| sum.saturating_add(*amount))
    }
}

impl Document for UsageExtensionDocument {
    const COLLECTION: &'static str = "apigateway/usageextensions";
}

/// The key of a [`UsageExtensionDocument`].
#[must_use]
pub fn extension_key(plan: &str, api_key: &str, period: QuotaPeriod) -> Key {
    usage_key(plan, api_key, period.first)
}

/// A day, week or month for which a plan's quota holds. Periods are those of the calendar in
/// UTC, and weeks begin on Sunday (AWS does not say; its users report days of UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaPeriod {
    /// Its first day.
    pub first: Day,
    /// Requests that each key may make in it, what `UpdateUsage` grants not included.
    pub limit: i64,
}

impl QuotaPeriod {
    /// The period of a plan's quota in which `day` lies; `None` if it has no quota.
    #[must_use]
    pub fn of(plan: &UsagePlanDocument, day: Day) -> Option<Self> {
        let QuotaSettings { limit, offset, period } = plan.usage_plan.quota.as_ref()?;
        let period = (*period)?;
        let first = first_day(period, day);
        // API Gateway API reference, `QuotaSettings`: the offset is taken off the limit in the
        // initial period, here that in which the plan was made.
        let is_initial = first == first_day(period, Day::of(plan.created));
        let offset = if is_initial { offset.unwrap_or(0) } else { 0 };
        let limit = i64::from(limit.unwrap_or(0)).saturating_sub(i64::from(offset)).max(0);
        Some(Self { first, limit })
    }

    /// What is left on `day` of this period after `used` requests in it; negative for as many as
    /// were let through on top, because nodes count for themselves between two additions.
    #[must_use]
    pub fn left(self, used: u64, extension: &UsageExtensionDocument, day: Day) -> i64 {
        let used = i64::try_from(used).unwrap_or(i64::MAX);
        self.limit.saturating_add(extension.on(day)).saturating_sub(used)
    }
}

fn first_day(period: QuotaPeriodType, day: Day) -> Day {
    match period {
        QuotaPeriodType::Day => day,
        QuotaPeriodType::Week => day.first_of_week(),
        QuotaPeriodType::Month => day.first_of_month(),
    }
}

/// The first day whose usage is still kept at `now`.
#[must_use]
pub fn first_kept_day(now: Timestamp) -> Day {
    Day::of(now).minus_days(USAGE_KEPT_DAYS - 1)
}

#[cfg(test)]
mod tests {
    use api::apigateway::UsagePlan;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn plan(limit: i32, offset: i32, period: QuotaPeriodType) -> UsagePlanDocument {
        let quota = QuotaSettings { limit: Some(limit), offset: Some(offset), period: Some(period) };
        // A Monday.
        let created = Timestamp::parse_iso8601("2026-11-23T08:04:43Z").unwrap();
        UsagePlanDocument { usage_plan: UsagePlan { quota: Some(quota), ..UsagePlan::default() }, created }
    }

    #[test]
    fn periods_are_those_of_the_calendar() {
        for (period, at, first) in [
            (QuotaPeriodType::Day, "2026-11-25", "2026-11-25"),
            (QuotaPeriodType::Week, "2026-11-28", "2026-11-22"),
            (QuotaPeriodType::Week, "2026-11-29", "2026-11-29"),
            (QuotaPeriodType::Month, "2026-11-30", "2026-11-01"),
            (QuotaPeriodType::Month, "2026-12-01", "2026-12-01"),
        ] {
            let found = QuotaPeriod::of(&plan(10, 0, period), day(at));
            assert_eq!(found, Some(QuotaPeriod { first: day(first), limit: 10 }), "{at}");
        }
        let mut without = plan(10, 0, QuotaPeriodType::Day);
        without.usage_plan.quota = None;
        assert_eq!(QuotaPeriod::of(&without, day("2026-11-25")), None);
    }

    #[test]
    fn the_offset_is_taken_off_in_the_initial_period() {
        let limit =
            |limit, at| QuotaPeriod::of(&plan(limit, 6, QuotaPeriodType::Week), day(at)).unwrap().limit;
        assert_eq!(limit(10, "2026-11-22"), 4);
        assert_eq!(limit(10, "2026-11-28"), 4);
        assert_eq!(limit(10, "2026-11-29"), 10);
        assert_eq!(limit(5, "2026-11-28"), 0);
    }

    #[test]
    fn grants_count_from_their_day_on() {
        let period = QuotaPeriod { first: day("2026-11-22"), limit: 10 };
        let granted = [("2026-11-24".to_owned(), 5), ("2026-11-26".to_owned(), -3)];
        let extension = UsageExtensionDocument { granted: granted.into() };
        for (at, used, expected) in [
            ("2026-11-23", 4, 6),
            ("2026-11-24", 4, 11),
            ("2026-11-25", 15, 0),
            ("2026-11-26", 4, 8),
            ("2026-11-28", 14, -2),
        ] {
            assert_eq!(period.left(used, &extension, day(at)), expected, "{at}");
        }
        assert_eq!(
            period.left(u64::MAX, &UsageExtensionDocument::default(), day("2026-11-23")),
            10 - i64::MAX
        );
    }
}
