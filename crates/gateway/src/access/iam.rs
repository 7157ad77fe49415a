//! AWS_IAM: who has signed a request, and may it call the method? (API Gateway developer guide,
//! "Control access to a REST API with IAM permissions"; IAM user guide, "AWS Signature Version 4
//! for API requests".)
//!
//! Signatures are verified in every mode: that AWS calls take keys at their word in development
//! mode opens no API. What is signed is the path as it was sent, whatever form the URL has, and
//! the host that the request is routed by.

use std::sync::Arc;
use std::time::Instant;

use base::Timestamp;
use http::HeaderMap;
use http::header::HOST;
use identities::{Distrust, Held, Holder};
use policy::Decision;
use ports::functions::Signer;
use ports::identities::{Identified, Identities};
use sigv4::{Payload, SignatureError, Signed, SigningKeys};

use super::Asking;
use super::circumstances::question;
use super::method_arn::MethodArn;
use super::resource_policy::{INVALIDATE_CACHE, INVOKE, denied};
use crate::exchange::{Body, Caller, Check, IamIdentity, Matched, Refusal, Request, read_whole};
use crate::integration::aws::Credentials;
use crate::message::Headers;
use crate::rest::limits::PAYLOAD_BYTES;
use crate::rest::measure::unreadable;

/// The service that requests to APIs are signed for.
const SERVICE: &str = "execute-api";

/// Verifies signatures.
pub struct Signatures {
    identities: Arc<dyn Identities>,
    keys: SigningKeys,
}

impl Signatures {
    /// Against the keys that `identities` knows.
    #[must_use]
    pub fn new(identities: Arc<dyn Identities>) -> Self {
        Self { identities, keys: SigningKeys::default() }
    }
}

/// Lets a request through if whoever signed it may call its method. Who that is is left in
/// `caller`, once it is proved. The body is read whole if the signature covers it.
///
/// # Errors
/// What the sender gets if not.
pub(super) async fn by_signature(
    matched: &mut Matched<'_>,
    signatures: &Signatures,
    caller: &mut Caller,
) -> Result<(), Refusal> {
    let body = std::mem::take(&mut matched.body);
    let (allowed, body) = allowed(Asking::of(matched), INVOKE, body, signatures, caller).await?;
    matched.body = body;
    let Allowed { holder, held, arn } = allowed;
    if matched.asks_to_invalidate() {
        caller.may_invalidate_cache =
            decided(Asking::of(matched), &holder, &held, &arn, INVALIDATE_CACHE) == Decision::Allow;
    }
    if matched.method.integration.is_by_signer() {
        caller.credentials = Some(Arc::new(holder.credentials()));
        caller.signer = Some(Arc::new(Signer { caller: holder.caller, held }));
    }
    Ok(())
}

/// Who signed a request that may be served, and what they may do.
pub(crate) struct Allowed {
    pub(crate) holder: Holder,
    pub(crate) held: Arc<Held>,
    arn: MethodArn,
}

/// The same for any kind of API and for this action; the body comes back, read if the signature covers it.
///
/// # Errors
/// What the sender gets if not.
pub(crate) async fn allowed(
    asking: Asking<'_>,
    action: &'static str,
    body: Body,
    signatures: &Signatures,
    caller: &mut Caller,
) -> Result<(Allowed, Body), Refusal> {
    let started = Instant::now();
    let found = signer(asking, body, signatures).await;
    caller.authenticate = Some(Check::new(started.elapsed(), found.as_ref().err()));
    let (Identified { holder, held }, body) = found?;
    let own = &holder.caller;
    caller.identity = Some(Arc::new(IamIdentity {
        account_id: own.account.as_str().into(),
        access_key_id: own.access_key_id.as_str().into(),
        user_id: own.user_id().into(),
        user_arn: (*own.arn()).into(),
    }));
    let arn = MethodArn::bounded(asking)?;
    let Some(held) = held else {
        // Its policies cannot be read: they might deny.
        return Err(denied(&own.arn(), &arn, Decision::NoMatch));
    };
    match decided(asking, &holder, &held, &arn, action) {
        Decision::Allow => Ok((Allowed { holder, held, arn }, body)),
        decision => Err(denied(&own.arn(), &arn, decision)),
    }
}

/// By whose right services and functions are called for somebody who has proved to hold a key some time
/// ago, and may do now what its policies say now.
pub(crate) struct OwnRight {
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) signer: Arc<Signer>,
}

/// The right of `identity`; `None` if its key is gone or has ended, is somebody else's, or nobody can read
/// what it may do.
pub(crate) fn own_right(identity: &IamIdentity, signatures: &Signatures, now: Timestamp) -> Option<OwnRight> {
    let Identified { holder, held } = signatures.identities.of_key(&identity.access_key_id)?;
    holder.usable(now).ok()?;
    if holder.caller.user_id() != &*identity.user_id {
        return None;
    }
    let credentials = Arc::new(holder.credentials());
    Some(OwnRight { credentials, signer: Arc::new(Signer { caller: holder.caller, held: held? }) })
}

/// What the policies of `holder` and that of the API say together. Within one account either may
/// allow, across accounts both must (developer guide, tables A and B).
fn decided(
    asking: Asking<'_>,
    holder: &Holder,
    held: &Held,
    arn: &MethodArn,
    action: &'static str,
) -> Decision {
    let policy = asking.policy.map(super::ResourcePolicy::policy);
    let owner = &asking.stage.account_id;
    arn.of_all(|arn| {
        let request = question(asking, holder.caller.principal(), action, arn);
        held.decide(policy, owner, &held.told(&holder.caller, request))
    })
}

/// Whose signature a request bears.
async fn signer(
    asking: Asking<'_>,
    body: Body,
    signatures: &Signatures,
) -> Result<(Identified, Body), Refusal> {
    let Asking { request, stage, headers, .. } = asking;
    let now = request.received;
    let headers = as_signed(request, headers);
    let signed = Signed::read(signed_request(request, &headers), now).map_err(unproved)?;
    signed.scope().require(&stage.region, SERVICE).map_err(unproved)?;
    // What needs no body goes first: strangers have no memory spent on them.
    let found = signatures.identities.of_key(&signed.scope().access_key_id);
    let found = found.ok_or_else(|| distrusted(Distrust::UnknownKey))?;
    found.holder.usable(now).map_err(distrusted)?;
    let (payload, body) = if signed.covers_body().map_err(unproved)? {
        let payload = read_whole(body, PAYLOAD_BYTES).await.map_err(unreadable)?;
        (payload.clone(), Body::from(payload))
    } else {
        (bytes::Bytes::new(), body)
    };
    proved(&found.holder, signed, &payload, signatures, now)?;
    Ok((found, body))
}

fn proved(
    holder: &Holder,
    signed: Signed<'_>,
    payload: &[u8],
    signatures: &Signatures,
    now: Timestamp,
) -> Result<(), Refusal> {
    let proved = holder.verify(signed, Payload::Bytes(payload), &signatures.keys, now);
    proved.map(drop).map_err(distrusted)
}

/// The headers as they count for a signature: a target that names a host has the last word over
/// the `Host` header (RFC 9112, section 3.2.2). Else a signature made for one API would do for
/// another, whose name is put into the target.
fn as_signed(request: &Request, headers: &Headers) -> HeaderMap {
    let mut signed = HeaderMap::from(headers);
    if headers.contains_key(HOST) {
        signed.insert(HOST, request.host.clone());
    }
    signed
}

fn signed_request<'a>(request: &'a Request, headers: &'a HeaderMap) -> sigv4::Request<'a> {
    sigv4::Request {
        method: request.method.as_str(),
        path: request.uri.path(),
        query: request.query(),
        authority: request.host.to_str().ok(),
        headers,
    }
}

fn unproved(error: SignatureError) -> Refusal {
    distrusted(Distrust::Signature(error))
}

/// Recorded from AWS by its users: which kind of error goes with which text (knowledge centre,
/// "How do I troubleshoot HTTP 403 errors from API Gateway").
fn distrusted(why: Distrust) -> Refusal {
    let text = why.to_string();
    match why {
        Distrust::Signature(SignatureError::MissingAuthenticationToken) => {
            Refusal::MissingAuthenticationToken
        }
        Distrust::Expired => Refusal::ExpiredToken { error_type: "ExpiredTokenException", why: text },
        Distrust::Signature(error @ SignatureError::Expired { .. }) => {
            Refusal::ExpiredToken { error_type: error.code(), why: text }
        }
        Distrust::UnknownKey => {
            Refusal::InvalidSignature { error_type: "UnrecognizedClientException", why: text }
        }
        // Not what AWS would call it; it takes no bodies that are signed in pieces either.
        Distrust::Signature(SignatureError::StreamingPayload { .. }) => {
            Refusal::InvalidSignature { error_type: "InvalidSignatureException", why: text }
        }
        Distrust::Signature(error) => Refusal::InvalidSignature { error_type: error.code(), why: text },
    }
}
