//! Whether documents may be changed by this process. Another that takes over the store does not hear of
//! changes that this one makes, so the gate is closed first.

use std::sync::Arc;

use tokio::sync::{OwnedRwLockReadGuard, RwLock};

/// Open from the start. Clones are the same gate.
#[derive(Clone, Debug)]
pub struct WriteGate(Arc<RwLock<bool>>);

impl Default for WriteGate {
    fn default() -> Self {
        Self(Arc::new(RwLock::new(true)))
    }
}

impl WriteGate {
    /// Lets a change through, until what is returned is dropped; nothing if the gate is closed.
    pub(crate) async fn pass(&self) -> Option<OwnedRwLockReadGuard<bool>> {
        let open = Arc::clone(&self.0).read_owned().await;
        open.then_some(open)
    }

    /// Closes the gate, once the changes that are under way are durable. What comes later is told to try
    /// again.
    pub async fn close(&self) {
        *self.0.write().await = false;
    }

    /// Opens the gate again.
    pub async fn open(&self) {
        *self.0.write().await = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_gate_closes_behind_what_has_passed() {
        let gate = WriteGate::default();
        let passing = gate.pass().await.unwrap();
        let closing = tokio::spawn({
            let gate = gate.clone();
            async move { gate.close().await }
        });
        tokio::task::yield_now().await;
        assert!(!closing.is_finished());
        drop(passing);
        closing.await.unwrap();
        assert!(gate.pass().await.is_none());
        gate.open().await;
        assert!(gate.pass().await.is_some());
    }
}
