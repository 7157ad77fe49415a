//! A control plane over stores in memory. A test runs operations in it by name, with JSON inputs
//! and answers, through validation and the registry ([`Frame::ok`], [`Frame::refused`]); or sends
//! requests through the whole pipeline ([`Frame::strict`], [`Frame::development`]).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::OperationTable;
use api::apigateway::ThrottleSettings;
use base::{Clock, Random, Scope, Secret, Timestamp};
use bytes::Bytes;
use documents::apigateway::{SnapshotDocument, StageDocument};
use http::{HeaderMap, HeaderName, HeaderValue};
use logs::{LogOptions, LogStore};
use ports::Pending;
use ports::aws_calls::{Answer, AwsCall, AwsCalls as _};
use ports::deployments::{DeploymentCheck, DeploymentFault};
use ports::functions::{
    Functions, InvokeError, InvokeReply, InvokeRequest, PackageFacts, PackageRefused, StreamReply,
};
use ports::test_invoke::{
    AuthorizerTest, AuthorizerTested, MethodTest, MethodTested, TestInvoke, TestInvokeError,
};
use serde_json::{Value, json};
use sigv4::{Credentials, Payload};
use store::{BlobId, Document, Key, Location, Made, Store, StoreFault, StoreOptions, Transaction};
use tokio::runtime::Runtime;

use crate::{
    Authentication, CallContext, Caller, ControlPlane, Failure, Identity, Outcome, Plane, Registry,
    RootCredentials, WriteGate,
};

/// The account of all tests, and another one.
pub(crate) const ACCOUNT: &str = "000000000000";
pub(crate) const OTHER_ACCOUNT: &str = "111111111111";

pub(crate) const REGION: &str = "us-east-1";

/// When all tests begin: 2026-11-23T08:04:43.120Z.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_795_421_083_120);

/// [`START`] as answers show it: cut to seconds.
pub(crate) const STARTED: i64 = 1_795_421_083_000;

/// A role that Lambda and API Gateway may assume.
pub(crate) const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["lambda.amazonaws.com","apigateway.amazonaws.com"]}}]}"#;

/// A package that [`FakeFunctions`] takes.
pub(crate) const ZIP: &[u8] = b"PK one";

#[derive(Clone)]
pub(crate) struct Frame {
    runtime: Arc<Runtime>,
    registry: Arc<Registry>,
    pub(crate) plane: Plane,
    pub(crate) context: CallContext,
    pub(crate) functions: Arc<FakeFunctions>,
    pub(crate) check: Arc<FakeCheck>,
}

/// Takes whatever begins as a zip file does; answers what it was told to.
#[derive(Default)]
pub(crate) struct FakeFunctions {
    pub(crate) invoked: Mutex<Vec<InvokeRequest>>,
    pub(crate) replies: Mutex<VecDeque<Result<InvokeReply, InvokeError>>>,
    pub(crate) panics: AtomicBool,
}

impl Functions for FakeFunctions {
    fn check_package(&self, zip: &[u8]) -> Result<PackageFacts, PackageRefused> {
        assert!(!self.panics.load(Ordering::Relaxed), "the functions broke");
        if !zip.starts_with(b"PK") {
            return Err(PackageRefused("not a package".into()));
        }
        Ok(PackageFacts { sha256: BlobId::of(zip).to_string(), size: zip.len() as u64 })
    }

    fn invoke(&self, request: InvokeRequest) -> Pending<Result<InvokeReply, InvokeError>> {
        assert!(!self.panics.load(Ordering::Relaxed), "the functions broke");
        let none = InvokeError::NotFound { arn: request.function.name.clone() };
        self.invoked.lock().unwrap().push(request);
        let reply = self.replies.lock().unwrap().pop_front().unwrap_or(Err(none));
        Box::pin(async move { reply })
    }

    fn invoke_streaming(&self, request: InvokeRequest) -> Pending<Result<StreamReply, InvokeError>> {
        let whole = self.invoke(request);
        Box::pin(async move { whole.await.map(StreamReply::of_whole) })
    }
}

/// Takes every snapshot, or fails as no check should.
/// No gateway: every test is turned away.
struct NoTests;

impl TestInvoke for NoTests {
    fn method(&self, _: MethodTest) -> Pending<Result<MethodTested, TestInvokeError>> {
        Box::pin(async { Err(TestInvokeError::Busy) })
    }

    fn authorizer(&self, _: AuthorizerTest) -> Pending<Result<AuthorizerTested, TestInvokeError>> {
        Box::pin(async { Err(TestInvokeError::Busy) })
    }
}

#[derive(Default)]
pub(crate) struct FakeCheck {
    pub(crate) panics: AtomicBool,
}

impl DeploymentCheck for FakeCheck {
    fn faults(&self, _: &SnapshotDocument) -> Vec<DeploymentFault> {
        assert!(!self.panics.load(Ordering::Relaxed), "the check broke");
        Vec::new()
    }

    fn compile(
        &self,
        _: &mut Transaction<'_>,
        _: &Scope,
        _: &Key,
        _: &StageDocument,
        _: &SnapshotDocument,
    ) -> Result<Option<Made>, StoreFault> {
        assert!(!self.panics.load(Ordering::Relaxed), "the check broke");
        Ok(None)
    }
}

impl Frame {
    pub(crate) fn new() -> Self {
        let clock = Clock::standing_at(START);
        let functions = Arc::new(FakeFunctions::default());
        let check = Arc::new(FakeCheck::default());
        let logs = LogOptions { location: logs::Location::Memory, clock: clock.clone() };
        let options = StoreOptions { location: Location::Memory, clock: clock.clone() };
        let plane = Plane {
            store: Store::open(options).unwrap(),
            logs: LogStore::open(logs).unwrap(),
            functions: functions.clone(),
            deployments: check.clone(),
            tests: Arc::new(NoTests),
            account_throttle: ThrottleSettings { burst_limit: Some(5000), rate_limit: Some(10_000.0) },
            clock,
            random: Random::seeded(1),
            writes: WriteGate::default(),
        };
        let context =
            CallContext::new(Scope::new(ACCOUNT, REGION), Caller::root(ACCOUNT, "test"), "r", START);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { runtime: runtime.into(), registry: crate::registry().into(), plane, context, functions, check }
    }

    /// The same stores, seen by the root of another account, or from another region.
    pub(crate) fn in_scope(&self, account: &str, region: &str) -> Self {
        let mut other = self.clone();
        other.context.scope = Scope::new(account, region);
        other.context.caller = Caller::root(account, "test");
        other
    }

    /// The same stores, seen by a user or a session.
    pub(crate) fn called_by(&self, identity: Identity) -> Self {
        let mut other = self.clone();
        other.context.caller.identity = identity;
        other
    }

    /// Lets time pass between two calls.
    pub(crate) fn after(&mut self, pause: Duration) {
        self.plane.clock.advance(pause);
        self.context.now = self.plane.clock.now();
    }

    /// Runs something in a writing transaction, as another service would.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Transaction<'_>) -> Outcome<T> + Send + 'static,
    ) -> T {
        self.plane.store.blocking_write(work).unwrap().0
    }

    /// Stores a document as another service would.
    pub(crate) fn put<D: Document + Clone + Send + 'static>(&self, scope: Scope, key: Key, document: D) {
        self.write(move |tx| Ok(tx.put(&scope, &key, &document)?));
    }

    /// Whether the store holds a blob.
    pub(crate) fn has_blob(&self, bytes: &[u8]) -> bool {
        let id = BlobId::of(bytes);
        self.plane.store.blocking_read(move |tx| Outcome::Ok(tx.get_blob(&id)?.is_some())).unwrap()
    }

    /// What background work runs on, while something is waited for.
    pub(crate) fn runtime(&self) -> tokio::runtime::Handle {
        self.runtime.handle().clone()
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Runs `operation`, `iam:GetRole`.
    pub(crate) fn run(&self, operation: &str, input: Value) -> Outcome<Value> {
        let table = table(operation);
        wire::validate(table, &input)?;
        let handler = self.registry.handler(table).unwrap_or_else(|| panic!("{operation} is not built"));
        self.block_on(crate::pipeline::run(handler.clone(), self.plane.clone(), self.context.clone(), input))
    }

    /// The answer of an operation that succeeds.
    #[track_caller]
    pub(crate) fn ok(&self, operation: &str, input: Value) -> Value {
        let shown = input.to_string();
        self.run(operation, input).unwrap_or_else(|why| panic!("{operation} {shown} was refused: {why:?}"))
    }

    /// The refusal of one that does not, as `404 NoSuchEntity "text"`.
    #[track_caller]
    pub(crate) fn refused(&self, operation: &str, input: Value) -> String {
        let shown = input.to_string();
        match self.run(operation, input) {
            Ok(output) => panic!("{operation} {shown} was answered: {output}"),
            Err(Failure::Store(fault)) => panic!("{operation} {shown}: {fault}"),
            Err(Failure::Service(error)) => {
                let service = Some(table(operation).service);
                let text = error.message().unwrap_or_default();
                format!("{} {} \"{text}\"", error.status(service), error.code(service))
            }
        }
    }

    /// A new role; its ARN.
    pub(crate) fn role(&self, name: &str) -> String {
        self.role_with(name, TRUST)
    }

    /// A new role with a trust policy; its ARN.
    pub(crate) fn role_with(&self, name: &str, trust: &str) -> String {
        let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust});
        text(&self.ok("iam:CreateRole", input)["Role"], "Arn")
    }

    /// A new function; its ARN.
    pub(crate) fn function(&self, name: &str) -> String {
        if self.run("iam:GetRole", json!({"RoleName": "worker"})).is_err() {
            self.role("worker");
        }
        text(&self.ok("lambda:CreateFunction", function_input(name)), "FunctionArn")
    }

    /// A new user with an access key.
    pub(crate) fn user(&self, name: &str) -> Signer {
        self.ok("iam:CreateUser", json!({"UserName": name}));
        let key = &self.ok("iam:CreateAccessKey", json!({"UserName": name}))["AccessKey"];
        Signer::new(&text(key, "AccessKeyId"), &text(key, "SecretAccessKey"))
    }

    /// Gives a user an inline policy of these statements.
    pub(crate) fn allow(&self, user: &str, statements: Value) {
        let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let input = json!({"UserName": user, "PolicyName": "p", "PolicyDocument": document});
        self.ok("iam:PutUserPolicy", input);
    }

    /// A session of a role that trusts the account.
    pub(crate) fn session(&self, role_arn: &str, name: &str) -> Signer {
        let session = self.ok("sts:AssumeRole", json!({"RoleArn": role_arn, "RoleSessionName": name}));
        let given = &session["Credentials"];
        let mut signer = Signer::new(&text(given, "AccessKeyId"), &text(given, "SecretAccessKey"));
        signer.token = Some(text(given, "SessionToken"));
        signer
    }

    /// The pipeline in development mode.
    pub(crate) fn development(&self) -> Wire {
        self.wire(Authentication::development())
    }

    /// The pipeline in strict mode, with [`Signer::root`]'s key.
    pub(crate) fn strict(&self) -> Wire {
        let root = Signer::root();
        self.wire(Authentication::strict(Some(RootCredentials {
            account: ACCOUNT.into(),
            access_key_id: root.key,
            secret_access_key: Secret::new(root.secret),
        })))
    }

    pub(crate) fn wire(&self, authentication: Authentication) -> Wire {
        let control = ControlPlane::new(self.plane.clone(), authentication, self.runtime.handle().clone());
        Wire { control, frame: self.clone() }
    }

    /// The pipeline in development mode with other operations than are built.
    pub(crate) fn wire_of(&self, registry: Registry) -> Wire {
        let (plane, runtime) = (self.plane.clone(), self.runtime.handle().clone());
        let control = ControlPlane::with_registry(registry, plane, Authentication::development(), runtime);
        Wire { control, frame: self.clone() }
    }
}

/// The input of `CreateFunction`, for the role `worker`.
pub(crate) fn function_input(name: &str) -> Value {
    json!({
        "FunctionName": name,
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Role": format!("arn:aws:iam::{ACCOUNT}:role/worker"),
        "Code": {"ZipFile": blob(ZIP)},
    })
}

/// Bytes as a canonical value.
pub(crate) fn blob(bytes: &[u8]) -> Value {
    api::Blob::from(Bytes::copy_from_slice(bytes)).to_base64().into()
}

/// The operation `service:Operation`.
pub(crate) fn table(operation: &str) -> &'static OperationTable {
    let (service, name) = operation.split_once(':').unwrap();
    let service = api::SERVICES.iter().find(|table| table.name == service).unwrap();
    service.operation(name).unwrap_or_else(|| panic!("{operation}"))
}

/// The text `member` of an answer.
#[track_caller]
pub(crate) fn text(answer: &Value, member: &str) -> String {
    answer[member].as_str().unwrap_or_else(|| panic!("{member} of {answer}")).to_owned()
}

/// `input` with the members of `more`.
pub(crate) fn with(mut input: Value, more: Value) -> Value {
    let (Some(members), Value::Object(more)) = (input.as_object_mut(), more) else {
        panic!("not objects");
    };
    members.extend(more);
    input
}

/// A key to sign with.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    pub(crate) key: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

impl Signer {
    pub(crate) fn new(key: &str, secret: &str) -> Self {
        Self { key: key.into(), secret: secret.into(), token: None }
    }

    /// The root that the operator has configured.
    pub(crate) fn root() -> Self {
        Self::new("AKIAROOTROOTROOTROOT", "root-secret")
    }
}

/// A request on its way.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl Sent {
    pub(crate) fn new(method: &'static str, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), headers: Vec::new(), body: Bytes::new() }
    }

    pub(crate) fn with(mut self, header: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((header, value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// A call of IAM or STS.
    pub(crate) fn form(form: impl Into<Bytes>) -> Self {
        Self::new("POST", "/").with("content-type", "application/x-www-form-urlencoded").body(form)
    }

    /// A call of CloudWatch Logs.
    pub(crate) fn logs(operation: &str, input: &Value) -> Self {
        Self::new("POST", "/")
            .with("content-type", "application/x-amz-json-1.1")
            .with("x-amz-target", format!("Logs_20140328.{operation}"))
            .body(input.to_string())
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.body))
    }

    /// Status, code and text of a refusal in any protocol, as `403 AccessDenied "text"`.
    #[track_caller]
    pub(crate) fn refusal(&self) -> String {
        let (code, message) = if self.body.starts_with('<') {
            let element = |name: &str| {
                let (_, rest) = self.body.split_once(&format!("<{name}>")).unwrap();
                rest.split_once("</").unwrap().0.to_owned()
            };
            (element("Code"), element("Message"))
        } else {
            let body = self.json();
            let text = |name: &str| body[name].as_str().map(str::to_owned);
            let code = text("__type").unwrap_or_else(|| self.header("x-amzn-errortype").to_owned());
            (code, text("message").or_else(|| text("Message")).unwrap_or_default())
        };
        format!("{} {code} \"{message}\"", self.status)
    }
}

/// The whole pipeline.
pub(crate) struct Wire {
    control: ControlPlane,
    frame: Frame,
}

impl Wire {
    /// Sends `sent` unsigned.
    pub(crate) fn unsigned(&self, sent: &Sent) -> Reply {
        self.send(sent, HeaderMap::new())
    }

    /// Sends `sent` signed for `service` in [`REGION`].
    pub(crate) fn signed(&self, signer: &Signer, service: &str, sent: &Sent) -> Reply {
        self.signed_in(signer, service, REGION, sent)
    }

    /// Sends `sent` signed for `service` in `region`.
    pub(crate) fn signed_in(&self, signer: &Signer, service: &str, region: &str, sent: &Sent) -> Reply {
        self.send(sent, self.signature(signer, service, region, sent))
    }

    /// Sends `sent` signed in its query, valid for a minute.
    pub(crate) fn presigned(&self, signer: &Signer, service: &str, sent: &Sent) -> Reply {
        let (head, _) = http_request(sent, HeaderMap::new()).into_parts();
        let to_sign = sigv4::Request::new(&head.method, &head.uri, &head.headers);
        let credentials = Credentials::new(&*signer.key, &*signer.secret);
        let now = self.frame.plane.clock.now();
        let payload = Payload::Bytes(&sent.body);
        let minute = Duration::from_secs(60);
        let query = sigv4::presign(&to_sign, payload, &credentials, REGION, service, now, minute).unwrap();
        self.unsigned(&Sent { target: format!("{}?{query}", head.uri.path()), ..sent.clone() })
    }

    /// The headers that sign `sent` now.
    pub(crate) fn signature(&self, signer: &Signer, service: &str, region: &str, sent: &Sent) -> HeaderMap {
        let request = http_request(sent, HeaderMap::new());
        let mut credentials = Credentials::new(&*signer.key, &*signer.secret);
        if let Some(token) = &signer.token {
            credentials = credentials.with_session_token(&**token);
        }
        let (head, _) = request.into_parts();
        let to_sign = sigv4::Request::new(&head.method, &head.uri, &head.headers);
        let now = self.frame.plane.clock.now();
        let added =
            sigv4::sign(&to_sign, Payload::Bytes(&sent.body), &credentials, region, service, now).unwrap();
        added.into_iter().collect()
    }

    /// Sends `sent` with more headers.
    pub(crate) fn send(&self, sent: &Sent, more: HeaderMap) -> Reply {
        let (head, body) = http_request(sent, more).into_parts();
        let call = AwsCall { head, body, peer: "192.0.2.1:1234".parse().unwrap() };
        let response = self.frame.block_on(self.control.answer(call));
        let (head, body) = response.into_parts();
        Reply {
            status: head.status.as_u16(),
            headers: head.headers,
            body: match body {
                Answer::Whole(body) => String::from_utf8(body.to_vec()).unwrap(),
                Answer::Stream(_) => panic!("the answer is a stream"),
            },
        }
    }
}

fn http_request(sent: &Sent, more: HeaderMap) -> http::Request<Bytes> {
    let mut request = http::Request::builder().method(sent.method).uri(&*sent.target);
    let headers = request.headers_mut().unwrap();
    headers.insert("host", HeaderValue::from_static("127.0.0.1:4566"));
    for (name, value) in &sent.headers {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    headers.extend(more);
    request.body(sent.body.clone()).unwrap()
}
