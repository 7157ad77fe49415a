//! The signing keys of Cognito user pools, and what their tokens say.
//!
//! A pool's keys are those of its issuer at AWS, unless the operator's configuration names another
//! place for them: user pools are not part of Gatewright. Keys are fetched when they are first
//! needed, within bounds of time and size, and again when a token names a key that is not among
//! them. Without its keys no token is believed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base::{Arn, Timestamp};
use http::header::ACCEPT;
use http::{HeaderValue, Request, Uri, Version};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use crate::exchange::{Body, read_whole};
use crate::integration::http::{Target, Upstreams};

/// API Gateway's bounds of what an issuer may send, and how long it may take (developer guide, for
/// JWT authorizers).
const KEY_SET_BYTES: usize = 150_000;
const FETCH_TIME: Duration = Duration::from_millis(1_500);

/// How long fetched keys are used without another look.
const FRESH: Duration = Duration::from_secs(3_600);

/// The shortest time between two fetches for keys that are not there: nobody who makes up key names
/// can flood an issuer.
const UNKNOWN_KEY_PAUSE: Duration = Duration::from_secs(10);

/// The same after a fetch that failed.
const FAILED_PAUSE: Duration = Duration::from_secs(1);

/// Where the keys of a pool are.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// At this address, http or https.
    At(Uri),
    /// Here.
    Here(Arc<JwkSet>),
}

impl KeySource {
    /// The key set of a file.
    ///
    /// # Errors
    /// If it is none.
    pub fn here(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(|keys| Self::Here(Arc::new(keys)))
    }
}

/// What an operator says of a pool.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// `iss` of its tokens; AWS's if `None`.
    pub issuer: Option<String>,
    /// Its keys.
    pub keys: KeySource,
}

/// The keys of all pools. All cores share it.
#[derive(Debug, Default)]
pub struct UserPools {
    /// By the pool's ARN.
    settings: HashMap<String, PoolSettings>,
    fetched: Mutex<HashMap<String, Fetched>>,
}

#[derive(Clone, Debug)]
struct Fetched {
    at: Instant,
    /// None if the last fetch failed and there were none before.
    keys: Option<Arc<JwkSet>>,
    /// Whether the last fetch failed.
    failed: bool,
}

/// A pool that an authorizer takes tokens of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPool {
    arn: Box<str>,
    /// AWS's issuer of it.
    issuer: Box<str>,
}

/// Why a token is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// It is none, or not of these pools, or no longer valid, or not for this: 401.
    #[error("{0}")]
    Untrusted(&'static str),
    /// The keys cannot be had: 500.
    #[error("the keys of the user pool {pool} cannot be had: {why}")]
    Keys {
        /// The pool's ARN.
        pool: String,
        /// What failed.
        why: String,
    },
}

impl UserPool {
    /// The pool of `arn:aws:cognito-idp:{region}:{account}:userpool/{id}`.
    #[must_use]
    pub fn of(arn: &str) -> Option<Self> {
        let parsed: Arn = arn.parse().ok()?;
        let id = parsed.resource.strip_prefix("userpool/").filter(|id| !id.is_empty())?;
        let issuer = format!("https://cognito-idp.{}.amazonaws.com/{id}", parsed.region);
        (parsed.service == "cognito-idp").then(|| Self { arn: arn.into(), issuer: issuer.into() })
    }
}

impl UserPools {
    /// With what an operator says of some pools, by ARN.
    #[must_use]
    pub fn new(settings: HashMap<String, PoolSettings>) -> Self {
        Self { settings, fetched: Mutex::default() }
    }

    /// The claims of a token of one of `pools`. If the method names scopes it has to be an access
    /// token with one of these, else an identity token (developer guide, "Integrate a REST API with
    /// an Amazon Cognito user pool").
    ///
    /// # Errors
    /// Why it is not believed.
    pub async fn claims(
        &self,
        token: &str,
        pools: &[UserPool],
        scopes: &[String],
        now: Timestamp,
        upstreams: &Upstreams,
    ) -> Result<Map<String, Value>, TokenFault> {
        let untrusted = TokenFault::Untrusted;
        let header = jsonwebtoken::decode_header(token).map_err(|_| untrusted("it is no token"))?;
        if header.alg != Algorithm::RS256 {
            return Err(untrusted("it is not signed as user pools sign"));
        }
        let key_id = header.kid.ok_or(untrusted("it does not name its key"))?;
        let unverified = jsonwebtoken::dangerous::insecure_decode::<Map<String, Value>>(token)
            .map_err(|_| untrusted("it has no claims"))?;
        let issuer = unverified.claims.get("iss").and_then(Value::as_str).unwrap_or_default();
        let pool = pools
            .iter()
            .find(|pool| self.issuer(pool) == issuer)
            .ok_or(untrusted("its issuer is none of the authorizer's user pools"))?;
        let keys = self.keys(pool, &key_id, upstreams).await?;
        let key = keys.find(&key_id).ok_or(untrusted("its key is none of its user pool"))?;
        let key = DecodingKey::from_jwk(key).map_err(|_| untrusted("its key cannot be used"))?;
        let mut rules = Validation::new(Algorithm::RS256);
        // Times are held against this gateway's clock, below; audiences are the pool's own clients.
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &rules)
            .map_err(|_| untrusted("its signature is wrong"))?
            .claims;
        hold(&claims, issuer, scopes, now)?;
        Ok(claims)
    }

    fn issuer<'a>(&'a self, pool: &'a UserPool) -> &'a str {
        let given = self.settings.get(&*pool.arn).and_then(|settings| settings.issuer.as_deref());
        given.unwrap_or(&pool.issuer)
    }

    async fn keys(
        &self,
        pool: &UserPool,
        key_id: &str,
        upstreams: &Upstreams,
    ) -> Result<Arc<JwkSet>, TokenFault> {
        let fault = |why: String| TokenFault::Keys { pool: pool.arn.to_string(), why };
        let address = match self.settings.get(&*pool.arn).map(|settings| &settings.keys) {
            Some(KeySource::Here(keys)) => return Ok(Arc::clone(keys)),
            Some(KeySource::At(address)) => address.clone(),
            None => {
                let address = format!("{}/.well-known/jwks.json", pool.issuer);
                address.parse().map_err(|_| fault(format!("{address} is no address")))?
            }
        };
        let known = self.fetched().get(&*pool.arn).cloned();
        if let Some(Fetched { at, keys, failed }) = &known {
            let age = at.elapsed();
            match keys {
                Some(keys) if keys.find(key_id).is_some() && age < FRESH => return Ok(Arc::clone(keys)),
                Some(keys) if age < if *failed { FAILED_PAUSE } else { UNKNOWN_KEY_PAUSE } => {
                    return Ok(Arc::clone(keys));
                }
                None if age < FAILED_PAUSE => return Err(fault("the last attempt failed".to_owned())),
                _ => {}
            }
        }
        let answer = fetch(&address, upstreams).await;
        let before = known.and_then(|known| known.keys);
        let (keys, failed) = match &answer {
            Ok(keys) => (Some(Arc::clone(keys)), false),
            // What was true an hour ago is better than nothing, and no less true than it was.
            Err(_) => (before, true),
        };
        let fetched = Fetched { at: Instant::now(), keys: keys.clone(), failed };
        self.fetched().insert(pool.arn.to_string(), fetched);
        match (keys, answer) {
            (Some(keys), _) => Ok(keys),
            (None, Err(why)) => Err(fault(why)),
            (None, Ok(keys)) => Ok(keys),
        }
    }

    fn fetched(&self) -> std::sync::MutexGuard<'_, HashMap<String, Fetched>> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a token whose signature is right has to say besides.
fn hold(
    claims: &Map<String, Value>,
    issuer: &str,
    scopes: &[String],
    now: Timestamp,
) -> Result<(), TokenFault> {
    let untrusted = |why| Err(TokenFault::Untrusted(why));
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("iss") != issuer {
        return untrusted("its issuer is another");
    }
    match claims.get("exp").and_then(Value::as_i64) {
        Some(until) if now.as_secs() < until => {}
        _ => return untrusted("it has expired"),
    }
    if claims.get("nbf").is_some_and(|from| from.as_i64().is_none_or(|from| now.as_secs() < from)) {
        return untrusted("it is not valid yet");
    }
    if scopes.is_empty() {
        return if text("token_use") == "id" { Ok(()) } else { untrusted("it is no identity token") };
    }
    if text("token_use") != "access" {
        return untrusted("it is no access token");
    }
    let granted = text("scope").split_ascii_whitespace().any(|scope| scopes.iter().any(|own| own == scope));
    if granted { Ok(()) } else { untrusted("it has none of the method's scopes") }
}

async fn fetch(address: &Uri, upstreams: &Upstreams) -> Result<Arc<JwkSet>, String> {
    let deadline = Instant::now() + FETCH_TIME;
    let target = Target::of(address).map_err(|error| error.to_string())?;
    let mut request = Request::new(Body::Empty);
    let path = address.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    *request.uri_mut() = path.parse().map_err(|_| format!("{path} is no path"))?;
    *request.version_mut() = Version::HTTP_11;
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    let response = upstreams.send(&target, request, deadline).await.map_err(|error| error.to_string())?;
    if !response.status().is_success() {
        return Err(format!("{address} answers {}", response.status()));
    }
    let body = read_whole(response.into_body(), KEY_SET_BYTES);
    let body = tokio::time::timeout_at(deadline.into(), body)
        .await
        .map_err(|_| format!("{address} does not answer in time"))?
        .map_err(|error| error.to_string())?;
    let keys: JwkSet =
        serde_json::from_slice(&body).map_err(|error| format!("{address} has no key set: {error}"))?;
    Ok(Arc::new(keys))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a";
    const NOW: Timestamp = Timestamp::from_millis(1_721_241_291_500);

    #[test]
    fn a_pools_issuer_follows_from_its_arn() {
        let pool = UserPool::of("arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a").unwrap();
        assert_eq!(&*pool.issuer, ISSUER);
        for arn in ["", "arn:aws:cognito-idp:us-east-1:1:userpool/", "arn:aws:s3:::userpool/a", "userpool/a"]
        {
            assert_eq!(UserPool::of(arn), None, "{arn}");
        }
    }

    /// What holds of tokens besides their signature, at both sides of each border.
    #[test]
    fn a_token_is_held_to_its_claims() {
        let second = NOW.as_secs();
        let held = |more: Value, scopes: &[&str]| {
            let mut claims = json!({"iss": ISSUER, "exp": second + 1, "token_use": "id"});
            claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let scopes: Vec<_> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            hold(claims.as_object().unwrap(), ISSUER, &scopes, NOW).is_ok()
        };
        assert!(held(json!({}), &[]));
        assert!(!held(json!({"iss": "other"}), &[]));
        assert!(!held(json!({"exp": second}), &[]));
        assert!(!held(json!({"exp": null}), &[]));
        assert!(!held(json!({"exp": "9999999999"}), &[]));
        assert!(held(json!({"nbf": second}), &[]));
        assert!(!held(json!({"nbf": second + 1}), &[]));
        assert!(!held(json!({"nbf": "now"}), &[]));
        assert!(!held(json!({"token_use": "access"}), &[]));
        let access = |scope: &str| json!({"token_use": "access", "scope": scope});
        assert!(held(access("openid pets/read"), &["pets/write", "pets/read"]));
        assert!(!held(access("pets/reader"), &["pets/read"]));
        assert!(!held(access(""), &["pets/read"]));
        assert!(!held(json!({"scope": "pets/read"}), &["pets/read"]));
    }
}
