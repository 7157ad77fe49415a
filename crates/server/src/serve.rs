//! `gatewright serve`: puts the parts together, runs until a signal, takes them apart again.
//! The only place that knows all of them.
//!
//! Two kinds of threads: workers serve requests, one for each core (`gateway::listener`);
//! everything that is not a request's own way (AWS operations, functions, upkeep) runs on the
//! background runtime, so that no deployment stalls traffic.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use base::{Clock, Random};
use control::{
    Authentication, ControlPlane, IdentityIndex, Plane, RoleCredentials, RootCredentials, WriteGate,
};
use functions::{LocalFunctions, Surroundings};
use gateway::Doors;
use gateway::access::iam::Signatures;
use gateway::access::user_pools::UserPools;
use gateway::admin::AdminDoor;
use gateway::front_door::{Apis, Deploying, Domains, FrontDoor, Names, Refresh, StageCaches};
use gateway::integration::aws::RoleSessions;
use gateway::integration::backends::Backends;
use gateway::listener::{Limits, Listener, Socket};
use gateway::portals::Portals;
use gateway::test_invoke::TestBench;
use gateway::tls::Truststores;
use gateway::trail::Trail;
use gateway::usage_plans::{UsagePlans, UsageUpkeep};
use logs::LogStore;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::banner::{Banner, endpoint};
use crate::cli::Serve;
use crate::config::{Access, Settings};
use crate::default_certificate;
use crate::fault::Fault;
use crate::holdings::{access_log_copied, duplicates, functions_directory, inherited, listened, open};
use crate::logging::{self, Filter};
use crate::reload::{self, Reload};
use crate::succession::{Estate, Inheritance, Predecessor, Sockets};

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
pub(crate) fn serve(arguments: Serve) -> Result<(), Fault> {
    let settings = Settings::of(arguments.clone())?;
    let written = reload::table(arguments.config.as_deref())?;
    let filter = logging::start(&settings.log)?;
    raise_descriptor_limit();
    let background = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(BACKGROUND_THREADS)
        .thread_name("background")
        .enable_all()
        .build()
        .map_err(Fault::Threads)?;
    let served = Parts::start(settings, (arguments, written, filter), &background)
        .map(|parts| background.block_on(parts.run()));
    background.shutdown_timeout(LAST_TASKS);
    served
}

/// The running program.
struct Parts {
    listener: Listener,
    admin: Option<Listener>,
    functions: Arc<LocalFunctions>,
    functions_in: PathBuf,
    logs: LogStore,
    plane: Plane,
    refresh: Refresh,
    usage: UsageUpkeep,
    /// Nothing if no other process can take over.
    predecessor: Option<Predecessor>,
    reload: Reload,
    signals: Signals,
    /// Each asks for the configuration to be read again.
    hangups: Signal,
    banner: String,
    drain: Duration,
    _scratch: Option<TempDir>,
}

impl Parts {
    /// From the bottom up: what may be refused comes first, and nothing is served before all
    /// of it is there.
    fn start(
        settings: Settings,
        (arguments, written, filter): (Serve, toml::Table, Filter),
        background: &Runtime,
    ) -> Result<Self, Fault> {
        let Settings {
            listen,
            tls,
            truststores,
            hosts,
            admin,
            method_override,
            place,
            take_over,
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
        let hangups = signal(SignalKind::hangup()).map_err(Fault::Threads)?;
        let inheritance = if take_over { inherited(&place)? } else { None };
        let (inherited, locks, told) = match inheritance {
            Some(Inheritance { predecessor, sockets, locks, told }) => {
                (sockets, Some(locks), Some((predecessor, told)))
            }
            None => (Sockets::default(), None, None),
        };
        let socket = listened(inherited.plain, listen)?;
        let listening = socket.local_addr();
        let secured = tls.as_ref().map(|tls| listened(inherited.secured, tls.listen)).transpose()?;
        let listening_for_tls = secured.as_ref().map(Socket::local_addr);
        let admin_socket = admin.listen.map(|listen| listened(inherited.admin, listen)).transpose()?;
        let estate = duplicates(&socket, secured.as_ref(), admin_socket.as_ref());
        let estate = estate.map_err(Fault::Threads)?;
        let admin_listening = admin_socket.as_ref().map(Socket::local_addr);
        let (clock, random) = (Clock::system(), Random::system());

        let (store, logs) = open(&place, locks, &clock)?;
        let (directory, retired, scratch) = functions_directory(&place, told.is_some())?;
        let functions_in = directory.clone();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut function_settings = functions::Settings::new(directory, endpoint(listening), path);
        bounds.apply(&mut function_settings);
        function_settings.retired = retired;
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
        let authentication = authentication(access).by_names(hosts.clone());
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
        let usage_plans = Arc::new(UsagePlans::default());
        let caches = StageCaches::new(cache, random.clone());
        let apis = Apis::new(caches, Arc::clone(&usage_plans), throttle.limit()).reaching(backends);
        let apis = Arc::new(apis);
        let plane = Plane {
            store: store.clone(),
            logs: logs.clone(),
            functions: functions.clone(),
            deployments: Arc::new(Deploying::to(Arc::clone(&apis))),
            tests: Arc::new(tests),
            account_throttle: throttle.settings(),
            clock: clock.clone(),
            random: random.clone(),
            writes: WriteGate::default(),
        };
        let control = ControlPlane::new(plane.clone(), authentication, background.handle().clone());

        let usage = UsageUpkeep::start(store.clone(), usage_plans, clock.clone())?;
        let domains = Arc::new(Domains::new(Truststores::new(truststores), hosts));
        let portals = Arc::new(Portals::default());
        let refresh = Refresh::start(store, Arc::clone(&apis), Arc::clone(&domains), Arc::clone(&portals))?;
        let copies = Arc::new(AtomicU64::new(0));
        let copy = access_log_copy.map(|to| access_log_copied(to, &copies)).transpose()?;
        let trail = Trail::start(Arc::new(logs.clone()), copy).map_err(Fault::Threads)?;
        let mut sockets = vec![socket];
        let mut reload = Reload {
            arguments,
            written,
            place: place.clone(),
            domains: Arc::clone(&domains),
            names: None,
            filter,
            copies,
        };
        if let (Some(secured), Some(certificate)) = (secured, certificate) {
            let names = Names::new(Arc::clone(&domains), Arc::clone(&apis), certificate);
            let names = Arc::new(names);
            reload.names = Some(Arc::clone(&names));
            sockets.push(secured.secured(names));
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
        if let Some((predecessor, told)) = told {
            if !told.serving() {
                return Err(Fault::NotSucceeded(predecessor));
            }
            tracing::info!(predecessor, "this process has taken over");
        }
        let predecessor = place.directory().and_then(|place| {
            let (store, logs, writes) = (plane.store.clone(), logs.clone(), plane.writes.clone());
            let estate = Estate { sockets: estate, store, logs, writes };
            let waiting = Predecessor::wait(place, estate, background.handle().clone());
            waiting.map_err(|why| tracing::warn!(%why, "no other process can take over from this one")).ok()
        });
        Ok(Self {
            listener,
            admin,
            functions,
            functions_in,
            logs,
            plane,
            refresh,
            usage,
            predecessor,
            reload,
            signals,
            hangups,
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
            functions_in,
            logs,
            plane,
            refresh,
            usage,
            mut predecessor,
            mut reload,
            mut signals,
            mut hangups,
            banner,
            drain,
            _scratch,
        } = self;
        say(&banner);
        let upkeep = tokio::spawn(keep_retention(plane));
        let successor = loop {
            tokio::select! {
                () = signals.next() => break None,
                successor = taken(&mut predecessor) => break Some(successor),
                _ = hangups.recv() => reload.run(&refresh),
            }
        };
        match successor {
            None => say("Stopping: requests and functions that are under way may finish.\n"),
            Some(pid) => say(&format!("Process {pid} has taken over: what is under way here may finish.\n")),
        }
        upkeep.abort();
        if let Some(predecessor) = predecessor {
            predecessor.end(successor.is_some());
        }
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
        if successor.is_some() {
            // Nobody else looks there before the next start without a predecessor.
            let _ = std::fs::remove_dir_all(functions_in);
        }
    }
}

/// The process id of a successor that serves, once there is one.
async fn taken(predecessor: &mut Option<Predecessor>) -> u32 {
    match predecessor {
        Some(predecessor) => predecessor.taken().await,
        None => std::future::pending().await,
    }
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
    /// A file that may not grow any more is a full disk, and no reason to end.
    _file_size: Signal,
}

impl Signals {
    /// From now on they are noticed and no longer end the process by themselves.
    fn awaited() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _file_size: signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?,
        })
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
