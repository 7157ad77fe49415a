//! Files as the kernel shows them, and a tree of files in place of the kernel's.

use std::fs;
use std::path::{Path, PathBuf};

use super::hierarchy::{Base, Hierarchy, Version, mounted};
use super::place::Place;
use super::{ControlGroupBase, ControlGroups, GroupFault};

/// cgroups(7): what each of these files has in it.
const VERSION_TWO: (&str, &str) = (
    "25 20 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate",
    "0::/system.slice/gatewright.service",
);

fn hierarchy(version: Version, mount: &str, own: &str, memory: bool, tasks: bool) -> Hierarchy {
    Hierarchy { version, mount: mount.into(), own: own.into(), memory, tasks }
}

#[test]
fn version_two_is_found() {
    let expected = hierarchy(
        Version::Two,
        "/sys/fs/cgroup",
        "/sys/fs/cgroup/system.slice/gatewright.service",
        false,
        false,
    );
    assert_eq!(mounted(VERSION_TWO.0, VERSION_TWO.1), [expected]);
}

#[test]
fn version_one_is_found_by_its_controllers() {
    let mountinfo = "24 20 0:20 / /proc rw - proc proc rw\n\
                     35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
                     33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                     39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n\
                     40 31 0:36 / /other/pids rw,relatime - cgroup cgroup rw,pids\n\
                     41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
    let cgroup = "8:pids:/\n5:cpu,cpuacct:/a\n4:memory:/service/x\n1:name=systemd:/y\n0::/z\n";
    let expected = [
        hierarchy(Version::One, "/sys/fs/cgroup/memory", "/sys/fs/cgroup/memory/service/x", true, false),
        hierarchy(Version::One, "/sys/fs/cgroup/pids", "/sys/fs/cgroup/pids", false, true),
        hierarchy(Version::Two, "/sys/fs/cgroup/unified", "/sys/fs/cgroup/unified/z", false, false),
    ];
    assert_eq!(mounted(mountinfo, cgroup), expected);
}

#[test]
fn a_container_sees_its_own_part() {
    let mountinfo = "35 31 0:32 /docker/4f /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory,pids\n";
    let found = mounted(mountinfo, "4:memory,pids:/docker/4f\n");
    let memory = "/sys/fs/cgroup/memory";
    assert_eq!(found, [hierarchy(Version::One, memory, memory, true, true)]);
    // Where it is cannot be seen.
    assert_eq!(mounted(mountinfo, "4:memory,pids:/docker/5a\n"), []);
    assert_eq!(mounted("nonsense\n\n1 2 - cgroup2", "0::/"), []);
}

#[test]
fn only_a_group_that_is_nobody_elses_is_divided() {
    let root = tempfile::tempdir().unwrap();
    let mount = root.path().to_str().unwrap();
    let below = format!("{mount}/service");
    fs::create_dir(&below).unwrap();
    let own = |own: &str| hierarchy(Version::Two, mount, own, false, false).own_base();
    assert_eq!(own(mount).unwrap().directory, root.path());
    let is_plain_user = !rustix::process::geteuid().is_root();
    assert_eq!(own(&below).is_some(), is_plain_user, "it is not marked");
    let mark = |value: &[u8]| {
        // Which of the two a file system takes is its own affair.
        let set =
            |mark| rustix::fs::setxattr(Path::new(&below), mark, value, rustix::fs::XattrFlags::empty());
        assert!(set("user.delegate").is_ok() || set("trusted.delegate").is_ok());
    };
    mark(b"0");
    assert_eq!(own(&below).is_some(), is_plain_user);
    mark(b"1");
    assert_eq!(own(&below).unwrap().directory, PathBuf::from(&below));
    // A gateway that had to step aside is in a group of its own making.
    assert_eq!(own(&format!("{below}/gatewright-itself")).unwrap().directory, PathBuf::from(&below));
}

/// Files in place of version 2's.
fn tree(controllers: &str, subtree_control: &str) -> (tempfile::TempDir, Base) {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("cgroup.controllers"), controllers).unwrap();
    fs::write(root.path().join("cgroup.subtree_control"), subtree_control).unwrap();
    let hierarchy =
        hierarchy(Version::Two, root.path().to_str().unwrap(), root.path().to_str().unwrap(), false, false);
    let base = Base::named(&hierarchy, Path::new(""));
    (root, base)
}

/// What the kernel would have made.
fn with_files(place: &Path) {
    fs::write(place.join("cgroup.subtree_control"), "").unwrap();
}

#[test]
fn a_group_of_version_two_has_its_bounds() {
    let (_root, base) = tree("cpuset cpu io memory pids\n", "memory pids\n");
    let mut place = Place::open(&base).unwrap();
    with_files(&place.directory);
    (place.memory, place.tasks) = (true, true);
    let directory = place.directory.join("k3");
    let groups = ControlGroups { places: vec![place], missing: Vec::new() };
    let group = groups.make("k3", 134_217_728, 1024).unwrap();
    let has = |file: &str| fs::read_to_string(directory.join(file)).unwrap();
    assert_eq!(has("memory.max"), "134217728");
    assert_eq!(has("memory.swap.max"), "0");
    assert_eq!(has("memory.oom.group"), "1");
    assert_eq!(has("pids.max"), "1024");
    assert_eq!(group.entrances(), [directory.join("cgroup.procs")]);
    assert!(!group.ran_out_of_memory());
    fs::write(directory.join("memory.events"), "oom 1\noom_kill 1\n").unwrap();
    assert!(group.ran_out_of_memory());
    // All that is in it is killed in one write.
    fs::write(directory.join("cgroup.kill"), "").unwrap();
    group.kill();
    assert_eq!(has("cgroup.kill"), "1");
    assert!(groups.make("k3", 1, 1).is_err(), "a group is one process's");
}

#[test]
fn version_one_has_its_own_files() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().to_str().unwrap();
    let base = Base::named(&hierarchy(Version::One, path, path, true, false), Path::new(""));
    let place = Place::open(&base).unwrap();
    let directory = place.directory.join("k3");
    let groups = ControlGroups { places: vec![place], missing: Vec::new() };
    let group = groups.make("k3", 268_435_456, 1024).unwrap();
    let has = |file: &str| fs::read_to_string(directory.join(file)).unwrap();
    assert_eq!(has("memory.limit_in_bytes"), "268435456");
    assert_eq!(has("memory.memsw.limit_in_bytes"), "268435456");
    assert!(!directory.join("pids.max").exists());
    fs::write(directory.join("memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n").unwrap();
    assert!(group.ran_out_of_memory());
}

#[test]
fn controllers_are_handed_down_one_by_one() {
    let (root, base) = tree("cpu memory\n", "");
    let place = Place::open(&base).unwrap();
    // The kernel would have the file in the new group, too; here it is not there, so that nothing is held.
    assert!(!place.memory && !place.tasks);
    assert_eq!(fs::read_to_string(root.path().join("cgroup.subtree_control")).unwrap(), "+memory");
}

#[test]
fn only_what_has_no_gateway_any_more_is_removed() {
    let (root, base) = tree("", "");
    for name in ["gatewright-functions.1.0", "gatewright-functions.x", "gatewright-functions", "other"] {
        fs::create_dir(root.path().join(name)).unwrap();
    }
    let living = Place::open(&base).unwrap();
    let there = |name: &str| root.path().join(name).exists();
    assert!(!there("gatewright-functions.1.0"), "nobody holds its lock");
    assert!(there("gatewright-functions.x") && there("gatewright-functions") && there("other"));
    let second = Place::open(&base).unwrap();
    assert!(living.directory.exists());
    assert_ne!(living.directory, second.directory);
    living.remove();
    assert!(!living.directory.exists());
    // The second time as if it were the first.
    living.remove();
}

#[test]
fn what_is_in_force_is_told_in_one_line() {
    let groups = ControlGroups::open(&ControlGroupBase::None).unwrap();
    assert_eq!(
        groups.in_force(),
        "functions: memory and number of processes are watched, not held by control groups; the configuration says so"
    );
    assert_eq!(groups.make("k3", 1, 1).unwrap().entrances(), Vec::<PathBuf>::new());
    let (_root, base) = tree("", "");
    let mut place = Place::open(&base).unwrap();
    place.tasks = true;
    let directory = place.directory.display().to_string();
    let groups =
        ControlGroups { places: vec![place], missing: vec!["/m is not the gateway's to divide".into()] };
    assert_eq!(
        groups.in_force(),
        format!(
            "functions: number of processes is held by control groups, memory is watched; groups are in {directory}; \
             /m is not the gateway's to divide"
        )
    );
}

#[test]
fn a_named_group_that_is_none_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let named = |path: PathBuf| ControlGroups::open(&ControlGroupBase::Named(path)).unwrap_err();
    assert!(matches!(named(directory.path().to_owned()), GroupFault::None(_)));
    assert!(matches!(named(directory.path().join("absent")), GroupFault::Refused { .. }));
}
