//! Keeps the served stages, custom domain names and portals what the store says: all of them at the start,
//! then each that changes, on a thread of its own so that no deployment keeps a request waiting.
//!
//! What a deployment has compiled itself is served by the thread that commits it (`at_once.rs`).
//!
//! A change is acknowledged once the new stage is in its place. A stage that cannot be
//! compiled is served no longer in its old form: it answers 500, and the reason is logged. What is
//! read of REST APIs is in `rest.rs`, of HTTP and WebSocket APIs, which have routes, in `routed.rs`.

mod ahead;
mod at_once;
mod rest;
mod routed;

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use store::{Batch, Follower, Store, StoreFault};
use tokio::sync::{Notify, watch};

use super::{Apis, Domains, domains};
use crate::portals::{self, Portals};
pub(super) use rest::Deployed;

/// How long to wait before a failed read is tried again.
const READ_PAUSE: Duration = Duration::from_secs(1);

/// The thread that follows the store. Dropping it ends it.
#[derive(Debug)]
pub struct Refresh {
    stop: watch::Sender<bool>,
    anew: Arc<Notify>,
    thread: Option<JoinHandle<()>>,
}

/// Why stages could not be loaded at the start.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The store cannot be read.
    #[error("what is to be served cannot be read: {0}")]
    Store(#[from] StoreFault),
    /// The system has no thread left.
    #[error("no thread to read what is to be served: {0}")]
    Thread(#[from] io::Error),
}

impl Refresh {
    /// Loads all stages of `store` into `apis`, its custom domain names into `names` and its portals into
    /// `portals`, then follows its changes. Blocks until all are loaded; must not be called on a thread that runs tasks.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn start(
        store: Store,
        apis: Arc<Apis>,
        names: Arc<Domains>,
        portals: Arc<Portals>,
    ) -> Result<Self, RefreshError> {
        // The feed first: what changes while the stages are read comes again.
        let follower = store.follow("gateway");
        rest::load(&store, &apis)?;
        routed::load(&store, &apis)?;
        domains::load(&store, &names)?;
        portals::load(&store, &portals)?;
        let taking = Arc::clone(&apis);
        follower.take_at_once(move |commit| at_once::take(&taking, commit));
        let (stop, stopped) = watch::channel(false);
        let anew = Arc::new(Notify::new());
        let asked = Arc::clone(&anew);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let thread = std::thread::Builder::new().name("refresh".to_owned()).spawn(move || {
            runtime.block_on(follow(store, follower, (apis, names, portals), (stopped, asked)))
        })?;
        Ok(Self { stop, anew, thread: Some(thread) })
    }

    /// Compiles all custom domain names anew, soon: what they are made of besides the store has changed.
    pub fn anew(&self) {
        self.anew.notify_one();
    }
}

impl Drop for Refresh {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that follows the store ended in a panic");
        }
    }
}

async fn follow(
    store: Store,
    mut follower: Follower,
    (apis, names, portals): (Arc<Apis>, Arc<Domains>, Arc<Portals>),
    (mut stopped, asked): (watch::Receiver<bool>, Arc<Notify>),
) {
    loop {
        let batch = tokio::select! {
            batch = follower.next() => batch,
            () = asked.notified() => {
                let all = Batch::Reload(store.sequence());
                match domains::take(&store, &all, &names).await {
                    Ok(()) => tracing::info!("custom domain names were compiled anew"),
                    Err(fault) => tracing::error!(%fault, "custom domain names cannot be read anew"),
                }
                continue;
            }
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        loop {
            let taken = async {
                rest::take(&store, &batch, &apis).await?;
                routed::take(&store, &batch, &apis).await?;
                domains::take(&store, &batch, &names).await?;
                portals::take(&store, &batch, &portals).await
            };
            match taken.await {
                Ok(()) => break,
                Err(fault) => tracing::error!(%fault, "what has changed cannot be read; trying again"),
            }
            tokio::select! {
                () = tokio::time::sleep(READ_PAUSE) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
        }
        follower.acknowledge(batch.last());
    }
}

/// A document that cannot be decoded is the trouble of whom it is about; any other fault is
/// everybody's.
pub(in crate::front_door) fn tolerant<T>(
    read: Result<T, StoreFault>,
) -> Result<Result<T, String>, StoreFault> {
    match read {
        Ok(read) => Ok(Ok(read)),
        Err(fault @ StoreFault::Undecodable { .. }) => Ok(Err(fault.to_string())),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests;
