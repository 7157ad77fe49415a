//! What the store promises, on both locations.

mod counters;
mod documents;
mod feed;
mod records;
mod transactions;

use std::sync::mpsc;

use base::{Clock, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Batch, ChangeKind, Document, Key, Location, Sequence, Store, StoreFault, StoreOptions, Transaction,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Note(String);

impl Document for Note {
    const COLLECTION: &'static str = "test/notes";
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Other(u32);

impl Document for Other {
    const COLLECTION: &'static str = "test/others";
}

fn note(text: &str) -> Note {
    Note(text.to_owned())
}

fn key(parts: &[&str]) -> Key {
    Key::new(parts.iter().copied())
}

fn here() -> Scope {
    Scope::new("000000000000", "us-east-1")
}

fn open(location: Location) -> Store {
    Store::open(StoreOptions { location, clock: Clock::standing_at(Timestamp::from_millis(0)) }).unwrap()
}

/// Runs a test on both locations.
fn on_both(test: impl Fn(Store)) {
    test(open(Location::Memory));
    let directory = tempfile::tempdir().unwrap();
    test(open(Location::Directory(directory.path().join("data"))));
}

fn put(store: &Store, key: Key, text: &str) -> Sequence {
    let document = note(text);
    store
        .blocking_write(move |transaction| transaction.put(&here(), &key, &document))
        .map(|((), sequence): ((), _)| sequence)
        .map_err(|fault: StoreFault| fault)
        .unwrap()
}

fn get(store: &Store, key: Key) -> Option<Note> {
    read(store, move |transaction| transaction.get(&here(), &key))
}

fn all(store: &Store) -> Vec<(Key, Note)> {
    read(store, |transaction| transaction.list(&here(), &Key::root()))
}

fn read<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreFault> + Send + 'static,
) -> T {
    store.blocking_read(work).unwrap()
}

#[derive(Debug, PartialEq)]
enum Refusal {
    Conflict,
    Store(StoreFault),
}

impl From<StoreFault> for Refusal {
    fn from(fault: StoreFault) -> Self {
        Self::Store(fault)
    }
}

/// Holds the writer inside a closure until the returned sender is used, so that what is
/// written meanwhile becomes one group.
fn hold_the_writer(store: &Store) -> (mpsc::Sender<()>, std::thread::JoinHandle<()>) {
    let (release, released) = mpsc::channel::<()>();
    let (entered, inside) = mpsc::channel();
    let released = std::sync::Mutex::new(released);
    let store = store.clone();
    let thread = std::thread::spawn(move || {
        store
            .blocking_write(move |_| {
                entered.send(()).unwrap();
                released.lock().unwrap().recv().unwrap();
                Ok::<_, StoreFault>(())
            })
            .unwrap();
    });
    inside.recv().unwrap();
    (release, thread)
}

/// A batch as (kind, key).
fn changes(batch: Batch) -> Vec<(ChangeKind, String)> {
    let Batch::Changes(changes) = batch else { panic!("{batch:?}") };
    changes.into_iter().map(|change| (change.kind, change.key.to_string())).collect()
}
