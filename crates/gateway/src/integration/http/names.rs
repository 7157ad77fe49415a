//! The addresses behind host names: asked of the system's resolver once for all who want them,
//! and remembered for a short time.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use futures_util::future::Shared;
use tokio::sync::Semaphore;

use super::bounds::{ADDRESSES, NAME_TIME, NAMES, NO_NAME_TIME};
use crate::worker::LOOKUP_THREADS;

/// At least one address, in the resolver's order; or why there is none.
pub(super) type Addresses = Result<Arc<[IpAddr]>, Arc<io::Error>>;

type Lookup = Shared<Pin<Box<dyn Future<Output = Addresses>>>>;

/// One worker's memory of names.
#[derive(Debug)]
pub(super) struct Names {
    known: RefCell<HashMap<Box<str>, Name>>,
    threads: Arc<Semaphore>,
}

#[derive(Debug)]
enum Name {
    Asked(Lookup),
    Known { addresses: Addresses, until: Instant },
}

impl Default for Names {
    fn default() -> Self {
        Self { known: RefCell::default(), threads: Arc::new(Semaphore::new(LOOKUP_THREADS)) }
    }
}

impl Names {
    /// The addresses of `host`.
    pub(super) async fn resolve(&self, host: &str, now: Instant) -> Addresses {
        let lookup = match self.remembered(host, now) {
            Some(Name::Known { addresses, .. }) => return addresses,
            Some(Name::Asked(lookup)) => lookup,
            None => self.ask(host, now),
        };
        let addresses = lookup.await;
        let time = if addresses.is_ok() { NAME_TIME } else { NO_NAME_TIME };
        let known = Name::Known { addresses: addresses.clone(), until: Instant::now() + time };
        // Everyone who waited writes the same.
        if let Some(name) = self.known.borrow_mut().get_mut(host) {
            *name = known;
        }
        addresses
    }

    fn remembered(&self, host: &str, now: Instant) -> Option<Name> {
        match self.known.borrow().get(host)? {
            Name::Known { until, .. } if *until <= now => None,
            Name::Known { addresses, until } => {
                Some(Name::Known { addresses: addresses.clone(), until: *until })
            }
            Name::Asked(lookup) => Some(Name::Asked(lookup.clone())),
        }
    }

    fn ask(&self, host: &str, now: Instant) -> Lookup {
        let lookup = look_up(host.into(), Arc::clone(&self.threads)).boxed_local().shared();
        let mut known = self.known.borrow_mut();
        if known.len() >= NAMES {
            known.retain(|_, name| match name {
                Name::Asked(lookup) => lookup.strong_count().is_some_and(|count| count > 1),
                Name::Known { until, .. } => *until > now,
            });
        }
        if known.len() < NAMES {
            known.insert(host.into(), Name::Asked(lookup.clone()));
        }
        lookup
    }
}

/// Waits for a thread before it asks: a lookup that nobody waits for any more then never starts.
async fn look_up(host: Box<str>, threads: Arc<Semaphore>) -> Addresses {
    let _thread = threads.acquire().await.map_err(|error| Arc::new(io::Error::other(error)))?;
    let found = tokio::net::lookup_host((&*host, 0)).await.map_err(Arc::new)?;
    let addresses: Arc<[IpAddr]> = found.map(|address| address.ip()).take(ADDRESSES).collect();
    if addresses.is_empty() {
        return Err(Arc::new(io::Error::new(io::ErrorKind::NotFound, "the name has no address")));
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn localhost_is_known_after_it_was_asked_for() {
        let names = Names::default();
        let now = Instant::now();
        let addresses = names.resolve("localhost", now).await.unwrap();
        assert!(addresses.iter().all(IpAddr::is_loopback));
        assert!(matches!(names.remembered("localhost", now), Some(Name::Known { .. })));
        assert!(names.remembered("localhost", now + NAME_TIME * 2).is_none());
    }

    #[tokio::test]
    async fn those_who_ask_at_once_ask_once() {
        let names = Names::default();
        let now = Instant::now();
        let first = names.ask("localhost", now);
        assert!(matches!(names.remembered("localhost", now), Some(Name::Asked(_))));
        let (one, other) = futures_util::future::join(names.resolve("localhost", now), first).await;
        assert!(Arc::ptr_eq(&one.unwrap(), &other.unwrap()));
    }
}
