//! Authorizers of REST APIs that take tokens of Cognito user pools (API Gateway developer guide,
//! "Control access to REST APIs using Amazon Cognito user pools as an authorizer").

use api::apigateway::Authorizer;
use base::Timestamp;
use http::HeaderName;
use regex::Regex;
use serde_json::{Map, Value};

use super::lambda_authorizer::AuthorizerFault;
use super::user_pools::{TokenFault, UserPool, UserPools};
use crate::integration::http::Upstreams;
use crate::message::Headers;

const HEADER: &str = "method.request.header.";

/// What may stand in front of a token.
const BEARER: &str = "Bearer ";

/// An authorizer, ready to verify.
#[derive(Clone, Debug)]
pub struct CognitoAuthorizer {
    /// Its id.
    pub id: Box<str>,
    header: HeaderName,
    validation: Option<Regex>,
    pools: Vec<UserPool>,
}

impl CognitoAuthorizer {
    /// Of a stored authorizer.
    ///
    /// # Errors
    /// Why it can believe no token.
    pub fn compile(stored: &Authorizer) -> Result<Self, AuthorizerFault> {
        let source = stored.identity_source.as_deref().unwrap_or_default();
        let header = source.strip_prefix(HEADER).and_then(|name| name.parse().ok());
        let header = header.ok_or_else(|| AuthorizerFault::Source(source.to_owned()))?;
        let arns = stored.provider_ar_ns.as_deref().unwrap_or_default();
        let pools =
            arns.iter().map(|arn| UserPool::of(arn).ok_or_else(|| AuthorizerFault::Pool(arn.clone())));
        let pools = pools.collect::<Result<Vec<_>, _>>()?;
        let expression = stored.identity_validation_expression.as_deref().filter(|text| !text.is_empty());
        let validation = expression
            .map(|text| Regex::new(&format!(r"\A(?:{text})\z")))
            .transpose()
            .map_err(|error| AuthorizerFault::Expression(error.to_string()))?;
        Ok(Self { id: stored.id.as_deref().unwrap_or_default().into(), header, validation, pools })
    }

    /// The tokens that a request brings along, believed or not.
    pub fn tokens<'h>(&self, headers: &'h Headers) -> impl Iterator<Item = &'h str> {
        headers.get_all(&self.header).filter_map(|value| value.to_str().ok())
    }

    /// The claims of the token that a request brings along, which have to be of a method with
    /// these scopes.
    ///
    /// # Errors
    /// Why there is no token that is believed.
    pub async fn claims(
        &self,
        headers: &Headers,
        scopes: &[String],
        now: Timestamp,
        pools: &UserPools,
        upstreams: &Upstreams,
    ) -> Result<Map<String, Value>, TokenFault> {
        let given = headers.get_all(&self.header).next_back().and_then(|value| value.to_str().ok());
        let token = given.map(|given| given.strip_prefix(BEARER).unwrap_or(given).trim());
        let token = token.filter(|token| !token.is_empty()).ok_or(TokenFault::Untrusted("there is none"))?;
        if self.validation.as_ref().is_some_and(|validation| !validation.is_match(token)) {
            return Err(TokenFault::Untrusted("it is not of the form that the authorizer asks for"));
        }
        pools.claims(token, &self.pools, scopes, now, upstreams).await
    }
}

/// Claims as `$context.authorizer.claims` and events have them: as texts.
#[must_use]
pub fn texts(claims: Map<String, Value>) -> Map<String, Value> {
    let text = |value| match value {
        text @ Value::String(_) => text,
        other => Value::String(other.to_string()),
    };
    claims.into_iter().map(|(name, value)| (name, text(value))).collect()
}
