//! The signing keys of Cognito user pools, and what their tokens say.
//!
//! A pool's keys are those of its issuer at AWS, unless the operator's configuration names another
//! place for them: user pools are not part of Gatewright. Keys are fetched when they are first
//! needed, within bounds of time and size, and again when a token names a key that is not among
//! them. Without its keys no token is believed.

use std::collections::HashMap;
use std::sync::Arc;

use base::{Arn, Timestamp};
use http::Uri;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use super::key_sets::{KeySets, Place};
use crate::integration::http::Upstreams;

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
    fetched: KeySets,
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
        Self { settings, fetched: KeySets::default() }
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
        let own;
        let place = match self.settings.get(&*pool.arn).map(|settings| &settings.keys) {
            Some(KeySource::Here(keys)) => return Ok(Arc::clone(keys)),
            Some(KeySource::At(address)) => address,
            None => {
                let address = format!("{}/.well-known/jwks.json", pool.issuer);
                own = address.parse().map_err(|_| fault(format!("{address} is no address")))?;
                &own
            }
        };
        self.fetched.keys(&pool.arn, key_id, Place::At(place), upstreams).await.map_err(fault)
    }

    /// The keys of whoever issues tokens as `issuer`: of a pool that an operator has described, or
    /// where the issuer says that they are (OpenID Connect Discovery 1.0).
    ///
    /// # Errors
    /// Why they cannot be had.
    pub(crate) async fn keys_of(
        &self,
        issuer: &str,
        key_id: &str,
        upstreams: &Upstreams,
    ) -> Result<Arc<JwkSet>, String> {
        let described = self.settings.iter().find(|(arn, settings)| match &settings.issuer {
            Some(given) => given == issuer,
            None => UserPool::of(arn).is_some_and(|pool| *pool.issuer == *issuer),
        });
        let place = match described.map(|(_, settings)| &settings.keys) {
            Some(KeySource::Here(keys)) => return Ok(Arc::clone(keys)),
            Some(KeySource::At(address)) => Place::At(address),
            None => Place::Issuer(issuer),
        };
        self.fetched.keys(issuer, key_id, place, upstreams).await
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
