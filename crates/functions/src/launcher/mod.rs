//! The first moments of a function's process. The gateway does not start a function's
//! program itself but this binary again, which puts on the limits and then turns into the
//! program: between `fork` and `exec` only the child can do that, and this is the way to do
//! it without unsafe code.

mod confinement;
mod own_places;

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::{
    Pid, Resource, Rlimit, Signal, getpid, getppid, set_child_subreaper, set_parent_process_death_signal,
    setpriority_process, setrlimit, setsid,
};

use confinement::SHARED;
pub(crate) use confinement::{Confinement, missing, real};
pub(crate) use own_places::{OwnPlaces, is_shared};

/// The first argument that makes this binary a launcher.
const MARK: &str = "--become-a-function";

/// The first argument that has it try out whether a process can have places of its own.
const OWN_PLACES_MARK: &str = "--try-own-places";

/// The status of a launcher that could not do its work. Chosen so that it is not mistaken
/// for one of the program's own.
const FAILED: i32 = 126;

/// A program that was just unpacked counts as being written to while any process that was
/// started at the same moment has not yet reached its `exec`: a matter of a millisecond.
const BUSY_TRIES: u32 = 100;
const BUSY_PAUSE: std::time::Duration = std::time::Duration::from_millis(10);

/// How much less of a processor it gets than the gateway where both want it (setpriority(2)).
const NICENESS: i32 = 5;

/// The kernel ends it before others when memory is short (proc(5), `oom_score_adj`).
const FIRST_TO_GO: &str = "1000";

/// What a process may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProcessLimits {
    /// Open files.
    pub(crate) open_files: u64,
    /// The largest file it may write, in bytes.
    pub(crate) file_bytes: u64,
    /// Where it enters its control groups (`cgroup.procs`).
    pub(crate) entrances: Vec<PathBuf>,
    /// What stands at its `/tmp`; `None` if it shares that with others. It must have been started in a mount
    /// namespace of its own for it.
    pub(crate) own_places: Option<PathBuf>,
    /// Of the file system; `None` for all that the gateway itself may.
    pub(crate) reach: Option<Confinement>,
}

/// If this process was started as a launcher it becomes the function's program and this does
/// not return; otherwise this returns at once. To be called before anything else in `main`.
pub fn take_over() {
    let mut arguments = std::env::args_os().skip(1);
    let Some(first) = arguments.next() else { return };
    if first == OWN_PLACES_MARK {
        let tried = try_own_places(arguments);
        if let Err(why) = &tried {
            eprintln!("{why}");
        }
        std::process::exit(if tried.is_ok() { 0 } else { FAILED });
    }
    if first != MARK {
        return;
    }
    let why = launch(arguments);
    // The function's log is where this process's standard error leads.
    eprintln!("the function's process could not be started: {why}");
    std::process::exit(FAILED);
}

#[derive(Debug, thiserror::Error)]
enum LaunchFault {
    #[error("an argument is missing or is no number")]
    Arguments,
    #[error("the gateway is gone")]
    Orphaned,
    #[error("{0}: {1}")]
    System(&'static str, rustix::io::Errno),
    #[error("it cannot enter its control group by {entrance}: {why}", entrance = .0.display(), why = .1)]
    Group(PathBuf, std::io::Error),
    #[error("it cannot be confined: {0}")]
    Confinement(#[from] landlock::RulesetError),
    #[error("{program}: {why}", program = .0.display(), why = .1)]
    Program(OsString, std::io::Error),
}

/// The arguments behind the launcher's own that start `program`.
pub(crate) fn arguments(
    gateway: u32,
    limits: &ProcessLimits,
    program: &OsStr,
    rest: &[OsString],
) -> Vec<OsString> {
    let mut all: Vec<OsString> = vec![
        MARK.into(),
        gateway.to_string().into(),
        limits.open_files.to_string().into(),
        limits.file_bytes.to_string().into(),
        limits.entrances.len().to_string().into(),
    ];
    all.extend(limits.entrances.iter().map(OsString::from));
    match &limits.own_places {
        None => all.push("shared".into()),
        Some(directory) => all.extend(["own".into(), directory.into()]),
    }
    match &limits.reach {
        None => all.push("free".into()),
        Some(reach) => {
            all.push("confined".into());
            reach.write(&mut all);
        }
    }
    all.push(program.into());
    all.extend_from_slice(rest);
    all
}

/// Reads what [`arguments`] wrote: the gateway's process id, the limits, the program.
fn read(arguments: &mut impl Iterator<Item = OsString>) -> Option<(u64, ProcessLimits, OsString)> {
    let mut number = || arguments.next()?.to_str()?.parse::<u64>().ok();
    let (gateway, open_files, file_bytes) = (number()?, number()?, number()?);
    let entrances =
        (0..number()?).map(|_| arguments.next().map(PathBuf::from)).collect::<Option<Vec<_>>>()?;
    let own_places = match arguments.next()?.to_str()? {
        "shared" => None,
        "own" => Some(PathBuf::from(arguments.next()?)),
        _ => return None,
    };
    let reach = match arguments.next()?.to_str()? {
        "free" => None,
        "confined" => Some(Confinement::read(arguments)?),
        _ => return None,
    };
    Some((gateway, ProcessLimits { open_files, file_bytes, entrances, own_places, reach }, arguments.next()?))
}

/// What a process with places of its own does first, and no more.
fn try_own_places(mut arguments: impl Iterator<Item = OsString>) -> Result<(), LaunchFault> {
    let gateway = arguments.next().and_then(|word| word.to_str()?.parse().ok());
    let (Some(gateway), Some(directory)) = (gateway, arguments.next()) else {
        return Err(LaunchFault::Arguments);
    };
    own_places::put_on(gateway, directory.as_ref()).map_err(|why| LaunchFault::System("mount", why))
}

fn launch(mut arguments: impl Iterator<Item = OsString>) -> LaunchFault {
    let Some((gateway, limits, program)) = read(&mut arguments) else { return LaunchFault::Arguments };
    if let Err(fault) = confine(gateway, &limits) {
        return fault;
    }
    let mut command = Command::new(&program);
    command.args(arguments);
    for _ in 0..BUSY_TRIES {
        let why = command.exec();
        if why.kind() != std::io::ErrorKind::ExecutableFileBusy {
            return LaunchFault::Program(program, why);
        }
        std::thread::sleep(BUSY_PAUSE);
    }
    LaunchFault::Program(program, std::io::ErrorKind::ExecutableFileBusy.into())
}

fn confine(gateway: u64, limits: &ProcessLimits) -> Result<(), LaunchFault> {
    let system = |what| move |errno| LaunchFault::System(what, errno);
    // A session of its own: no terminal, and one group to kill with all it starts.
    setsid().map_err(system("setsid"))?;
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(system("prctl"))?;
    // The gateway may have died before the line above took effect.
    if getppid().map(|pid| i64::from(Pid::as_raw(Some(pid)))) != i64::try_from(gateway).ok() {
        return Err(LaunchFault::Orphaned);
    }
    // Before there is anything that it could start, and while it may still reach these files.
    for entrance in &limits.entrances {
        enter(entrance).map_err(|why| LaunchFault::Group(entrance.clone(), why))?;
    }
    if let Some(directory) = &limits.own_places {
        own_places::put_on(gateway, directory).map_err(system("mount"))?;
    }
    // What it starts and loses comes back to it, so that all of it is found and ended. This stays so
    // when it turns into the program.
    set_child_subreaper(Some(getpid())).map_err(system("prctl"))?;
    // A gateway that is short of processors or memory must not lose them to functions: neither can
    // fail for any good reason, and nothing depends on it.
    let _ = setpriority_process(None, NICENESS);
    let _ = std::fs::write("/proc/self/oom_score_adj", FIRST_TO_GO);
    for (what, resource, most) in [
        ("the limit of core files", Resource::Core, 0),
        ("the limit of open files", Resource::Nofile, limits.open_files),
        ("the limit of a file's size", Resource::Fsize, limits.file_bytes),
    ] {
        // A gateway that has less itself cannot give more.
        let most = rustix::process::getrlimit(resource).maximum.map_or(most, |ours| ours.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }).map_err(system(what))?;
    }
    if let Some(reach) = &limits.reach {
        confinement::give_up_privileges().map_err(system("giving up privileges"))?;
        reach.put_on()?;
    }
    Ok(())
}

/// Moves this process into a control group (cgroups(7)).
fn enter(entrance: &std::path::Path) -> std::io::Result<()> {
    std::fs::OpenOptions::new().write(true).open(entrance)?.write_all(b"0")
}
