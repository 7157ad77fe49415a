//! What the store promises, on both locations.

use std::sync::mpsc;
use std::time::Duration;

use base::{Clock, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Batch, BlobId, ChangeKind, Document, Follower, Key, Location, MAXIMUM_DOCUMENT_BYTES, MAXIMUM_KEY_BYTES,
    Sequence, Store, StoreFault, StoreOptions, Transaction,
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

#[test]
fn documents_are_kept_by_scope_collection_and_key() {
    on_both(|store| {
        let there = Scope::new("000000000000", "eu-west-1");
        let someone = Scope::new("111111111111", "us-east-1");
        put(&store, key(&["a"]), "mine");
        assert_eq!(get(&store, key(&["a"])), Some(note("mine")));
        assert_eq!(get(&store, key(&["a", ""])), None);
        assert_eq!(read(&store, move |t| t.get::<Note>(&there, &key(&["a"]))), None);
        assert_eq!(read(&store, move |t| t.get::<Note>(&someone, &key(&["a"]))), None);
        assert_eq!(read(&store, |t| t.get::<Other>(&here(), &key(&["a"]))), None);
        put(&store, key(&["a"]), "newer");
        assert_eq!(all(&store), [(key(&["a"]), note("newer"))]);
    });
}

#[test]
fn lists_are_in_key_order_and_end_with_their_prefix() {
    on_both(|store| {
        let keys = [
            key(&[]),
            key(&[""]),
            key(&["", "x"]),
            key(&["a"]),
            key(&["a", ""]),
            key(&["a", "\u{0}"]),
            key(&["a", "b"]),
            key(&["a", "b", "c"]),
            key(&["a", "ü"]),
            key(&["a\u{0}", "b"]),
            key(&["a\u{1}b"]),
            key(&["a/b"]),
            key(&["ab"]),
            key(&["ü"]),
            key(&["\u{10FFFF}"]),
        ];
        for key in keys.iter().rev() {
            put(&store, key.clone(), &key.to_string());
        }
        let check = |prefix: &[&str], expected: &[Key]| {
            let prefix = key(prefix);
            let listed: Vec<Key> = read(&store, move |t| t.list::<Note>(&here(), &prefix))
                .into_iter()
                .map(|(key, _)| key)
                .collect();
            assert_eq!(listed, expected);
        };
        check(&[], &keys);
        check(&["a"], &keys[3..9]);
        check(&["a", "b"], &keys[6..8]);
        check(&[""], &keys[1..3]);
        check(&["a\u{1}b"], &keys[10..11]);
        check(&["\u{10FFFF}"], &keys[14..]);
        check(&["b"], &[]);
    });
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    on_both(|store| {
        for name in ["a", "b", "c", "d", "e"] {
            put(&store, key(&["in", name]), name);
        }
        put(&store, key(&["inside"]), "another prefix");
        let page = |after: Option<Key>, limit| {
            let page =
                read(&store, move |t| t.list_page::<Note>(&here(), &key(&["in"]), after.as_ref(), limit));
            let texts: Vec<String> = page.items.into_iter().map(|(_, note)| note.0).collect();
            (texts.join(""), page.next)
        };
        assert_eq!(page(None, 2), ("ab".into(), Some(key(&["in", "b"]))));
        assert_eq!(page(Some(key(&["in", "b"])), 2), ("cd".into(), Some(key(&["in", "d"]))));
        assert_eq!(page(Some(key(&["in", "d"])), 2), ("e".into(), None));
        // Exactly to the end, and behind keys that are not there or lie outside.
        assert_eq!(page(Some(key(&["in", "c"])), 2), ("de".into(), None));
        assert_eq!(page(Some(key(&["in", "bb"])), 9), ("cde".into(), None));
        assert_eq!(page(Some(key(&["aa"])), 9), ("abcde".into(), None));
        assert_eq!(page(Some(key(&["zz"])), 9), (String::new(), None));
        assert_eq!(page(None, 0), (String::new(), None));
    });
}

#[test]
fn deleting_answers_whether_there_was_something() {
    on_both(|store| {
        put(&store, key(&["a"]), "x");
        let delete = |name: &'static str| {
            store
                .blocking_write(move |t| t.delete::<Note>(&here(), &key(&[name])))
                .map_err(|fault: StoreFault| fault)
                .unwrap()
                .0
        };
        assert!(delete("a"));
        assert!(!delete("a"));
        assert_eq!(all(&store), []);
    });
}

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
fn everything_and_anything_is_found_across_scopes() {
    on_both(|store| {
        let scopes = [
            Scope::new("000000000000", "eu-west-1"),
            Scope::new("000000000000", "us-east-1"),
            Scope::global("111111111111"),
        ];
        let written = scopes.clone();
        store
            .blocking_write(move |t| {
                for scope in written.iter().rev() {
                    t.put(scope, &key(&["k"]), &note(scope.region()))?;
                    t.put(scope, &key(&["l"]), &note("l"))?;
                    t.put(scope, &key(&["k"]), &Other(1))?;
                }
                Ok::<_, StoreFault>(())
            })
            .unwrap();
        let found = read(&store, |t| t.find_anywhere::<Note>(&key(&["k"])));
        let expected: Vec<_> = scopes.iter().map(|scope| (scope.clone(), note(scope.region()))).collect();
        assert_eq!(found, expected);
        assert_eq!(read(&store, |t| t.find_anywhere::<Note>(&key(&["m"]))), []);
        let everything: Vec<_> = read(&store, |t| t.list_everywhere::<Note>())
            .into_iter()
            .map(|(scope, key, _)| (scope, key))
            .collect();
        let expected: Vec<_> =
            scopes.iter().flat_map(|scope| ["k", "l"].map(|name| (scope.clone(), key(&[name])))).collect();
        assert_eq!(everything, expected);
    });
}

#[test]
fn blobs_are_stored_once_and_live_as_long_as_they_are_used() {
    on_both(|store| {
        let write = |work: fn(&mut Transaction<'_>) -> Result<bool, StoreFault>| {
            store.blocking_write(work).unwrap().0
        };
        write(|t| t.put_blob(b"zip").map(|_| true));
        write(|t| t.put_blob(b"zip").map(|_| true));
        let id = || BlobId::of(b"zip");
        assert_eq!(read(&store, move |t| t.get_blob(&id())).as_deref(), Some(&b"zip"[..]));
        assert!(write(|t| t.delete_blob(&BlobId::of(b"zip"))));
        assert_eq!(read(&store, move |t| t.get_blob(&id())).as_deref(), Some(&b"zip"[..]));
        assert!(write(|t| t.delete_blob(&BlobId::of(b"zip"))));
        assert_eq!(read(&store, move |t| t.get_blob(&id())), None);
        assert!(!write(|t| t.delete_blob(&BlobId::of(b"zip"))));
        assert!(write(|t| t.put_blob(b"").map(|id| id == BlobId::of(b""))));
        assert_eq!(read(&store, |t| t.get_blob(&BlobId::of(b""))).as_deref(), Some(&b""[..]));
    });
}

#[test]
fn sizes_are_bounded() {
    on_both(|store| {
        // A JSON string is its text and two quotation marks.
        let write = |length: usize| {
            store.blocking_write(move |t| t.put(&here(), &key(&["big"]), &Note("x".repeat(length)))).map(drop)
        };
        assert_eq!(write(MAXIMUM_DOCUMENT_BYTES - 2), Ok(()));
        assert_eq!(
            write(MAXIMUM_DOCUMENT_BYTES - 1),
            Err(StoreFault::DocumentTooLarge {
                collection: "test/notes",
                size: MAXIMUM_DOCUMENT_BYTES + 1,
                limit: MAXIMUM_DOCUMENT_BYTES
            })
        );
        // A stored key is its parts and one character after each.
        let write = |length: usize| {
            store
                .blocking_write(move |t| t.put(&here(), &Key::new(["k".repeat(length)]), &note("")))
                .map(drop)
        };
        assert_eq!(write(MAXIMUM_KEY_BYTES - 1), Ok(()));
        assert_eq!(
            write(MAXIMUM_KEY_BYTES),
            Err(StoreFault::KeyTooLong {
                collection: "test/notes",
                size: MAXIMUM_KEY_BYTES + 1,
                limit: MAXIMUM_KEY_BYTES
            })
        );
    });
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

#[test]
fn in_one_group_a_refusal_or_panic_undoes_only_itself() {
    on_both(|store| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut follower = store.follow("test");
        let (release, held) = hold_the_writer(&store);
        let one = store.write(|t| Ok::<_, Refusal>(t.put(&here(), &key(&["1"]), &note("one"))?));
        let two = store.write(|t| {
            t.put(&here(), &key(&["2"]), &note("two"))?;
            t.delete::<Note>(&here(), &key(&["1"]))?;
            // It saw what stood before it in the group.
            assert_eq!(t.list::<Note>(&here(), &Key::root())?.len(), 1);
            Err::<(), _>(Refusal::Conflict)
        });
        let three = store.write(|t| -> Result<(), Refusal> {
            t.put(&here(), &key(&["3"]), &note("three"))?;
            panic!("on purpose")
        });
        let four = store.write(|t| {
            t.put(&here(), &key(&["4"]), &note("four"))?;
            Ok::<_, Refusal>(t.list::<Note>(&here(), &Key::root())?.len())
        });
        let (one, two, three, four, ()) = runtime.block_on(async {
            tokio::join!(one, two, three, four, async {
                // All four are queued by now: `join!` polls in order.
                release.send(()).unwrap();
            })
        });
        held.join().unwrap();
        let (((), first), (seen, last)) = (one.unwrap(), four.unwrap());
        assert_eq!(two, Err(Refusal::Conflict));
        assert_eq!(three, Err(Refusal::Store(StoreFault::Panicked { reason: "on purpose".into() })));
        assert_eq!(seen, 2);
        assert!(first < last);
        assert_eq!(all(&store), [(key(&["1"]), note("one")), (key(&["4"]), note("four"))]);
        assert_eq!(
            changes(follower.blocking_next()),
            [(ChangeKind::Put, "1".into()), (ChangeKind::Put, "4".into())]
        );
        // The writer lives.
        put(&store, key(&["5"]), "five");
    });
}

#[test]
fn a_reader_sees_one_moment_and_cannot_write() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(Location::Directory(directory.path().to_owned()));
    put(&store, key(&["a"]), "before");
    let (written, wait) = mpsc::channel::<()>();
    let (entered, inside) = mpsc::channel::<()>();
    let reading = store.clone();
    let reader = std::thread::spawn(move || {
        read(&reading, move |t| {
            let first: Option<Note> = t.get(&here(), &key(&["a"]))?;
            entered.send(()).unwrap();
            wait.recv().unwrap();
            Ok((first, t.get(&here(), &key(&["a"]))?))
        })
    });
    inside.recv().unwrap();
    put(&store, key(&["a"]), "after");
    assert_eq!(get(&store, key(&["a"])), Some(note("after")));
    written.send(()).unwrap();
    assert_eq!(reader.join().unwrap(), (Some(note("before")), Some(note("before"))));
}

#[test]
fn readers_cannot_write_nest_or_take_the_store_down() {
    on_both(|store| {
        let refused = store.blocking_read(|t| t.put(&here(), &key(&["a"]), &note("x")));
        assert_eq!(refused, Err(StoreFault::ReadingTransaction));
        let refused = store.blocking_read(|t| t.delete::<Note>(&here(), &key(&["a"])));
        assert_eq!(refused, Err(StoreFault::ReadingTransaction));
        let refused = store.blocking_read(|t| t.put_blob(b"x"));
        assert_eq!(refused, Err(StoreFault::ReadingTransaction));

        for _ in 0..10 {
            let panicked = store.blocking_read(|_| -> Result<(), StoreFault> { panic!("{}", "on purpose") });
            assert_eq!(panicked, Err(StoreFault::Panicked { reason: "on purpose".into() }));
        }
        let inner = store.clone();
        let nested = store.blocking_read(move |_| inner.blocking_read(|_| Ok::<_, StoreFault>(())));
        assert_eq!(nested, Err(StoreFault::Nested));
        let inner = store.clone();
        let nested =
            store.blocking_write(move |_| inner.blocking_write(|_| Ok::<_, StoreFault>(())).map(drop));
        assert_eq!(nested, Err(StoreFault::Nested));
        put(&store, key(&["a"]), "still here");
        assert_eq!(all(&store).len(), 1);
    });
}

#[test]
fn a_document_of_another_shape_is_named() {
    on_both(|store| {
        #[derive(Serialize, Deserialize)]
        struct Number(u32);
        impl Document for Number {
            const COLLECTION: &'static str = "test/notes";
        }
        put(&store, key(&["a", "b"]), "text");
        let fault = store.blocking_read(|t| t.get::<Number>(&here(), &key(&["a", "b"]))).map(|_| ());
        let Err(StoreFault::Undecodable { collection: "test/notes", key, .. }) = fault else {
            panic!("{fault:?}")
        };
        assert_eq!(key, "a/b");
    });
}

/// A batch as (kind, key).
fn changes(batch: Batch) -> Vec<(ChangeKind, String)> {
    let Batch::Changes(changes) = batch else { panic!("{batch:?}") };
    changes.into_iter().map(|change| (change.kind, change.key.to_string())).collect()
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

#[test]
fn the_writer_makes_callers_wait_but_serves_them_all() {
    on_both(|store| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (release, held) = hold_the_writer(&store);
        runtime.block_on(async {
            let tasks: Vec<_> = (0..1_000)
                .map(|number: u32| {
                    let store = store.clone();
                    tokio::spawn(async move {
                        store
                            .write(move |t| t.put(&here(), &Key::new([number.to_string()]), &Other(number)))
                            .await
                            .map_err(|fault: StoreFault| fault)
                            .unwrap()
                            .1
                    })
                })
                .collect();
            tokio::task::yield_now().await;
            release.send(()).unwrap();
            for task in tasks {
                task.await.unwrap();
            }
        });
        held.join().unwrap();
        assert_eq!(read(&store, |t| t.list::<Other>(&here(), &Key::root())).len(), 1_000);
    });
}
