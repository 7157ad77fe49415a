//! Random histories of the store, compared with a map.

use std::collections::BTreeMap;

use base::{Clock, Scope, Timestamp};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    Batch, ChangeKind, Document, Follower, Key, Location, Store, StoreFault, StoreOptions, Transaction,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Value(u8);

impl Document for Value {
    const COLLECTION: &'static str = "test/values";
}

type Model = BTreeMap<Key, Value>;

#[derive(Clone, Debug)]
enum Step {
    Put(Key, u8),
    Delete(Key),
    DeletePrefix(Key),
    Get(Key),
    List(Key),
    Page(Key, Option<Key>, usize),
}

#[derive(Clone, Debug)]
enum Ending {
    Keep,
    Refuse,
    Panic,
}

#[derive(Debug)]
enum Refusal {
    OnPurpose,
    Store(StoreFault),
}

impl From<StoreFault> for Refusal {
    fn from(fault: StoreFault) -> Self {
        Self::Store(fault)
    }
}

fn key() -> impl Strategy<Value = Key> {
    let part =
        prop_oneof![Just(""), Just("a"), Just("b"), Just("\u{1}"), Just("\u{2}"), Just("ü"), Just("a\u{0}")];
    proptest::collection::vec(part, 0..3).prop_map(Key::new)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (key(), any::<u8>()).prop_map(|(key, value)| Step::Put(key, value)),
        2 => key().prop_map(Step::Delete),
        1 => key().prop_map(Step::DeletePrefix),
        1 => key().prop_map(Step::Get),
        1 => key().prop_map(Step::List),
        1 => (key(), proptest::option::of(key()), 0..4_usize).prop_map(|(prefix, after, limit)| Step::Page(prefix, after, limit)),
    ]
}

fn history() -> impl Strategy<Value = Vec<(Vec<Step>, Ending)>> {
    let ending = prop_oneof![4 => Just(Ending::Keep), 2 => Just(Ending::Refuse), 1 => Just(Ending::Panic)];
    proptest::collection::vec((proptest::collection::vec(step(), 0..12), ending), 1..10)
}

fn scope() -> Scope {
    Scope::new("000000000000", "us-east-1")
}

/// Does the same to the transaction and to the model, and compares every answer.
fn take(step: &Step, transaction: &mut Transaction<'_>, model: &mut Model) -> Result<(), StoreFault> {
    let below = |model: &Model, prefix: &Key| -> Vec<(Key, Value)> {
        model
            .iter()
            .filter(|(key, _)| key.starts_with(prefix))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    match step {
        Step::Put(key, value) => {
            transaction.put(&scope(), key, &Value(*value))?;
            model.insert(key.clone(), Value(*value));
        }
        Step::Delete(key) => {
            assert_eq!(transaction.delete::<Value>(&scope(), key)?, model.remove(key).is_some());
        }
        Step::DeletePrefix(prefix) => {
            let expected = below(model, prefix).len();
            assert_eq!(transaction.delete_prefix::<Value>(&scope(), prefix)?, expected);
            model.retain(|key, _| !key.starts_with(prefix));
        }
        Step::Get(key) => assert_eq!(transaction.get(&scope(), key)?, model.get(key).cloned()),
        Step::List(prefix) => {
            assert_eq!(transaction.list::<Value>(&scope(), prefix)?, below(model, prefix));
        }
        Step::Page(prefix, after, limit) => {
            let page = transaction.list_page::<Value>(&scope(), prefix, after.as_ref(), *limit)?;
            let rest: Vec<_> = below(model, prefix)
                .into_iter()
                .filter(|(key, _)| after.as_ref().is_none_or(|after| key > after))
                .collect();
            let expected = &rest[..rest.len().min(*limit)];
            assert_eq!(page.items, expected);
            let more = rest.len() > *limit;
            assert_eq!(page.next.as_ref(), expected.last().filter(|_| more).map(|(key, _)| key));
        }
    }
    Ok(())
}

/// Applies the feed to what it knew before.
fn replay(store: &Store, follower: &mut Follower, known: &mut Model) {
    while let Some(batch) = crate::waiting::block_on(follower.poll()).unwrap() {
        let Batch::Changes(changes) = batch else { panic!("nothing was forgotten") };
        for change in changes {
            assert!(change.is::<Value>());
            match change.kind {
                ChangeKind::Deleted => {
                    assert!(known.remove(&change.key).is_some(), "only what was there is deleted");
                }
                ChangeKind::Put => {
                    let key = change.key.clone();
                    let read = store.blocking_read(move |t| t.get::<Value>(&scope(), &key));
                    let value = read.map_err(|fault: StoreFault| fault).unwrap();
                    // One that a later change has removed again stands in for any value.
                    known.insert(change.key, value.unwrap_or(Value(0)));
                }
            }
        }
    }
}

fn check(location: Location, history: Vec<(Vec<Step>, Ending)>) {
    let clock = Clock::standing_at(Timestamp::from_millis(0));
    let store = Store::open(StoreOptions { location, clock }).unwrap();
    let mut follower = store.follow("model");
    let (mut model, mut followed) = (Model::new(), Model::new());
    for (steps, ending) in history {
        let before = model.clone();
        let expected = ending.clone();
        let answer = store.blocking_write(move |transaction| {
            let mut model = before.clone();
            for step in &steps {
                take(step, transaction, &mut model)?;
            }
            match ending {
                Ending::Keep => Ok(model),
                Ending::Refuse => Err(Refusal::OnPurpose),
                Ending::Panic => panic!("on purpose"),
            }
        });
        match (answer, expected) {
            (Ok((after, _)), Ending::Keep) => model = after,
            (Err(Refusal::OnPurpose), Ending::Refuse) => {}
            (Err(Refusal::Store(StoreFault::Panicked { reason })), Ending::Panic) => {
                assert_eq!(reason, "on purpose");
            }
            (answer, expected) => panic!("{answer:?} for {expected:?}"),
        }
        let stored = store.blocking_read(|t| t.list::<Value>(&scope(), &Key::root()));
        let stored: Model = stored.map_err(|fault: StoreFault| fault).unwrap().into_iter().collect();
        assert_eq!(stored, model);
        replay(&store, &mut follower, &mut followed);
        assert_eq!(followed, model);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_store_in_memory_behaves_as_a_map(history in history()) {
        check(Location::Memory, history);
    }
}

proptest! {
    // Fewer: each of these waits for the disk.
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    #[test]
    fn a_store_on_disk_behaves_as_a_map(history in history()) {
        let directory = tempfile::tempdir().unwrap();
        check(Location::Directory(directory.path().to_owned()), history);
    }
}
