//! API Gateway's HTTP and WebSocket APIs. The path of a URL is the path of its file:
//! `/v2/apis/{id}/routes` is `apis/routes.rs`.

mod apis;
mod domain_names;
mod limits;
mod portals;
mod refusals;
mod shapes;
mod tags;
mod vpc_links;

use api::apigatewayv2::operations as op;

use self::refusals::bad_request;
use super::apigateway::usage_plans;
use crate::paginate::{Page, page};
use crate::{Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    apis::register(registry);
    domain_names::register(registry);
    vpc_links::register(registry);
    portals::register(registry);
    tags::register(registry);
    registry
        .after(op::DeleteStage, usage_plans::leave_routed_stage)
        .after(op::DeleteApi, usage_plans::leave_routed_api);
}

/// A page of a list: `maxResults` items, which it gives as a text, and the token of the next page.
fn listed<T>(
    list: Vec<T>,
    place: impl Fn(&T) -> String,
    next_token: Option<&str>,
    max_results: Option<&str>,
) -> Outcome<(Vec<T>, Option<String>)> {
    let limit = match max_results.filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => {
            let number: Option<i32> = text.parse().ok().filter(|number| *number > 0);
            Some(number.ok_or_else(|| bad_request("Invalid maxResults specified"))?)
        }
    };
    let Page { items, position } = page(list, place, next_token, limit)?;
    Ok((items, position))
}
