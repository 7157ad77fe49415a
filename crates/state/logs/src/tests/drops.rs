//! More than can be written.

use std::sync::mpsc;

use super::{all, at, on_both, scope};
use crate::LogStore;
use crate::queue::CallKind;

/// Keeps the writer busy until the sender is used or dropped.
async fn hold_the_writer(logs: &LogStore) -> (mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
    let (release, released) = mpsc::channel::<()>();
    let (entered, inside) = tokio::sync::oneshot::channel();
    let logs = logs.clone();
    let held = tokio::spawn(async move {
        let call = logs.call(CallKind::Plain, move |_| {
            entered.send(()).unwrap();
            let _ = released.recv();
            Ok(Ok(()))
        });
        call.await.unwrap();
    });
    inside.await.unwrap();
    (release, held)
}

#[tokio::test]
async fn the_newest_events_are_dropped_counted_and_told() {
    on_both(async |logs| {
        let (release, held) = hold_the_writer(&logs).await;
        // 16 of a mebibyte with their overhead are more than 16 MiB; 15 are not.
        let message = "x".repeat(1_048_000);
        for number in 0..20 {
            let text = format!("{number:02}{message}");
            logs.append(&scope(), "g", "s", vec![(at(number), text)]);
        }
        logs.append(&scope(), "g", "t", vec![(at(1), message.clone()), (at(2), "never".into())]);
        assert_eq!(logs.dropped(), 6);
        // What still fits is taken.
        logs.append(&scope(), "g", "t", vec![(at(3), "small".into())]);
        release.send(()).unwrap();
        held.await.unwrap();
        logs.flush().await.unwrap();

        let streams = logs
            .list_streams(crate::StreamsQuery {
                scope: scope(),
                group: "g".into(),
                prefix: None,
                order: crate::StreamOrder::Name,
                descending: false,
                limit: None,
                token: None,
            })
            .await
            .unwrap()
            .streams;
        // 16 events and the notice, which has 25 bytes.
        assert_eq!(streams[0].stored_bytes, 16 * (1_048_002 + 26) + 25 + 26);
        assert_eq!(all(&logs, "t").await, ["small", "2 log events were dropped"]);
        // The queue is empty again.
        logs.append(&scope(), "g", "t", vec![(at(4), "after".into())]);
        logs.flush().await.unwrap();
        assert_eq!(all(&logs, "t").await, ["small", "after", "2 log events were dropped"]);
        assert_eq!(logs.dropped(), 6);
    })
    .await;
}
