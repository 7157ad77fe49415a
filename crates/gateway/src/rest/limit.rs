//! How often a method may be called, in AWS's order (API Gateway developer guide, "Throttle requests
//! to your REST APIs"): by the client's API key, by all clients of the method, by all of the account.

use api::apigateway::ApiKeySourceType;
use http::HeaderName;

use crate::exchange::{Caller, Matched, Refusal};
use crate::trail::ExecutionLog;
use crate::usage_plans::{Called, KeyFault, Member};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What became of the key in a request's `x-api-key`; `None` if its method takes none from there.
pub(super) type Presented = Option<Result<Member, KeyFault>>;

/// Lets a request through if its method may be called once more. It comes before whoever decides on
/// access is asked, so that a flood does not reach authorizers; and a client's own limits come first,
/// so that its flood takes nothing of what others share.
///
/// # Errors
/// 429 `Too Many Requests`.
pub(super) fn limit(matched: &Matched<'_>, log: &mut ExecutionLog) -> Result<Presented, Refusal> {
    let presented =
        (matched.method.api_key == Some(ApiKeySourceType::Header)).then(|| present(matched, None));
    let now = matched.request.started.into();
    if let Some(Ok(member)) = &presented {
        let throttled = member.throttle(called(matched), now);
        throttled.inspect_err(|_| log.verifying(matched, || value(matched, None)))?;
    }
    let shared = matched.settings().throttle.iter().chain(&matched.stage.account);
    for throttle in shared {
        if !throttle.take(now) {
            return Err(Refusal::Throttled);
        }
    }
    Ok(presented)
}

/// The key that a request comes with: in its header, or as its authorizer said.
pub(super) fn present(matched: &Matched<'_>, authorized: Option<&Caller>) -> Result<Member, KeyFault> {
    let facts = &matched.stage.facts;
    matched.stage.keys.present(value(matched, authorized), &facts.api_id, &facts.stage)
}

/// The value of that key, whether or not there is such a key.
pub(super) fn value<'a>(matched: &'a Matched<'_>, authorized: Option<&'a Caller>) -> Option<&'a str> {
    match authorized {
        None => matched.headers.first(API_KEY).map(|value| text(value).unwrap_or_default()),
        Some(caller) => caller.authorizer.as_ref()?.usage_identifier_key.as_ref().map(base::Secret::expose),
    }
}

/// What stands in a header, if it is nothing but ASCII.
fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok().filter(|text| text.is_ascii())
}

/// The method as usage plans and their logs name it.
pub(super) fn called<'a>(matched: &Matched<'a>) -> Called<'a> {
    let (facts, resource) = (&matched.stage.facts, &matched.method.resource);
    Called {
        api: &facts.api_id,
        stage: &facts.stage,
        resource: &resource.id,
        path: &resource.path,
        verb: matched.request.method.as_str(),
    }
}
