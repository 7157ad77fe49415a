//! A control plane of one caller over a store in memory, in which a test runs operations. Inputs
//! and answers are JSON, so that a test reads like the recordings it is made from.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::apigateway::ThrottleSettings;
use base::{Clock, Random, Scope, Timestamp};
use documents::apigateway::{SnapshotDocument, StageDocument};
use logs::{LogOptions, LogStore};
use ports::Pending;
use ports::deployments::{DeploymentCheck, DeploymentFault};
use ports::functions::{
    Functions, InvokeError, InvokeReply, InvokeRequest, PackageFacts, PackageRefused, StreamReply,
};
use ports::test_invoke::{
    AuthorizerTest, AuthorizerTested, MethodTest, MethodTested, TestInvoke, TestInvokeError,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::{Document, Key, Location, Made, Store, StoreFault, StoreOptions, Transaction};

use super::restapis;
use crate::{Call, CallContext, Caller, Failure, Outcome, Plane, WriteGate};

/// The account of all tests.
pub(in super::super) const ACCOUNT: &str = "000000000000";

/// When all tests begin: 2026-11-23T08:04:43.120Z.
const START: Timestamp = Timestamp::from_millis(1_795_421_083_120);

/// [`START`] as answers show it: cut to seconds.
pub(in super::super) const STARTED: i64 = 1_795_421_083_000;

/// An operation.
type Run<I, O> = fn(&mut Call<'_, '_>, &I) -> Outcome<O>;

pub(in super::super) struct Frame {
    plane: Plane,
    context: CallContext,
    check: Arc<Check>,
}

#[derive(Default)]
struct Check {
    faults: Mutex<Vec<DeploymentFault>>,
    checked: AtomicUsize,
    compiled: AtomicUsize,
    seen: Mutex<Option<SnapshotDocument>>,
}

impl DeploymentCheck for Check {
    fn faults(&self, snapshot: &SnapshotDocument) -> Vec<DeploymentFault> {
        *self.seen.lock().unwrap() = Some(snapshot.clone());
        self.checked.fetch_add(1, Ordering::Relaxed);
        self.faults.lock().unwrap().clone()
    }

    fn compile(
        &self,
        _: &mut Transaction<'_>,
        _: &Scope,
        _: &Key,
        _: &StageDocument,
        snapshot: &SnapshotDocument,
    ) -> Result<Option<Made>, StoreFault> {
        *self.seen.lock().unwrap() = Some(snapshot.clone());
        self.compiled.fetch_add(1, Ordering::Relaxed);
        Ok(self.faults.lock().unwrap().is_empty().then(|| Box::new(()) as Made))
    }
}

struct NoFunctions;

impl Functions for NoFunctions {
    fn check_package(&self, _: &[u8]) -> Result<PackageFacts, PackageRefused> {
        panic!("API Gateway's operations read no packages")
    }

    fn invoke(&self, _: InvokeRequest) -> Pending<Result<InvokeReply, InvokeError>> {
        panic!("API Gateway's operations invoke no functions")
    }

    fn invoke_streaming(&self, _: InvokeRequest) -> Pending<Result<StreamReply, InvokeError>> {
        panic!("API Gateway's operations invoke no functions")
    }
}

struct NoTests;

impl TestInvoke for NoTests {
    fn method(&self, _: MethodTest) -> Pending<Result<MethodTested, TestInvokeError>> {
        panic!("operations in a transaction run no tests")
    }

    fn authorizer(&self, _: AuthorizerTest) -> Pending<Result<AuthorizerTested, TestInvokeError>> {
        panic!("operations in a transaction run no tests")
    }
}

impl Frame {
    pub(in super::super) fn new() -> Self {
        let clock = Clock::standing_at(START);
        let check = Arc::new(Check::default());
        let logs = LogOptions { location: logs::Location::Memory, clock: clock.clone() };
        let options = StoreOptions { location: Location::Memory, clock: clock.clone() };
        let plane = Plane {
            store: Store::open(options).unwrap(),
            logs: LogStore::open(logs).unwrap(),
            functions: Arc::new(NoFunctions),
            deployments: check.clone(),
            tests: Arc::new(NoTests),
            account_throttle: ThrottleSettings { burst_limit: Some(5000), rate_limit: Some(10_000.0) },
            clock,
            random: Random::seeded(1),
            writes: WriteGate::default(),
        };
        let caller = Caller::root(ACCOUNT, "test");
        let context = CallContext::new(Scope::new(ACCOUNT, "us-east-1"), caller, "r", START);
        Self { plane, context, check }
    }

    /// The same store, seen by a caller of another account or region.
    pub(in super::super) fn in_scope(&self, account: &str, region: &str) -> Self {
        let mut context = self.context.clone();
        context.scope = Scope::new(account, region);
        context.caller.account = account.into();
        Self { plane: self.plane.clone(), context, check: self.check.clone() }
    }

    /// Lets time pass between two calls.
    pub(in super::super) fn after(&mut self, pause: Duration) {
        self.plane.clock.advance(pause);
        self.context.now = self.plane.clock.now();
    }

    /// What the gateway will find wrong with snapshots from now on.
    pub(in super::super) fn snapshots_have(&self, faults: Vec<DeploymentFault>) {
        *self.check.faults.lock().unwrap() = faults;
    }

    /// How often the gateway was asked what is wrong with a snapshot.
    pub(in super::super) fn snapshots_checked(&self) -> usize {
        self.check.checked.load(Ordering::Relaxed)
    }

    /// How often it was asked for a stage.
    pub(in super::super) fn stages_compiled(&self) -> usize {
        self.check.compiled.load(Ordering::Relaxed)
    }

    /// The snapshot that it was asked about last.
    pub(in super::super) fn last_snapshot(&self) -> SnapshotDocument {
        self.check.seen.lock().unwrap().clone().unwrap()
    }

    /// Stores a document as another service would.
    pub(in super::super) fn put<D: Document + Clone + Send + 'static>(
        &self,
        scope: Scope,
        key: Key,
        document: D,
    ) {
        let put =
            self.plane.store.blocking_write(move |tx| tx.put(&scope, &key, &document).map_err(Failure::from));
        put.map_err(|why| format!("{why:?}")).unwrap();
    }

    /// Runs something in a writing transaction, as the data plane would.
    pub(in super::super) fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Transaction<'_>) -> Outcome<T> + Send + 'static,
    ) -> T {
        self.plane.store.blocking_write(work).map_err(|why| format!("{why:?}")).unwrap().0
    }

    /// Removes what has expired.
    pub(in super::super) fn keep_retention(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(crate::keep_retention(&self.plane));
    }

    /// The document at `key`.
    pub(in super::super) fn document<D: Document + Send + 'static>(&self, key: Key) -> Option<D> {
        let scope = self.context.scope.clone();
        let got = self.plane.store.blocking_read(move |tx| tx.get(&scope, &key).map_err(Failure::from));
        got.map_err(|why| format!("{why:?}")).unwrap()
    }

    fn run<I, O>(&self, run: Run<I, O>, input: Value) -> Outcome<Value>
    where
        I: DeserializeOwned + Send + 'static,
        O: Serialize + 'static,
    {
        let input: I = serde_json::from_value(input).unwrap();
        let (plane, context) = (self.plane.clone(), self.context.clone());
        self.plane
            .store
            .blocking_write(move |tx| {
                let output = run(&mut Call { plane: &plane, context: &context, tx }, &input)?;
                Ok(serde_json::to_value(&output).unwrap())
            })
            .map(|(output, _)| output)
    }

    /// The answer of an operation that succeeds.
    pub(in super::super) fn ok<I, O>(&self, run: Run<I, O>, input: Value) -> Value
    where
        I: DeserializeOwned + Send + 'static,
        O: Serialize + 'static,
    {
        let shown = input.to_string();
        self.run(run, input).unwrap_or_else(|why| panic!("{shown} was refused: {why:?}"))
    }

    /// The refusal of one that does not, as `404 NotFoundException "text"`.
    pub(in super::super) fn refused<I, O>(&self, run: Run<I, O>, input: Value) -> String
    where
        I: DeserializeOwned + Send + 'static,
        O: Serialize + 'static,
    {
        let shown = input.to_string();
        match self.run(run, input) {
            Ok(output) => panic!("{shown} was answered: {output}"),
            Err(Failure::Store(fault)) => panic!("{shown}: {fault}"),
            Err(Failure::Service(error)) => {
                let service = Some(&api::apigateway::SERVICE);
                let text = error.message().unwrap_or_default();
                format!("{} {} \"{text}\"", error.status(service), error.code(service))
            }
        }
    }

    /// A new API; its id and its root resource's.
    pub(in super::super) fn rest_api(&self) -> (String, String) {
        let api = self.ok(restapis::create_rest_api, json!({"name": "api"}));
        (text(&api, "id"), text(&api, "rootResourceId"))
    }

    /// A new resource; its id.
    pub(in super::super) fn resource(&self, api: &str, parent: &str, part: &str) -> String {
        let input = json!({"restApiId": api, "parentId": parent, "pathPart": part});
        text(&self.ok(restapis::resources::create_resource, input), "id")
    }

    /// A new method without authorization.
    pub(in super::super) fn method(&self, api: &str, resource: &str, method: &str) {
        let input = json!({
            "restApiId": api, "resourceId": resource, "httpMethod": method, "authorizationType": "NONE",
        });
        self.ok(restapis::methods::put_method, input);
    }

    /// A MOCK integration of a method.
    pub(in super::super) fn mock(&self, api: &str, resource: &str, method: &str) {
        let input = json!({"restApiId": api, "resourceId": resource, "httpMethod": method, "type": "MOCK"});
        self.ok(restapis::integrations::put_integration, input);
    }

    /// A new API that can be deployed: `GET /` with a MOCK integration. Its id and its root's.
    pub(in super::super) fn deployable(&self) -> (String, String) {
        let (api, root) = self.rest_api();
        self.method(&api, &root, "GET");
        self.mock(&api, &root, "GET");
        (api, root)
    }

    /// A new deployment; its id.
    pub(in super::super) fn deployment(&self, api: &str) -> String {
        text(&self.ok(restapis::deployments::create_deployment, json!({"restApiId": api})), "id")
    }
}

/// The text `member` of an answer.
pub(in super::super) fn text(answer: &Value, member: &str) -> String {
    answer[member].as_str().unwrap_or_else(|| panic!("{member} of {answer}")).to_owned()
}

/// `refused` as a 400.
pub(in super::super) fn bad_request(text: &str) -> String {
    format!("400 BadRequestException \"{text}\"")
}

/// `refused` as a 404.
pub(in super::super) fn not_found(text: &str) -> String {
    format!("404 NotFoundException \"{text}\"")
}

/// `refused` as a 409.
pub(in super::super) fn conflict(text: &str) -> String {
    format!("409 ConflictException \"{text}\"")
}

/// A patch of one operation.
pub(in super::super) fn patch(op: &str, path: &str, value: Option<&str>) -> Value {
    match value {
        Some(value) => json!([{"op": op, "path": path, "value": value}]),
        None => json!([{"op": op, "path": path}]),
    }
}

/// `input` with the members of `more`.
pub(in super::super) fn with(mut input: Value, more: Value) -> Value {
    let (Some(members), Value::Object(more)) = (input.as_object_mut(), more) else {
        panic!("not objects");
    };
    members.extend(more);
    input
}
