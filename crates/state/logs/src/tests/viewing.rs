//! One stream, forward and backward.

use ports::log_sink::LogSink;

use super::{NOW, all, append, at, on_both, open, query, scope, texts};
use crate::{
    EventsQuery, Location, LogFault, MAXIMUM_BATCH_BYTES, MAXIMUM_BATCH_EVENTS, MAXIMUM_MESSAGE_BYTES,
};

#[tokio::test]
async fn events_are_read_by_time_and_by_arrival_among_equals() {
    on_both(async |logs| {
        append(&logs, "s", &[(20, "c"), (10, "a")]).await;
        append(&logs, "s", &[(10, "b"), (30, "d")]).await;
        let page = logs.get_events(query("s")).await.unwrap();
        assert_eq!(texts(&page), ["a", "b", "c", "d"]);
        assert!(page.events.iter().all(|event| event.ingestion == at(NOW)));
        let ids: Vec<String> = page.events.iter().map(|event| event.event_id.to_string()).collect();
        // The order of arrival: c, a, b, d.
        assert!(ids[2] < ids[0] && ids[0] < ids[1] && ids[1] < ids[3]);
    })
    .await;
}

#[tokio::test]
async fn the_latest_page_leads_back_and_forth() {
    on_both(async |logs| {
        append(&logs, "s", &[(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")]).await;
        let page = async |token: Option<String>| {
            let query = EventsQuery { limit: Some(2), from_head: false, token, ..query("s") };
            logs.get_events(query).await.unwrap()
        };
        let latest = page(None).await;
        assert_eq!(texts(&latest), ["d", "e"]);
        let before = page(Some(latest.backward.clone())).await;
        assert_eq!(texts(&before), ["b", "c"]);
        let first = page(Some(before.backward.clone())).await;
        assert_eq!(texts(&first), ["a"]);
        // At the start the token stays the same, and turning around meets the first again.
        let none = page(Some(first.backward.clone())).await;
        assert_eq!(texts(&none), Vec::<&str>::new());
        assert_eq!(none.backward, first.backward);
        assert_eq!(texts(&page(Some(none.forward)).await), ["a", "b"]);
        assert_eq!(texts(&page(Some(before.forward)).await), ["d", "e"]);
        // The same at the end, until there is more.
        let none = page(Some(latest.forward.clone())).await;
        assert_eq!((texts(&none), &none.forward), (vec![], &latest.forward));
        assert_eq!(texts(&page(Some(none.backward)).await), ["d", "e"]);
        append(&logs, "s", &[(5, "f"), (6, "g")]).await;
        assert_eq!(texts(&page(Some(latest.forward)).await), ["f", "g"]);
    })
    .await;
}

#[tokio::test]
async fn a_follower_of_an_empty_stream_sees_its_first_event() {
    on_both(async |logs| {
        for (name, from_head) in [("head", true), ("tail", false)] {
            assert_eq!(logs.create_stream(&scope(), "g", name).await, Ok(true));
            let empty = logs.get_events(EventsQuery { from_head, ..query(name) }).await.unwrap();
            assert_eq!(texts(&empty), Vec::<&str>::new());
            append(&logs, name, &[(0, "x")]).await;
            let query = EventsQuery { token: Some(empty.forward), ..query(name) };
            assert_eq!(texts(&logs.get_events(query).await.unwrap()), ["x"]);
        }
    })
    .await;
}

#[tokio::test]
async fn the_start_is_included_and_the_end_is_not() {
    on_both(async |logs| {
        append(&logs, "s", &[(10, "a"), (20, "b"), (30, "c")]).await;
        let between = async |start: i64, end: i64| {
            let query = EventsQuery { start: Some(at(start)), end: Some(at(end)), ..query("s") };
            texts(&logs.get_events(query).await.unwrap()).join("")
        };
        assert_eq!(between(10, 30).await, "ab");
        assert_eq!(between(11, 31).await, "bc");
        assert_eq!(between(20, 20).await, "");
        assert_eq!(between(30, 10).await, "");
    })
    .await;
}

#[tokio::test]
async fn a_page_ends_at_one_megabyte() {
    on_both(async |logs| {
        // Two and their overhead fill a page exactly.
        let half = "x".repeat(MAXIMUM_BATCH_BYTES / 2 - 26);
        append(&logs, "s", &[(1, &half), (2, &half), (3, "next")]).await;
        let page = logs.get_events(query("s")).await.unwrap();
        assert_eq!(page.events.len(), 2);
        let rest = logs.get_events(EventsQuery { token: Some(page.forward), ..query("s") }).await.unwrap();
        assert_eq!(texts(&rest), ["next"]);
        let latest = logs.get_events(EventsQuery { from_head: false, ..query("s") }).await.unwrap();
        assert_eq!(latest.events.len(), 2);
        assert_eq!(texts(&latest)[1], "next");
    })
    .await;
}

#[tokio::test]
async fn bad_tokens_and_missing_streams_are_refused() {
    on_both(async |logs| {
        assert_eq!(logs.get_events(query("s")).await, Err(LogFault::NoSuchStream));
        append(&logs, "s", &[(1, "a")]).await;
        for token in ["", "x", "f/1/s", "name/x"] {
            let query = EventsQuery { token: Some(token.into()), ..query("s") };
            assert_eq!(logs.get_events(query).await, Err(LogFault::InvalidToken), "{token}");
        }
    })
    .await;
}

#[tokio::test]
async fn durable_appends_need_a_stream_and_keep_the_limits() {
    on_both(async |logs| {
        let put = async |events| logs.append_durable(&scope(), "g", "s", events).await;
        let many = |count: usize| vec![(at(1), String::new()); count];
        let one = |length: usize| vec![(at(1), "x".repeat(length))];
        assert_eq!(put(many(1)).await, Err(LogFault::NoSuchStream));
        assert_eq!(logs.create_stream(&scope(), "g", "s").await, Ok(true));
        assert_eq!(logs.create_stream(&scope(), "g", "s").await, Ok(false));
        assert_eq!(put(many(MAXIMUM_BATCH_EVENTS)).await, Ok(()));
        assert_eq!(put(many(MAXIMUM_BATCH_EVENTS + 1)).await, Err(LogFault::TooManyEvents { count: 10_001 }));
        assert_eq!(put(one(MAXIMUM_MESSAGE_BYTES)).await, Ok(()));
        let refused = put(one(MAXIMUM_MESSAGE_BYTES + 1)).await;
        assert_eq!(refused, Err(LogFault::BatchTooLarge { size: 1_048_577 }));
        let refused = put(vec![(at(0), "a".into()), (at(-1), "b".into())]).await;
        assert_eq!(refused, Err(LogFault::NegativeTimestamp { index: 1 }));
        // Readable as soon as it is answered.
        assert_eq!(
            logs.get_events(EventsQuery { limit: Some(1), ..query("s") }).await.unwrap().events.len(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn scopes_and_groups_do_not_see_each_other() {
    on_both(async |logs| {
        append(&logs, "s", &[(1, "mine")]).await;
        let elsewhere = base::Scope::new("000000000000", "eu-west-1");
        logs.append(&elsewhere, "g", "s", vec![(at(1), "theirs".into())]);
        logs.append(&scope(), "h", "s", vec![(at(1), "another group's".into())]);
        logs.flush().await.unwrap();
        assert_eq!(all(&logs, "s").await, ["mine"]);
        let theirs = logs.get_events(EventsQuery { scope: elsewhere, ..query("s") }).await.unwrap();
        assert_eq!(texts(&theirs), ["theirs"]);
    })
    .await;
}

#[tokio::test]
async fn the_gateways_lines_arrive_through_their_door() {
    let logs = open(Location::Memory);
    let sink: &dyn LogSink = &logs;
    sink.append(&scope(), "g", "s", [(at(7), "START RequestId: 1")].into_iter().collect());
    // Without being asked to.
    let mut lines = Vec::new();
    while lines.is_empty() {
        lines = logs.get_events(query("s")).await.map(|page| page.events).unwrap_or_default();
    }
    assert_eq!(lines[0].message, "START RequestId: 1");
}
