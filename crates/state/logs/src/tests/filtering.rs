//! Groups, filtered.

use super::{append, at, on_both, open, scope};
use crate::{FilterQuery, FilteredPage, Location, LogFault, Pattern, StreamSelection};

fn query(pattern: &str) -> FilterQuery {
    FilterQuery {
        scope: scope(),
        group: "g".into(),
        streams: StreamSelection::All,
        start: None,
        end: None,
        pattern: Pattern::parse(pattern).unwrap(),
        limit: None,
        token: None,
    }
}

/// As `stream:message` texts.
fn found(page: &FilteredPage) -> Vec<String> {
    page.events.iter().map(|found| format!("{}:{}", found.stream, found.event.message)).collect()
}

#[tokio::test]
async fn events_of_all_streams_come_by_time() {
    on_both(async |logs| {
        append(&logs, "one", &[(10, "ERROR a"), (30, "ok b")]).await;
        append(&logs, "two", &[(20, "ERROR c"), (40, "ERROR d")]).await;
        append(&logs, "other", &[(25, "ERROR e")]).await;
        let filter = async |query: FilterQuery| logs.filter_events(query).await.map(|page| found(&page));
        let expected = |texts: &[&str]| Ok(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());

        assert_eq!(
            filter(query("ERROR")).await,
            expected(&["one:ERROR a", "two:ERROR c", "other:ERROR e", "two:ERROR d"])
        );
        let selected = |streams| FilterQuery { streams, ..query("") };
        let named =
            |names: &[&str]| StreamSelection::Named(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(filter(selected(named(&["one"]))).await, expected(&["one:ERROR a", "one:ok b"]));
        assert_eq!(
            filter(selected(named(&["other", "one"]))).await,
            expected(&["one:ERROR a", "other:ERROR e", "one:ok b"])
        );
        assert_eq!(filter(selected(named(&["one", "nobody"]))).await, Err(LogFault::NoSuchStream));
        assert_eq!(filter(selected(named(&[]))).await, expected(&[]));
        let prefix = StreamSelection::Prefix("o".into());
        assert_eq!(filter(selected(prefix)).await, expected(&["one:ERROR a", "other:ERROR e", "one:ok b"]));
        // Both ends are included, unlike one stream's.
        let between = FilterQuery { start: Some(at(20)), end: Some(at(30)), ..query("") };
        assert_eq!(filter(between).await, expected(&["two:ERROR c", "other:ERROR e", "one:ok b"]));
        // A group that nothing was written to.
        assert_eq!(filter(FilterQuery { group: "none".into(), ..query("") }).await, expected(&[]));
    })
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    on_both(async |logs| {
        for stream in ["a", "b"] {
            append(&logs, stream, &[(1, "x 1"), (1, "y"), (2, "x 2"), (2, "x 3"), (3, "y")]).await;
        }
        let mut token = None;
        let mut pages = Vec::new();
        loop {
            let page = logs.filter_events(FilterQuery { limit: Some(2), token, ..query("x") }).await.unwrap();
            pages.push(found(&page).join(" "));
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(pages, ["a:x 1 b:x 1", "a:x 2 a:x 3", "b:x 2 b:x 3"]);
        for token in ["", "x", "f/1/s"] {
            let query = FilterQuery { token: Some(token.into()), ..query("") };
            assert_eq!(logs.filter_events(query).await, Err(LogFault::InvalidToken));
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_ends_at_one_megabyte() {
    on_both(async |logs| {
        let half = "x".repeat(1_048_576 / 2 - 26);
        append(&logs, "s", &[(1, &half), (2, &half), (3, "next")]).await;
        let page = logs.filter_events(query("")).await.unwrap();
        assert_eq!(page.events.len(), 2);
        let rest = logs.filter_events(FilterQuery { token: page.next, ..query("") }).await.unwrap();
        assert_eq!((found(&rest), rest.next), (vec!["s:next".to_owned()], None));
    })
    .await;
}

#[tokio::test]
async fn a_search_that_finds_nothing_stops_after_a_bounded_number_of_events() {
    let logs = open(Location::Memory);
    for _ in 0..20 {
        logs.append(&scope(), "g", "s", vec![(at(1), "x".into()); 5_000]);
        logs.flush().await.unwrap();
    }
    append(&logs, "s", &[(2, "needle")]).await;
    let page = logs.filter_events(query("needle")).await.unwrap();
    assert_eq!(page.events.len(), 0);
    let rest = logs.filter_events(FilterQuery { token: page.next, ..query("needle") }).await.unwrap();
    assert_eq!((found(&rest), rest.next), (vec!["s:needle".to_owned()], None));
    assert_eq!(logs.dropped(), 0);
}
