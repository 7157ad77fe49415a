//! How much memory a function's process and its children use.

use std::fs;

use rustix::process::Pid;

/// Processes of one function that are looked at; one that starts more is measured short.
const MOST_PROCESSES: usize = 256;

/// A measurement, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MemoryUse {
    /// The most that was ever resident: what `REPORT` calls "Max Memory Used".
    pub(crate) peak: u64,
    /// What the process has taken for itself. Pages of program files are not counted: the
    /// kernel can take them back.
    pub(crate) taken: u64,
    /// The most that it can have taken at any moment so far.
    pub(crate) most_taken: u64,
}

/// Measures `pid` and everything it has started that still is below it. `None` if the process
/// is gone. Cost: some 20 µs, and as much for each child.
pub(crate) fn measure(pid: Pid) -> Option<MemoryUse> {
    let mut sum = of_one(pid.as_raw_nonzero().get())?;
    let mut waiting = children(pid.as_raw_nonzero().get());
    let mut seen = 1;
    while let Some(child) = waiting.pop() {
        if seen == MOST_PROCESSES {
            break;
        }
        seen += 1;
        if let Some(one) = of_one(child) {
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

fn of_one(pid: i32) -> Option<MemoryUse> {
    parse(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// Reads `/proc/{pid}/status` (proc(5)).
fn parse(status: &str) -> Option<MemoryUse> {
    let (mut peak, mut anonymous, mut shared, mut swapped, mut files) = (None, 0, 0, 0, 0);
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
            _ => {}
        }
    }
    // A process that has ended but was not waited for has no memory, and no such lines.
    let peak = peak?;
    let taken = anonymous + shared + swapped;
    Some(MemoryUse { peak, taken, most_taken: taken.max(peak.saturating_sub(files)) })
}

fn children(pid: i32) -> Vec<i32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let mut found = Vec::new();
    for task in tasks.flatten() {
        if let Ok(text) = fs::read_to_string(task.path().join("children")) {
            found.extend(text.split_ascii_whitespace().filter_map(|child| child.parse::<i32>().ok()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_kernels_status() {
        let status = "Name:\tpython3\nVmHWM:\t   15360 kB\nVmRSS:\t   14336 kB\nRssAnon:\t    8192 kB\n\
                      RssFile:\t    5120 kB\nRssShmem:\t    1024 kB\nVmSwap:\t       0 kB\n";
        let expected = MemoryUse { peak: 15_728_640, taken: 9_437_184, most_taken: 10_485_760 };
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
