//! Who calls: what the checks in front of a method have found out about a request's sender.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base::Secret;
use http::StatusCode;
use ports::functions::Signer;
use ports::test_invoke::TestCaller;
use serde_json::{Map, Value};

use crate::integration::aws::Credentials;

use super::{Refusal, TEST_API_KEY, TEST_API_KEY_ID};

/// Who calls, as far as it has been found out. Cloning it is cheap.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The API key that was presented, once it is known to be one.
    pub api_key: Option<Arc<PresentedKey>>,
    /// Who signed the request, once the signature is known to be right.
    pub identity: Option<Arc<IamIdentity>>,
    /// The same, with its rights: those who invoke functions by them need to know.
    pub signer: Option<Arc<Signer>>,
    /// What it was signed with: those who call services by its signer's right need to know.
    pub credentials: Option<Arc<Credentials>>,
    /// What an authorizer has said of the sender.
    pub authorizer: Option<Arc<Authorized>>,
    /// How asking a Lambda authorizer went, if it was asked for this request.
    pub authorizer_call: Option<AuthorizerCall>,
    /// How verifying its signature went, if it had to be signed.
    pub authenticate: Option<Check>,
    /// How asking policies went, if there were any to ask: those of its signer, of its authorizer and of
    /// the API.
    pub authorize: Option<Check>,
    /// Whether its policies allow `execute-api:InvalidateCache` of this method.
    pub may_invalidate_cache: bool,
}

/// Nothing is known of the sender.
pub static NOBODY: Caller = Caller {
    api_key: None,
    identity: None,
    signer: None,
    credentials: None,
    authorizer: None,
    authorizer_call: None,
    authenticate: None,
    authorize: None,
    may_invalidate_cache: false,
};

/// An API key: `$context.identity.apiKey` and `$context.identity.apiKeyId`.
#[derive(Clone, PartialEq, Eq)]
pub struct PresentedKey {
    /// Its id.
    pub id: Box<str>,
    /// Its value, which is a secret.
    pub value: Box<str>,
}

/// Who signed a request, as `$context.identity` tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IamIdentity {
    /// `accountId`
    pub account_id: Box<str>,
    /// `accessKey`
    pub access_key_id: Box<str>,
    /// `caller` and `user`: the unique id of a user, or `AROA…:session`.
    pub user_id: Box<str>,
    /// `userArn`
    pub user_arn: Box<str>,
}

/// What an authorizer has said of a request's sender: `$context.authorizer`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Authorized {
    /// `principalId`; Cognito's authorizers give none.
    pub principal_id: Option<Box<str>>,
    /// What else it says: texts, numbers and truth values of a Lambda authorizer, or the object
    /// `claims`.
    pub context: Map<String, Value>,
    /// If it was a token that said it: those of its scopes that let the sender in, if any were asked for.
    pub jwt: Option<Option<Box<[Box<str>]>>>,
    /// `integrationLatency` of functions' events: how long a Lambda authorizer took; 0 if what it
    /// had said before still held.
    pub latency_millis: Option<u64>,
    /// The value of the sender's API key, where the API takes keys from its authorizers.
    pub usage_identifier_key: Option<Secret>,
}

/// How asking a Lambda authorizer went, for access logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizerCall {
    /// What its function knows the invocation by, if it was invoked.
    pub request_id: Option<Box<str>>,
    /// How long it took.
    pub latency_millis: u64,
    /// 200 if there was a verdict, 401 if the sender was unknown, else 500.
    pub status: u16,
}

/// How one of the checks in front of a method went, for access logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// How long it took.
    pub latency_millis: u64,
    /// 200 if it let the request through, else the status that the client gets.
    pub status: u16,
}

impl Check {
    /// One that took so long and let the request through, unless there is a `refusal`.
    #[must_use]
    pub fn new(latency: Duration, refusal: Option<&Refusal>) -> Self {
        let status = refusal.map_or(StatusCode::OK, |refusal| refusal.response().status);
        let latency_millis = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        Self { latency_millis, status: status.as_u16() }
    }
}

impl Authorized {
    /// Appends `$context.authorizer.{name}` to `out`; answers whether there is such a thing.
    /// Claims are `claims.sub`; all of them together are nothing (API Gateway developer guide, "Customize
    /// HTTP API access logs", and of REST APIs the same).
    pub fn write(&self, name: &str, out: &mut String) -> bool {
        let found = self.context.get(name).or_else(|| {
            let (object, member) = name.split_once('.')?;
            self.context.get(object)?.get(member)
        });
        match found {
            None | Some(Value::Null) => return false,
            Some(Value::Object(_)) if name == "claims" => return false,
            Some(Value::String(text)) => out.push_str(text),
            Some(other) => out.push_str(&other.to_string()),
        }
        true
    }
}

impl Caller {
    /// The one who tests a method. A test is taken to have a key (recorded from AWS).
    #[must_use]
    pub fn tester(tester: &TestCaller) -> Self {
        Self {
            api_key: Some(Arc::new(PresentedKey { id: TEST_API_KEY_ID.into(), value: TEST_API_KEY.into() })),
            identity: Some(Arc::new(IamIdentity {
                account_id: tester.account.as_str().into(),
                access_key_id: tester.access_key_id.as_str().into(),
                user_id: tester.user_id.as_str().into(),
                user_arn: tester.arn.as_str().into(),
            })),
            signer: None,
            credentials: None,
            authorizer: None,
            authorizer_call: None,
            authenticate: None,
            authorize: None,
            may_invalidate_cache: false,
        }
    }
}

impl fmt::Debug for PresentedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresentedKey").field("id", &self.id).finish_non_exhaustive()
    }
}
