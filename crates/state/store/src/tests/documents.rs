//! Documents and blobs: put, get, list, delete.

use base::Scope;
use serde::{Deserialize, Serialize};

use super::{Note, Other, all, get, here, key, note, on_both, put, read};
use crate::{
    BlobId, Document, Field, Key, MAXIMUM_DOCUMENT_BYTES, MAXIMUM_KEY_BYTES, Sequence, StoreFault, Text,
    Transaction,
};

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
        assert!(!write(|t| t.keep_blob(&BlobId::of(b"zip"))));
        write(|t| t.put_blob(b"zip").map(|_| true));
        write(|t| t.put_blob(b"zip").map(|_| true));
        assert!(write(|t| t.keep_blob(&BlobId::of(b"zip"))));
        assert!(write(|t| t.delete_blob(&BlobId::of(b"zip"))));
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

/// A document with one field.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Parcel {
    content: Note,
}

impl Document for Parcel {
    const COLLECTION: &'static str = "test/parcels";
}

/// A document of some values of that field.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Shelf {
    label: String,
    notes: Vec<Note>,
}

impl Document for Shelf {
    const COLLECTION: &'static str = "test/shelves";
}

const CONTENT: Field<Parcel, Note> = Field::new("content", |parcel| parcel.content);

#[derive(Serialize)]
struct Others {
    label: &'static str,
}

#[test]
fn texts_go_from_documents_into_another() {
    on_both(|store| {
        for (parts, text) in [(["a", "2"], "\"ü\n"), (["a", "1"], "x"), (["b", "1"], "elsewhere")] {
            let parcel = Parcel { content: note(text) };
            store.blocking_write(move |t| t.put(&here(), &key(&parts), &parcel)).unwrap();
        }
        let work = |t: &mut Transaction<'_>| -> Result<Vec<Note>, StoreFault> {
            let (notes, texts): (Vec<_>, Vec<_>) =
                t.list_field(&here(), &key(&["a"]), &CONTENT)?.into_iter().unzip();
            let text = Text::<Shelf>::with_list(&Others { label: "both" }, "notes", &texts)?;
            t.put_text(&here(), &key(&["shelf"]), &text)?;
            Ok(notes)
        };
        let (notes, sequence) = store.blocking_write(work).unwrap();
        assert_eq!(notes, [note("x"), note("\"ü\n")]);
        let shelf = read(&store, |t| t.get::<Shelf>(&here(), &key(&["shelf"])));
        assert_eq!(shelf, Some(Shelf { label: "both".into(), notes }));
        assert_eq!(sequence, Sequence::new(4), "a put in a text is a change");
    });
}

#[test]
fn sizes_are_bounded() {
    on_both(|store| {
        // A JSON string is its text and two quotation marks; it may be put as a value, and as a text.
        let write = |length: usize, as_text: bool| {
            let write = move |t: &mut Transaction<'_>| {
                let (key, note) = (key(&["big"]), "x".repeat(length));
                if as_text {
                    t.put_text(&here(), &key, &Text::<Note>::new(format!("\"{note}\"")))
                } else {
                    t.put(&here(), &key, &Note(note))
                }
            };
            store.blocking_write(write).map(drop)
        };
        for as_text in [false, true] {
            assert_eq!(write(MAXIMUM_DOCUMENT_BYTES - 2, as_text), Ok(()));
            assert_eq!(
                write(MAXIMUM_DOCUMENT_BYTES - 1, as_text),
                Err(StoreFault::DocumentTooLarge {
                    collection: "test/notes",
                    size: MAXIMUM_DOCUMENT_BYTES + 1,
                    limit: MAXIMUM_DOCUMENT_BYTES
                })
            );
        }
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
