//! Counters: add, read, remove.

use base::Scope;

use super::{changes, here, key, on_both, read};
use crate::{Counter, Key, Sequence, Store, StoreFault};

struct Calls;

impl Counter for Calls {
    const COLLECTION: &'static str = "test/calls";
}

struct Bytes;

impl Counter for Bytes {
    const COLLECTION: &'static str = "test/bytes";
}

fn add(store: &Store, parts: &[&str], amount: u32) -> Sequence {
    let key = key(parts);
    let added = store.blocking_write(move |t| t.add::<Calls>(&here(), &key, amount));
    added.map_err(|fault: StoreFault| fault).unwrap().1
}

fn counts(store: &Store, prefix: &[&str]) -> Vec<(Key, u64)> {
    let prefix = key(prefix);
    read(store, move |t| t.counts::<Calls>(&here(), &prefix))
}

#[test]
fn counters_grow_from_nothing_by_scope_collection_and_key() {
    on_both(|store| {
        assert_eq!(read(&store, |t| t.count::<Calls>(&here(), &key(&["a"]))), 0);
        add(&store, &["a"], 2);
        add(&store, &["a"], u32::MAX);
        assert_eq!(read(&store, |t| t.count::<Calls>(&here(), &key(&["a"]))), 4_294_967_297);
        assert_eq!(read(&store, |t| t.count::<Bytes>(&here(), &key(&["a"]))), 0);
        let there = Scope::new("000000000000", "eu-west-1");
        assert_eq!(read(&store, move |t| t.count::<Calls>(&there, &key(&["a"]))), 0);
        assert_eq!(read(&store, |t| t.count::<Calls>(&here(), &key(&["a", "b"]))), 0);
    });
}

#[test]
fn lists_are_in_key_order_and_end_with_their_prefix() {
    on_both(|store| {
        for parts in [&["b", "2"][..], &["b", "1"], &["a"], &["b"], &["ba"]] {
            add(&store, parts, 1);
        }
        let expected = [(key(&["b"]), 1), (key(&["b", "1"]), 1), (key(&["b", "2"]), 1)];
        assert_eq!(counts(&store, &["b"]), expected);
        assert_eq!(counts(&store, &[]).len(), 5);
    });
}

#[test]
fn removal_ends_with_its_prefix_and_before_its_bound() {
    on_both(|store| {
        for parts in [&["a", "1"][..], &["b", "1"], &["b", "2"], &["b", "3"], &["c", "1"]] {
            add(&store, parts, 1);
        }
        let delete = |prefix: &[&str], before: Option<&[&str]>| {
            let (prefix, before) = (key(prefix), before.map(key));
            let deleted =
                store.blocking_write(move |t| t.delete_counts::<Calls>(&here(), &prefix, before.as_ref()));
            deleted.map_err(|fault: StoreFault| fault).unwrap().0
        };
        assert_eq!(delete(&["b"], Some(&["b", "2"])), 1);
        assert_eq!(counts(&store, &["b"]), [(key(&["b", "2"]), 1), (key(&["b", "3"]), 1)]);
        assert_eq!(delete(&["b"], Some(&["d"])), 2);
        assert_eq!(delete(&["c"], None), 1);
        assert_eq!(delete(&[], Some(&["a", "1"])), 0);
        assert_eq!(delete(&[], None), 1);
        assert_eq!(counts(&store, &[]), []);
    });
}

#[test]
fn a_refused_transaction_counts_nothing() {
    on_both(|store| {
        let refused = store.blocking_write(|t| {
            t.add::<Calls>(&here(), &key(&["a"]), 1)?;
            Err::<(), _>(StoreFault::Busy)
        });
        assert_eq!(refused.unwrap_err(), StoreFault::Busy);
        assert_eq!(counts(&store, &[]), []);
        let read = store.blocking_read(|t| t.add::<Calls>(&here(), &key(&["a"]), 1));
        assert_eq!(read, Err(StoreFault::ReadingTransaction));
    });
}

#[test]
fn the_change_feed_does_not_tell_of_them() {
    on_both(|store| {
        let mut follower = store.follow("test");
        assert_eq!(add(&store, &["a"], 1), Sequence::default());
        super::put(&store, key(&["n"]), "x");
        let batch = crate::waiting::block_on(follower.poll()).unwrap().unwrap();
        assert_eq!(changes(batch).len(), 1);
    });
}
