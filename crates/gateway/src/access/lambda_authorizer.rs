//! Lambda authorizers of REST APIs, TOKEN and REQUEST: what identifies a caller, the event that
//! the function is asked with, and what its answer means (API Gateway developer guide, "Use API
//! Gateway Lambda authorizers").

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use api::apigateway::{Authorizer, AuthorizerType};
use base::Secret;
use bytes::Bytes;
use http::HeaderName;
use ports::functions::InvokeReply;
use regex::Regex;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::object;
use crate::exchange::StageVariables;
use crate::exchange::{ContextScope, StageFacts, Variable};
use crate::integration::lambda::{EventRequest, Invocation, Manner, ProxyEvent, function};
use crate::mapping::query::Query;

/// What a function says of itself if the caller is unknown to it.
const UNAUTHORIZED: &str = "Unauthorized";

/// How long a verdict holds if the authorizer does not say (API Gateway developer guide).
const DEFAULT_TTL: Duration = Duration::from_secs(300);

/// The longest that a verdict can hold.
pub(super) const LONGEST_TTL: Duration = Duration::from_secs(3_600);

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A number that no other authorizer has that this process compiles.
pub(crate) fn next_number() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// An authorizer, ready to ask.
#[derive(Debug)]
pub struct LambdaAuthorizer {
    /// Its id.
    pub id: Box<str>,
    /// Which of all that this process has compiled it is.
    pub(super) number: u64,
    /// How long its verdicts hold; `None` if it is to be asked every time.
    pub(super) ttl: Option<Duration>,
    /// The function, and by whose right it is asked.
    pub invocation: Invocation,
    token: bool,
    sources: Vec<(Box<str>, Place)>,
    validation: Option<Regex>,
}

/// Where a part of the caller's identity is taken from.
#[derive(Clone, Debug)]
enum Place {
    Header(HeaderName),
    Query(Box<str>),
    StageVariable(Option<Box<str>>),
    Context(Variable),
}

/// An authorizer that can ask nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizerFault {
    /// It is not a Lambda authorizer.
    #[error("it is no Lambda authorizer")]
    NotLambda,
    /// A provider is no Cognito user pool.
    #[error("{0} is no user pool")]
    Pool(String),
    /// Its URI invokes no function.
    #[error("{0}")]
    Uri(String),
    /// An identity source is none.
    #[error("{0} is not an identity source")]
    Source(String),
    /// Its validation expression cannot be run.
    #[error("the identity validation expression cannot be run: {0}")]
    Expression(String),
}

/// The parts of a caller's identity: the name of each source, and its value.
pub type Identity<'a> = Vec<(&'a str, Cow<'a, str>)>;

/// What a function answered.
#[derive(Debug)]
pub struct Verdict {
    /// Whom it takes the caller for.
    pub principal_id: String,
    /// What the caller may do, as answered.
    pub policy: Box<RawValue>,
    /// The same, compiled.
    pub rules: policy::Policy,
    /// What it says about the caller, numbers and truth values as texts.
    pub texts: Map<String, Value>,
    /// The caller's API key, where APIs take that from authorizers.
    pub usage_identifier_key: Option<Secret>,
    /// How long the answer is.
    pub(super) length: usize,
}

/// Why an authorizer came to no verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoVerdict {
    /// The caller is not known: 401.
    #[error("Unauthorized")]
    Unauthorized,
    /// The function failed, or answered what is no verdict: 500.
    #[error("{0}")]
    Misconfigured(String),
    /// The function could not be asked: 500.
    #[error("{0}")]
    Failed(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Answer {
    principal_id: Option<String>,
    policy_document: Option<Box<RawValue>>,
    context: Option<Map<String, Value>>,
    usage_identifier_key: Option<String>,
}

impl LambdaAuthorizer {
    /// Of a stored authorizer of the API in `stage`.
    ///
    /// # Errors
    /// Why it can ask nobody.
    pub fn compile(
        stored: &Authorizer,
        stage: &StageFacts,
        variables: &StageVariables,
    ) -> Result<Self, AuthorizerFault> {
        let token = match stored.r#type {
            Some(AuthorizerType::Token) => true,
            Some(AuthorizerType::Request) => false,
            Some(AuthorizerType::CognitoUserPools) | None => return Err(AuthorizerFault::NotLambda),
        };
        let wrong = |error: &dyn std::fmt::Display| AuthorizerFault::Uri(error.to_string());
        let uri = stored.authorizer_uri.as_deref().unwrap_or_default();
        let uri = variables.substitute(uri).map_err(|error| wrong(&error))?;
        let function = function(&uri, &stage.account_id, Manner::Whole).map_err(|error| wrong(&error))?;
        let role = stored.authorizer_credentials.clone().filter(|role| !role.is_empty());
        let id = stored.id.as_deref().unwrap_or_default();
        let sources = stored.identity_source.as_deref().unwrap_or_default().split(',').map(str::trim);
        let sources = sources.filter(|source| !source.is_empty()).map(|source| {
            let place = Place::named(source, variables);
            place
                .map(|place| (source.into(), place))
                .ok_or_else(|| AuthorizerFault::Source(source.to_owned()))
        });
        let sources = sources.collect::<Result<Vec<_>, _>>()?;
        if token && sources.len() != 1 {
            return Err(AuthorizerFault::Source(stored.identity_source.clone().unwrap_or_default()));
        }
        let expression =
            stored.identity_validation_expression.as_deref().filter(|text| token && !text.is_empty());
        let validation = expression
            .map(|text| Regex::new(&format!(r"\A(?:{text})\z")))
            .transpose()
            .map_err(|error| AuthorizerFault::Expression(error.to_string()))?;
        let invocation = Invocation::of_authorizer(function, role, stage, id);
        let seconds = stored.authorizer_result_ttl_in_seconds;
        let ttl = seconds.map_or(DEFAULT_TTL, |seconds| {
            Duration::from_secs(u64::try_from(seconds).unwrap_or_default()).min(LONGEST_TTL)
        });
        // What nothing tells apart must not be kept.
        let ttl = Some(ttl).filter(|ttl| !ttl.is_zero() && !sources.is_empty());
        let number = next_number();
        Ok(Self { id: id.into(), number, ttl, invocation, token, sources, validation })
    }

    /// What identifies the caller; `None` if a part of it is absent or empty, or a token is not of
    /// the form that it must have. Then the function is not asked (API Gateway developer guide).
    #[must_use]
    pub fn identity<'a>(&'a self, of: &EventRequest<'a>) -> Option<Identity<'a>> {
        let mut identity = Vec::with_capacity(self.sources.len());
        for (name, place) in &self.sources {
            let value = place.value(of).filter(|value| !value.is_empty())?;
            if self.validation.as_ref().is_some_and(|validation| !validation.is_match(&value)) {
                return None;
            }
            identity.push((&**name, value));
        }
        Some(identity)
    }

    /// An identity as execution logs show it, its values hidden.
    #[must_use]
    pub fn shown(&self, identity: &Identity<'_>) -> String {
        use crate::trail::execution_log::wording::{map, redacted};
        match identity.as_slice() {
            [(_, token)] if self.token => redacted(token),
            parts => map(parts.iter().map(|(name, value)| (*name, redacted(value).into()))),
        }
    }

    /// The event. `method_arn` is what the caller wants to call.
    #[must_use]
    pub fn event(
        &self,
        identity: &Identity<'_>,
        method_arn: &str,
        of: &EventRequest<'_>,
        event: &ProxyEvent,
    ) -> Bytes {
        match identity.as_slice() {
            [(_, token)] if self.token => {
                json!({"type": "TOKEN", "authorizationToken": token, "methodArn": method_arn})
                    .to_string()
                    .into()
            }
            _ => event.render_for_authorizer(of, method_arn),
        }
    }
}

impl Place {
    fn named(source: &str, variables: &StageVariables) -> Option<Self> {
        if let Some(name) = source.strip_prefix("method.request.header.") {
            return name.parse().ok().map(Self::Header);
        }
        if let Some(name) = source.strip_prefix("method.request.querystring.") {
            return Some(Self::Query(name.into()));
        }
        if let Some(name) = source.strip_prefix("stageVariables.") {
            return Some(Self::StageVariable(variables.get(name).map(Into::into)));
        }
        let name = source.strip_prefix("context.")?;
        Variable::named(name, ContextScope::Everywhere).map(Self::Context)
    }

    fn value<'a>(&'a self, of: &EventRequest<'a>) -> Option<Cow<'a, str>> {
        match self {
            Self::Header(name) => {
                let last = of.headers.get_all(name).next_back()?;
                Some(String::from_utf8_lossy(last.as_bytes()))
            }
            Self::Query(name) => Query(of.context.request.query()).last(name),
            Self::StageVariable(value) => value.as_deref().map(Cow::Borrowed),
            Self::Context(variable) => {
                let mut value = String::new();
                variable.write(&of.context, &mut value).then_some(Cow::Owned(value))
            }
        }
    }
}

/// What a function's answer means.
///
/// # Errors
/// If it is no verdict.
pub fn verdict(reply: &InvokeReply) -> Result<Verdict, NoVerdict> {
    if reply.function_error.is_some() {
        let failed: Option<Value> = serde_json::from_slice(&reply.payload).ok();
        let message = failed.as_ref().and_then(|failed| failed.get("errorMessage")).and_then(Value::as_str);
        return Err(match message {
            Some(UNAUTHORIZED) => NoVerdict::Unauthorized,
            // As users of AWS report it.
            _ => invalid_json("Unrecognized field \"errorType\" , not marked as ignorable"),
        });
    }
    let answer: Answer = object(&reply.payload).map_err(|why| invalid_json(&why.to_string()))?;
    // The texts of these are not recorded.
    let policy =
        answer.policy_document.ok_or_else(|| misconfigured("Authorizer returned no policy document"))?;
    let rules = policy::Policy::parse(policy.get())
        .and_then(|parsed| parsed.require(policy::Kind::Authorizer).map(|()| parsed))
        .map_err(|why| misconfigured(&format!("Could not parse policy: {why}")))?;
    let context = answer.context.unwrap_or_default();
    if let Some((name, _)) = context.iter().find(|(_, value)| value.is_object() || value.is_array()) {
        return Err(misconfigured(&format!(
            "Authorizer returned the context value {name}, which is not scalar"
        )));
    }
    Ok(Verdict {
        principal_id: answer.principal_id.unwrap_or_default(),
        policy,
        rules,
        texts: context.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect(),
        usage_identifier_key: answer.usage_identifier_key.map(Secret::new),
        length: reply.payload.len(),
    })
}

fn text(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(_) => Some(value),
        other => Some(other.to_string().into()),
    }
}

fn invalid_json(why: &str) -> NoVerdict {
    misconfigured(&format!("Invalid JSON in response: {why}"))
}

fn misconfigured(why: &str) -> NoVerdict {
    NoVerdict::Misconfigured(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(payload: &'static str, failed: bool) -> InvokeReply {
        InvokeReply {
            payload: Bytes::from_static(payload.as_bytes()),
            function_error: failed.then_some("Unhandled"),
            executed_version: "$LATEST".to_owned(),
            request_id: "8f507cfc".into(),
            log_tail: None,
        }
    }

    #[test]
    fn a_policy_is_a_verdict() {
        let found = verdict(&reply(
            r#"{"principalId": "user", "policyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}]},
                "context": {"a": "1", "b": 2, "c": true}, "usageIdentifierKey": "key"}"#,
            false,
        ))
        .unwrap();
        assert_eq!(
            (found.principal_id.as_str(), found.usage_identifier_key.as_ref().map(Secret::expose)),
            ("user", Some("key"))
        );
        assert_eq!(Value::Object(found.texts), json!({"a": "1", "b": "2", "c": "true"}));
    }

    #[test]
    fn what_is_no_verdict_lets_nobody_in() {
        let check = |payload: &'static str, failed: bool, expected: &str| {
            let found = verdict(&reply(payload, failed)).unwrap_err().to_string();
            assert!(found.starts_with(expected), "{payload}: {found}");
        };
        check(r#"{"errorMessage": "Unauthorized"}"#, true, "Unauthorized");
        check(r#"{"errorMessage": "unauthorized"}"#, true, "Invalid JSON in response: Unrecognized field");
        check("null", false, "Invalid JSON in response: ");
        check("\"Allow\"", false, "Invalid JSON in response: ");
        check(
            r#"["user", {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}]}, null, null]"#,
            false,
            "Invalid JSON in response: it is no object",
        );
        check("{}", false, "Authorizer returned no policy document");
        check(r#"{"isAuthorized": true}"#, false, "Invalid JSON in response: ");
        check(r#"{"principalId": 1}"#, false, "Invalid JSON in response: ");
        check(r#"{"policyDocument": {"Statement": [{}]}}"#, false, "Could not parse policy: ");
        check(
            r#"{"policyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Deny", "Action": "*", "Resource": "*"}]}, "context": {"a": []}}"#,
            false,
            "Authorizer returned the context value a",
        );
    }
}
