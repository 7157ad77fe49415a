//! Records: append, read newest first, remove the old.

use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};

use super::{here, key, on_both, put, read};
use crate::{Place, Record, Span, Store, StoreFault};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Event(String);

impl Record for Event {
    const JOURNAL: &'static str = "test/events";
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Other(u32);

impl Record for Other {
    const JOURNAL: &'static str = "test/others";
}

const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn append(store: &Store, scope: Scope, moment: i64, text: &str) {
    let event = Event(text.to_owned());
    let appended = store.blocking_write(move |t| t.append(&scope, at(moment), &event));
    appended.map_err(|fault: StoreFault| fault).unwrap();
}

/// Up to `limit` records as (moment, sequence, text).
fn records(store: &Store, span: Span, limit: usize) -> Vec<(i64, u64, String)> {
    read(store, move |t| {
        let mut found = Vec::new();
        t.records::<Event>(&here(), &span, |place, Event(text)| {
            found.push((place.moment.as_millis(), place.sequence, text));
            found.len() < limit
        })?;
        Ok(found)
    })
}

fn texts(store: &Store, span: Span) -> Vec<String> {
    records(store, span, usize::MAX).into_iter().map(|(_, _, text)| text).collect()
}

#[test]
fn the_newest_come_first_and_those_of_a_moment_are_told_apart() {
    on_both(|store| {
        for (moment, text) in [(5, "a"), (7, "b"), (5, "c"), (-1, "d")] {
            append(&store, here(), moment, text);
        }
        append(&store, Scope::new("000000000000", "eu-west-1"), 6, "elsewhere");
        let owned = |(moment, sequence, text): (i64, u64, &str)| (moment, sequence, text.to_owned());
        let expected = [(7, 0, "b"), (5, 1, "c"), (5, 0, "a"), (-1, 0, "d")].map(owned);
        assert_eq!(records(&store, Span::default(), usize::MAX), expected);
        assert_eq!(records(&store, Span::default(), 2), expected[..2]);
        let others = read(&store, |t| {
            let mut count = 0;
            t.records::<Other>(&here(), &Span::default(), |_, _| {
                count += 1;
                true
            })?;
            Ok(count)
        });
        assert_eq!(others, 0);
    });
}

#[test]
fn a_span_has_both_its_ends_and_goes_on_where_it_ended() {
    on_both(|store| {
        for (moment, text) in [(1, "a"), (2, "b"), (2, "c"), (3, "d")] {
            append(&store, here(), moment, text);
        }
        let span = |from, until| Span { from: Some(at(from)), until: Some(at(until)), before: None };
        assert_eq!(texts(&store, span(2, 3)), ["d", "c", "b"]);
        assert_eq!(texts(&store, span(1, 2)), ["c", "b", "a"]);
        assert_eq!(texts(&store, span(4, 9)), [""; 0]);
        let before = |moment, sequence| Span {
            before: Some(Place { moment: at(moment), sequence }),
            ..Span::default()
        };
        assert_eq!(texts(&store, before(2, 1)), ["b", "a"]);
        assert_eq!(texts(&store, before(2, 0)), ["a"]);
        assert_eq!(texts(&store, before(1, 0)), [""; 0]);
    });
}

#[test]
fn the_old_are_removed_in_steps() {
    on_both(|store| {
        for moment in 1..=5 {
            append(&store, here(), moment, &moment.to_string());
        }
        append(&store, Scope::new("111111111111", "eu-west-1"), 1, "elsewhere");
        let delete = |moment, limit| {
            let deleted = store.blocking_write(move |t| t.delete_records::<Event>(at(moment), limit));
            deleted.map_err(|fault: StoreFault| fault).unwrap().0
        };
        assert_eq!([delete(4, 3), delete(4, 3), delete(4, 3)], [3, 1, 0]);
        assert_eq!(texts(&store, Span::default()), ["5", "4"]);
    });
}

#[test]
fn a_refused_transaction_leaves_no_record() {
    on_both(|store| {
        let refused = store.blocking_write(|t| {
            t.append(&here(), at(1), &Event("no".into()))?;
            Err::<(), _>(StoreFault::Busy)
        });
        assert_eq!(refused.unwrap_err(), StoreFault::Busy);
        assert_eq!(texts(&store, Span::default()), [""; 0]);
        let sequence = put(&store, key(&["n"]), "x");
        append(&store, here(), 1, "yes");
        assert_eq!(store.sequence(), sequence, "the change feed does not tell of records");
    });
}
