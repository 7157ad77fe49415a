//! A data plane in one process: no store, no sockets, one request at a time.

use gateway::message::Headers;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use api::apigateway::VpcLink;
use base::{Random, Scope, Timestamp};
use bytes::Bytes;
use documents::apigateway::{SnapshotDocument, StageDocument};
use gateway::Worker;
use gateway::access::iam::Signatures;
use gateway::access::vpc_endpoints::VpcEndpoints;
use gateway::cache::{CacheSpec, ResponseCache};
use gateway::exchange::{Body, Ends, HeaderNames, Incoming};
use gateway::front_door::{Apis, FrontDoor, Served};
use gateway::integration::backends::Backends;
use gateway::rest::{Remark, Surroundings, compile_stage};
use gateway::trail::Trail;
use http::StatusCode;
use http_body_util::BodyExt as _;
use ports::Pending;
use ports::aws_calls::{self, AwsCall, AwsCalls};
use ports::functions::{
    Functions, InvokeError, InvokeReply, InvokeRequest, PackageFacts, PackageRefused, StreamReply,
};
use ports::identities::{Identified, Identities};
use ports::log_sink::{LogLines, LogSink};
use serde_json::{Value, json};
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

pub(crate) const HOST: &str = "abc123.execute-api.us-west-2.localhost:4566";
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_721_241_291_500);

/// What a fake function does; `None` never answers.
pub(crate) type Function =
    Box<dyn Fn(&InvokeRequest) -> Option<Result<InvokeReply, InvokeError>> + Send + Sync>;

pub(crate) struct FakeFunctions {
    function: Mutex<Function>,
    pub(crate) invoked: Mutex<Vec<InvokeRequest>>,
}

impl Functions for FakeFunctions {
    fn check_package(&self, _: &[u8]) -> Result<PackageFacts, PackageRefused> {
        Err(PackageRefused("the gateway checks no packages".to_owned()))
    }

    fn invoke(&self, request: InvokeRequest) -> Pending<Result<InvokeReply, InvokeError>> {
        let answer = (self.function.lock().unwrap())(&request);
        self.invoked.lock().unwrap().push(request);
        Box::pin(async move {
            match answer {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        })
    }

    fn invoke_streaming(&self, request: InvokeRequest) -> Pending<Result<StreamReply, InvokeError>> {
        let whole = self.invoke(request);
        Box::pin(async move { whole.await.map(StreamReply::of_whole) })
    }
}

/// A line that was logged.
pub(crate) struct KeptLine {
    pub(crate) timestamp: Timestamp,
    pub(crate) message: String,
}

/// Every line that was logged, with its log group and stream.
#[derive(Default)]
pub(crate) struct KeptLogs(pub(crate) Mutex<Vec<(Scope, String, String, KeptLine)>>);

impl LogSink for KeptLogs {
    fn append(&self, scope: &Scope, group: &str, stream: &str, lines: LogLines) {
        self.0.lock().unwrap().extend(lines.iter().map(|line| {
            let kept = KeptLine { timestamp: line.timestamp, message: line.message.to_owned() };
            (scope.clone(), group.to_owned(), stream.to_owned(), kept)
        }));
    }
}

/// Answers each AWS call with its method, target and body.
struct EchoedCalls;

impl AwsCalls for EchoedCalls {
    fn answer(&self, call: AwsCall) -> Pending<http::Response<aws_calls::Answer>> {
        let text =
            format!("AWS {} {} {}", call.head.method, call.head.uri, String::from_utf8_lossy(&call.body));
        Box::pin(async move { http::Response::new(aws_calls::Answer::Whole(text.into())) })
    }
}

/// Whose keys are known.
pub(crate) struct Known(Vec<Identified>);

impl Identities for Known {
    fn of_key(&self, access_key_id: &str) -> Option<Identified> {
        self.0.iter().find(|known| known.holder.caller.access_key_id == access_key_id).cloned()
    }
}

/// Nobody's keys.
pub(crate) fn nobody() -> Arc<Signatures> {
    Arc::new(Signatures::new(Arc::new(Known(Vec::new()))))
}

pub(crate) struct House {
    pub(crate) door: Arc<FrontDoor>,
    pub(crate) apis: Arc<Apis>,
    pub(crate) functions: Arc<FakeFunctions>,
    pub(crate) logs: Arc<KeptLogs>,
    pub(crate) remarks: Vec<Remark>,
    worker: std::rc::Rc<Worker>,
    runtime: LocalRuntime,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Asserts that this is the refusal that AWS gives.
    #[track_caller]
    pub(crate) fn is_refusal(&self, status: u16, error_type: &str, body: &str) {
        let found = (self.status, self.header("x-amzn-errortype"), self.text());
        assert_eq!(found, (status, Some(error_type), body));
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert_eq!(self.header("x-amzn-requestid").map(str::len), Some(36));
        assert_eq!(self.header("x-amz-apigw-id").map(str::len), Some(16));
        assert_eq!(self.header("x-amzn-trace-id"), None);
    }

    #[track_caller]
    pub(crate) fn is_internal_server_error(&self) {
        self.is_refusal(500, "InternalServerErrorException", "{\"message\": \"Internal server error\"}");
    }

    #[track_caller]
    pub(crate) fn is_missing_authentication_token(&self) {
        let body = "{\"message\":\"Missing Authentication Token\"}";
        self.is_refusal(403, "MissingAuthenticationTokenException", body);
    }

    #[track_caller]
    pub(crate) fn is_forbidden(&self) {
        self.is_refusal(403, "ForbiddenException", "{\"message\":\"Forbidden\"}");
    }
}

/// A stage and its API: resources by path, methods by verb, each as AWS shows it.
pub(crate) struct Api {
    pub(crate) resources: Value,
    pub(crate) api: Value,
    pub(crate) stage: Value,
    /// What else the snapshot has.
    pub(crate) more: Value,
    /// Whether the account lets API Gateway write execution logs.
    pub(crate) logs: bool,
    /// Whose keys are known.
    pub(crate) identified: Vec<Identified>,
    pub(crate) backends: Arc<Backends>,
    pub(crate) vpc_links: Vec<VpcLink>,
    /// By which VPC endpoints requests come.
    pub(crate) vpc_endpoints: Arc<VpcEndpoints>,
}

impl Api {
    pub(crate) fn of(resources: Value) -> Self {
        Self {
            resources,
            api: json!({}),
            stage: json!({}),
            more: json!({}),
            logs: false,
            identified: Vec::new(),
            backends: Arc::default(),
            vpc_links: Vec::new(),
            vpc_endpoints: Arc::default(),
        }
    }

    /// With one method.
    pub(crate) fn with(path: &str, verb: &str, integration: Value) -> Self {
        Self::of(json!({path: {verb: {"authorizationType": "NONE", "methodIntegration": integration}}}))
    }

    pub(crate) fn api(mut self, settings: Value) -> Self {
        self.api = settings;
        self
    }

    pub(crate) fn stage(mut self, settings: Value) -> Self {
        self.stage = settings;
        self
    }

    pub(crate) fn logs(mut self, logs: bool) -> Self {
        self.logs = logs;
        self
    }

    pub(crate) fn more(mut self, more: Value) -> Self {
        self.more = more;
        self
    }

    pub(crate) fn identified(mut self, identified: Vec<Identified>) -> Self {
        self.identified = identified;
        self
    }

    fn surroundings(&self, apis: &Apis) -> Surroundings {
        Surroundings {
            counters: apis.counters_of("abc123", "prod"),
            buckets: apis.buckets_of("abc123", "prod"),
            logs: self.logs,
            cache: self.cache(),
            backends: Arc::clone(&self.backends),
            vpc_links: self.vpc_links.clone(),
            ..Surroundings::default()
        }
    }

    fn cache(&self) -> Option<Arc<ResponseCache>> {
        let mut stage = self.stage.clone();
        stage["stageName"] = "prod".into();
        let document = StageDocument::new(serde_json::from_value(stage).unwrap());
        let spec = CacheSpec::of(&document, 1 << 26)?;
        Some(Arc::new(ResponseCache::new(spec, &Random::system())))
    }

    pub(crate) fn snapshot(&self) -> SnapshotDocument {
        let mut rest_api = self.api.clone();
        rest_api["id"] = "abc123".into();
        let resources: Vec<Value> = self
            .resources
            .as_object()
            .unwrap()
            .iter()
            .enumerate()
            .map(|(at, (path, methods))| {
                json!({"id": format!("res{at:03}"), "path": path, "resourceMethods": methods})
            })
            .collect();
        let mut snapshot = self.more.clone();
        snapshot["rest_api"] = rest_api;
        snapshot["resources"] = resources.into();
        serde_json::from_value(snapshot).unwrap()
    }
}

pub(crate) fn scope() -> Scope {
    Scope::new("000000000000", "us-west-2")
}

impl House {
    /// Serving one API on the stage `prod`, without functions.
    pub(crate) fn of(api: &Api) -> Self {
        Self::with_function(api, Box::new(|_| panic!("no function is invoked here")))
    }

    pub(crate) fn with_function(api: &Api, function: Function) -> Self {
        let functions = Arc::new(FakeFunctions { function: Mutex::new(function), invoked: Mutex::default() });
        let logs = Arc::new(KeptLogs::default());
        let apis = Arc::new(Apis::default());
        let mut stage = api.stage.clone();
        stage["stageName"] = "prod".into();
        stage["deploymentId"] = "dep001".into();
        let stage = serde_json::from_value(stage).unwrap();
        let (compiled, remarks) =
            compile_stage(&scope(), &stage, &api.snapshot(), api.surroundings(&apis)).unwrap();
        apis.put(&scope(), "abc123", "prod", &Served::Rest(Arc::new(compiled)));
        let door = FrontDoor::new(
            Arc::clone(&apis),
            Arc::default(),
            gateway::Doors {
                functions: Arc::clone(&functions) as Arc<dyn Functions>,
                verdicts: Arc::default(),
                route_verdicts: Arc::default(),
                signatures: Arc::new(Signatures::new(Arc::new(Known(api.identified.clone())))),
                user_pools: Arc::default(),
                backends: Arc::clone(&api.backends),
                vpc_endpoints: Arc::clone(&api.vpc_endpoints),
            },
            Arc::new(EchoedCalls),
            Trail::start(Arc::clone(&logs) as Arc<dyn LogSink>, None).unwrap(),
            Random::system(),
        );
        let runtime =
            Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).unwrap();
        let worker = std::rc::Rc::new(Worker::new(gateway::integration::http::UpstreamSettings::default()));
        Self { door: Arc::new(door), apis, functions, logs, remarks, worker, runtime }
    }

    /// Sends a request whose head is written as on the wire, to the stage's host if it names
    /// none.
    pub(crate) fn send(&self, head: &str, body: impl Into<Bytes>) -> Answer {
        let mut lines = head.trim().lines().map(str::trim);
        let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
        let mut request = http::Request::builder().method(method).uri(target);
        let mut wire = format!("{method} {target} HTTP/1.1\r\n");
        let lines: Vec<&str> = lines.collect();
        let host = format!("Host: {HOST}");
        let named = lines.iter().any(|line| line.to_ascii_lowercase().starts_with("host:"));
        for line in lines.into_iter().chain((!named).then_some(host.as_str())) {
            let (name, value) = line.split_once(':').unwrap();
            request = request.header(name, value.trim());
            wire += &format!("{line}\r\n");
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let incoming = Incoming {
            head: head.into(),
            header_names: HeaderNames::of_head((wire + "\r\n").into()),
            body: Body::from(body.into()),
            peer: SocketAddr::from(([127, 0, 0, 1], 40_000)),
            ends: Arc::new(Ends::new([127, 0, 0, 1].into(), 4566)),
            secured: None,
            received: NOW,
            started: Instant::now(),
            upgrade: None,
        };
        self.runtime.block_on(async {
            let response = self.door.answer(incoming, &self.worker).await;
            let (head, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes().to_vec();
            Answer { status: head.status.as_u16(), headers: head.headers, body }
        })
    }

    /// Sends a request without headers or body.
    pub(crate) fn get(&self, target: &str) -> Answer {
        self.send(&format!("GET {target}"), "")
    }

    /// The event of the last invocation.
    pub(crate) fn event(&self) -> Value {
        let invoked = self.functions.invoked.lock().unwrap();
        serde_json::from_slice(&invoked.last().unwrap().payload).unwrap()
    }
}

/// A function's result.
pub(crate) fn result(payload: impl Into<String>) -> Option<Result<InvokeReply, InvokeError>> {
    Some(Ok(InvokeReply {
        payload: payload.into().into(),
        function_error: None,
        executed_version: "$LATEST".to_owned(),
        request_id: "8f507cfc".into(),
        log_tail: None,
    }))
}

/// A function's failure.
pub(crate) fn failure(message: &str) -> Option<Result<InvokeReply, InvokeError>> {
    let payload = json!({"errorMessage": message, "errorType": "Exception", "stackTrace": []});
    Some(Ok(InvokeReply {
        payload: payload.to_string().into(),
        function_error: Some("Unhandled"),
        executed_version: "$LATEST".to_owned(),
        request_id: "8f507cfc".into(),
        log_tail: None,
    }))
}

pub(crate) fn ok() -> u16 {
    StatusCode::OK.as_u16()
}
