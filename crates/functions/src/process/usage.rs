//! How much memory a function's process and its children use, and how many they are.

use std::fs;

use rustix::process::Pid;

use super::family::{MOST_PROCESSES, children};

/// A measurement, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// The most that was ever resident: what `REPORT` calls "Max Memory Used".
    pub(crate) peak: u64,
    /// What the process has taken for itself. Pages of program files are not counted: the
    /// kernel can take them back.
    pub(crate) taken: u64,
    /// The most that it can have taken at any moment so far.
    pub(crate) most_taken: u64,
    /// Processes and threads, those that have ended but were not waited for included.
    pub(crate) tasks: u64,
}

/// Measures `pid` and everything it has started that still is below it. `None` if the process
/// is gone. Cost: some 20 µs, and as much for each child.
pub(crate) fn measure(pid: Pid) -> Option<Usage> {
    let mut sum = of_one(pid.as_raw_nonzero().get())?;
    let mut waiting = children(pid.as_raw_nonzero().get());
    let mut seen = 1;
    while let Some(child) = waiting.pop() {
        if seen == MOST_PROCESSES {
            break;
        }
        seen += 1;
        let one = of_one(child);
        sum.tasks += one.map_or(1, |one| one.tasks);
        if let Some(one) = one {
            sum.peak += one.peak;
            sum.taken += one.taken;
            // Peaks of different processes are not of the same moment: only what the first
            // process peaked at is certain.
            waiting.extend(children(child));
        }
    }
    sum.most_taken = sum.most_taken.max(sum.taken);
    Some(sum)
}

fn of_one(pid: i32) -> Option<Usage> {
    parse(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// Reads `/proc/{pid}/status` (proc(5)).
fn parse(status: &str) -> Option<Usage> {
    let (mut peak, mut anonymous, mut shared, mut swapped, mut files) = (None, 0, 0, 0, 0);
    let mut tasks = 1;
    for line in status.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let bytes =
            || value.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024);
        match name {
            "VmHWM" => peak = bytes(),
            "RssAnon" => anonymous = bytes()?,
            "RssFile" => files = bytes()?,
            "RssShmem" => shared = bytes()?,
            "VmSwap" => swapped = bytes()?,
            "Threads" => tasks = value.trim().parse().unwrap_or(1),
            _ => {}
        }
    }
    // A process that has ended but was not waited for has no memory, and no such lines.
    let peak = peak?;
    let taken = anonymous + shared + swapped;
    Some(Usage { peak, taken, most_taken: taken.max(peak.saturating_sub(files)), tasks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_kernels_status() {
        let status = "Name:\tpython3\nVmHWM:\t   15360 kB\nVmRSS:\t   14336 kB\nRssAnon:\t    8192 kB\n\
                      RssFile:\t    5120 kB\nRssShmem:\t    1024 kB\nVmSwap:\t       0 kB\nThreads:\t7\n";
        let expected = Usage { peak: 15_728_640, taken: 9_437_184, most_taken: 10_485_760, tasks: 7 };
        assert_eq!(parse(status), Some(expected));
        assert_eq!(parse("Name:\tzombie\nState:\tZ (zombie)\n"), None);
    }

    #[test]
    fn a_process_that_is_gone_has_no_memory() {
        let this = measure(rustix::process::getpid()).unwrap();
        assert!(this.peak > 0 && this.taken > 0 && this.most_taken >= this.taken);
        assert_eq!(measure(Pid::from_raw(i32::MAX).unwrap()), None);
    }
}
