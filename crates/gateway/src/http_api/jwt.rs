//! JWT authorizers: tokens of an issuer, for an audience, with scopes (API Gateway developer guide,
//! "Control access to HTTP APIs with JWT authorizers in API Gateway").

use api::apigatewayv2::Authorizer as Stored;
use base::Timestamp;
use jsonwebtoken::jwk::AlgorithmParameters;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use super::values::{Mapped, Place, ValueError, View};
use crate::access::user_pools::UserPools;
use crate::exchange::{Authorized, Bearer, StageVariables};
use crate::integration::http::Upstreams;

/// What may stand in front of a token.
const BEARER: &str = "bearer ";

/// The algorithms that are believed: "only RSA-based algorithms are supported".
const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

/// An authorizer, ready to verify.
#[derive(Clone, Debug)]
pub(super) struct JwtAuthorizer {
    issuer: Box<str>,
    audiences: Box<[Box<str>]>,
    source: Mapped,
}

/// An authorizer that can believe no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum JwtFault {
    /// It has no issuer, or no audience.
    #[error("it names no {0}")]
    Missing(&'static str),
    /// Its identity source is none.
    #[error("its identity source: {0}")]
    Source(#[from] ValueError),
}

/// Why a token is not believed. The words are for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum TokenFault {
    #[error("there is none")]
    Missing,
    #[error("{0}")]
    Invalid(&'static str),
    #[error("the token has none of the scopes")]
    Scope,
}

impl JwtAuthorizer {
    /// Of a stored authorizer.
    ///
    /// # Errors
    /// Why it can believe no token.
    pub(super) fn compile(stored: &Stored, variables: &StageVariables) -> Result<Self, JwtFault> {
        let configuration = stored.jwt_configuration.as_ref();
        let issuer = configuration.and_then(|own| own.issuer.as_deref()).filter(|issuer| !issuer.is_empty());
        let audiences: Box<[Box<str>]> = configuration
            .and_then(|own| own.audience.as_ref())
            .into_iter()
            .flatten()
            .map(|audience| audience.as_str().into())
            .collect();
        if audiences.is_empty() {
            return Err(JwtFault::Missing("audience"));
        }
        let source = match stored.identity_source.as_deref() {
            Some([source]) => Mapped::compile(source, Place::Request, variables)?,
            _ => return Err(JwtFault::Missing("single identity source")),
        };
        Ok(Self { issuer: issuer.ok_or(JwtFault::Missing("issuer"))?.into(), audiences, source })
    }

    /// What a token says of the sender of a request, if it may be believed and has one of `scopes`.
    ///
    /// # Errors
    /// What the sender is told.
    pub(super) async fn bearer(
        &self,
        view: &View<'_>,
        scopes: &[Box<str>],
        pools: &UserPools,
        upstreams: &Upstreams,
    ) -> Result<Authorized, Bearer> {
        let given = self.source.value(view);
        let found = self.claims(given.as_deref(), view.request.received, pools, upstreams).await;
        let found = found.and_then(|claims| Ok((granted(&claims, scopes)?, claims)));
        let (granted, claims) = found.map_err(|fault| {
            let scopes = scopes.join(" ").into();
            match fault {
                TokenFault::Missing => Bearer::Missing,
                TokenFault::Invalid(why) => Bearer::Invalid { why: why.into(), scopes },
                TokenFault::Scope => Bearer::InsufficientScope { scopes },
            }
        })?;
        let context = [("claims".to_owned(), Value::Object(texts(claims)))].into_iter().collect();
        Ok(Authorized { context, jwt: Some(granted), ..Authorized::default() })
    }

    async fn claims(
        &self,
        given: Option<&str>,
        now: Timestamp,
        pools: &UserPools,
        upstreams: &Upstreams,
    ) -> Result<Map<String, Value>, TokenFault> {
        let invalid = TokenFault::Invalid;
        let Unverified { token, algorithm, key_id, claims } = unverified(given)?;
        // Nobody is asked for keys of tokens that are somebody else's anyway.
        if claims.get("iss").and_then(Value::as_str) != Some(&*self.issuer) {
            return Err(invalid("the token does not have a valid issuer"));
        }
        let keys = pools.keys_of(&self.issuer, &key_id, upstreams).await.map_err(|why| {
            tracing::warn!(issuer = &*self.issuer, why, "the keys of an issuer cannot be had");
            invalid("the keys of the issuer cannot be had")
        })?;
        let key = keys.find(&key_id).ok_or(invalid("the key of the token is not known"))?;
        let is_rsa = matches!(key.algorithm, AlgorithmParameters::RSA(_));
        let own = key.common.key_algorithm.map(|own| own.to_string());
        if !is_rsa || own.is_some_and(|own| own != format!("{algorithm:?}")) {
            return Err(invalid("the signing method of the token is not that of its key"));
        }
        let key = DecodingKey::from_jwk(key).map_err(|_| invalid("the key of the token cannot be used"))?;
        let mut rules = Validation::new(algorithm);
        // Times are held against this gateway's clock, below, and audiences by AWS's rule.
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &rules)
            .map_err(|_| invalid("the token does not have a valid signature"))?
            .claims;
        hold(&claims, &self.issuer, &self.audiences, now)?;
        Ok(claims)
    }
}

/// A token as it is written, before anything of it is believed.
struct Unverified<'t> {
    token: &'t str,
    algorithm: Algorithm,
    key_id: String,
    claims: Map<String, Value>,
}

/// Reads what the identity source gives as a token.
fn unverified(given: Option<&str>) -> Result<Unverified<'_>, TokenFault> {
    let invalid = TokenFault::Invalid;
    let given = given.map(str::trim).filter(|given| !given.is_empty()).ok_or(TokenFault::Missing)?;
    let token = without_prefix(given).ok_or(TokenFault::Missing)?;
    let header = jsonwebtoken::decode_header(token).map_err(|_| invalid("invalid token"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(invalid("the signing method of the token is not supported"));
    }
    let key_id = header.kid.ok_or(invalid("the token does not name its key"))?;
    let read = jsonwebtoken::dangerous::insecure_decode::<Map<String, Value>>(token)
        .map_err(|_| invalid("invalid token"))?;
    Ok(Unverified { token, algorithm: header.alg, key_id, claims: read.claims })
}

/// Whether a token would be believed if its signature were right.
pub(super) fn would_be_believed(
    given: &str,
    issuer: &str,
    audiences: &[Box<str>],
    scopes: &[Box<str>],
    now: Timestamp,
) -> bool {
    let read = unverified(Some(given));
    let held = read.and_then(|read| hold(&read.claims, issuer, audiences, now).map(|()| read.claims));
    held.is_ok_and(|claims| granted(&claims, scopes).is_ok() && !texts(claims).is_empty())
}

/// The token alone; nothing if there is only what may stand in front of one.
fn without_prefix(given: &str) -> Option<&str> {
    if given.eq_ignore_ascii_case(BEARER.trim_end()) {
        return None;
    }
    let prefix = given.get(..BEARER.len()).filter(|prefix| prefix.eq_ignore_ascii_case(BEARER));
    Some(prefix.and_then(|prefix| given.get(prefix.len()..)).unwrap_or(given).trim())
}

/// What a token whose signature is right has to say besides, in the order of the guide.
fn hold(
    claims: &Map<String, Value>,
    issuer: &str,
    audiences: &[Box<str>],
    now: Timestamp,
) -> Result<(), TokenFault> {
    let invalid = |why| Err(TokenFault::Invalid(why));
    if claims.get("iss").and_then(Value::as_str) != Some(issuer) {
        return invalid("the token does not have a valid issuer");
    }
    let ours = |value: &Value| value.as_str().is_some_and(|text| audiences.iter().any(|own| **own == *text));
    let for_us = match (claims.get("aud"), claims.get("client_id")) {
        (Some(Value::Array(all)), _) => all.iter().any(ours),
        (Some(one), _) => ours(one),
        // Some issuers' access tokens have no audience.
        (None, Some(client)) => ours(client),
        (None, None) => false,
    };
    if !for_us {
        // AWS's words.
        return invalid("the token does not have a valid audience");
    }
    #[allow(clippy::cast_precision_loss, reason = "moments of centuries are exact")]
    let now = now.as_secs() as f64;
    match claims.get("exp").and_then(Value::as_f64) {
        Some(until) if now < until => {}
        _ => return invalid("the token has expired"),
    }
    for (claim, why) in [("nbf", "the token is not valid yet"), ("iat", "the token is of the future")] {
        if claims.get(claim).is_some_and(|from| from.as_f64().is_none_or(|from| now < from)) {
            return invalid(why);
        }
    }
    Ok(())
}

/// Those of `scopes` that the token has, of which there must be one if any are asked for. They are in
/// `scope`, or in `scp`.
fn granted(claims: &Map<String, Value>, scopes: &[Box<str>]) -> Result<Option<Box<[Box<str>]>>, TokenFault> {
    if scopes.is_empty() {
        return Ok(None);
    }
    let own = claims.get("scope").or_else(|| claims.get("scp"));
    let own: Vec<&str> = match own {
        Some(Value::String(text)) => text.split_ascii_whitespace().collect(),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let granted: Box<[Box<str>]> = scopes.iter().filter(|scope| own.contains(&&***scope)).cloned().collect();
    if granted.is_empty() { Err(TokenFault::Scope) } else { Ok(Some(granted)) }
}

/// Claims as functions and logs are told them: as texts, and lists as AWS's users see them.
fn texts(claims: Map<String, Value>) -> Map<String, Value> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let told = |value: Value| match value {
        text @ Value::String(_) => text,
        Value::Array(all) => {
            Value::String(format!("[{}]", all.iter().map(text).collect::<Vec<_>>().join(" ")))
        }
        other => Value::String(other.to_string()),
    };
    claims.into_iter().map(|(name, value)| (name, told(value))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://issuer.example/";
    const NOW: Timestamp = Timestamp::from_millis(1_721_241_291_500);

    /// The developer guide's list of claims, at both sides of each border.
    #[test]
    fn a_token_is_held_to_its_claims() {
        let second = NOW.as_secs();
        let held = |more: Value| {
            let mut claims = json!({"iss": ISSUER, "exp": second + 1, "aud": "app"});
            claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            hold(claims.as_object().unwrap(), ISSUER, &["app".into(), "web".into()], NOW).is_ok()
        };
        assert!(held(json!({})));
        for issuer in [json!("https://issuer.example"), json!(1), Value::Null] {
            assert!(!held(json!({"iss": issuer})));
        }
        for (audience, client, ok) in [
            (json!("web"), Value::Null, true),
            (json!(["other", "app"]), Value::Null, true),
            (json!([]), json!("app"), false),
            (json!("other"), json!("app"), false),
            (Value::Null, json!("app"), true),
            (Value::Null, json!("other"), false),
            (Value::Null, Value::Null, false),
        ] {
            assert_eq!(held(json!({"aud": audience, "client_id": client})), ok, "{audience} {client}");
        }
        assert!(!held(json!({"exp": second})));
        assert!(!held(json!({"exp": null})));
        assert!(!held(json!({"exp": "9999999999"})));
        for claim in ["nbf", "iat"] {
            assert!(held(json!({claim: second})));
            assert!(!held(json!({claim: second + 1})));
            assert!(!held(json!({claim: "now"})));
        }
    }

    #[test]
    fn one_of_the_scopes_is_enough() {
        let found = |claims: Value, scopes: &[&str]| {
            let scopes: Vec<Box<str>> = scopes.iter().map(|scope| (*scope).into()).collect();
            granted(claims.as_object().unwrap(), &scopes)
        };
        let some = |scopes: &[&str]| Ok(Some(scopes.iter().map(|scope| Box::from(*scope)).collect()));
        assert_eq!(found(json!({}), &[]), Ok(None));
        assert_eq!(found(json!({"scope": "a b"}), &["b", "c"]), some(&["b"]));
        assert_eq!(found(json!({"scp": ["a", "b"]}), &["b"]), some(&["b"]));
        assert_eq!(found(json!({"scp": "b"}), &["b"]), some(&["b"]));
        for claims in
            [json!({}), json!({"scope": "bb"}), json!({"scope": ""}), json!({"scope": "a", "scp": "b"})]
        {
            assert_eq!(found(claims.clone(), &["b"]), Err(TokenFault::Scope), "{claims}");
        }
    }

    #[test]
    fn claims_are_told_as_texts() {
        let told = texts(
            json!({"sub": "me", "exp": 1, "ok": true, "groups": ["a", "b"], "of": {"x": 1}})
                .as_object()
                .unwrap()
                .clone(),
        );
        let expected = json!({"sub": "me", "exp": "1", "ok": "true", "groups": "[a b]", "of": "{\"x\":1}"});
        assert_eq!(Value::Object(told), expected);
    }
}
