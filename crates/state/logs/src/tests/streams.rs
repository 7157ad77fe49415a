//! What is known of groups and streams.

use super::{NOW, append, at, on_both, scope};
use crate::{LogFault, LogGroup, LogStream, StreamOrder, StreamsQuery};

fn query() -> StreamsQuery {
    StreamsQuery {
        scope: scope(),
        group: "g".into(),
        prefix: None,
        order: StreamOrder::Name,
        descending: false,
        limit: None,
        token: None,
    }
}

#[tokio::test]
async fn streams_remember_their_events() {
    on_both(async |logs| {
        assert_eq!(logs.create_stream(&scope(), "g", "empty").await, Ok(true));
        append(&logs, "full", &[(20, "ab"), (10, "ü")]).await;
        let streams = logs.list_streams(query()).await.unwrap().streams;
        assert_eq!(
            streams,
            [
                LogStream {
                    name: "empty".into(),
                    created: at(NOW),
                    first_event: None,
                    last_event: None,
                    last_ingestion: None,
                    stored_bytes: 0,
                },
                LogStream {
                    name: "full".into(),
                    created: at(NOW),
                    first_event: Some(at(10)),
                    last_event: Some(at(20)),
                    last_ingestion: Some(at(NOW)),
                    stored_bytes: 2 + 2 + 2 * 26,
                }
            ]
        );
        let groups = logs.list_groups(&scope(), "").await.unwrap();
        assert_eq!(groups, [LogGroup { name: "g".into(), created: at(NOW), stored_bytes: 56 }]);
        assert_eq!(logs.list_groups(&scope(), "h").await, Ok(vec![]));
        let nowhere = logs.list_streams(StreamsQuery { group: "none".into(), ..query() }).await.unwrap();
        assert_eq!((nowhere.streams, nowhere.next), (vec![], None));
    })
    .await;
}

#[tokio::test]
async fn streams_are_listed_by_name_or_last_event_page_by_page() {
    on_both(async |logs| {
        for (name, time) in [("b/2", 5), ("a", 9), ("c", 5), ("b/1", 7)] {
            append(&logs, name, &[(time, "x")]).await;
        }
        assert_eq!(logs.create_stream(&scope(), "g", "d").await, Ok(true));
        let pages = async |query: StreamsQuery| {
            let mut pages = Vec::new();
            let mut token = None;
            loop {
                let page =
                    logs.list_streams(StreamsQuery { limit: Some(2), token, ..query.clone() }).await.unwrap();
                let names: Vec<&str> = page.streams.iter().map(|stream| stream.name.as_str()).collect();
                pages.push(names.join(" "));
                token = page.next;
                if token.is_none() {
                    return pages;
                }
            }
        };
        let by_event = || StreamsQuery { order: StreamOrder::LastEvent, ..query() };
        assert_eq!(pages(query()).await, ["a b/1", "b/2 c", "d"]);
        assert_eq!(pages(StreamsQuery { descending: true, ..query() }).await, ["d c", "b/2 b/1", "a"]);
        assert_eq!(pages(StreamsQuery { prefix: Some("b/".into()), ..query() }).await, ["b/1 b/2"]);
        assert_eq!(pages(by_event()).await, ["d b/2", "c b/1", "a"]);
        assert_eq!(pages(StreamsQuery { descending: true, ..by_event() }).await, ["a b/1", "c b/2", "d"]);
        // Not a pattern: `_` and `%` are characters.
        assert_eq!(pages(StreamsQuery { prefix: Some("%".into()), ..query() }).await, [""]);

        let refused = |token: &str, order| {
            logs.list_streams(StreamsQuery { token: Some(token.into()), order, ..query() })
        };
        assert_eq!(refused("event/1/a", StreamOrder::Name).await, Err(LogFault::InvalidToken));
        assert_eq!(refused("name/a", StreamOrder::LastEvent).await, Err(LogFault::InvalidToken));
        assert_eq!(refused("event/x/a", StreamOrder::LastEvent).await, Err(LogFault::InvalidToken));
    })
    .await;
}

#[tokio::test]
async fn a_page_has_at_most_fifty_streams() {
    on_both(async |logs| {
        for number in 0..51 {
            logs.append(&scope(), "g", &format!("{number:02}"), vec![(at(1), String::new())]);
        }
        logs.flush().await.unwrap();
        for limit in [None, Some(1_000)] {
            let page = logs.list_streams(StreamsQuery { limit, ..query() }).await.unwrap();
            assert_eq!((page.streams.len(), page.next.as_deref()), (50, Some("name/49")));
        }
    })
    .await;
}
