//! Any bytes as what a backend answers over HTTP/1.1. Answers that are taken have one reading: in whatever
//! pieces they come, and once they are written again.

use gateway::http1::Framing;
use gateway::http1::reading::{End, responses};
use http::Method;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};

pub(crate) fn run(input: &[u8]) {
    for method in [Method::GET, Method::HEAD] {
        let (messages, end) = responses(input, usize::MAX, &method);
        for piece in [1, 2, 7] {
            assert_eq!(responses(input, piece, &method), (messages.clone(), end), "in pieces of {piece}");
        }
        for message in messages {
            let lines = |name| message.headers.get_all(name).count();
            assert!(lines(CONTENT_LENGTH) + lines(TRANSFER_ENCODING) <= 1, "more than one framing");
            assert!(method == Method::GET || message.framing == Framing::Length(0), "an answer to HEAD");
            let (again, end) = responses(&message.written(), usize::MAX, &method);
            assert_eq!(again.len(), 1, "answers of one");
            assert_eq!(end, End::More);
            for again in &again {
                crate::http1_request::is_the_same(&message, again);
            }
        }
    }
}
