//! Which method a request meets.

use super::CompiledStage;
use super::trie::Verb;
use crate::exchange::{Body, Caller, HeaderNames, Matched, PathParameters, Refusal, Request};
use crate::message::Headers;

/// Finds the method of `request` among those of `stage`.
///
/// # Errors
/// 403 `Missing Authentication Token` if there is none (recorded from AWS).
pub(super) fn resolve<'r>(
    request: &'r Request,
    stage: &'r CompiledStage,
    headers: Headers,
    header_names: HeaderNames,
    body: Body,
) -> Result<Box<Matched<'r>>, Refusal> {
    let route = Verb::of(&request.method)
        .and_then(|verb| stage.routes.resolve(verb, request.path()))
        .or_else(|| stage.routes.otherwise())
        .ok_or(Refusal::MissingAuthenticationToken)?;
    let method = stage.methods.get(route.method).ok_or(Refusal::MissingAuthenticationToken)?;
    let path = PathParameters::new(route.names, route.places, request.path());
    let caller = Caller::default();
    Ok(Box::new(Matched { request, stage, method, path, caller, headers, header_names, body }))
}
