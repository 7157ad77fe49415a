//! What the process itself takes up, under the names that Prometheus's client libraries use.

use std::time::{SystemTime, UNIX_EPOCH};

use super::text::{Kind, Text};

/// This process.
#[derive(Debug)]
pub(super) struct Process {
    start: u64,
}

impl Process {
    /// It starts now.
    pub(super) fn started() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self { start: since.map_or(0, |since| since.as_secs()) }
    }

    /// Tells of it. What the system does not tell is left out.
    pub(super) fn tell(&self, text: &mut Text) {
        let mut gauge = |name, help, value: u64| {
            text.metric(name, Kind::Gauge, help);
            text.sample(name, &[], value);
        };
        gauge("process_start_time_seconds", "When the process started, in seconds of Unix time.", self.start);
        if let Some(bytes) = resident() {
            gauge("process_resident_memory_bytes", "Memory of the process that is in RAM.", bytes);
        }
        if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
            let open = u64::try_from(open.count()).unwrap_or(u64::MAX);
            gauge("process_open_fds", "Open file descriptors.", open);
        }
    }
}

/// `VmRSS` of Linux's `/proc/self/status`, which is in KiB.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}
