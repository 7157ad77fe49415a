//! From the control plane to the gateway: runs one method, or one authorizer, of an API as it is
//! defined at this moment, for a caller who is not a client (`TestInvokeMethod`,
//! `TestInvokeAuthorizer`).

use std::time::Duration;

use api::apigateway::{Authorizer, VpcLink};
use base::{Scope, Timestamp};
use bytes::Bytes;
use documents::apigateway::{ClientCertificateDocument, SnapshotDocument};
use indexmap::IndexMap;

use crate::Pending;

/// Who tests, as `$context.identity` shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestCaller {
    /// The 12-digit account.
    pub account: String,
    /// The unique id of the user or the role's session; the account for its root.
    pub user_id: String,
    /// The caller's ARN.
    pub arn: String,
    /// The access key that signed.
    pub access_key_id: String,
    /// What the caller's client calls itself.
    pub user_agent: Option<String>,
}

/// The request that is tested with. Nothing of it came over the network.
#[derive(Clone, Debug)]
pub struct TestRequest {
    /// The account and region of the API.
    pub scope: Scope,
    /// Who tests.
    pub caller: TestCaller,
    /// `/pets/7?color=red`; without it the resource's own path is taken, variables and all.
    pub path_with_query_string: Option<String>,
    /// Names and values, in order; a name may come again.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// The stage's variables for this one request.
    pub stage_variables: IndexMap<String, String>,
    /// When the test was asked for.
    pub received: Timestamp,
}

/// A method to be tested.
#[derive(Clone, Debug)]
pub struct MethodTest {
    /// The request.
    pub request: TestRequest,
    /// The API as it is defined now. It need not be deployable as a whole.
    pub snapshot: SnapshotDocument,
    /// The method's resource, which is in the snapshot.
    pub resource_id: String,
    /// The method as it is defined, `GET` or `ANY`; the resource has it.
    pub method: String,
    /// The verb of the request.
    pub verb: String,
    /// What HTTP backends are shown.
    pub client_certificate: Option<ClientCertificateDocument>,
    /// The VPC links of the API's account and region.
    pub vpc_links: Vec<VpcLink>,
}

/// What came of a tested method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodTested {
    /// The status that a client would have got.
    pub status: u16,
    /// Its headers, in order; a name may come again.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Bytes,
    /// How long it took.
    pub latency: Duration,
    /// The execution log; every line ends with a line feed.
    pub log: String,
}

/// An authorizer to be tested.
#[derive(Clone, Debug)]
pub struct AuthorizerTest {
    /// The request.
    pub request: TestRequest,
    /// The API's id.
    pub api_id: String,
    /// The authorizer as it is defined now.
    pub authorizer: Authorizer,
    /// More values of `requestContext`.
    pub additional_context: IndexMap<String, String>,
}

/// What came of a tested authorizer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorizerTested {
    /// The status that a client would have got; 0 if the authorizer came to a result.
    pub client_status: u16,
    /// The execution log; every line ends with a line feed.
    pub log: String,
    /// How long it took.
    pub latency: Duration,
    /// Whom the authorizer named.
    pub principal_id: Option<String>,
    /// The policy that it returned, JSON.
    pub policy: Option<String>,
    /// The claims of the token, of authorizers of user pools.
    pub claims: Option<IndexMap<String, String>>,
}

/// Why nothing was tested.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TestInvokeError {
    /// The request is none that a client could send, or what is to be tested cannot be run here.
    #[error("{0}")]
    Request(String),
    /// As many tests as may run at a time are under way.
    #[error("too many tests run at this moment")]
    Busy,
    /// The test was cut short by a fault of the gateway's.
    #[error("the test was cut short")]
    CutShort,
}

/// Runs tests.
pub trait TestInvoke: Send + Sync {
    /// Runs a method: mapping, integration and answer are those of real traffic, but nobody is
    /// asked whether the caller may call it.
    fn method(&self, test: MethodTest) -> Pending<Result<MethodTested, TestInvokeError>>;

    /// Runs an authorizer.
    fn authorizer(&self, test: AuthorizerTest) -> Pending<Result<AuthorizerTested, TestInvokeError>>;
}
