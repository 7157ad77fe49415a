//! `gatewright serve`: puts the parts together, runs until a signal, takes them apart again.
//! The only place that knows all of them.
//!
//! Two kinds of threads: workers serve requests, one for each core (`gateway::listener`);
//! everything that is not a request's own way (AWS operations, functions, upkeep) runs on the
//! background runtime, so that no deployment stalls traffic.

use std::io::Write as _;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Clock, Random};
use control::{Authentication, ControlPlane, IdentityIndex, Plane, RoleCredentials, RootCredentials};
use functions::{LocalFunctions, Surroundings};
use gateway::Doors;
use gateway::access::iam::Signatures;
use gateway::access::user_pools::UserPools;
use gateway::admin::AdminDoor;
use gateway::front_door::{Apis, Domains, FrontDoor, Names, Refresh, StageCaches};
use gateway::integration::aws::RoleSessions;
use gateway::integration::backends::Backends;
use gateway::listener::{Limits, Listener, Socket};
use gateway::portals::Portals;
use gateway::test_invoke::TestBench;
use gateway::tls::Truststores;
use gateway::trail::{AccessLogCopy, Trail};
use gateway::usage_plans::{UsagePlans, UsageUpkeep};
use logs::LogStore;
use store::Store;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::banner::{Banner, endpoint};
use crate::config::{Access, Place, Settings};
use crate::default_certificate;
use crate::fault::Fault;
use crate::logging;

const BACKGROUND_THREADS: usize = 2;

/// Connections to the operator's own address: collectors are few.
const ADMIN_CONNECTIONS: usize = 64;

/// The AWS services that are answered here, by the prefix of their endpoints.
static OWN_SERVICES: [&str; 9] =
    ["acm", "apigateway", "cloudtrail", "ec2", "elasticloadbalancing", "iam", "lambda", "logs", "sts"];

/// How often expired log events are removed.
const RETENTION_EVERY: Duration = Duration::from_secs(3_600);

/// How long background tasks may take to end when all that they work for has ended.
const LAST_TASKS: Duration = Duration::from_secs(2);

/// Serves until SIGTERM or SIGINT.
pub(crate) fn serve(settings: Settings) -> Result<(), Fault> {
    logging::start(&settings.log)?;
    raise_descriptor_limit();
    let background = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(BACKGROUND_THREADS)
        .thread_name("background")
        .enable_all()
        .build()
        .map_err(Fault::Threads)?;
    let served = Parts::start(settings, &background).map(|parts| background.block_on(parts.run()));
    background.shutdown_timeout(LAST_TASKS);
    served
}

/// The running program.
struct Parts {
    listener: Listener,
    admin: Option<Listener>,
    functions: Arc<LocalFunctions>,
    logs: LogStore,
    plane: Plane,
    refresh: Refresh,
    usage: UsageUpkeep,
    signals: Signals,
    banner: String,
    drain: Duration,
    _scratch: Option<TempDir>,
}

impl Parts {
    /// From the bottom up: what may be refused comes first, and nothing is served before all
    /// of it is there.
    fn start(settings: Settings, background: &Runtime) -> Result<Self, Fault> {
        let Settings {
            listen,
            tls,
            truststores,
            hosts,
            admin,
            method_override,
            place,
            access,
            workers,
            drain,
            limits,
            websocket,
            functions: bounds,
            cache,
            throttle,
            user_pools,
            vpc_endpoints,
            upstreams,
            aws_endpoints,
            vpc_links,
            access_log_copy,
            log: _,
        } = settings;
        let _entered = background.enter();
        let signals = Signals::awaited().map_err(Fault::Threads)?;
        let socket = bind(listen)?;
        let listening = socket.local_addr();
        let secured = tls.as_ref().map(|tls| bind(tls.listen)).transpose()?;
        let listening_for_tls = secured.as_ref().map(Socket::local_addr);
        let admin_socket = admin.listen.map(bind).transpose()?;
        let admin_listening = admin_socket.as_ref().map(Socket::local_addr);
        let (clock, random) = (Clock::system(), Random::system());

        let (store, logs) = open(&place, &clock)?;
        let (directory, scratch) = functions_directory(&place)?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut function_settings = functions::Settings::new(directory, endpoint(listening), path);
        bounds.apply(&mut function_settings);
        function_settings.hidden.extend(place.directory().map(std::path::Path::to_owned));
        let credentials = RoleCredentials::new(store.clone(), clock.clone(), random.clone());
        let functions = LocalFunctions::start(
            function_settings,
            Surroundings {
                store: store.clone(),
                log: Arc::new(logs.clone()),
                credentials: Arc::clone(&credentials) as Arc<_>,
                clock: clock.clone(),
                random: random.clone(),
                runtime: background.handle().clone(),
            },
        )?;

        let banner =
            Banner { listening, listening_for_tls, place: &place, access: &access, admin: admin_listening };
        let banner = banner.to_string();
        let authentication = authentication(access);
        let identities = IdentityIndex::start(store.clone(), &authentication, background.handle())?;
        let aws = match endpoint(listening).parse() {
            Ok(own) => aws_endpoints.serving(own, &OWN_SERVICES),
            Err(_) => aws_endpoints,
        };
        let sessions = RoleSessions::new(credentials, clock.clone());
        let backends = Arc::new(Backends { aws, sessions, vpc_links });
        let doors = Doors {
            functions: functions.clone(),
            verdicts: Arc::default(),
            route_verdicts: Arc::default(),
            signatures: Arc::new(Signatures::new(identities)),
            user_pools: Arc::new(UserPools::new(user_pools)),
            backends: Arc::clone(&backends),
            vpc_endpoints: Arc::new(vpc_endpoints),
        };
        let certificate = tls.map(|tls| default_certificate::servers(tls.certificate, &place)).transpose()?;
        let tests = TestBench::start(doors.clone(), random.clone(), upstreams.clone());
        let tests = tests.map_err(Fault::Threads)?;
        let plane = Plane {
            store: store.clone(),
            logs: logs.clone(),
            functions: functions.clone(),
            deployments: Arc::new(gateway::rest::Check),
            tests: Arc::new(tests),
            account_throttle: throttle.settings(),
            clock: clock.clone(),
            random: random.clone(),
        };
        let control = ControlPlane::new(plane.clone(), authentication, background.handle().clone());

        let usage_plans = Arc::new(UsagePlans::default());
        let usage = UsageUpkeep::start(store.clone(), Arc::clone(&usage_plans), clock.clone())?;
        let caches = StageCaches::new(cache, random.clone());
        let apis = Apis::new(caches, usage_plans, throttle.limit()).reaching(backends);
        let apis = Arc::new(apis);
        let domains = Arc::new(Domains::new(Truststores::new(truststores), hosts));
        let portals = Arc::new(Portals::default());
        let refresh = Refresh::start(store, Arc::clone(&apis), Arc::clone(&domains), Arc::clone(&portals))?;
        let copy = access_log_copy.map(access_log_copied).transpose()?;
        let trail = Trail::start(Arc::new(logs.clone()), copy).map_err(Fault::Threads)?;
        let mut sockets = vec![socket];
        if let (Some(secured), Some(certificate)) = (secured, certificate) {
            let names = Names::new(Arc::clone(&domains), Arc::clone(&apis), certificate);
            sockets.push(secured.secured(Arc::new(names)));
        }
        let front_door = FrontDoor::new(apis, domains, doors, Arc::new(control), trail, random.clone());
        let front_door = front_door.with_websocket_times(random, clock.clone(), websocket);
        let front_door = Arc::new(front_door.with_method_override(method_override).with_portals(portals));
        let settings = gateway::listener::Settings { workers, limits, clock, upstreams };
        let listener =
            Listener::start(sockets, Arc::clone(&front_door), &settings).map_err(Fault::Threads)?;
        let admin = admin_socket
            .map(|socket| {
                let door = AdminDoor::new(front_door, listener.gauges(), admin.hosts);
                let limits = Limits { connections: ADMIN_CONNECTIONS, ..settings.limits };
                let settings = gateway::listener::Settings { workers: NonZeroUsize::MIN, limits, ..settings };
                Listener::start(vec![socket], Arc::new(door), &settings).map_err(Fault::Threads)
            })
            .transpose()?;
        Ok(Self {
            listener,
            admin,
            functions,
            logs,
            plane,
            refresh,
            usage,
            signals,
            banner,
            drain,
            _scratch: scratch,
        })
    }

    /// Serves until a signal, then ends in the order in which work comes in: requests, the
    /// functions that they wait for, the logs that these write. A second signal ends at once.
    async fn run(self) {
        let Self {
            listener,
            admin,
            functions,
            logs,
            plane,
            refresh,
            usage,
            mut signals,
            banner,
            drain,
            _scratch,
        } = self;
        say(&banner);
        let upkeep = tokio::spawn(keep_retention(plane));
        signals.next().await;
        say("Stopping: requests and functions that are under way may finish.\n");
        upkeep.abort();
        let ending = async {
            let until = Instant::now() + drain;
            // What the last requests came to can be scraped until they are done.
            let listeners = move || {
                listener.shutdown(drain);
                if let Some(admin) = admin {
                    admin.shutdown(Duration::ZERO);
                }
            };
            if tokio::task::spawn_blocking(listeners).await.is_err() {
                tracing::error!("the listener could not be shut down");
            }
            functions.shutdown(until.saturating_duration_since(Instant::now())).await;
        };
        tokio::select! {
            () = ending => {}
            () = signals.next() => say("Stopping at once.\n"),
        }
        drop(refresh);
        // What was counted of API keys goes into the store.
        drop(usage);
        if let Err(fault) = logs.flush().await {
            tracing::error!(%fault, "the last log events could not be written");
        }
    }
}

fn bind(address: SocketAddr) -> Result<Socket, Fault> {
    Socket::bind(address).map_err(|why| Fault::Listen { address, why })
}

fn open(place: &Place, clock: &Clock) -> Result<(Store, LogStore), Fault> {
    let clock = clock.clone();
    let (documents, events) = match place {
        Place::Memory => (store::Location::Memory, logs::Location::Memory),
        Place::Directory(directory) => {
            // It will hold keys: nobody else's to read. The store has the words for a failure.
            let _ = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
            (store::Location::Directory(directory.clone()), logs::Location::Directory(directory.clone()))
        }
    };
    let store = Store::open(store::StoreOptions { location: documents, clock: clock.clone() })?;
    let logs = LogStore::open(logs::LogOptions { location: events, clock })?;
    Ok((store, logs))
}

/// Where access logs are copied to.
fn access_log_copied(to: PathBuf) -> Result<AccessLogCopy, Fault> {
    let copy = if to.as_os_str() == "stdout" {
        AccessLogCopy::start(std::io::stdout())
    } else {
        let file = std::fs::OpenOptions::new().create(true).append(true).mode(0o640).open(&to);
        AccessLogCopy::start(file.map_err(|why| Fault::AccessLogCopy { path: to, why })?)
    };
    copy.map_err(Fault::Threads)
}

/// Where functions are unpacked; of a temporary directory also what removes it.
fn functions_directory(place: &Place) -> Result<(PathBuf, Option<TempDir>), Fault> {
    if let Some(directory) = place.directory() {
        return Ok((directory.join("functions"), None));
    }
    let made = tempfile::Builder::new().prefix("gatewright-").tempdir();
    let scratch = made.map_err(|why| Fault::Scratch { path: std::env::temp_dir(), why })?;
    Ok((scratch.path().to_owned(), Some(scratch)))
}

fn authentication(access: Access) -> Authentication {
    match access {
        Access::Development => Authentication::development(),
        Access::Strict { root } => Authentication::strict(root.map(|root| RootCredentials {
            account: root.account,
            access_key_id: root.access_key_id,
            secret_access_key: root.secret_access_key,
        })),
    }
}

async fn keep_retention(plane: Plane) {
    let mut every = tokio::time::interval(RETENTION_EVERY);
    loop {
        every.tick().await;
        control::keep_retention(&plane).await;
    }
}

/// What makes the program end.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on they are noticed and no longer end the process by themselves.
    fn awaited() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Every connection is a descriptor, every proxied request two; systems start processes with
/// 1,024 and let them ask for more.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
    {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

/// Tells the operator; it is no fault if nobody listens.
fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
