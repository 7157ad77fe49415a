use futures_util::future::join;
use ports::connections::{ConnectionError, ConnectionRef};
use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};

use super::*;

fn connection() -> Connection {
    let at = ConnectionRef { api: "abc".into(), stage: "prod".into(), id: "id=".into() };
    Connection::new(at, base::Timestamp::from_millis(0), "192.0.2.1".into(), None)
}

/// Speaks on one end of a pipe, with `client` at the other, as long as both are there.
async fn with<C: Future>(
    connection: &Connection,
    leaves: bool,
    client: impl FnOnce(DuplexStream) -> C,
) -> Ended {
    let (near, far) = duplex(1024);
    let leave = |_: &mut Context<'_>| if leaves { Poll::Ready(()) } else { Poll::Pending };
    let take = |_| -> UnderWay { Box::pin(async { None }) };
    let clock = Clock::standing_at(base::Timestamp::from_millis(0));
    let talk = talk(near, leave, connection, (Times::default(), &clock), take);
    join(talk, client(far)).await.0.0
}

#[tokio::test]
async fn whoever_hears_of_the_end_finds_nobody_there() {
    let connection = connection();
    let ended = with(&connection, false, async |mut client| {
        // A close frame with code 1000, masked with zeros, and the one that answers it.
        client.write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]).await.unwrap();
        let mut answer = [0; 4];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, [0x88, 0x02, 0x03, 0xe8]);
        assert_eq!(connection.outbox.put(Bytes::from_static(b"late")), Err(ConnectionError::Gone));
    })
    .await;
    assert_eq!(ended, Ended { code: 1000, reason: "".into() });
}

#[tokio::test]
async fn nothing_is_taken_for_a_client_that_is_told_to_go() {
    let connection = connection();
    let ended = with(&connection, true, async |mut client| {
        let mut told = [0; 4];
        client.read_exact(&mut told).await.unwrap();
        assert_eq!((told[0], told[2..].to_vec()), (0x88, vec![0x03, 0xe9]));
        assert_eq!(connection.outbox.put(Bytes::from_static(b"late")), Err(ConnectionError::Gone));
    })
    .await;
    assert_eq!(ended, Ended::from(AWAY));
}
