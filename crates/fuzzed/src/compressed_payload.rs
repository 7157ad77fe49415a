//! Any bytes as a payload that its sender says is compressed. What is taken is within its bound and is the same
//! once it has been compressed again.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use gateway::exchange::{Body, compress, decompress};
use gateway::mapping::coding::Coding;

/// Small enough for inputs to go beyond it.
const LIMIT: usize = 4096;

pub(crate) fn run(input: &[u8]) {
    for coding in [Coding::Gzip, Coding::Deflate] {
        let taken = |data: &[u8]| {
            let body = Body::from(Bytes::copy_from_slice(data));
            at_once(decompress(body, coding, LIMIT)).map(Result::ok)
        };
        let Some(Some(payload)) = taken(input) else { continue };
        assert!(payload.len() <= LIMIT, "{} bytes", payload.len());
        let Some(Ok(again)) = at_once(compress(&payload, coding)) else {
            unreachable!("it is short and in memory");
        };
        assert_eq!(taken(&again), Some(Some(payload)));
    }
}

/// What comes of work that waits for nobody.
fn at_once<T>(work: impl Future<Output = T>) -> Option<T> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}
