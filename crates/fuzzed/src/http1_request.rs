//! Any bytes as what a client sends over HTTP/1.1. Requests that are taken have one reading: in whatever
//! pieces they come, for whoever reads their heads carelessly, and once they are written again.

use gateway::http1::reading::{End, Message, requests};

pub(crate) fn run(input: &[u8]) {
    let (messages, end) = requests(input, usize::MAX);
    for piece in [1, 2, 7] {
        assert_eq!(requests(input, piece), (messages.clone(), end), "in pieces of {piece}");
    }
    for message in messages {
        has_one_framing(&message.head);
        let (again, end) = requests(&message.written(), usize::MAX);
        assert_eq!(again.len(), 1, "requests of one");
        assert_eq!(end, End::More);
        for again in &again {
            is_the_same(&message, again);
        }
    }
}

/// However carelessly the lines of a head are read, it has no more than one host, and one of a length and
/// a coding.
fn has_one_framing(head: &[u8]) {
    let (mut hosts, mut framings) = (0, 0);
    for line in head.split(|byte| matches!(byte, b'\r' | b'\n' | 0)).skip(1) {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let name = name.trim_ascii().to_ascii_lowercase();
        hosts += usize::from(name == b"host");
        framings += usize::from(name == b"content-length" || name == b"transfer-encoding");
    }
    assert!(hosts <= 1, "{hosts} hosts");
    assert!(framings <= 1, "{framings} framings");
}

/// But for the lines of the framing, which are written anew.
pub(crate) fn is_the_same(one: &Message, other: &Message) {
    let but_framing = |message: &Message| {
        let mut headers = message.headers.clone();
        headers.remove(http::header::CONTENT_LENGTH);
        headers.remove(http::header::TRANSFER_ENCODING);
        headers
    };
    assert_eq!((&one.start, one.framing, &one.body), (&other.start, other.framing, &other.body));
    assert_eq!(but_framing(one), but_framing(other));
}
