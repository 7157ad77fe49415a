//! `Event` invocations: accepted at once, run when there is room, and tried again when the
//! function fails, as Lambda does (developer guide, "Asynchronous invocation").
//!
//! The queue is in memory. An event that was accepted is run at least once unless the gateway
//! stops before: then it is lost. Dead-letter queues and destinations are not served.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use ports::functions::InvokeError;

use crate::service::{Core, Invocation};

/// The pauses before an event is tried again that was throttled or could not be run: from a
/// second to five minutes.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// `MaximumEventAgeInSeconds`: six hours.
const MAXIMUM_AGE: Duration = Duration::from_secs(6 * 60 * 60);

/// How much is queued, and how much may be.
pub(crate) struct Events {
    max_count: usize,
    max_bytes: usize,
    queued: Arc<Queued>,
}

#[derive(Default)]
struct Queued {
    count: AtomicUsize,
    bytes: AtomicUsize,
}

/// One event's place in the queue.
struct Place {
    bytes: usize,
    queued: Arc<Queued>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.queued.count.fetch_sub(1, Ordering::AcqRel);
        self.queued.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

impl Events {
    pub(crate) fn new(max_count: usize, max_bytes: usize) -> Self {
        Self { max_count, max_bytes, queued: Arc::default() }
    }

    fn place(&self, bytes: usize) -> Option<Place> {
        let below =
            |most: usize, add: usize| move |now: usize| now.checked_add(add).filter(|sum| *sum <= most);
        let (acquire, release) = (Ordering::Acquire, Ordering::AcqRel);
        self.queued.count.fetch_update(release, acquire, below(self.max_count, 1)).ok()?;
        if self.queued.bytes.fetch_update(release, acquire, below(self.max_bytes, bytes)).is_err() {
            self.queued.count.fetch_sub(1, release);
            return None;
        }
        Some(Place { bytes, queued: Arc::clone(&self.queued) })
    }
}

/// Queues `invocation`; answers false if there is no room.
pub(crate) fn accept(core: &Arc<Core>, invocation: Invocation) -> bool {
    let Some(place) = core.events.place(invocation.payload.len()) else { return false };
    core.runtime.spawn(run(Arc::downgrade(core), invocation, place));
    true
}

async fn run(core: Weak<Core>, invocation: Invocation, _place: Place) {
    let accepted = Instant::now();
    let mut failures = 0;
    let mut pause = FIRST_PAUSE;
    while let Some(alive) = core.upgrade() {
        let outcome = alive.run(&invocation).await;
        let delays = &alive.machine.settings.event_retry_delays;
        let (function, request_id) = (&invocation.function.name, &invocation.request_id);
        let wait = match outcome {
            Ok((_, reply)) if !reply.is_error => return,
            Ok(_) => {
                let Some(delay) = delays.get(failures) else {
                    tracing::warn!(
                        function,
                        request_id,
                        "an event is given up: the function failed each time"
                    );
                    return;
                };
                failures += 1;
                *delay
            }
            Err(InvokeError::Throttled | InvokeError::Unavailable { .. }) => {
                let now = pause;
                pause = (pause * 2).min(LONGEST_PAUSE);
                now
            }
            Err(error) => {
                tracing::warn!(function, request_id, %error, "an event is given up");
                return;
            }
        };
        if accepted.elapsed() + wait > MAXIMUM_AGE {
            tracing::warn!(function, request_id, "an event is given up: it is six hours old");
            return;
        }
        drop(alive);
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_bounded_in_number_and_in_bytes() {
        let events = Events::new(2, 100);
        let large = events.place(90).unwrap();
        assert!(events.place(11).is_none(), "too many bytes");
        let small = events.place(10).unwrap();
        assert!(events.place(0).is_none(), "too many events");
        drop(large);
        assert!(events.place(90).is_some());
        drop(small);
    }
}
