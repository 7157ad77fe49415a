//! The door to all of this: [`LocalFunctions`] is what the server makes and what the gateway
//! and the control plane invoke.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Clock, Random, ids};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderValue;
use ports::Pending;
use ports::credentials::CredentialIssuer;
use ports::functions::{
    FunctionRef, Functions, InvocationType, InvokeError, InvokeReply, InvokeRequest, PackageFacts,
    PackageRefused, StreamReply,
};
use ports::log_sink::LogSink;
use store::Store;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::AbortHandle;

use crate::authority::Authority;
use crate::bootstrap::RuntimeClients;
use crate::concurrency::Concurrency;
use crate::control_group::{ControlGroups, GroupFault};
use crate::definition::{Definition, Definitions, NoDefinition, arn_of};
use crate::environment::{Begun, Job, JobReply, Machine, Reply};
use crate::events::{self, Events};
use crate::launcher::{self, OwnPlaces};
use crate::limits::MAXIMUM_CLIENT_CONTEXT_BYTES;
use crate::package::{self, CodeDirectory};
use crate::payload::accept_event;
use crate::pool::{Lanes, NotTaken, Pools};
use crate::process::{Starter, end_leftovers, end_orphans};
use crate::runtime::Interpreters;
use crate::settings::Settings;

/// How often idle processes and waiting invocations are looked at.
const SWEEP: Duration = Duration::from_millis(250);

/// How often unpacked packages that nobody uses are looked for.
const CODE_SWEEP: Duration = Duration::from_secs(60);

/// How often a function may change under an invocation before that is given up.
const MOST_CHANGES: u32 = 8;

/// Why functions cannot be run at all.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// They need a directory.
    #[error("the directory for functions, {}, cannot be used: {why}", path.display())]
    Directory {
        /// The directory or file.
        path: PathBuf,
        /// The system's words.
        why: std::io::Error,
    },
    /// They are to be in control groups below one that does not take them.
    #[error("{0}")]
    ControlGroup(#[from] GroupFault),
}

/// What functions work with.
pub struct Surroundings {
    /// Where their documents and packages are.
    pub store: Store,
    /// Where their log lines go.
    pub log: Arc<dyn LogSink>,
    /// Who gives them their role's credentials.
    pub credentials: Arc<dyn CredentialIssuer>,
    /// By which idle processes grow old, and log lines are dated.
    pub clock: Clock,
    /// Where request ids come from.
    pub random: Random,
    /// On which runtime the rest is done: not one that serves requests. Processes are kept on threads of their own.
    pub runtime: Handle,
}

/// Lambda functions as processes of this machine.
pub struct LocalFunctions {
    core: Arc<Core>,
    tasks: Vec<AbortHandle>,
}

/// Everything behind the door.
pub(crate) struct Core {
    pub(crate) machine: Arc<Machine>,
    pools: Arc<Pools>,
    definitions: Definitions,
    authority: Authority,
    pub(crate) events: Events,
    pub(crate) runtime: Handle,
}

/// An invocation that may be run.
pub(crate) struct Invocation {
    pub(crate) function: FunctionRef,
    pub(crate) request_id: String,
    pub(crate) payload: Bytes,
    trace_id: String,
    client_context: Option<HeaderValue>,
    log_tail: bool,
}

impl LocalFunctions {
    /// Takes over the directory, ends what an earlier run left there, and follows the store.
    /// Blocks while it does so.
    pub fn start(settings: Settings, around: Surroundings) -> Result<Arc<Self>, StartError> {
        let Surroundings { store, log, credentials, clock, random, runtime } = around;
        let failed = |path: &PathBuf| {
            let path = path.clone();
            move |why| StartError::Directory { path, why }
        };
        let directory = settings.directory.clone();
        std::fs::create_dir_all(&directory).map_err(failed(&directory))?;
        // Processes are told their directories, and know nothing of where the gateway runs.
        let directory = std::fs::canonicalize(&directory).map_err(failed(&directory))?;
        let (code, clients, scratch) =
            (directory.join("code"), directory.join("runtime"), directory.join("scratch"));
        for retired in &settings.retired {
            let place = std::fs::canonicalize(retired).unwrap_or_else(|_| retired.clone());
            end_leftovers(&place.join("scratch"));
            if let Err(why) = std::fs::remove_dir_all(retired) {
                tracing::warn!(path = %retired.display(), %why, "what an earlier run left cannot be removed");
            }
        }
        end_leftovers(&scratch);
        if let Err(why) = std::fs::remove_dir_all(&scratch)
            && why.kind() != std::io::ErrorKind::NotFound
        {
            return Err(failed(&scratch)(why));
        }
        std::fs::create_dir_all(&scratch).map_err(failed(&scratch))?;
        let codes = CodeDirectory::open(code.clone(), store.clone(), clock.clone()).map_err(failed(&code))?;
        let clients = RuntimeClients::write(clients.clone()).map_err(failed(&clients))?;
        let starter = Starter::new(runtime.clone()).map_err(failed(&directory))?;
        let interpreters = Interpreters::on(settings.interpreter_path.clone());
        let concurrency = Concurrency::new(settings.account_concurrency);
        let events = Events::new(settings.max_events, settings.max_event_bytes);
        if let Some(missing) = settings.confine.then(launcher::missing).flatten() {
            tracing::warn!("{missing}");
        }
        let groups = ControlGroups::open(&settings.control_group)?;
        tracing::info!("{}", groups.in_force());
        let own_places = OwnPlaces::try_out(&settings.launcher, &directory, &settings.interpreter_path);
        match &own_places {
            Ok(_) => tracing::info!("functions: each process has a /tmp and a /dev/shm of its own"),
            Err(why) => tracing::info!("functions: /tmp and /dev/shm are shared; {why}"),
        }
        let own_places = own_places.ok();
        let hidden = settings.hidden.iter().filter_map(|place| launcher::real(place)).collect();
        let machine = Arc::new(Machine {
            settings,
            hidden,
            clock,
            random,
            codes,
            interpreters,
            clients,
            starter,
            scratch,
            own_places,
            groups,
            credentials,
            log,
            stop: watch::Sender::new(false),
        });
        let lanes = Lanes::start(machine.settings.keeping_threads).map_err(failed(&directory))?;
        let pools = Pools::new(Arc::clone(&machine), lanes);
        let feed = store.follow("functions");
        let definitions = Definitions::new(store.clone(), Arc::clone(&pools), concurrency);
        let authority = Authority::new(store);
        let core =
            Arc::new(Core { machine, pools, definitions, authority, events, runtime: runtime.clone() });

        let following = Arc::clone(&core);
        let follow = runtime.spawn(async move {
            following.definitions.follow(feed, || following.authority.forget_roles()).await;
        });
        let sweep = runtime.spawn(sweep(Arc::clone(&core)));
        Ok(Arc::new(Self { core, tasks: vec![follow.abort_handle(), sweep.abort_handle()] }))
    }

    /// Takes no more invocations, waits for those that run, for at most `drain`, and ends every
    /// process.
    pub async fn shutdown(&self, drain: Duration) {
        self.core.pools.close(drain).await;
        let machine = Arc::clone(&self.core.machine);
        let _ = tokio::task::spawn_blocking(move || machine.groups.remove()).await;
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Drop for LocalFunctions {
    fn drop(&mut self) {
        self.core.machine.stop.send_replace(true);
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn sweep(core: Arc<Core>) {
    let mut ticks = tokio::time::interval(SWEEP);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut codes_swept = Instant::now();
    loop {
        ticks.tick().await;
        core.pools.sweep();
        // Those whose function's process has ended by itself while others of it went on.
        let _ = tokio::task::spawn_blocking(end_orphans).await;
        if codes_swept.elapsed() >= CODE_SWEEP {
            codes_swept = Instant::now();
            let machine = Arc::clone(&core.machine);
            let _ = tokio::task::spawn_blocking(move || machine.codes.remove_unused()).await;
        }
    }
}

impl Functions for LocalFunctions {
    fn check_package(&self, zip: &[u8]) -> Result<PackageFacts, PackageRefused> {
        package::check(zip).map_err(|error| {
            tracing::debug!(%error, "a package is refused");
            PackageRefused(error.message())
        })
    }

    fn invoke(&self, request: InvokeRequest) -> Pending<Result<InvokeReply, InvokeError>> {
        let core = Arc::clone(&self.core);
        Box::pin(async move { core.invoke(request).await })
    }

    fn invoke_streaming(&self, request: InvokeRequest) -> Pending<Result<StreamReply, InvokeError>> {
        let core = Arc::clone(&self.core);
        Box::pin(async move { core.invoke_streaming(request).await })
    }
}

impl Core {
    async fn invoke(self: Arc<Self>, request: InvokeRequest) -> Result<InvokeReply, InvokeError> {
        let invocation_type = request.invocation_type;
        let (definition, invocation) = self.admit(request).await?;
        let request_id = invocation.request_id.clone();
        let executed = |executed_version: String, request_id: String| InvokeReply {
            payload: Bytes::new(),
            function_error: None,
            executed_version,
            request_id,
            log_tail: None,
        };
        match invocation_type {
            InvocationType::DryRun => return Ok(executed(version_of(&definition), request_id)),
            InvocationType::Event => {
                let version = version_of(&definition);
                let is_accepted = events::accept(&self, invocation);
                return if is_accepted {
                    Ok(executed(version, request_id))
                } else {
                    Err(InvokeError::Throttled)
                };
            }
            InvocationType::RequestResponse => {}
        }
        let (executed_version, reply) = self.run(&invocation).await?;
        let JobReply { payload, is_error, log_tail } = reply;
        let function_error = is_error.then_some("Unhandled");
        Ok(InvokeReply { payload, function_error, executed_version, request_id, log_tail })
    }

    async fn invoke_streaming(self: Arc<Self>, request: InvokeRequest) -> Result<StreamReply, InvokeError> {
        let request = InvokeRequest { invocation_type: InvocationType::RequestResponse, ..request };
        let (_, invocation) = self.admit(request).await?;
        let (executed_version, begun) = self.run_for(&invocation, Reply::parts).await?;
        let Begun { content_type, parts } = begun;
        Ok(StreamReply { executed_version, request_id: invocation.request_id, content_type, parts })
    }

    /// What `request` invokes, if its invoker may and its event is one.
    async fn admit(&self, request: InvokeRequest) -> Result<(Arc<Definition>, Invocation), InvokeError> {
        let InvokeRequest { function, payload, invoker, invocation_type, trace_id, client_context, log_tail } =
            request;
        let definition = self.definition(&function).await?;
        if let Err(refused) = self.authority.decide(&definition, &invoker).await {
            tracing::info!(function = function.name, invoker = refused.invoker, why = refused.why, "refused");
            return Err(InvokeError::Denied {
                invoker: refused.invoker,
                arn: definition.invoked_arn.clone(),
            });
        }
        let payload = accept_event(payload, invocation_type)?;
        let client_context = client_context.as_deref().map(read_client_context).transpose()?;
        let invocation = Invocation {
            function,
            request_id: ids::uuid(&self.machine.random),
            payload,
            trace_id: trace_id.unwrap_or_else(|| self.new_trace_id()),
            client_context,
            log_tail,
        };
        Ok((definition, invocation))
    }

    async fn definition(&self, function: &FunctionRef) -> Result<Arc<Definition>, InvokeError> {
        self.definitions.get(function).await.map_err(|fault| match fault {
            NoDefinition::NotFound => InvokeError::NotFound { arn: arn_of(function) },
            NoDefinition::Unusable(why) => InvokeError::Unavailable { why },
        })
    }

    /// Runs an invocation that was let in; answers the version that ran it.
    pub(crate) async fn run(&self, invocation: &Invocation) -> Result<(String, JobReply), InvokeError> {
        self.run_for(invocation, Reply::whole).await
    }

    /// The same for a caller who takes the result as `reply` says.
    async fn run_for<T>(
        &self,
        invocation: &Invocation,
        reply: impl Fn() -> (Reply, oneshot::Receiver<Result<T, InvokeError>>),
    ) -> Result<(String, T), InvokeError> {
        for _ in 0..MOST_CHANGES {
            let definition = self.definition(&invocation.function).await?;
            let drawn = if definition.targets.len() > 1 { self.draw() } else { 0.0 };
            let Some(target) = definition.target(drawn) else { return Err(InvokeError::Throttled) };
            let permit = definition.allowance.take().ok_or(InvokeError::Throttled)?;
            let (reply, answered) = reply();
            let job = Job {
                request_id: invocation.request_id.clone(),
                payload: invocation.payload.clone(),
                invoked_arn: definition.invoked_arn.clone(),
                trace_id: invocation.trace_id.clone(),
                client_context: invocation.client_context.clone(),
                log_tail: invocation.log_tail,
                reply,
                queued: Instant::now(),
                hung_up: 0,
                permit,
            };
            match self.pools.submit(target.pool, job) {
                Ok(()) => {}
                Err(NotTaken::Full) => return Err(InvokeError::Throttled),
                Err(NotTaken::Closed) => return Err(stopping()),
                Err(NotTaken::Retired) => {
                    self.definitions.forget(&invocation.function);
                    continue;
                }
            }
            // Nobody answers only if everything is being taken down.
            let reply = answered.await.unwrap_or_else(|_| Err(stopping()))?;
            return Ok((target.version.clone(), reply));
        }
        Err(InvokeError::Throttled)
    }

    /// Evenly distributed from 0 to 1.
    fn draw(&self) -> f64 {
        let mut bytes = [0; 4];
        self.machine.random.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
    }

    /// A trace of its own, not sampled (X-Ray developer guide, "Tracing header").
    fn new_trace_id(&self) -> String {
        let hex = |length| self.machine.random.text(length, b"0123456789abcdef");
        let seconds = self.machine.clock.now().as_secs();
        format!("Root=1-{seconds:08x}-{};Parent={};Sampled=0", hex(24), hex(16))
    }
}

fn stopping() -> InvokeError {
    InvokeError::Unavailable { why: "the gateway is stopping".to_owned() }
}

fn version_of(definition: &Definition) -> String {
    definition.target(0.0).map(|target| target.version.clone()).unwrap_or_default()
}

/// `X-Amz-Client-Context`: base 64 of a JSON object, which goes to the function as a header.
fn read_client_context(text: &str) -> Result<HeaderValue, InvokeError> {
    let refuse = || InvokeError::NotJson {
        why: "Client context must be a valid Base64-encoded JSON object.".to_owned(),
    };
    if text.len() > MAXIMUM_CLIENT_CONTEXT_BYTES {
        return Err(refuse());
    }
    let json = STANDARD.decode(text).map_err(|_| refuse())?;
    // Written anew, on one line: a line end inside would end the header.
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&json).map_err(|_| refuse())?;
    let line = serde_json::to_vec(&object).map_err(|_| refuse())?;
    HeaderValue::from_bytes(&line).map_err(|_| refuse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_contexts_are_json_objects_in_base_64() {
        let check = |json: &str, expected: Option<&str>| {
            let read = read_client_context(&STANDARD.encode(json)).ok();
            assert_eq!(read.as_ref().map(HeaderValue::as_bytes), expected.map(str::as_bytes), "{json}");
        };
        check("{\"custom\": {\"k\": \"v\"}}", Some(r#"{"custom":{"k":"v"}}"#));
        check("{\n\"env\":\t{\"a\": \"b\\nc\"}}", Some(r#"{"env":{"a":"b\nc"}}"#));
        check("{\"custom\": {\"k\": \"é\"}}", Some("{\"custom\":{\"k\":\"é\"}}"));
        check("[1]", None);
        check("no json", None);
        assert!(read_client_context("%%%").is_err());
        assert!(
            read_client_context(&STANDARD.encode(format!("{{\"a\":\"{}\"}}", "x".repeat(3000)))).is_err()
        );
    }
}
