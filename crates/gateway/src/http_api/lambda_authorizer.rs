//! Lambda authorizers of HTTP APIs: what identifies a caller, and what the function's answer means (API
//! Gateway developer guide, "Control access to HTTP APIs with AWS Lambda authorizers").

use std::borrow::Cow;
use std::time::Duration;

use api::apigatewayv2::Authorizer as Stored;
use ports::functions::{InvocationType, InvokeReply, InvokeRequest};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::compile_route::function_uri;
use super::event::PayloadFormat;
use super::limits::LONGEST_TTL;
use super::values::{Mapped, Place, ValueError, View};
use crate::access::lambda_authorizer::next_number;
use crate::access::object;
use crate::exchange::{NOBODY, StageFacts, StageVariables};
use crate::integration::lambda::{Invocation, Manner, function};

/// An authorizer, ready to ask.
#[derive(Clone, Debug)]
pub(super) struct LambdaAuthorizer {
    /// Which of all that this process has compiled it is.
    pub(super) number: u64,
    /// How long its verdicts hold; `None` if it is to be asked every time.
    pub(super) ttl: Option<Duration>,
    /// The form of its events.
    pub(super) format: PayloadFormat,
    invocation: Invocation,
    simple: bool,
    sources: Box<[Mapped]>,
}

/// An authorizer that can ask nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AuthorizerFault {
    /// Its payload format is none.
    #[error("it has no payload format")]
    Format,
    /// Its URI invokes no function.
    #[error("{0}")]
    Uri(String),
    /// An identity source is none.
    #[error("an identity source: {0}")]
    Source(#[from] ValueError),
    /// An identity source is the body, which is not read for authorizers.
    #[error("the body identifies nobody")]
    Body,
}

/// What a function said of a caller.
#[derive(Debug)]
pub struct Verdict {
    /// Whom it takes the caller for.
    pub(super) principal_id: Option<Box<str>>,
    /// What it says about the caller.
    pub(super) context: Map<String, Value>,
    /// What the caller may do.
    pub(super) rights: Rights,
}

/// What a caller may do.
#[derive(Debug)]
pub(super) enum Rights {
    /// Everything, or nothing: a simple response.
    All(bool),
    /// What a policy says.
    Policy(policy::Policy),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Simple {
    is_authorized: bool,
    context: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ByPolicy {
    principal_id: Option<String>,
    policy_document: Box<RawValue>,
    context: Option<Map<String, Value>>,
}

impl LambdaAuthorizer {
    /// Of a stored authorizer of the API in `stage`.
    ///
    /// # Errors
    /// Why it can ask nobody.
    pub(super) fn compile(
        stored: &Stored,
        stage: &StageFacts,
        variables: &StageVariables,
    ) -> Result<Self, AuthorizerFault> {
        let version = stored.authorizer_payload_format_version.as_deref();
        let format = PayloadFormat::named(version).ok_or(AuthorizerFault::Format)?;
        let wrong = |error: &dyn std::fmt::Display| AuthorizerFault::Uri(error.to_string());
        let uri = stored.authorizer_uri.as_deref().unwrap_or_default();
        let uri = variables.substitute(uri).map_err(|error| wrong(&error))?;
        let function =
            function(&function_uri(&uri), &stage.account_id, Manner::Whole).map_err(|error| wrong(&error))?;
        let role = stored.authorizer_credentials_arn.clone().filter(|role| !role.is_empty());
        let id = stored.authorizer_id.as_deref().unwrap_or_default();
        let sources = stored.identity_source.iter().flatten();
        let sources = sources.map(|source| Mapped::compile(source, Place::Request, variables));
        let sources = sources.collect::<Result<Box<[_]>, _>>()?;
        if sources.iter().any(Mapped::reads_body) {
            return Err(AuthorizerFault::Body);
        }
        let seconds = stored.authorizer_result_ttl_in_seconds.unwrap_or_default();
        let ttl = Duration::from_secs(u64::try_from(seconds).unwrap_or_default()).min(LONGEST_TTL);
        // What nothing tells apart must not be kept.
        let ttl = Some(ttl).filter(|ttl| !ttl.is_zero() && !sources.is_empty());
        Ok(Self {
            number: next_number(),
            ttl,
            format,
            invocation: Invocation::of_authorizer(function, role, stage, id),
            simple: stored.enable_simple_responses == Some(true) && format == PayloadFormat::V2,
            sources,
        })
    }

    /// What identifies the caller; `None` if a part of it is absent. Then the function is not asked.
    pub(super) fn identity(&self, view: &View<'_>) -> Option<Vec<Cow<'static, str>>> {
        let value = |source: &Mapped| source.value(view).filter(|value| !value.is_empty()).map(Cow::Owned);
        self.sources.iter().map(value).collect()
    }

    /// Asking the function with this event.
    ///
    /// # Errors
    /// Never for an authorizer, which is not invoked by the right of those whom it is asked about.
    pub(super) fn request(&self, event: bytes::Bytes) -> Result<InvokeRequest, String> {
        let kind = InvocationType::RequestResponse;
        let request = self.invocation.request(&NOBODY, event, kind, "", None);
        let mut request = request.map_err(|refusal| refusal.to_string())?;
        request.trace_id = None;
        Ok(request)
    }

    /// What the function's answer means.
    ///
    /// # Errors
    /// If it is no verdict.
    pub(super) fn verdict(&self, reply: &InvokeReply) -> Result<Verdict, String> {
        Self::says(self.simple, reply)
    }

    /// The same of any authorizer, which gives simple responses or not.
    pub(super) fn says(simple: bool, reply: &InvokeReply) -> Result<Verdict, String> {
        if reply.function_error.is_some() {
            return Err("the function failed".to_owned());
        }
        if simple {
            let Simple { is_authorized, context } =
                object(&reply.payload).map_err(|why| format!("no simple response: {why}"))?;
            let context = context.unwrap_or_default();
            return Ok(Verdict { principal_id: None, context, rights: Rights::All(is_authorized) });
        }
        let ByPolicy { principal_id, policy_document, context } =
            object(&reply.payload).map_err(|why| format!("no policy: {why}"))?;
        let rules = policy::Policy::parse(policy_document.get())
            .and_then(|parsed| parsed.require(policy::Kind::Authorizer).map(|()| parsed))
            .map_err(|why| format!("no policy: {why}"))?;
        Ok(Verdict {
            principal_id: principal_id.map(Into::into),
            context: context.unwrap_or_default(),
            rights: Rights::Policy(rules),
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;

    fn authorizer(simple: bool) -> LambdaAuthorizer {
        let stored = json!({
            "Name": "a", "AuthorizerId": "a1", "AuthorizerPayloadFormatVersion": "2.0",
            "AuthorizerUri": "arn:aws:lambda:us-west-2:000000000000:function:f",
            "EnableSimpleResponses": simple,
        });
        let stored = serde_json::from_value(stored).unwrap();
        LambdaAuthorizer::compile(&stored, &StageFacts::default(), &StageVariables::default()).unwrap()
    }

    fn said(simple: bool, answer: &Value, failed: bool) -> Result<Verdict, String> {
        authorizer(simple).verdict(&InvokeReply {
            payload: Bytes::from(answer.to_string()),
            function_error: failed.then_some("Unhandled"),
            executed_version: "$LATEST".to_owned(),
            log_tail: None,
            request_id: String::new(),
        })
    }

    #[test]
    fn a_simple_response_is_yes_or_no() {
        for authorized in [true, false] {
            let verdict = said(true, &json!({"isAuthorized": authorized, "context": {"a": [1]}}), false);
            let Verdict { rights: Rights::All(all), context, .. } = verdict.unwrap() else {
                panic!("a policy")
            };
            assert_eq!((all, Value::Object(context)), (authorized, json!({"a": [1]})));
        }
        for answer in [
            json!({}),
            json!({"isAuthorized": "true"}),
            json!(true),
            json!(null),
            json!([true, null]),
            policy(),
        ] {
            assert!(said(true, &answer, false).is_err(), "{answer}");
        }
        assert!(said(true, &json!({"isAuthorized": true}), true).is_err());
    }

    fn policy() -> Value {
        json!({"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [
            {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}]}, "context": {"n": 1}})
    }

    #[test]
    fn a_policy_is_a_verdict_where_no_simple_response_is_asked_for() {
        let verdict = said(false, &policy(), false).unwrap();
        assert_eq!(verdict.principal_id.as_deref(), Some("me"));
        assert!(matches!(verdict.rights, Rights::Policy(_)));
        for answer in
            [json!({"isAuthorized": true}), json!({"policyDocument": {}}), json!({"principalId": "me"})]
        {
            assert!(said(false, &answer, false).is_err(), "{answer}");
        }
        let as_list = json!(["me", policy()["policyDocument"], null]);
        assert!(said(false, &as_list, false).is_err());
        assert!(said(false, &policy(), true).is_err());
    }
}
