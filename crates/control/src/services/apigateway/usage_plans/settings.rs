//! What a usage plan grants its keys: how fast (throttle) and how often (quota). AWS's texts for
//! bad settings are not recorded, except where a remark says otherwise; these say the same.

use api::apigateway::{QuotaPeriodType, QuotaSettings, ThrottleSettings, UsagePlan};
use indexmap::IndexMap;

use super::super::limits;
use super::super::refusals::{bad_request, limit_exceeded};
use crate::Outcome;

/// A throttle with what was left out: AWS's numbers are 0 unless they are set.
pub(super) fn throttle(given: &ThrottleSettings) -> Outcome<ThrottleSettings> {
    let burst = given.burst_limit.unwrap_or(0);
    let rate = given.rate_limit.unwrap_or(0.0);
    if burst < 0 || rate < 0.0 || !rate.is_finite() {
        return Err(bad_request("Usage Plan throttle limits must not be negative"));
    }
    Ok(ThrottleSettings { burst_limit: Some(burst), rate_limit: Some(rate) })
}

/// The throttles of single methods of a stage; `None` if there are none.
pub(super) fn throttles(
    given: &IndexMap<String, ThrottleSettings>,
) -> Outcome<Option<IndexMap<String, ThrottleSettings>>> {
    let mut throttles = IndexMap::new();
    for (method, settings) in given {
        check_method(method)?;
        check_room(throttles.len())?;
        throttles.insert(method.clone(), throttle(settings)?);
    }
    Ok(Some(throttles).filter(|throttles| !throttles.is_empty()))
}

/// Refuses a throttle more, where `count` methods of the stage have one already. The text is not
/// recorded.
pub(super) fn check_room(count: usize) -> Outcome<()> {
    if count < limits::METHOD_THROTTLES {
        return Ok(());
    }
    Err(limit_exceeded(format!(
        "A usage plan can have at most {} method throttles for each stage.",
        limits::METHOD_THROTTLES
    )))
}

/// Refuses what is not a resource's path and a method, as in `/pets/GET`; the root's is `//GET`,
/// and the Terraform provider's `/GET` (API Gateway developer guide, "Manage a usage plan by using
/// the AWS CLI"). `*/*` is refused by AWS.
pub(super) fn check_method(text: &str) -> Outcome<()> {
    const METHODS: [&str; 8] = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"];
    let known = text.rsplit_once('/').is_some_and(|(path, method)| {
        METHODS.contains(&method) && (path.is_empty() || path.starts_with('/'))
    });
    if known { Ok(()) } else { Err(bad_request(format!("Invalid method throttle path specified: {text}"))) }
}

/// A quota with what was left out: its offset is 0 (recorded from AWS).
pub(super) fn quota(given: &QuotaSettings) -> Outcome<QuotaSettings> {
    let Some(period) = given.period else {
        return Err(bad_request("Usage Plan quota period must be specified"));
    };
    let (limit, offset) = (given.limit.unwrap_or(0), given.offset.unwrap_or(0));
    if limit < 0 {
        return Err(bad_request("Usage Plan quota limit must not be negative"));
    }
    // API Gateway API reference, `QuotaSettings`: the offset is taken off the limit of the first
    // period, in which the day of sign-up is counted from 0.
    let (last, text) = match period {
        QuotaPeriodType::Day => (0, "zero in the DAY period"),
        QuotaPeriodType::Week => (6, "between zero and six inclusive in the WEEK period"),
        QuotaPeriodType::Month => (27, "between zero and 27 inclusive in the MONTH period"),
    };
    if !(0..=last).contains(&offset) {
        return Err(bad_request(format!("Usage Plan quota offset must be {text}")));
    }
    Ok(QuotaSettings { limit: Some(limit), offset: Some(offset), period: Some(period) })
}

/// Refuses throttles of methods in a plan that has none of its own. The text is seen in reports
/// of AWS's users.
pub(super) fn check_fine_grain(plan: &UsagePlan) -> Outcome<()> {
    let fine = plan.api_stages.iter().flatten().any(|stage| stage.throttle.is_some());
    if fine && plan.throttle.is_none() {
        return Err(bad_request(
            "Can not define fine grain throttling if usage plan throttle is not defined.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wire::ServiceError;

    use super::*;
    use crate::Failure;

    fn refusal<T: std::fmt::Debug>(outcome: Outcome<T>) -> String {
        match outcome {
            Err(Failure::Service(error)) => ServiceError::message(&error).unwrap_or_default().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    fn given<T: serde::de::DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn offsets_lie_within_their_period() {
        for (period, last, expected) in [
            ("DAY", 0, "Usage Plan quota offset must be zero in the DAY period"),
            ("WEEK", 6, "Usage Plan quota offset must be between zero and six inclusive in the WEEK period"),
            (
                "MONTH",
                27,
                "Usage Plan quota offset must be between zero and 27 inclusive in the MONTH period",
            ),
        ] {
            let of = |offset: i32| quota(&given(json!({"limit": 1, "offset": offset, "period": period})));
            assert_eq!(of(0).unwrap().offset, Some(0));
            assert_eq!(of(last).unwrap().offset, Some(last));
            assert_eq!(refusal(of(last + 1)), expected);
            assert_eq!(refusal(of(-1)), expected);
        }
        let bare = quota(&given(json!({"limit": 5, "period": "DAY"}))).unwrap();
        assert_eq!((bare.limit, bare.offset), (Some(5), Some(0)));
        assert_eq!(refusal(quota(&given(json!({"limit": 5})))), "Usage Plan quota period must be specified");
        assert_eq!(
            refusal(quota(&given(json!({"limit": -1, "period": "DAY"})))),
            "Usage Plan quota limit must not be negative"
        );
    }

    #[test]
    fn throttles_are_whole_and_not_negative() {
        let whole = throttle(&given(json!({"burstLimit": 3}))).unwrap();
        assert_eq!((whole.burst_limit, whole.rate_limit), (Some(3), Some(0.0)));
        for bad in [json!({"burstLimit": -1}), json!({"rateLimit": -0.5})] {
            assert_eq!(refusal(throttle(&given(bad))), "Usage Plan throttle limits must not be negative");
        }
        for rate in [f64::NAN, f64::INFINITY] {
            refusal(throttle(&ThrottleSettings { burst_limit: None, rate_limit: Some(rate) }));
        }
    }

    #[test]
    fn methods_are_named_by_path_and_verb() {
        for good in ["/pets/GET", "//GET", "/GET", "/pets/{id}/ANY"] {
            check_method(good).unwrap();
        }
        for bad in ["*/*", "", "GET", "pets/GET", "/pets", "/pets/get", "/pets/*"] {
            assert_eq!(refusal(check_method(bad)), format!("Invalid method throttle path specified: {bad}"));
        }
    }
}
