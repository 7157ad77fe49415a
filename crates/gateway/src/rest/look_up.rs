//! Is the answer cached? (API Gateway developer guide, "Enabling API caching to enhance
//! responsiveness".)

use std::sync::Arc;

use http::HeaderValue;
use http::header::WARNING;

use super::limits::PAYLOAD_BYTES;
use super::measure::unreadable;
use crate::cache::{CacheControl, MethodCache, Slot, asks_for_fresh};
use crate::exchange::{Body, Client, Context, Matched, Refusal, Reply, Validated, read_whole};
use crate::integration::http::call::unusable;
use crate::mapping::source::RequestView;

/// API Gateway's words to a client whose header meant nothing.
const IGNORED: HeaderValue =
    HeaderValue::from_static("199 Cache-control headers were ignored because the caller was unauthorized.");

/// What was found.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "it is taken apart at once")]
pub(super) enum LookUp<'r> {
    /// The answer.
    Hit(Reply, Warned),
    /// Nothing; and where the answer goes, if the method's answers are cached.
    Miss(Validated<'r>, Option<Slot>, Warned),
}

/// Whether the client has to be told that its `Cache-Control` was ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Warned(bool);

impl Warned {
    /// The reply with the warning.
    pub(super) fn tell(self, mut reply: Reply) -> Reply {
        if self.0 {
            reply.headers.append(WARNING, IGNORED);
        }
        reply
    }
}

/// Looks for the answer of a request in its stage's cache.
///
/// # Errors
/// If the request's header asks for what its sender must not do, and the method refuses that.
pub(super) async fn look_up(validated: Validated<'_>) -> Result<LookUp<'_>, Refusal> {
    let Validated(matched) = validated;
    let (Some(cache), Some(method)) = (&matched.stage.cache, &matched.settings().cache) else {
        return Ok(LookUp::Miss(Validated(matched), None, Warned::default()));
    };
    let (cache, now) = (Arc::clone(cache), matched.request.received);
    let (fresh, warned) = match invalidation(&matched, method.control)? {
        Invalidation::NotAsked => (false, Warned(false)),
        Invalidation::Allowed => (true, Warned(false)),
        Invalidation::Ignored { warn } => (false, Warned(warn)),
    };
    let (matched, key) = key(matched, method).await?;
    if fresh {
        let slot = Slot::replacing(&cache, method, key);
        return Ok(LookUp::Miss(Validated(matched), Some(slot), warned));
    }
    Ok(match Slot::find(&cache, method, key, now).await {
        Ok(reply) => LookUp::Hit(reply, warned),
        Err(slot) => LookUp::Miss(Validated(matched), Some(slot), warned),
    })
}

/// What becomes of a request's wish for an answer from the backend.
enum Invalidation {
    NotAsked,
    Allowed,
    Ignored { warn: bool },
}

fn invalidation(matched: &Matched<'_>, control: CacheControl) -> Result<Invalidation, Refusal> {
    if !asks_for_fresh(&matched.headers) {
        return Ok(Invalidation::NotAsked);
    }
    match control {
        CacheControl::Anyone => Ok(Invalidation::Allowed),
        _ if matched.caller.may_invalidate_cache => Ok(Invalidation::Allowed),
        CacheControl::OrRefuse => Err(Refusal::CacheControlUnauthorized),
        CacheControl::OrWarn => Ok(Invalidation::Ignored { warn: true }),
        CacheControl::OrIgnore => Ok(Invalidation::Ignored { warn: false }),
    }
}

/// The request's key; its body is read if that is part of it.
async fn key<'r>(
    mut matched: Box<Matched<'r>>,
    method: &MethodCache,
) -> Result<(Box<Matched<'r>>, Box<[u8]>), Refusal> {
    if method.reads_body() {
        let body = std::mem::take(&mut matched.body);
        matched.body = Body::from(read_whole(body, PAYLOAD_BYTES).await.map_err(unreadable)?);
    }
    let body: &[u8] = match &matched.body {
        Body::Whole(body) => body,
        _ => &[],
    };
    let key = method.key(&RequestView {
        request: matched.request,
        headers: &matched.headers,
        header_names: &matched.header_names,
        path: &matched.path,
        body,
        context: Context {
            request: matched.request,
            stage: &matched.stage.facts,
            resource: Some(&matched.method.resource),
            route_key: None,
            caller: &matched.caller,
            trace: None,
            outcome: None,
        },
    });
    Ok((matched, key))
}

/// Keeps a reply where it belongs.
///
/// # Errors
/// If the backend's answer ends early.
pub(super) async fn keep(slot: Option<Slot>, reply: Reply, client: &Client<'_>) -> Result<Reply, Refusal> {
    match slot {
        None => Ok(reply),
        Some(slot) => {
            let now = client.matched.request.received.plus(client.matched.request.started.elapsed());
            slot.fill(reply, now).await.map_err(unusable)
        }
    }
}
