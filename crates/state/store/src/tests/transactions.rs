//! Groups of writes, snapshots, and closures that misbehave.

use std::sync::mpsc;

use super::{
    Note, Other, Refusal, all, changes, get, here, hold_the_writer, key, note, on_both, open, put, read,
};
use crate::{ChangeKind, Key, Location, StoreFault};

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
