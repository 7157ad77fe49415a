//! What a line of an access log costs from the text in a core's batch to the database: processor time
//! of the whole process a line, however many threads share the work.
//!
//!     cargo run --release -p gatewright-logs --example append [lines] [lines a second]
//!
//! Lines of 300 bytes are written into batches of 512 and handed over as the gateway does, into a
//! database in a new directory (`TMPDIR`), which is removed again. What could not be kept is told.

use std::error::Error;
use std::time::{Duration, Instant};

use base::{Clock, Scope};
use gatewright_logs::{Location, LogOptions, LogStore};
use ports::log_sink::{LogLines, LogSink};

/// Lines that a core hands over at once.
const BATCH: u64 = 512;

/// As long as a line of JSON with a dozen variables.
const LINE_BYTES: usize = 300;

/// What `/proc/self/stat` counts processor time in, on every Linux that this runs on.
const TICKS_A_SECOND: f64 = 100.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |usual: u32| arguments.next().map_or(Ok(usual), |text| text.parse());
    let (lines, rate) = (number(3_000_000)?, number(60_000)?);

    let directory = std::env::temp_dir().join(format!("gatewright-logs-{}", std::process::id()));
    let clock = Clock::system();
    let location = Location::Directory(directory.clone());
    let logs = LogStore::open(LogOptions { location, clock: clock.clone() })?;
    let sink: &dyn LogSink = &logs;
    let scope = Scope::new("000000000000", "us-east-1");
    let piece = "x".repeat(LINE_BYTES / 10);

    let (begun, before) = (Instant::now(), processor_time()?);
    let (mut batch, mut written) = (LogLines::default(), 0);
    while written < u64::from(lines) {
        let now = clock.now();
        for _ in 0..BATCH {
            // A format has some pieces.
            batch.push_with(now, |text| (0..10).for_each(|_| text.push_str(&piece)));
        }
        written += BATCH;
        let next = LogLines::with_space_of(&batch);
        sink.append(&scope, "access", "stream", std::mem::replace(&mut batch, next));
        let due = begun + Duration::from_secs(written) / rate;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let dropped = logs.dropped();
    drop(logs);
    let spent = processor_time()? - before;
    let took = begun.elapsed().as_secs_f64();
    let micros = spent * 1e6 / f64::from(lines);
    println!("{written} lines in {took:.1} s: {micros:.3} µs of processor time a line, {dropped} dropped");
    std::fs::remove_dir_all(directory)?;
    Ok(())
}

/// What this process has used so far, in seconds.
fn processor_time() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let behind_the_name = stat.rsplit(')').next().unwrap_or_default();
    let (user, system) = (11, 12);
    let mut ticks = 0.0;
    for (place, field) in behind_the_name.split_whitespace().enumerate() {
        if place == user || place == system {
            ticks += field.parse::<f64>()?;
        }
    }
    Ok(ticks / TICKS_A_SECOND)
}
