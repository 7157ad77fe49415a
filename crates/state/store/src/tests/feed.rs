//! The change feed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Note, Other, Refusal, all, changes, here, key, note, on_both, put};
use crate::{Batch, ChangeKind, Follower, Sequence, Store, StoreFault};

#[test]
fn a_prefix_is_deleted_with_all_below_it_and_each_is_told() {
    on_both(|store| {
        for parts in [&["a"][..], &["a", "1"], &["a", "1", "x"], &["ab"], &["b"]] {
            put(&store, key(parts), "x");
        }
        let mut follower = store.follow("test");
        let (deleted, last) = store
            .blocking_write(|t| t.delete_prefix::<Note>(&here(), &key(&["a"])))
            .map_err(|fault: StoreFault| fault)
            .unwrap();
        assert_eq!(deleted, 3);
        assert_eq!(all(&store).len(), 2);
        let changes = changes(follower.blocking_next());
        assert_eq!(
            changes,
            [
                (ChangeKind::Deleted, "a".into()),
                (ChangeKind::Deleted, "a/1".into()),
                (ChangeKind::Deleted, "a/1/x".into())
            ]
        );
        assert_eq!(store.sequence(), last);
    });
}

#[test]
fn a_follower_sees_later_changes_in_commit_order() {
    on_both(|store| {
        put(&store, key(&["early"]), "before");
        let mut follower = store.follow("test");
        assert_eq!(poll(&mut follower), None);
        let first = put(&store, key(&["a"]), "1");
        let second = put(&store, key(&["b"]), "2");
        assert!(first < second);
        let Batch::Changes(seen) = follower.blocking_next() else { panic!("reload") };
        assert_eq!(seen.iter().map(|change| change.sequence).collect::<Vec<_>>(), [first, second]);
        assert!(
            seen.iter().all(|change| change.is::<Note>() && !change.is::<Other>() && change.scope == here())
        );
        assert_eq!(poll(&mut follower), None);
        // A refused write is no change.
        let refused = store.blocking_write(|t| {
            t.put(&here(), &key(&["c"]), &note("3"))?;
            Err::<(), _>(Refusal::Conflict)
        });
        assert_eq!(refused, Err(Refusal::Conflict));
        assert_eq!(poll(&mut follower), None);
    });
}

fn poll(follower: &mut Follower) -> Option<Batch> {
    crate::waiting::block_on(follower.poll()).unwrap()
}

#[test]
fn a_waiting_follower_is_woken() {
    on_both(|store| {
        let mut follower = store.follow("test");
        let waiting = std::thread::spawn(move || changes(follower.blocking_next()));
        put(&store, key(&["a"]), "1");
        assert_eq!(waiting.join().unwrap(), [(ChangeKind::Put, "a".to_owned())]);
    });
}

#[test]
fn large_backlogs_come_in_batches() {
    on_both(|store| {
        let mut follower = store.follow("test");
        write_many(&store, 2_500);
        let mut seen = Vec::new();
        for expected in [1_000, 1_000, 500] {
            let Batch::Changes(batch) = follower.blocking_next() else { panic!("reload") };
            assert_eq!(batch.len(), expected);
            seen.extend(batch.into_iter().map(|change| change.sequence.as_u64()));
        }
        assert!(seen.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(poll(&mut follower), None);
    });
}

/// That many changes of one document, in one transaction.
fn write_many(store: &Store, count: usize) -> Sequence {
    store
        .blocking_write(move |t| {
            for _ in 0..count {
                t.put(&here(), &key(&["many"]), &note(""))?;
            }
            Ok::<_, StoreFault>(())
        })
        .unwrap()
        .1
}

#[test]
fn a_follower_that_is_too_far_behind_is_told_to_reload() {
    on_both(|store| {
        let mut slow = store.follow("slow");
        // Twice what is kept for nobody: this node's follower still gets all of it.
        write_many(&store, 20_000);
        assert!(matches!(poll(&mut slow), Some(Batch::Changes(_))));
        let last = write_many(&store, 105_000);
        assert_eq!(poll(&mut slow), Some(Batch::Reload(last)));
        assert_eq!(poll(&mut slow), None);
        put(&store, key(&["a"]), "next");
        assert_eq!(changes(slow.blocking_next()), [(ChangeKind::Put, "a".to_owned())]);
    });
}

#[test]
fn a_change_is_settled_when_every_follower_has_acknowledged_it() {
    on_both(|store| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let settled =
            |sequence, millis| runtime.block_on(store.settled(sequence, Duration::from_millis(millis)));
        let sequence = put(&store, key(&["a"]), "1");
        assert!(settled(sequence, 0), "nobody follows");

        let (mut one, two) = (store.follow("one"), store.follow("two"));
        let sequence = put(&store, key(&["a"]), "2");
        assert!(!settled(sequence, 1));
        let batch = one.blocking_next();
        assert_eq!(batch.last(), sequence);
        one.acknowledge(batch.last());
        assert!(!settled(sequence, 1));
        // One that goes away is not waited for, also while the wait is under way.
        let (done, ()) = runtime.block_on(async {
            tokio::join!(store.settled(sequence, Duration::from_secs(60)), async { drop(two) })
        });
        assert!(done);
        assert!(!settled(put(&store, key(&["a"]), "3"), 1));
    });
}

/// What a follower was asked to take, and whether it takes it.
fn asked(follower: &Follower, takes: bool) -> Arc<Mutex<Vec<String>>> {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let by = Arc::clone(&asked);
    follower.take_at_once(move |commit| {
        for index in 0..commit.changes().len() {
            let made = commit.made::<&str>(index).copied().unwrap_or("nothing");
            let change = &commit.changes()[index];
            by.lock().unwrap().push(format!("{:?} {} {made}", change.kind, change.key));
        }
        takes
    });
    asked
}

#[test]
fn what_is_taken_at_once_is_settled_and_does_not_come_again() {
    on_both(|store| {
        let mut follower = store.follow("test");
        let asked = asked(&follower, true);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let settled = |sequence| runtime.block_on(store.settled(sequence, Duration::ZERO));
        let first = put(&store, key(&["a"]), "1");
        assert!(settled(first));
        assert_eq!(poll(&mut follower), None);
        let written = store.blocking_write(|t| {
            t.put_made(&here(), &key(&["b"]), &note("2"), Box::new("made"))?;
            t.delete::<Note>(&here(), &key(&["a"]))
        });
        let second = written.map_err(|fault: StoreFault| fault).unwrap().1;
        // What is undone was never changed.
        let refused = store.blocking_write(|t| {
            t.put_made(&here(), &key(&["c"]), &note("3"), Box::new("made"))?;
            Err::<(), _>(Refusal::Conflict)
        });
        assert_eq!(refused, Err(Refusal::Conflict));
        assert!(settled(second));
        assert_eq!(poll(&mut follower), None);
        let asked = std::mem::take(&mut *asked.lock().unwrap());
        assert_eq!(asked, ["Put a nothing", "Put b made", "Deleted a nothing"]);
    });
}

#[test]
fn what_is_not_taken_at_once_comes_in_a_batch() {
    on_both(|store| {
        let (mut taking, mut other) = (store.follow("taking"), store.follow("other"));
        let (taken, refused) = (asked(&taking, true), asked(&other, false));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let settled = |sequence| runtime.block_on(store.settled(sequence, Duration::ZERO));
        let first = put(&store, key(&["a"]), "1");
        assert_eq!(refused.lock().unwrap().len(), 1);
        assert!(!settled(first));
        // Before it has taken effect, nothing newer may.
        let second = put(&store, key(&["b"]), "2");
        assert_eq!((taken.lock().unwrap().len(), refused.lock().unwrap().len()), (2, 1));
        let batch = other.blocking_next();
        put(&store, key(&["c"]), "3");
        assert_eq!(refused.lock().unwrap().len(), 1);
        assert_eq!(batch.last(), second);
        other.acknowledge(batch.last());
        let batch = other.blocking_next();
        other.acknowledge(batch.last());
        assert!(settled(batch.last()));
        put(&store, key(&["d"]), "4");
        assert_eq!((taken.lock().unwrap().len(), refused.lock().unwrap().len()), (4, 2));
        assert_eq!(poll(&mut taking), None);
    });
}

/// A whole prefix is deleted by one statement, and so many changes are not told one by one.
#[test]
fn large_changes_come_in_a_batch() {
    on_both(|store| {
        let mut follower = store.follow("test");
        let asked = asked(&follower, true);
        write_many(&store, 1_001);
        assert!(matches!(poll(&mut follower), Some(Batch::Changes(changes)) if changes.len() == 1_000));
        let last = poll(&mut follower).unwrap().last();
        follower.acknowledge(last);
        let deleted = store.blocking_write(|t| t.delete_prefix::<Note>(&here(), &key(&["many"])));
        assert_eq!(deleted.map_err(|fault: StoreFault| fault).unwrap().0, 1);
        assert_eq!(changes(poll(&mut follower).unwrap()), [(ChangeKind::Deleted, "many".into())]);
        assert_eq!(*asked.lock().unwrap(), Vec::<String>::new());
    });
}

#[test]
fn a_follower_that_panics_is_told_again() {
    on_both(|store| {
        let mut follower = store.follow("test");
        follower.take_at_once(|_| panic!("on purpose"));
        put(&store, key(&["a"]), "1");
        assert_eq!(changes(poll(&mut follower).unwrap()), [(ChangeKind::Put, "a".to_owned())]);
    });
}
