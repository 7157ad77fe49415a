//! Portals whose readers sign in with a Cognito user pool (API Gateway developer guide, "Create a portal
//! in API Gateway"): the authorization code grant with PKCE, as an app client without a secret does it
//! (Amazon Cognito developer guide, "Using PKCE in authorization code grants"; OpenID Connect Core 1.0).
//!
//! | path | what it does |
//! |---|---|
//! | `sign-in` | sends the reader to the user pool, with a state, a nonce and a challenge |
//! | the portal's address, with `code` and `state` | takes the reader back; the session begins |
//! | `sign-out` | ends the session, and the user pool's |
//! | all others | are there for those who are signed in |

mod exchange;
mod page;
mod seal;

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base::{Random, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use documents::apigatewayv2_portals::SiteSignIn;
use http::header::{HeaderName, LOCATION, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::html::{CSS, HTML};
use super::{Visit, file};
use crate::access::user_pools::{TokenFault, UserPool, UserPools};
use crate::exchange::Body;
use crate::integration::http::{Target, Upstreams};
use crate::message::Response;
use exchange::{ExchangeFault, Given, form};
use seal::Seal;

/// How long a reader may take at the user pool.
const PENDING_TIME: Duration = Duration::from_secs(600);

/// The longest session. It ends before if the identity token does, whose time the pool's owner chooses;
/// a day is the longest that can be chosen.
const SESSION_TIME: Duration = Duration::from_secs(86_400);

/// Bytes of state, nonce and verifier.
const RANDOM_BYTES: usize = 32;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const SESSION: &str = "session";
const PENDING: &str = "sign-in";

/// How readers of a portal sign in.
#[derive(Debug)]
pub(super) struct SignIn {
    pool: UserPool,
    client_id: Box<str>,
    origin: Box<str>,
    target: Target,
    seal: Seal,
}

/// What is asked of the outside while a reader signs in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking<'a> {
    pub(super) pools: &'a UserPools,
    pub(super) upstreams: &'a Upstreams,
    pub(super) random: &'a Random,
}

/// What a browser keeps while its reader is at the user pool.
#[derive(Serialize, Deserialize)]
struct Pending {
    state: String,
    nonce: String,
    verifier: String,
    /// The page that is shown afterwards.
    to: String,
    until: i64,
}

/// What a browser keeps of a reader who is signed in.
#[derive(Serialize, Deserialize)]
struct Session {
    until: i64,
}

impl SignIn {
    /// How readers of the portal `id` sign in.
    ///
    /// # Errors
    /// Why nobody can.
    pub(super) fn compile(id: &str, stored: &SiteSignIn, key: Option<&Secret>) -> Result<Self, String> {
        let SiteSignIn { user_pool_arn, origin, client_id } = stored;
        let pool = UserPool::of(user_pool_arn).ok_or_else(|| format!("{user_pool_arn} is no user pool"))?;
        let address = origin.parse().map_err(|_| format!("{origin} is no address"))?;
        let target = Target::of(&address).map_err(|error| error.to_string())?;
        let key = key.filter(|key| !key.expose().is_empty());
        let key = key.ok_or("it has no key for its sessions")?;
        let seal = Seal::new(key, &format!("{id}\n{user_pool_arn}\n{client_id}"));
        Ok(Self { pool, client_id: client_id.as_str().into(), origin: origin.as_str().into(), target, seal })
    }

    /// Lets a reader in who is signed in.
    ///
    /// # Errors
    /// The answer that others get.
    pub(super) async fn admit(&self, visit: &Visit<'_>, asking: Asking<'_>) -> Result<(), Response<Body>> {
        match visit.path {
            "/sign-in.css" => Err(file(StatusCode::OK, CSS, &Bytes::from_static(page::STYLE.as_bytes()))),
            "/sign-in" => Err(self.begin(visit, asking.random)),
            "/sign-out" => Err(self.end(visit)),
            "/" if visit.query("state").is_some() => Err(self.finish(visit, asking).await),
            path if self.is_signed_in(visit) => {
                tracing::trace!(portal = visit.id, path, "a reader is signed in");
                Ok(())
            }
            path => {
                let text = "This portal is for those who are signed in.";
                Err(refused(visit, StatusCode::UNAUTHORIZED, path.trim_start_matches('/'), text))
            }
        }
    }

    fn is_signed_in(&self, visit: &Visit<'_>) -> bool {
        let kept = visit.cookie(&cookie_name(visit, SESSION));
        let session = kept.and_then(|kept| self.seal.open::<Session>(SESSION, kept));
        session.is_some_and(|session| visit.now.as_secs() < session.until)
    }

    /// Sends the reader to the user pool.
    fn begin(&self, visit: &Visit<'_>, random: &Random) -> Response<Body> {
        let pending = Pending {
            state: drawn(random),
            nonce: drawn(random),
            verifier: drawn(random),
            to: visit.query("to").filter(|to| is_page(to)).unwrap_or_default(),
            until: visit.now.plus(PENDING_TIME).as_secs(),
        };
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, pending.verifier.as_bytes()));
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &visit.address()),
            ("scope", "openid"),
            ("state", &pending.state),
            ("nonce", &pending.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let kept = self.seal.close(PENDING, &pending);
        let mut response = redirect(&format!("{}/oauth2/authorize?{query}", self.origin));
        keep(&mut response, visit, PENDING, &kept, PENDING_TIME.as_secs());
        response
    }

    /// Takes a reader back from the user pool.
    async fn finish(&self, visit: &Visit<'_>, asking: Asking<'_>) -> Response<Body> {
        let kept = visit.cookie(&cookie_name(visit, PENDING));
        let pending = kept.and_then(|kept| self.seal.open::<Pending>(PENDING, kept));
        let state = visit.query("state").unwrap_or_default();
        // What somebody else has begun at the user pool begins no session here.
        let pending = pending.filter(|pending| {
            visit.now.as_secs() < pending.until
                && verify_slices_are_equal(pending.state.as_bytes(), state.as_bytes()).is_ok()
        });
        let Some(pending) = pending else {
            let text = "This sign-in was not begun here, or took too long. Please begin again.";
            return refused(visit, StatusCode::UNAUTHORIZED, "", text);
        };
        let mut response = match self.claims(visit, &pending, asking).await {
            Ok(claims) => {
                let latest = visit.now.plus(SESSION_TIME).as_secs();
                let until = claims.get("exp").and_then(Value::as_i64).unwrap_or(0).min(latest);
                let kept = self.seal.close(SESSION, &Session { until });
                let mut response = redirect(&format!("{}{}", visit.base(), pending.to));
                let left = u64::try_from(until - visit.now.as_secs()).unwrap_or(0);
                keep(&mut response, visit, SESSION, &kept, left);
                response
            }
            Err((status, why)) => {
                tracing::warn!(portal = visit.id, %why, "a reader could not sign in");
                let text = match status {
                    StatusCode::BAD_GATEWAY => "The user pool cannot be reached now.",
                    _ => "You could not be signed in.",
                };
                refused(visit, status, &pending.to, text)
            }
        };
        keep(&mut response, visit, PENDING, "", 0);
        response
    }

    /// What the user pool says of the reader whom it has sent.
    async fn claims(
        &self,
        visit: &Visit<'_>,
        pending: &Pending,
        Asking { pools, upstreams, .. }: Asking<'_>,
    ) -> Result<Map<String, Value>, (StatusCode, String)> {
        let denied = |why: String| (StatusCode::UNAUTHORIZED, why);
        let unreachable = |why: String| (StatusCode::BAD_GATEWAY, why);
        let code = visit.query("code").filter(|code| !code.is_empty());
        let code = code.ok_or_else(|| denied("the user pool sends no code".to_owned()))?;
        let given = Given {
            client_id: &self.client_id,
            code: &code,
            verifier: &pending.verifier,
            redirect: &visit.address(),
        };
        let token =
            exchange::id_token(&self.target, &given, upstreams).await.map_err(|fault| match fault {
                ExchangeFault::Refused(_) => denied(fault.to_string()),
                ExchangeFault::Unreachable(why) => unreachable(why),
            })?;
        let pool = std::slice::from_ref(&self.pool);
        let claims = pools.claims(token.expose(), pool, &[], visit.now, upstreams).await;
        let claims = claims.map_err(|fault| match fault {
            TokenFault::Untrusted(_) => denied(fault.to_string()),
            TokenFault::Keys { .. } => unreachable(fault.to_string()),
        })?;
        hold(&claims, &self.client_id, &pending.nonce).map_err(|why| denied(why.to_owned()))?;
        Ok(claims)
    }

    /// Ends the reader's session, here and at the user pool ("Logout endpoint"). Other sites cannot ask
    /// for that.
    fn end(&self, visit: &Visit<'_>) -> Response<Body> {
        let site = visit.headers.get(FETCH_SITE).map(HeaderValue::as_bytes);
        if site.is_some_and(|site| !matches!(site, b"same-origin" | b"none")) {
            return refused(visit, StatusCode::FORBIDDEN, "", "Another site has asked for this.");
        }
        let query = form(&[("client_id", &self.client_id), ("logout_uri", &visit.address())]);
        let mut response = redirect(&format!("{}/logout?{query}", self.origin));
        keep(&mut response, visit, SESSION, "", 0);
        response
    }
}

/// What an identity token, which is the pool's and good at this time, has to say besides: that it is for
/// this app client, and for this sign-in.
fn hold(claims: &Map<String, Value>, client_id: &str, nonce: &str) -> Result<(), &'static str> {
    let own = match claims.get("aud") {
        Some(Value::String(audience)) => audience == client_id,
        Some(Value::Array(audiences)) => {
            matches!(audiences.as_slice(), [Value::String(only)] if only == client_id)
        }
        _ => false,
    };
    if !own {
        return Err("the identity token is for another app client");
    }
    let given = claims.get("nonce").and_then(Value::as_str).unwrap_or_default();
    verify_slices_are_equal(given.as_bytes(), nonce.as_bytes())
        .map_err(|_| "the identity token is of another sign-in")
}

fn drawn(random: &Random) -> String {
    let mut bytes = [0_u8; RANDOM_BYTES];
    random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether a text can be the name of a page of a portal; nothing else is ever led to.
fn is_page(name: &str) -> bool {
    name.len() <= 256 && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
}

/// Under TLS no other name can set it (RFC 6265bis, "The `__Host-` Prefix").
fn cookie_name(visit: &Visit<'_>, purpose: &str) -> String {
    let prefix = if visit.is_secure() && visit.base() == "/" { "__Host-" } else { "" };
    format!("{prefix}portal-{}-{purpose}", visit.id)
}

/// Has the browser keep a value for so many seconds; for none it forgets it.
fn keep(response: &mut Response<Body>, visit: &Visit<'_>, purpose: &str, value: &str, seconds: u64) {
    let (name, base) = (cookie_name(visit, purpose), visit.base());
    let secure = if visit.is_secure() { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path={base}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

fn redirect(to: &str) -> Response<Body> {
    let mut response = file(StatusCode::SEE_OTHER, super::html::PLAIN, &Bytes::new());
    match HeaderValue::from_str(to) {
        Ok(location) => response.headers_mut().insert(LOCATION, location),
        Err(_) => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    response
}

/// The sign-in page in the place of the portal's page `to`.
fn refused(visit: &Visit<'_>, status: StatusCode, to: &str, text: &str) -> Response<Body> {
    let to = if is_page(to) { to } else { "" };
    let mut response = file(status, HTML, &page::page(&visit.base(), to, text).into());
    if status == StatusCode::UNAUTHORIZED {
        // RFC 9110, section 15.5.2: a 401 names a scheme. No browser asks for a password by this one.
        let scheme = HeaderValue::from_static("Portal realm=\"portal\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
    }
    response
}

#[cfg(test)]
mod tests {
    use base::Timestamp;
    use http::header::COOKIE;
    use serde_json::json;

    use super::super::visit::tests::visit;
    use super::*;
    use crate::message::Headers;

    const NOW: Timestamp = Timestamp::from_millis(1_721_241_291_500);

    fn sign_in() -> SignIn {
        let stored = SiteSignIn {
            user_pool_arn: "arn:aws:cognito-idp:us-west-2:000000000000:userpool/us-west-2_a".to_owned(),
            origin: "https://pool.example.com".to_owned(),
            client_id: "client".to_owned(),
        };
        SignIn::compile("abc", &stored, Some(&Secret::new("key"))).unwrap()
    }

    fn with_cookie(purpose: &str, value: &str) -> Headers {
        let cookie = format!("__Host-portal-abc-{purpose}={value}");
        Headers::from_iter([(COOKIE, HeaderValue::from_str(&cookie).unwrap())])
    }

    #[test]
    fn a_session_ends_and_is_no_other_portals() {
        let (own, now) = (sign_in(), NOW.as_secs());
        let signed_in = |value: &str, headers: &dyn Fn(&str) -> Headers| {
            let headers = headers(value);
            own.is_signed_in(&visit("/", &headers, NOW))
        };
        let cookie = |value: &str| with_cookie(SESSION, value);
        assert!(signed_in(&own.seal.close(SESSION, &Session { until: now + 1 }), &cookie));
        assert!(!signed_in(&own.seal.close(SESSION, &Session { until: now }), &cookie));
        assert!(!signed_in(&own.seal.close(PENDING, &Session { until: now + 1 }), &cookie));
        let other = Seal::new(&Secret::new("key"), "abd");
        assert!(!signed_in(&other.close(SESSION, &Session { until: now + 1 }), &cookie));
        assert!(!signed_in("", &cookie));
    }

    #[test]
    fn nobody_is_led_elsewhere() {
        for (to, is) in [
            ("endpoint-a-b", true),
            ("", true),
            ("/example.com", false),
            ("//example.com", false),
            ("\\example.com", false),
            ("https:", false),
            ("a.b", false),
            ("a%2fb", false),
        ] {
            assert_eq!(is_page(to), is, "{to}");
        }
    }

    #[test]
    fn a_token_is_for_this_app_client_and_this_sign_in() {
        let held = |claims: Value| hold(claims.as_object().unwrap(), "client", "n").is_ok();
        assert!(held(json!({"aud": "client", "nonce": "n"})));
        assert!(held(json!({"aud": ["client"], "nonce": "n"})));
        for claims in [
            json!({"aud": "other", "nonce": "n"}),
            json!({"aud": ["client", "other"], "nonce": "n"}),
            json!({"nonce": "n"}),
            json!({"aud": "client", "nonce": "m"}),
            json!({"aud": "client"}),
        ] {
            assert!(!held(claims.clone()), "{claims}");
        }
    }

    #[test]
    fn without_a_key_nobody_signs_in() {
        let stored = SiteSignIn {
            user_pool_arn: "arn:aws:cognito-idp:us-west-2:000000000000:userpool/us-west-2_a".to_owned(),
            origin: "https://pool.example.com".to_owned(),
            client_id: "client".to_owned(),
        };
        for key in [None, Some(Secret::new(""))] {
            let error = SignIn::compile("abc", &stored, key.as_ref()).unwrap_err();
            assert_eq!(error, "it has no key for its sessions");
        }
    }
}
