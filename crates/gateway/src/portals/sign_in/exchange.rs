//! A code for a token: what a user pool's token endpoint answers (Amazon Cognito developer guide, "The
//! token issuer endpoint").

use std::time::{Duration, Instant};

use base::Secret;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Uri, Version};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::access::object;
use crate::exchange::{Body, read_whole};
use crate::integration::http::{Target, Upstreams};
use crate::message::Request;

/// How long the pool may take.
const TIME: Duration = Duration::from_secs(5);

/// The most that it may answer: three tokens are a few kilobytes.
const ANSWER_BYTES: usize = 100_000;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExchangeFault {
    /// The pool does not take the code.
    #[error("the user pool answers {0}")]
    Refused(http::StatusCode),
    /// The pool does not answer as one.
    #[error("{0}")]
    Unreachable(String),
}

/// What is exchanged.
#[derive(Debug)]
pub(super) struct Given<'g> {
    pub(super) client_id: &'g str,
    pub(super) code: &'g str,
    /// What the code's challenge was made of (RFC 7636).
    pub(super) verifier: &'g str,
    /// The address that the code was sent to.
    pub(super) redirect: &'g str,
}

#[derive(Deserialize)]
struct Answered {
    id_token: Secret,
}

/// The identity token for a code.
///
/// # Errors
/// Why there is none.
pub(super) async fn id_token(
    pool: &Target,
    given: &Given<'_>,
    upstreams: &Upstreams,
) -> Result<Secret, ExchangeFault> {
    let deadline = Instant::now() + TIME;
    let form = form(&[
        ("grant_type", "authorization_code"),
        ("client_id", given.client_id),
        ("code", given.code),
        ("code_verifier", given.verifier),
        ("redirect_uri", given.redirect),
    ]);
    let mut request = Request::new(Body::from(Bytes::from(form)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_static("/oauth2/token");
    *request.version_mut() = Version::HTTP_11;
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let unreachable = |why: String| ExchangeFault::Unreachable(why);
    let answer =
        upstreams.send(pool, request, deadline).await.map_err(|error| unreachable(error.to_string()))?;
    if answer.status().is_client_error() {
        return Err(ExchangeFault::Refused(answer.status()));
    }
    if !answer.status().is_success() {
        return Err(unreachable(format!("the user pool answers {}", answer.status())));
    }
    let body = tokio::time::timeout_at(deadline.into(), read_whole(answer.into_body(), ANSWER_BYTES))
        .await
        .map_err(|_| unreachable("the user pool does not answer in time".to_owned()))?
        .map_err(|error| unreachable(error.to_string()))?;
    // What is wrong with it is not told: it may be a token.
    let answered: Result<Answered, _> = object(&body);
    answered
        .map(|answered| answered.id_token)
        .map_err(|_| unreachable("the user pool answers no identity token".to_owned()))
}

/// Parameters as forms and query strings write them.
pub(super) fn form(parameters: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in parameters {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        out.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    out
}
