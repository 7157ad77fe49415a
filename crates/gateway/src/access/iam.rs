//! AWS_IAM: who has signed a request, and may it call the method? (API Gateway developer guide,
//! "Control access to a REST API with IAM permissions"; IAM user guide, "AWS Signature Version 4
//! for API requests".)
//!
//! Signatures are verified in every mode: that AWS calls take keys at their word in development
//! mode opens no API. What is signed is the path as it was sent, whatever form the URL has, and
//! the host that the request is routed by.

use std::borrow::Cow;
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

use super::circumstances::question;
use super::method_arn::MethodArn;
use super::resource_policy::{INVALIDATE_CACHE, INVOKE, denied};
use crate::exchange::{Body, Caller, Check, IamIdentity, Matched, Refusal, Request, read_whole};
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
    let started = Instant::now();
    let found = signer(matched, signatures).await;
    caller.authenticate = Some(Check::new(started.elapsed(), found.as_ref().err()));
    let Identified { holder, held } = found?;
    let own = &holder.caller;
    caller.identity = Some(Arc::new(IamIdentity {
        account_id: own.account.as_str().into(),
        access_key_id: own.access_key_id.as_str().into(),
        user_id: own.user_id().into(),
        user_arn: (*own.arn()).into(),
    }));
    let arn = MethodArn::bounded(matched)?;
    let Some(held) = held else {
        // Its policies cannot be read: they might deny.
        return Err(denied(&own.arn(), &arn, Decision::NoMatch));
    };
    match decided(matched, &holder, &held, &arn, INVOKE) {
        Decision::Allow => {}
        decision => return Err(denied(&own.arn(), &arn, decision)),
    }
    if matched.asks_to_invalidate() {
        caller.may_invalidate_cache =
            decided(matched, &holder, &held, &arn, INVALIDATE_CACHE) == Decision::Allow;
    }
    if matched.method.integration.is_by_signer() {
        caller.credentials = Some(Arc::new(holder.credentials()));
        caller.signer = Some(Arc::new(Signer { caller: holder.caller, held }));
    }
    Ok(())
}

/// What the policies of `holder` and that of the API say together. Within one account either may
/// allow, across accounts both must (developer guide, tables A and B).
fn decided(
    matched: &Matched<'_>,
    holder: &Holder,
    held: &Held,
    arn: &MethodArn,
    action: &'static str,
) -> Decision {
    let policy = matched.stage.policy.as_ref().map(super::ResourcePolicy::policy);
    let owner = &matched.stage.facts.account_id;
    arn.of_all(|arn| {
        let request = question(matched, holder.caller.principal(), action, arn);
        held.decide(policy, owner, &held.told(&holder.caller, request))
    })
}

/// Whose signature a request bears.
async fn signer(matched: &mut Matched<'_>, signatures: &Signatures) -> Result<Identified, Refusal> {
    let Matched { request, stage, headers, body, .. } = matched;
    let now = request.received;
    let headers = as_signed(request, headers);
    let signed = Signed::read(signed_request(request, &headers), now).map_err(unproved)?;
    signed.scope().require(&stage.facts.region, SERVICE).map_err(unproved)?;
    // What needs no body goes first: strangers have no memory spent on them.
    let found = signatures.identities.of_key(&signed.scope().access_key_id);
    let found = found.ok_or_else(|| distrusted(Distrust::UnknownKey))?;
    found.holder.usable(now).map_err(distrusted)?;
    let payload = if signed.covers_body().map_err(unproved)? {
        let payload = read_whole(std::mem::take(body), PAYLOAD_BYTES).await.map_err(unreadable)?;
        *body = Body::from(payload.clone());
        payload
    } else {
        bytes::Bytes::new()
    };
    proved(&found.holder, signed, &payload, signatures, now)?;
    Ok(found)
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
fn as_signed<'a>(request: &Request, headers: &'a HeaderMap) -> Cow<'a, HeaderMap> {
    if headers.get(HOST).is_none_or(|host| *host == request.host) {
        return Cow::Borrowed(headers);
    }
    let mut headers = headers.clone();
    headers.insert(HOST, request.host.clone());
    Cow::Owned(headers)
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
