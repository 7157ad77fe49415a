//! What the configuration means: every value present, checked, and in the type that the rest
//! of the program wants.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use api::apigateway::ThrottleSettings;
use base::Secret;
use functions::ControlGroupBase;
use gateway::access::user_pools::{KeySource, PoolSettings, UserPool};
use gateway::access::vpc_endpoints::{Network, VpcEndpoint, VpcEndpoints};
use gateway::integration::aws::{AwsEndpoints, Credentials, ServicePlace};
use gateway::integration::http::{PerTarget, Route, Target, UpstreamSettings};
use gateway::integration::vpc_links::VpcLinkTargets;
use gateway::listener::Limits;
use gateway::throttle::{ACCOUNT_BURST, ACCOUNT_RATE, Limit};
use gateway::websocket::Times;

pub(crate) use super::written::LogFormat;
use super::written::{self, Auth, AwsCredentials, ConfigFault, Source, Written};
use crate::cli::{self, Serve};

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 4566);
const DEFAULT_ACCOUNT: &str = "000000000000";
const DEFAULT_DRAIN: Duration = Duration::from_secs(25);

/// Longer times than a day are mistakes in the unit.
const MOST_SECONDS: u64 = 86_400;
const MOST_WORKERS: usize = 1_024;
const DEFAULT_CACHE_MIB: u64 = 512;
/// AWS's largest.
const MOST_CACHE_MIB: u64 = 237 * 1_024;

/// Everything that `serve` needs to know.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) admin: Admin,
    pub(crate) tls: Option<Tls>,
    /// The files that hold truststores, by their addresses at AWS.
    pub(crate) truststores: HashMap<String, PathBuf>,
    /// Names of the gateway itself, which are never custom domain names.
    pub(crate) hosts: Vec<String>,
    /// Whether clients may name another verb in a header.
    pub(crate) method_override: bool,
    pub(crate) place: Place,
    /// Whether the process that uses the place is succeeded.
    pub(crate) take_over: bool,
    pub(crate) access: Access,
    pub(crate) workers: NonZeroUsize,
    pub(crate) drain: Duration,
    pub(crate) limits: Limits,
    /// How long WebSocket connections last.
    pub(crate) websocket: Times,
    pub(crate) functions: Functions,
    /// Bytes that one stage's cache of answers takes at most.
    pub(crate) cache: u64,
    /// How often all APIs of an account may be called in a region.
    pub(crate) throttle: AccountThrottle,
    /// What is said of Cognito user pools, by ARN.
    pub(crate) user_pools: HashMap<String, PoolSettings>,
    /// By which VPC endpoints private APIs are reached.
    pub(crate) vpc_endpoints: VpcEndpoints,
    pub(crate) upstreams: UpstreamSettings,
    /// Where the AWS services are that APIs call.
    pub(crate) aws_endpoints: AwsEndpoints,
    /// What is behind VPC links.
    pub(crate) vpc_links: VpcLinkTargets,
    /// Where access logs are copied to: a file, or `stdout`.
    pub(crate) access_log_copy: Option<PathBuf>,
    pub(crate) log: Log,
}

/// The operator's own address.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Admin {
    pub(crate) listen: Option<SocketAddr>,
    /// The names by which it may be asked.
    pub(crate) hosts: Vec<String>,
}

/// Where TLS is spoken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tls {
    pub(crate) listen: SocketAddr,
    /// What is shown where no custom domain name is asked for; without it a certificate is made.
    pub(crate) certificate: Option<CertificateFiles>,
}

/// A certificate with its chain, and its key, both PEM.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CertificateFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) private_key: PathBuf,
}

/// Where things are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Memory,
    Directory(PathBuf),
}

/// Who may call AWS operations.
#[derive(Debug)]
pub(crate) enum Access {
    Development,
    Strict { root: Option<RootKeys> },
}

/// The root user.
#[derive(Debug)]
pub(crate) struct RootKeys {
    pub(crate) account: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Secret,
}

/// `rate` requests a second, and `burst` at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct AccountThrottle {
    rate: f64,
    burst: i32,
}

/// Bounds of Lambda functions; `None` leaves the default.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Functions {
    pub(crate) max_processes: Option<usize>,
    pub(crate) max_processes_per_function: Option<usize>,
    pub(crate) idle_limit: Option<Duration>,
    pub(crate) control_group: Option<ControlGroupBase>,
}

/// What is logged, and how.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) directives: String,
    pub(crate) format: LogFormat,
}

impl AccountThrottle {
    fn of(written: written::AccountThrottle) -> Option<Self> {
        let (rate, burst) = (written.rate.unwrap_or(ACCOUNT_RATE), written.burst.unwrap_or(ACCOUNT_BURST));
        (rate.is_finite() && rate > 0.0 && burst > 0).then_some(Self { rate, burst })
    }

    /// As it is held.
    pub(crate) fn limit(self) -> Option<Limit> {
        Limit::new(self.rate, self.burst)
    }

    /// As `GetAccount` shows it.
    pub(crate) fn settings(self) -> ThrottleSettings {
        ThrottleSettings { rate_limit: Some(self.rate), burst_limit: Some(self.burst) }
    }
}

impl Functions {
    /// Puts the bounds that are set in place of `settings`' own.
    pub(crate) fn apply(&self, settings: &mut functions::Settings) {
        let Self { max_processes, max_processes_per_function, idle_limit, ref control_group } = *self;
        settings.max_processes = max_processes.unwrap_or(settings.max_processes);
        settings.max_processes_per_function =
            max_processes_per_function.unwrap_or(settings.max_processes_per_function);
        settings.idle_limit = idle_limit.unwrap_or(settings.idle_limit);
        if let Some(base) = control_group {
            settings.control_group = base.clone();
        }
    }
}

impl Settings {
    /// The meaning of `arguments`, of the file that they name, and of the defaults.
    pub(crate) fn of(arguments: Serve) -> Result<Self, ConfigFault> {
        let (written, file) = match &arguments.config {
            Some(path) => (written::read(path)?, Source::File(path.clone())),
            None => (Written::default(), Source::CommandLine),
        };
        Self::meant(arguments, written, file, default_directory)
    }

    fn meant(
        arguments: Serve,
        written: Written,
        file: Source,
        default_directory: impl FnOnce() -> Option<PathBuf>,
    ) -> Result<Self, ConfigFault> {
        let in_file = |key, why: &str| ConfigFault::Value { place: file.clone(), key, why: why.to_owned() };
        let listen = match (arguments.listen, &written.listen) {
            (Some(address), _) => address,
            (None, Some(text)) => {
                cli::address(text).map_err(|why| in_file("listen", &format!("is {text:?}, {why}")))?
            }
            (None, None) => DEFAULT_LISTEN,
        };
        let admin = match (arguments.admin_listen, written.admin.listen) {
            (Some(address), _) => Some(address),
            (None, Some(text)) => Some(
                cli::address(&text).map_err(|why| in_file("admin.listen", &format!("is {text:?}, {why}")))?,
            ),
            (None, None) => None,
        };
        let admin = Admin { listen: admin, hosts: written.admin.hosts };
        let tls_listen = match (arguments.tls_listen, &written.tls_listen) {
            (Some(address), _) => Some(address),
            (None, Some(text)) => Some(
                cli::address(text).map_err(|why| in_file("tls_listen", &format!("is {text:?}, {why}")))?,
            ),
            (None, None) => None,
        };
        let tls = tls(tls_listen, written.tls).map_err(|why| in_file("tls", why))?;
        for uri in written.truststores.keys() {
            if !uri.starts_with("s3://") {
                let why = format!("names {uri:?}, which is no address of the form s3://bucket/key");
                return Err(in_file("truststores", &why));
            }
        }
        let place = if arguments.ephemeral {
            Place::Memory
        } else if let Some(directory) = arguments.data_dir {
            Place::Directory(directory)
        } else if written.ephemeral == Some(true) {
            Place::Memory
        } else {
            let directory = written.data_dir.or_else(default_directory);
            Place::Directory(directory.ok_or(ConfigFault::NoHome)?)
        };
        let workers = match written.workers {
            None => std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            Some(workers) => NonZeroUsize::new(workers)
                .filter(|workers| workers.get() <= MOST_WORKERS)
                .ok_or_else(|| in_file("workers", "must be from 1 to 1024"))?,
        };
        let seconds = |key, written: Option<u64>, default: Duration| match written {
            None => Ok(default),
            Some(seconds @ 1..=MOST_SECONDS) => Ok(Duration::from_secs(seconds)),
            Some(_) => Err(in_file(key, "must be from 1 to 86400 seconds")),
        };
        let at_least_one = |key, written: Option<usize>| match written {
            Some(0) => Err(in_file(key, "must be at least 1")),
            written => Ok(written),
        };
        let limits = Limits::default();
        let connections = &written.connections;
        let limits = Limits {
            connections: at_least_one("connections.most", connections.most)?.unwrap_or(limits.connections),
            requests: at_least_one("connections.requests", connections.requests)?.unwrap_or(limits.requests),
            head_time: seconds("connections.head_seconds", connections.head_seconds, limits.head_time)?,
            idle_time: seconds("connections.idle_seconds", connections.idle_seconds, limits.idle_time)?,
            stall_time: seconds("connections.stall_seconds", connections.stall_seconds, limits.stall_time)?,
            body_time: seconds("connections.body_seconds", connections.body_seconds, limits.body_time)?,
            ..limits
        };
        let (websocket, times) = (&written.websocket, Times::default());
        let websocket = Times {
            idle: seconds("websocket.idle_seconds", websocket.idle_seconds, times.idle)?,
            lifetime: seconds("websocket.lifetime_seconds", websocket.lifetime_seconds, times.lifetime)?,
            ping: websocket
                .ping_seconds
                .map(|ping| seconds("websocket.ping_seconds", Some(ping), Duration::ZERO))
                .transpose()?,
            stall: seconds("websocket.stall_seconds", websocket.stall_seconds, times.stall)?,
        };
        let functions = Functions {
            max_processes: at_least_one("functions.max_processes", written.functions.max_processes)?,
            max_processes_per_function: at_least_one(
                "functions.max_processes_per_function",
                written.functions.max_processes_per_function,
            )?,
            idle_limit: written
                .functions
                .idle_seconds
                .map(|idle| seconds("functions.idle_seconds", Some(idle), Duration::ZERO))
                .transpose()?,
            control_group: match written.functions.control_group.as_deref() {
                None => None,
                Some("own") => Some(ControlGroupBase::Own),
                Some("none") => Some(ControlGroupBase::None),
                Some(path) if path.starts_with('/') => Some(ControlGroupBase::Named(path.into())),
                Some(_) => {
                    let what = "must be \"own\", \"none\" or a directory below /sys/fs/cgroup";
                    return Err(in_file("functions.control_group", what));
                }
            },
        };
        let cache = match written.cache.mib_per_stage {
            None => DEFAULT_CACHE_MIB,
            Some(mib @ 1..=MOST_CACHE_MIB) => mib,
            Some(_) => return Err(in_file("cache.mib_per_stage", "must be from 1 to 242688 MiB")),
        } << 20;
        let throttle = AccountThrottle::of(written.account_throttle)
            .ok_or_else(|| in_file("account_throttle", "must have a rate and a burst above 0"))?;
        let user_pools = user_pools(written.user_pools).map_err(|why| in_file("user_pools", &why))?;
        let vpc_endpoints =
            vpc_endpoints(written.vpc_endpoints).map_err(|why| in_file("vpc_endpoints", &why))?;
        let upstreams = match &written.upstreams.ca_bundle {
            None => UpstreamSettings::default(),
            Some(bundle) => UpstreamSettings::with_bundle(bundle)
                .map_err(|error| in_file("upstreams.ca_bundle", &format!("cannot be used: {error}")))?,
        };
        let most = PerTarget::default();
        let busy = at_least_one("upstreams.requests_per_backend", written.upstreams.requests_per_backend)?;
        let most = PerTarget {
            busy: busy.and_then(NonZeroUsize::new).unwrap_or(most.busy),
            waiting: written.upstreams.waiting_per_backend.unwrap_or(most.waiting),
        };
        let upstreams = upstreams.with_http2(written.upstreams.http2).with_most(most);
        let aws_endpoints = aws_endpoints(written.aws_endpoints, |name| std::env::var(name).ok())
            .map_err(|why| in_file("aws_endpoints", &why))?;
        let vpc_links = vpc_links(written.vpc_links).map_err(|why| in_file("vpc_links", &why))?;
        let log = Log {
            directives: arguments.log.or(written.log.level).unwrap_or_else(|| "info".to_owned()),
            format: written.log.format.unwrap_or(LogFormat::Text),
        };
        let drain = match written.drain_seconds {
            Some(0) => Duration::ZERO,
            written => seconds("drain_seconds", written, DEFAULT_DRAIN)?,
        };
        let access = access(written.auth, written.root, arguments.root, &file)?;
        Ok(Self {
            listen,
            admin,
            tls,
            truststores: written.truststores,
            hosts: written.hosts,
            method_override: written.method_override == Some(true),
            place,
            take_over: arguments.take_over,
            access,
            workers,
            drain,
            limits,
            websocket,
            functions,
            cache,
            throttle,
            user_pools,
            vpc_endpoints,
            upstreams,
            aws_endpoints,
            vpc_links,
            access_log_copy: written.access_log.copy_to,
            log,
        })
    }
}

/// Certificates for a listener that is not there are refused: whoever names them expects one.
fn tls(listen: Option<SocketAddr>, written: written::Tls) -> Result<Option<Tls>, &'static str> {
    let certificate = match (written.certificate, written.private_key) {
        (None, None) => None,
        (Some(certificate), Some(private_key)) => Some(CertificateFiles { certificate, private_key }),
        (Some(_), None) => return Err("has a certificate but no private_key"),
        (None, Some(_)) => return Err("has a private_key but no certificate"),
    };
    match listen {
        Some(listen) => Ok(Some(Tls { listen, certificate })),
        None if certificate.is_some() => Err("has a certificate that nobody would be shown: set tls_listen"),
        None => Ok(None),
    }
}

/// The user pools' settings by ARN.
fn user_pools(written: Vec<written::UserPool>) -> Result<HashMap<String, PoolSettings>, String> {
    let mut pools = HashMap::new();
    for written::UserPool { arn, issuer, jwks } in written {
        if UserPool::of(&arn).is_none() {
            return Err(format!("names {arn:?}, which is not the ARN of a user pool"));
        }
        let keys = if jwks.starts_with("http://") || jwks.starts_with("https://") {
            let address =
                jwks.parse().map_err(|why| format!("has the jwks {jwks:?}, which is no address: {why}"))?;
            KeySource::At(address)
        } else {
            let text = std::fs::read_to_string(&jwks)
                .map_err(|why| format!("has the jwks {jwks:?}, which cannot be read: {why}"))?;
            KeySource::here(&text)
                .map_err(|why| format!("has the jwks {jwks:?}, which is no key set: {why}"))?
        };
        if pools.insert(arn.clone(), PoolSettings { issuer, keys }).is_some() {
            return Err(format!("names {arn:?} twice"));
        }
    }
    Ok(pools)
}

/// Where AWS services are. Nothing goes to AWS that is not said to, nor without keys for it:
/// credentials that are issued here are nobody's there.
fn aws_endpoints(
    written: written::AwsEndpoints,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<AwsEndpoints, String> {
    let place = |key: &str, text: &str| match text {
        "aws" => Ok(ServicePlace::Aws),
        url => match url.parse::<Target>() {
            Ok(target) if is_origin(url) => Ok(ServicePlace::At(target)),
            Ok(_) => Err(format!("has {key} = {url:?}, of which only scheme, host and port can be used")),
            Err(why) => Err(format!("has {key} = {url:?}: {why}")),
        },
    };
    let mut named = HashMap::new();
    for (service, url) in &written.services {
        let known =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        if service.is_empty() || !service.bytes().all(known) {
            return Err(format!("names {service:?}, which is no service"));
        }
        named.insert(service.as_str().into(), place(service, url)?);
    }
    let default = written.default.as_deref().map(|url| place("default", url)).transpose()?;
    let to_aws = named.values().chain(&default).any(|place| matches!(place, ServicePlace::Aws));
    let keys = match (to_aws, written.credentials) {
        (false, None) => None,
        (false, Some(_)) => {
            return Err("has credentials that are for nothing: no service is at \"aws\"".to_owned());
        }
        (true, None) => {
            return Err(
                "sends requests to AWS and does not say by whose credentials: credentials = \"environment\""
                    .to_owned(),
            );
        }
        (true, Some(AwsCredentials::Environment)) => {
            let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
            let needed = |name: &str| {
                variable(name).ok_or_else(|| {
                    format!("takes its credentials from the environment, where {name} is not set")
                })
            };
            let keys = Credentials::new(needed("AWS_ACCESS_KEY_ID")?, needed("AWS_SECRET_ACCESS_KEY")?);
            Some(match variable("AWS_SESSION_TOKEN") {
                Some(token) => keys.with_session_token(token),
                None => keys,
            })
        }
    };
    Ok(AwsEndpoints::new(named, default, keys))
}

/// Whether there is nothing behind scheme, host and port.
fn is_origin(url: &str) -> bool {
    let behind = url.split_once("://").map(|(_, behind)| behind.trim_end_matches('/'));
    behind.is_some_and(|authority| !authority.contains(['/', '?', '#']))
}

/// The addresses behind VPC links, by what names the link.
fn vpc_links(written: Vec<written::VpcLink>) -> Result<VpcLinkTargets, String> {
    let mut targets = HashMap::new();
    for written::VpcLink { link, addresses } in written {
        let route = Route::new(&addresses).map_err(|why| format!("has a wrong target of {link:?}: {why}"))?;
        if targets.insert(link.as_str().into(), Arc::new(route)).is_some() {
            return Err(format!("names {link:?} twice"));
        }
    }
    Ok(VpcLinkTargets::new(targets))
}

/// The VPC endpoints. Where two have clients in common it could not be said by which they come.
fn vpc_endpoints(written: Vec<written::VpcEndpoint>) -> Result<VpcEndpoints, String> {
    fn networks(texts: &[String]) -> Result<Vec<Network>, String> {
        let read = |text: &String| {
            Network::parse(text).ok_or_else(|| format!("has {text:?}, which is no CIDR block"))
        };
        texts.iter().map(read).collect()
    }
    fn is_id(text: &str, prefix: &str) -> bool {
        let behind = text.strip_prefix(prefix).unwrap_or_default();
        !behind.is_empty() && behind.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    }
    let mut endpoints: Vec<VpcEndpoint> = Vec::new();
    for written::VpcEndpoint { id, vpc, sources, proxies } in written {
        if !is_id(&id, "vpce-") {
            return Err(format!(
                "has the id {id:?}, which is not that of a VPC endpoint, such as vpce-0a1b2c"
            ));
        }
        if let Some(vpc) = vpc.as_ref().filter(|vpc| !is_id(vpc, "vpc-")) {
            return Err(format!("has the vpc {vpc:?}, which is not the id of one, such as vpc-0a1b2c"));
        }
        if endpoints.iter().any(|known| *known.id == *id) {
            return Err(format!("names {id:?} twice"));
        }
        if sources.is_empty() && proxies.is_empty() {
            return Err(format!("does not say who comes by {id:?}: it needs sources or proxies"));
        }
        let (sources, proxies) = (networks(&sources)?, networks(&proxies)?);
        endpoints.push(VpcEndpoint { id: id.into(), vpc: vpc.map(Into::into), sources, proxies });
    }
    Ok(VpcEndpoints::new(endpoints))
}

/// Root keys in development mode are refused: whoever sets them expects them to be asked for.
fn access(
    auth: Option<Auth>,
    written: written::Root,
    given: cli::Root,
    file: &Source,
) -> Result<Access, ConfigFault> {
    let fault = |key, why: &str| ConfigFault::Value { place: file.clone(), key, why: why.to_owned() };
    let access_key_id = given.access_key_id.or(written.access_key_id);
    let secret_access_key = given.secret_access_key.or(written.secret_access_key);
    let keys = match (access_key_id, secret_access_key) {
        (None, None) => None,
        (Some(id), Some(secret)) => Some((id, secret)),
        (Some(_), None) => return Err(fault("root", "has an access_key_id but no secret_access_key")),
        (None, Some(_)) => return Err(fault("root", "has a secret_access_key but no access_key_id")),
    };
    match auth.unwrap_or(Auth::Development) {
        Auth::Development if keys.is_some() => {
            Err(fault("root", "has keys that would not be asked for: they need auth = \"strict\""))
        }
        Auth::Development => Ok(Access::Development),
        Auth::Strict => {
            let Some((access_key_id, secret_access_key)) = keys else {
                return Ok(Access::Strict { root: None });
            };
            if access_key_id.is_empty() || secret_access_key.expose().is_empty() {
                return Err(fault("root", "has an empty key"));
            }
            let account = written.account.unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned());
            if account.len() != 12 || !account.bytes().all(|digit| digit.is_ascii_digit()) {
                return Err(fault("root.account", "must be 12 digits"));
            }
            Ok(Access::Strict { root: Some(RootKeys { account, access_key_id, secret_access_key }) })
        }
    }
}

/// The user's data directory, as the XDG base directory specification places it: relative
/// paths in the variable are to be ignored.
fn default_directory() -> Option<PathBuf> {
    let absolute =
        |name| std::env::var_os(name).map(PathBuf::from).filter(|path: &PathBuf| path.is_absolute());
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|data| data.join("gatewright"))
}

impl Place {
    /// The directory, if things are kept in one.
    pub(crate) fn directory(&self) -> Option<&Path> {
        match self {
            Self::Memory => None,
            Self::Directory(directory) => Some(directory),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: &str = include_str!("reference.toml");

    fn meant(arguments: Serve, text: &str) -> Result<Settings, String> {
        let written = written::parse(text).map_err(|error| error.message().to_owned())?;
        let file = Source::File("gatewright.toml".into());
        Settings::meant(arguments, written, file, || Some("/home/data".into()))
            .map_err(|fault| fault.to_string())
    }

    fn of_file(text: &str) -> Result<Settings, String> {
        meant(Serve::default(), text)
    }

    /// The reference without the keys whose values are examples, not defaults.
    fn defaults() -> String {
        let examples = [
            "tls_listen",
            "certificate",
            "private_key",
            "\"s3://bucket/truststore.pem\"",
            "data_dir",
            "account",
            "access_key_id",
            "secret_access_key",
            "ca_bundle",
            "copy_to",
            "workers",
            "ping_seconds",
        ];
        let pool =
            ["[[user_pools]]", "arn =", "issuer =", "jwks =", "listen = \"127.0.0.1:9464\"", "hosts ="];
        let backends = ["default =", "credentials =", "sqs =", "[[vpc_links]]", "link =", "addresses ="];
        let endpoint = ["[[vpc_endpoints]]", "id =", "vpc =", "sources =", "proxies ="];
        let is_example = |line: &&str| {
            examples.iter().any(|key| line.starts_with(&format!("{key} =")))
                || pool.iter().chain(&backends).chain(&endpoint).any(|start| line.starts_with(start))
        };
        REFERENCE.lines().filter(|line| !is_example(line)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_reference_states_the_defaults() {
        let (stated, default) = (of_file(&defaults()).unwrap(), of_file("").unwrap());
        assert_eq!(stated.listen, default.listen);
        assert_eq!(stated.admin, default.admin);
        assert_eq!((stated.tls, default.tls), (None, None));
        assert_eq!(stated.truststores, default.truststores);
        assert_eq!(stated.hosts, default.hosts);
        assert_eq!(stated.method_override, default.method_override);
        assert_eq!(stated.place, default.place);
        assert!(matches!((stated.access, default.access), (Access::Development, Access::Development)));
        assert_eq!(stated.drain, default.drain);
        assert_eq!(format!("{:?}", stated.limits), format!("{:?}", default.limits));
        assert_eq!(stated.websocket, default.websocket);
        assert_eq!(stated.log, default.log);
        assert_eq!(stated.cache, default.cache);
        assert_eq!(stated.throttle, default.throttle);
        let functions = functions::Settings::new(PathBuf::new(), "", "".into());
        assert_eq!(
            stated.functions,
            Functions {
                max_processes: Some(functions.max_processes),
                max_processes_per_function: Some(functions.max_processes_per_function),
                idle_limit: Some(functions.idle_limit),
                control_group: Some(functions.control_group),
            }
        );
    }

    #[test]
    fn the_reference_has_every_key() {
        let written = written::parse(REFERENCE).unwrap();
        assert!(!written.aws_endpoints.services.is_empty());
        // `Debug` prints `None` for what is absent.
        assert!(!format!("{written:?}").contains("None"), "{written:?}");
    }

    #[test]
    fn the_command_line_counts_before_the_file() {
        let file = "listen = \"127.0.0.1:1\"\ndata_dir = \"/file\"\nlog.level = \"warn\"";
        let settings = of_file(file).unwrap();
        assert_eq!(settings.listen.port(), 1);
        assert_eq!(settings.place, Place::Directory("/file".into()));
        assert_eq!(settings.log.directives, "warn");
        let arguments = Serve {
            listen: "127.0.0.1:2".parse().ok(),
            data_dir: Some("/argument".into()),
            log: Some("debug".to_owned()),
            ..Serve::default()
        };
        let settings = meant(arguments, file).unwrap();
        assert_eq!(settings.listen.port(), 2);
        assert_eq!(settings.place, Place::Directory("/argument".into()));
        assert_eq!(settings.log.directives, "debug");
    }

    #[test]
    fn memory_and_directory_exclude_each_other_where_they_are_written() {
        let in_memory = |ephemeral, data_dir: Option<&str>| Serve {
            ephemeral,
            data_dir: data_dir.map(PathBuf::from),
            ..Serve::default()
        };
        for (arguments, file, expected) in [
            (in_memory(true, Some("/argument")), "", Place::Memory),
            (in_memory(true, None), "data_dir = \"/file\"", Place::Memory),
            (in_memory(false, Some("/argument")), "ephemeral = true", Place::Directory("/argument".into())),
            (in_memory(false, None), "ephemeral = true\ndata_dir = \"/file\"", Place::Memory),
            (in_memory(false, None), "ephemeral = false", Place::Directory("/home/data".into())),
        ] {
            assert_eq!(meant(arguments, file).unwrap().place, expected, "{file}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, said) in [
            ("unheard_of = 1", "unheard_of"),
            ("[root]\nkey = 1", "key"),
            ("auth = \"sometimes\"", "sometimes"),
            ("listen = \"here\"", "listen is \"here\", expected ADDRESS:PORT"),
            ("listen = 4566", "invalid type"),
            ("[admin]\nlisten = \"here\"", "admin.listen is \"here\", expected ADDRESS:PORT"),
            ("workers = 0", "workers must be from 1 to 1024"),
            ("[cache]\nmib_per_stage = 0", "cache.mib_per_stage must be from 1 to 242688 MiB"),
            ("[account_throttle]\nrate = 0.0", "account_throttle must have a rate and a burst above 0"),
            ("[account_throttle]\nrate = inf", "account_throttle must have a rate and a burst above 0"),
            ("[account_throttle]\nburst = 0", "account_throttle must have a rate and a burst above 0"),
            (
                "[[user_pools]]\narn = \"x\"\njwks = \"y\"",
                "user_pools names \"x\", which is not the ARN of a user pool",
            ),
            ("aws_endpoints.sqs = \"x\"", "aws_endpoints has sqs = \"x\""),
            (
                "[[vpc_links]]\nlink = \"a\"\naddresses = [\"b:0\"]",
                "vpc_links has a wrong target of \"a\": \"b:0\" is no address",
            ),
            ("[[vpc_links]]\nlink = \"a\"\naddresses = []", "no address is given"),
            (
                "[[vpc_links]]\nlink = \"a\"\naddresses = [\"b\"]\n[[vpc_links]]\nlink = \"a\"\naddresses = [\"b\"]",
                "vpc_links names \"a\" twice",
            ),
            (
                "[[vpc_endpoints]]\nid = \"x\"\nsources = [\"::/0\"]",
                "vpc_endpoints has the id \"x\", which is not that of a VPC endpoint, such as vpce-0a1b2c",
            ),
            (
                "[[vpc_endpoints]]\nid = \"vpce-1\"\nsources = [\"10.0.0.0/33\"]",
                "vpc_endpoints has \"10.0.0.0/33\", which is no CIDR block",
            ),
            (
                "[[vpc_endpoints]]\nid = \"vpce-1\"",
                "vpc_endpoints does not say who comes by \"vpce-1\": it needs sources or proxies",
            ),
            (
                "[[vpc_endpoints]]\nid = \"vpce-1\"\nvpc = \"vpce-2\"\nsources = [\"::/0\"]",
                "vpc_endpoints has the vpc \"vpce-2\", which is not the id of one, such as vpc-0a1b2c",
            ),
            ("[[vpc_endpoints]]\nid = \"vpce-1\"\nheader = \"x\"", "header"),
            ("workers = 1025", "workers must be from 1 to 1024"),
            ("drain_seconds = 86401", "drain_seconds must be from 1 to 86400 seconds"),
            ("connections.most = 0", "connections.most must be at least 1"),
            ("connections.idle_seconds = 0", "connections.idle_seconds must be from 1"),
            ("websocket.ping_seconds = 0", "websocket.ping_seconds must be from 1"),
            ("websocket.lifetime_seconds = 86401", "websocket.lifetime_seconds must be from 1 to 86400"),
            ("functions.max_processes = 0", "functions.max_processes must be at least 1"),
            ("functions.control_group = \"mine\"", "functions.control_group must be \"own\", \"none\" or a"),
            ("upstreams.ca_bundle = \"/absent.pem\"", "upstreams.ca_bundle cannot be used"),
            ("log.format = \"xml\"", "xml"),
        ] {
            let why = of_file(text).unwrap_err();
            assert!(why.contains(said), "{text}: {why}");
        }
    }

    #[test]
    fn requests_go_to_aws_only_if_told_to_and_with_keys_for_it() {
        let meant = |text: &str, environment: &[(&str, &str)]| {
            let written = written::parse(&format!("[aws_endpoints]\n{text}")).unwrap().aws_endpoints;
            let found = |name: &str| environment.iter().find(|(own, _)| *own == name);
            aws_endpoints(written, |name| found(name).map(|(_, value)| (*value).to_owned()))
        };
        let keys = [("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "hunter2")];
        for text in [
            "",
            "sqs = \"http://127.0.0.1:9324\"",
            "sqs = \"https://sqs.example/\"\ndefault = \"http://127.0.0.1:1\"",
        ] {
            assert!(meant(text, &[]).is_ok(), "{text}");
        }
        for text in ["default = \"aws\"", "s3 = \"aws\""] {
            assert!(meant(text, &keys).unwrap_err().contains("does not say by whose credentials"), "{text}");
            let with = format!("{text}\ncredentials = \"environment\"");
            assert!(meant(&with, &[]).unwrap_err().contains("AWS_ACCESS_KEY_ID is not set"), "{text}");
            assert!(
                meant(&with, &keys[..1]).unwrap_err().contains("AWS_SECRET_ACCESS_KEY is not set"),
                "{text}"
            );
            let endpoints = meant(&with, &keys).unwrap();
            assert!(!format!("{endpoints:?}").contains("hunter2"));
        }
        for (text, said) in [
            ("credentials = \"environment\"", "for nothing"),
            ("sqs = \"127.0.0.1:9324\"", "begins with neither"),
            ("sqs = \"http://127.0.0.1:9324/path\"", "only scheme, host and port"),
            ("sqs = \"http://user@host\"", "does not name a host"),
            ("SQS = \"http://127.0.0.1:9324\"", "no service"),
        ] {
            let why = meant(text, &keys).unwrap_err();
            assert!(why.contains(said), "{text}: {why}");
        }
    }

    #[test]
    fn borders_are_accepted() {
        for text in [
            "workers = 1",
            "workers = 1024",
            "drain_seconds = 0",
            "drain_seconds = 86400",
            "connections.most = 1",
        ] {
            assert!(of_file(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn root_keys_are_whole_and_only_for_strict_mode() {
        let root =
            "[root]\naccount = \"111111111111\"\naccess_key_id = \"AKIA\"\nsecret_access_key = \"s\"\n";
        let strict = of_file(&format!("auth = \"strict\"\n{root}")).unwrap();
        let Access::Strict { root: Some(keys) } = strict.access else { panic!("{:?}", strict.access) };
        assert_eq!((keys.account.as_str(), keys.access_key_id.as_str()), ("111111111111", "AKIA"));
        assert!(matches!(of_file("auth = \"strict\"").unwrap().access, Access::Strict { root: None }));
        for (text, said) in [
            (root.to_owned(), "need auth = \"strict\""),
            ("auth = \"strict\"\n[root]\naccess_key_id = \"AKIA\"".to_owned(), "no secret_access_key"),
            ("auth = \"strict\"\n[root]\nsecret_access_key = \"s\"".to_owned(), "no access_key_id"),
            (format!("auth = \"strict\"\n{}", root.replace("111111111111", "1")), "12 digits"),
            (format!("auth = \"strict\"\n{}", root.replace("\"s\"", "\"\"")), "empty key"),
        ] {
            let why = of_file(&text).unwrap_err();
            assert!(why.contains(said), "{text}: {why}");
        }
        let given = Serve {
            root: cli::Root { access_key_id: None, secret_access_key: Some(Secret::new("other")) },
            ..Serve::default()
        };
        let both = meant(given, &format!("auth = \"strict\"\n{root}")).unwrap();
        let Access::Strict { root: Some(keys) } = both.access else { panic!("{:?}", both.access) };
        assert_eq!(keys.secret_access_key.expose(), "other");
    }

    #[test]
    fn tls_has_an_address_and_perhaps_a_certificate() {
        let listen = "tls_listen = \"127.0.0.1:2\"\n";
        let plain = of_file(listen).unwrap().tls;
        assert_eq!(plain, Some(Tls { listen: "127.0.0.1:2".parse().unwrap(), certificate: None }));
        let argument = Serve { tls_listen: "127.0.0.1:3".parse().ok(), ..Serve::default() };
        assert_eq!(meant(argument, listen).unwrap().tls.unwrap().listen.port(), 3);
        let files = "[tls]\ncertificate = \"c\"\nprivate_key = \"k\"";
        let with_files = of_file(&format!("{listen}{files}")).unwrap().tls.unwrap();
        let expected = CertificateFiles { certificate: "c".into(), private_key: "k".into() };
        assert_eq!(with_files.certificate, Some(expected));
        for (text, why) in [
            (files, "tls has a certificate that nobody would be shown: set tls_listen"),
            ("[tls]\ncertificate = \"c\"", "tls has a certificate but no private_key"),
            ("[tls]\nprivate_key = \"k\"", "tls has a private_key but no certificate"),
            ("tls_listen = \"x\"", "tls_listen is \"x\""),
            ("[truststores]\nx = \"y\"", "truststores names \"x\""),
        ] {
            let fault = of_file(text).unwrap_err();
            assert!(fault.contains(why), "{fault}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let written = written::parse("[root]\nsecret_access_key = \"hunter2\"").unwrap();
        assert!(!format!("{written:?}").contains("hunter2"));
    }
}
