//! One of many equal requests that are not cached yet asks the backend; the others wait for what
//! it brings.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

type Waiting = HashMap<Box<[u8]>, watch::Receiver<()>>;

/// Who is asking for what.
#[derive(Debug, Default)]
pub(super) struct Flights(Arc<Mutex<Waiting>>);

/// The right to ask for a key. Those who wait go on when it is dropped, whatever has come of it.
#[derive(Debug)]
pub(super) struct Flight {
    key: Box<[u8]>,
    all: Arc<Mutex<Waiting>>,
    _landing: watch::Sender<()>,
}

/// What somebody who needs a key has to do.
#[derive(Debug)]
pub(super) enum Boarding {
    /// To ask.
    Ask(Flight),
    /// To wait: somebody asks already.
    Wait(watch::Receiver<()>),
}

impl Flights {
    pub(super) fn board(&self, key: &[u8]) -> Boarding {
        let mut waiting = lock(&self.0);
        if let Some(landing) = waiting.get(key) {
            return Boarding::Wait(landing.clone());
        }
        let (sender, landing) = watch::channel(());
        waiting.insert(key.into(), landing);
        Boarding::Ask(Flight { key: key.into(), all: Arc::clone(&self.0), _landing: sender })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        lock(&self.all).remove(&self.key);
    }
}

/// Waits until whoever asks has done so.
pub(super) async fn landed(mut landing: watch::Receiver<()>) {
    // Nothing is ever sent: the sender goes away.
    while landing.changed().await.is_ok() {}
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_asks_and_the_others_wait_for_it() {
        let flights = Flights::default();
        let Boarding::Ask(first) = flights.board(b"a") else { panic!("nobody asks yet") };
        let Boarding::Wait(landing) = flights.board(b"a") else { panic!("somebody asks") };
        assert!(matches!(flights.board(b"b"), Boarding::Ask(_)));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let waiting = tokio::spawn(landed(landing));
            drop(first);
            waiting.await.unwrap();
        });
        assert!(matches!(flights.board(b"a"), Boarding::Ask(_)));
        assert!(lock(&flights.0).is_empty());
    }
}
