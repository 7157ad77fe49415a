//! The open connections of this node, by identifier, whichever worker has them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use bytes::Bytes;
use ports::Pending;
use ports::connections::{ConnectionError, ConnectionFacts, ConnectionRef, Connections};

use super::outbox::Outbox;
use crate::exchange::IdSource;

/// Workers seldom wait for one another's connections.
const SHARDS: usize = 64;

/// The connections of all stages.
#[derive(Debug)]
pub struct OpenConnections([Mutex<HashMap<Box<str>, Arc<Connection>>>; SHARDS]);

/// An open connection, as others than its own task see it.
#[derive(Debug)]
pub(super) struct Connection {
    /// Its identifier.
    pub(super) id: Box<str>,
    /// Its API's id.
    pub(super) api: Box<str>,
    /// Its stage's name.
    pub(super) stage: Box<str>,
    /// When it was opened.
    pub(super) connected_at: Timestamp,
    /// The client's address.
    pub(super) source_ip: Box<str>,
    /// What the client says it is.
    pub(super) user_agent: Option<Box<str>>,
    /// What waits for the client.
    pub(super) outbox: Outbox,
    last_active: AtomicI64,
}

/// A connection's place among the open ones; it leaves when this is dropped.
#[derive(Debug)]
pub(super) struct Registered {
    all: Arc<OpenConnections>,
    connection: Arc<Connection>,
}

/// A connection's identifier: 11 random bytes, as AWS's are 16 characters with an equals sign at their
/// end (`L0SM9cOFvHcCIhw=`).
pub(super) fn draw_id(ids: &IdSource) -> Box<str> {
    URL_SAFE.encode(ids.bytes::<11>()).into()
}

impl Default for OpenConnections {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Connection {
    pub(super) fn new(
        at: ConnectionRef,
        connected_at: Timestamp,
        source_ip: String,
        user_agent: Option<&str>,
    ) -> Self {
        Self {
            id: at.id.into(),
            api: at.api.into(),
            stage: at.stage.into(),
            connected_at,
            source_ip: source_ip.into(),
            user_agent: user_agent.map(Into::into),
            outbox: Outbox::default(),
            last_active: AtomicI64::new(connected_at.as_millis()),
        }
    }

    /// A frame goes over it.
    pub(super) fn is_active(&self, now: Timestamp) {
        self.last_active.store(now.as_millis(), Ordering::Relaxed);
    }

    fn facts(&self) -> ConnectionFacts {
        ConnectionFacts {
            connected_at: self.connected_at,
            last_active_at: Timestamp::from_millis(self.last_active.load(Ordering::Relaxed)),
            source_ip: self.source_ip.to_string(),
            user_agent: self.user_agent.as_deref().map(str::to_owned),
        }
    }
}

impl OpenConnections {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.iter().map(|shard| lock(shard).len()).sum()
    }

    /// Makes a connection known to those who have its identifier.
    pub(super) fn register(self: &Arc<Self>, connection: &Arc<Connection>) -> Registered {
        lock(self.shard(&connection.id)).insert(connection.id.clone(), Arc::clone(connection));
        Registered { all: Arc::clone(self), connection: Arc::clone(connection) }
    }

    fn find(&self, at: &ConnectionRef) -> Result<Arc<Connection>, ConnectionError> {
        let found = lock(self.shard(&at.id)).get(&*at.id).cloned();
        let own = |found: &Arc<Connection>| *found.api == *at.api && *found.stage == *at.stage;
        found.filter(own).filter(|found| found.outbox.is_open()).ok_or(ConnectionError::Gone)
    }

    fn shard(&self, id: &str) -> &Mutex<HashMap<Box<str>, Arc<Connection>>> {
        // Identifiers are random, and their first letters stand for 12 bits.
        let at = id.bytes().take(2).fold(0_usize, |sum, byte| sum.wrapping_mul(31) + usize::from(byte));
        let [first, ..] = &self.0;
        self.0.get(at % SHARDS).unwrap_or(first)
    }
}

impl Connections for OpenConnections {
    fn post(&self, to: ConnectionRef, message: Bytes) -> Pending<Result<(), ConnectionError>> {
        let put = self.find(&to).and_then(|connection| connection.outbox.put(message));
        Box::pin(std::future::ready(put))
    }

    fn get(&self, of: ConnectionRef) -> Pending<Result<ConnectionFacts, ConnectionError>> {
        let facts = self.find(&of).map(|connection| connection.facts());
        Box::pin(std::future::ready(facts))
    }

    fn close(&self, connection: ConnectionRef) -> Pending<Result<(), ConnectionError>> {
        let closed = self.find(&connection).and_then(|connection| connection.outbox.close());
        Box::pin(std::future::ready(closed))
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.connection.outbox.end();
        lock(self.all.shard(&self.connection.id)).remove(&*self.connection.id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn at(api: &str, stage: &str, id: &str) -> ConnectionRef {
        ConnectionRef { api: api.into(), stage: stage.into(), id: id.into() }
    }

    fn open(all: &Arc<OpenConnections>, id: &str) -> (Arc<Connection>, Registered) {
        let since = Timestamp::from_millis(1_000);
        let connection = Connection::new(at("abc", "prod", id), since, "192.0.2.1".into(), Some("tests"));
        let connection = Arc::new(connection);
        let registered = all.register(&connection);
        (connection, registered)
    }

    #[test]
    fn a_connection_is_found_at_its_own_stage_as_long_as_it_is_open() {
        let all = Arc::new(OpenConnections::default());
        let (connection, registered) = open(&all, "id=");
        connection.is_active(Timestamp::from_millis(2_000));
        let get = |at| all.get(at).now_or_never().unwrap();
        let facts = ConnectionFacts {
            connected_at: Timestamp::from_millis(1_000),
            last_active_at: Timestamp::from_millis(2_000),
            source_ip: "192.0.2.1".into(),
            user_agent: Some("tests".into()),
        };
        assert_eq!(get(at("abc", "prod", "id=")), Ok(facts));
        for other in [at("abc", "dev", "id="), at("other", "prod", "id="), at("abc", "prod", "no")] {
            assert_eq!(get(other), Err(ConnectionError::Gone));
        }
        assert_eq!(all.count(), 1);
        drop(registered);
        assert_eq!(get(at("abc", "prod", "id=")), Err(ConnectionError::Gone));
        assert_eq!(all.count(), 0);
        assert_eq!(connection.outbox.put(Bytes::new()), Err(ConnectionError::Gone));
    }

    #[test]
    fn messages_and_the_end_reach_the_outbox() {
        let all = Arc::new(OpenConnections::default());
        let (_connection, _registered) = open(&all, "id=");
        let post =
            |text: &'static str| all.post(at("abc", "prod", "id="), text.into()).now_or_never().unwrap();
        assert_eq!(post("hello"), Ok(()));
        assert_eq!(all.close(at("abc", "prod", "id=")).now_or_never().unwrap(), Ok(()));
        assert_eq!(post("late"), Err(ConnectionError::Gone));
        assert_eq!(all.get(at("abc", "prod", "id=")).now_or_never().unwrap(), Err(ConnectionError::Gone));
    }

    #[test]
    fn a_connection_that_is_closing_is_gone_for_everybody() {
        let all = Arc::new(OpenConnections::default());
        let (connection, _registered) = open(&all, "id=");
        connection.outbox.end();
        let at = || at("abc", "prod", "id=");
        assert_eq!(all.post(at(), "late".into()).now_or_never().unwrap(), Err(ConnectionError::Gone));
        assert_eq!(all.get(at()).now_or_never().unwrap(), Err(ConnectionError::Gone));
        assert_eq!(all.close(at()).now_or_never().unwrap(), Err(ConnectionError::Gone));
    }

    #[test]
    fn identifiers_look_like_awss() {
        let ids = IdSource::new(base::Random::seeded(1));
        let id = draw_id(&ids);
        assert_eq!((id.len(), id.ends_with('=')), (16, true));
        assert!(id.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'=')));
        assert_ne!(id, draw_id(&ids));
    }
}
