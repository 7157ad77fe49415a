//! Which route a request meets.

use super::CompiledStage;
use super::steps::Matched;
use crate::exchange::{Body, Caller, Refusal, Request};
use crate::message::Headers;
use crate::rest::trie::Verb;

/// Finds the route of `request` among those of `stage`.
///
/// # Errors
/// 404 if there is none.
pub(super) fn resolve<'r>(
    request: &'r Request,
    stage: &'r CompiledStage,
    headers: Headers,
    body: Body,
) -> Result<Matched<'r>, Refusal> {
    let found = Verb::of(&request.method).and_then(|verb| stage.routes.find(verb, request.path()));
    let found = found.ok_or(Refusal::NotFound)?;
    let route = stage.route_list.get(found.route).ok_or(Refusal::NotFound)?;
    Ok(Matched {
        request,
        stage,
        route,
        variables: found.variables,
        caller: Caller::default(),
        headers,
        body,
    })
}
