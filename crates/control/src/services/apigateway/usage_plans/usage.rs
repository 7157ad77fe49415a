//! `/usageplans/{id}/usage`: what the keys of a plan have used of its quota, day by day. AWS's
//! texts for bad dates are not recorded; these say the same in our words.

use std::collections::BTreeMap;

use api::apigateway::operations as op;
use api::apigateway::{DeleteApiKeyRequest, GetUsageRequest, Op, UpdateUsageRequest, Usage};
use base::{Day, Scope};
use documents::apigateway_keys::{UsagePlanDocument, UsagePlanKeyDocument};
use documents::apigateway_usage::{
    QuotaPeriod, UsageCounter, UsageExtensionDocument, extension_key, first_kept_day,
};
use store::{Key, StoreFault, Transaction};

use super::super::api_keys::unknown_api_key;
use super::super::limits;
use super::super::refusals::bad_request;
use super::{find, keys};
use crate::paginate::{Page, page};
use crate::patch::{Table, Wording, row};
use crate::{Call, Outcome, Plane, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .read(op::GetUsage, get_usage)
        .write(op::UpdateUsage, update_usage)
        .after(op::DeleteApiKey, forget_key);
}

/// What may be patched (API Gateway API reference, "Patch Operations").
const TABLE: Table = Table { wording: Wording::Listed, rows: &[row("/remaining", &[Op::Replace])] };

/// What is left where nothing limits: no number of requests is. AWS's answer for a plan without
/// a quota is not recorded.
const UNLIMITED: i64 = -1;

/// The usage of each key of the plan, or of one, with a pair of what was used and what was left
/// for each day. What was left in the past is told by the quota as it is now.
pub(in super::super) fn get_usage(call: &mut Call<'_, '_>, input: &GetUsageRequest) -> Outcome<Usage> {
    let days = Days::read(&input.start_date, &input.end_date)?;
    let plan = find(call, &input.usage_plan_id)?;
    let ids = match input.key_id.as_deref().filter(|key| !key.is_empty()) {
        Some(key) if keys::is_in(call, &input.usage_plan_id, key)? => vec![key.to_owned()],
        Some(_) => return Err(unknown_api_key()),
        None => {
            let of_plan = Key::new([&input.usage_plan_id]);
            let keys = call.tx.list::<UsagePlanKeyDocument>(&call.context.scope, &of_plan)?;
            keys.iter().filter_map(|(key, _)| key.last().map(str::to_owned)).collect()
        }
    };
    let Page { items, position } = page(ids, Clone::clone, input.position.as_deref(), input.limit)?;
    let mut usage = Usage { position, ..days.usage(&input.usage_plan_id) };
    let entries = usage.items.get_or_insert_default();
    for key in items {
        let of_key = KeyUsage::read(call.tx, &call.context.scope, &plan, &input.usage_plan_id, &key)?;
        entries.insert(key, of_key.between(days));
    }
    Ok(usage)
}

/// Sets what a key has left in the current period. Answers today's usage; AWS's answer is not
/// recorded.
pub(in super::super) fn update_usage(call: &mut Call<'_, '_>, input: &UpdateUsageRequest) -> Outcome<Usage> {
    let (plan_id, key_id) = (&input.usage_plan_id, &input.key_id);
    let plan = find(call, plan_id)?;
    if !keys::is_in(call, plan_id, key_id)? {
        return Err(unknown_api_key());
    }
    let today = Day::of(call.now());
    for patch in TABLE.read(&input.patch_operations) {
        let patch = patch?;
        let remaining = remaining(patch.text())?;
        let Some(period) = QuotaPeriod::of(&plan, today) else {
            // The text is not recorded.
            return Err(bad_request(format!("Usage Plan {plan_id} has no quota")));
        };
        let usage = KeyUsage::read(call.tx, &call.context.scope, &plan, plan_id, key_id)?;
        let missing = remaining.saturating_sub(usage.left(period, today));
        let mut extension = usage.extensions.get(&period.first).cloned().unwrap_or_default();
        let granted = extension.granted.entry(today.to_string()).or_default();
        *granted = granted.saturating_add(missing);
        call.tx.put(&call.context.scope, &extension_key(plan_id, key_id, period), &extension)?;
    }
    let days = Days { first: today, last: today };
    let usage = KeyUsage::read(call.tx, &call.context.scope, &plan, plan_id, key_id)?;
    let mut answer = days.usage(plan_id);
    answer.items.get_or_insert_default().insert(key_id.clone(), usage.between(days));
    Ok(answer)
}

/// A number of requests.
fn remaining(text: &str) -> Outcome<i64> {
    let number: Option<i32> = text.parse().ok();
    number.filter(|number| *number >= 0).map(i64::from).ok_or_else(|| {
        // The text is not recorded.
        bad_request(format!("Invalid value specified for path /remaining: {text}"))
    })
}

/// The days that are asked for, both ends included.
#[derive(Clone, Copy)]
struct Days {
    first: Day,
    last: Day,
}

impl Days {
    fn read(start: &str, end: &str) -> Outcome<Self> {
        let day = |member: &str, text: &str| {
            let format =
                || bad_request(format!("Invalid {member} specified. Dates are of the form YYYY-MM-DD"));
            text.parse::<Day>().map_err(|_| format())
        };
        let (first, last) = (day("startDate", start)?, day("endDate", end)?);
        match last.days_since(first) {
            ..0 => {
                Err(bad_request("Invalid date range specified. The startDate must not be after the endDate"))
            }
            days if days >= limits::USAGE_DAYS => Err(bad_request(format!(
                "Invalid date range specified. At most {} days can be asked for",
                limits::USAGE_DAYS
            ))),
            _ => Ok(Self { first, last }),
        }
    }

    /// An answer for these days, without items.
    fn usage(self, plan: &str) -> Usage {
        Usage {
            usage_plan_id: Some(plan.to_owned()),
            start_date: Some(self.first.to_string()),
            end_date: Some(self.last.to_string()),
            ..Usage::default()
        }
    }
}

/// All that is known of a key's usage.
struct KeyUsage<'a> {
    plan: &'a UsagePlanDocument,
    /// Requests by day, days without any left out.
    used: BTreeMap<Day, u64>,
    /// By the first day of their period.
    extensions: BTreeMap<Day, UsageExtensionDocument>,
}

impl<'a> KeyUsage<'a> {
    fn read(
        tx: &mut Transaction<'_>,
        scope: &Scope,
        plan: &'a UsagePlanDocument,
        plan_id: &str,
        key_id: &str,
    ) -> Outcome<Self> {
        let of_key = Key::new([plan_id, key_id]);
        let day = |key: &Key| key.last().and_then(|text| text.parse().ok());
        let used = tx.counts::<UsageCounter>(scope, &of_key)?;
        let extensions = tx.list::<UsageExtensionDocument>(scope, &of_key)?;
        Ok(Self {
            plan,
            used: used.into_iter().filter_map(|(key, used)| Some((day(&key)?, used))).collect(),
            extensions: extensions.into_iter().filter_map(|(key, given)| Some((day(&key)?, given))).collect(),
        })
    }

    /// What is left at the end of `day`.
    fn left(&self, period: QuotaPeriod, day: Day) -> i64 {
        let used =
            self.used.range(period.first..=day).fold(0, |sum: u64, (_, used)| sum.saturating_add(*used));
        let none = UsageExtensionDocument::default();
        period.left(used, self.extensions.get(&period.first).unwrap_or(&none), day)
    }

    /// The pairs of the answer. What was let through on top of a quota is nothing left.
    fn between(&self, days: Days) -> Vec<Vec<i64>> {
        let mut pairs = Vec::new();
        let mut day = days.first;
        loop {
            let used = self.used.get(&day).copied().unwrap_or_default();
            let left = QuotaPeriod::of(self.plan, day).map(|period| self.left(period, day).max(0));
            pairs.push(vec![i64::try_from(used).unwrap_or(i64::MAX), left.unwrap_or(UNLIMITED)]);
            if day >= days.last {
                return pairs;
            }
            day = day.next();
        }
    }
}

/// Forgets what was used of a plan that is gone.
pub(super) fn forget_plan(call: &mut Call<'_, '_>, plan: &str) -> Outcome<()> {
    forget(call, &Key::new([plan]))
}

/// Forgets what a key that is gone has used, also of plans that it had left.
pub(super) fn forget_key(call: &mut Call<'_, '_>, input: &DeleteApiKeyRequest) -> Outcome<()> {
    for (mut key, _) in call.tx.list::<UsagePlanDocument>(&call.context.scope, &Key::root())? {
        key.push(&input.api_key);
        forget(call, &key)?;
    }
    Ok(())
}

fn forget(call: &mut Call<'_, '_>, prefix: &Key) -> Outcome<()> {
    call.tx.delete_counts::<UsageCounter>(&call.context.scope, prefix, None)?;
    call.tx.delete_prefix::<UsageExtensionDocument>(&call.context.scope, prefix)?;
    Ok(())
}

/// Forgets what a key that leaves a plan has used of it, but for the current period: leaving and
/// coming back does not give a new quota.
pub(super) fn leave(call: &mut Call<'_, '_>, plan: &str, key: &str) -> Outcome<()> {
    let first = Day::of(call.now()).minus_days(LONGEST_PERIOD);
    Ok(sweep(call.tx, &call.context.scope, &Key::new([plan, key]), first)?)
}

/// Days of the longest period of a quota.
const LONGEST_PERIOD: u16 = 31;

/// Removes usage that is no longer kept. Failures are logged and met again at the next call.
pub(crate) async fn keep_retention(plane: &Plane) {
    let first = first_kept_day(plane.clock.now());
    let keys: Result<_, StoreFault> =
        plane.store.read(|tx| tx.list_everywhere::<UsagePlanKeyDocument>()).await;
    let swept = match keys {
        Err(fault) => Err(fault),
        Ok(keys) => {
            let write = plane
                .store
                .write(move |tx| keys.iter().try_for_each(|(scope, key, _)| sweep(tx, scope, key, first)));
            write.await.map(drop)
        }
    };
    if let Err(fault) = swept {
        tracing::error!(%fault, "expired usage cannot be removed");
    }
}

/// Removes what a key has used of a plan before `first`.
fn sweep(tx: &mut Transaction<'_>, scope: &Scope, of_key: &Key, first: Day) -> Result<(), StoreFault> {
    tx.delete_counts::<UsageCounter>(scope, of_key, Some(&of_key.clone().with(first.to_string())))?;
    for (key, _) in tx.list::<UsageExtensionDocument>(scope, of_key)? {
        let began: Option<Day> = key.last().and_then(|day| day.parse().ok());
        // A period that began before may reach beyond.
        if began.is_none_or(|began| began < first.minus_days(LONGEST_PERIOD)) {
            tx.delete::<UsageExtensionDocument>(scope, &key)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
