//! Which of a connection's bytes are request heads. `hyper` forgets the casing of header names,
//! so the bytes it reads are followed here too: heads are kept until the request they belong to
//! is handed on, bodies are counted past. Every byte is seen once and in order, which makes this
//! exact with keep-alive, bodies and pipelining. Where it cannot be (a head beyond the bound, a
//! chunk that is none) it gives up for the rest of the connection, whose requests have no names
//! then and are refused.

use bytes::BytesMut;

use super::chunks::{Chunks, NoChunk};
use crate::exchange::{HeaderNames, head_length};

/// What a connection's next bytes are.
#[derive(Debug)]
pub(super) struct Heads {
    kept: BytesMut,
    next: Next,
    bound: usize,
}

#[derive(Debug)]
enum Next {
    /// A head, or more of the one that is kept.
    Head,
    /// So many more bytes of a body.
    Body(u64),
    /// A chunked body.
    Chunked(Chunks),
    /// Not known any more.
    Unknown,
}

/// Where a request's body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// Where its last chunk says.
    Chunked,
}

impl Heads {
    /// Of a new connection, keeping at most `bound` bytes of a head.
    pub(super) fn new(bound: usize) -> Self {
        Self { kept: BytesMut::new(), next: Next::Head, bound }
    }

    /// Follows `bytes`, the next that were read.
    ///
    /// # Errors
    /// If a chunked body is none.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), NoChunk> {
        let mut bytes = bytes;
        loop {
            match &mut self.next {
                Next::Head => {
                    self.keep(bytes);
                    return Ok(());
                }
                Next::Body(left) => {
                    let here = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    *left -= here as u64;
                    if *left > 0 {
                        return Ok(());
                    }
                    bytes = bytes.get(here..).unwrap_or_default();
                    self.next = Next::Head;
                }
                Next::Chunked(chunks) => match chunks.follow(bytes) {
                    Ok(None) => return Ok(()),
                    Ok(Some(here)) => {
                        bytes = bytes.get(here..).unwrap_or_default();
                        self.next = Next::Head;
                    }
                    Err(broken) => {
                        self.give_up();
                        return Err(broken);
                    }
                },
                Next::Unknown => return Ok(()),
            }
        }
    }

    /// The names on the head that has just been parsed, whose body is framed by `body`. Called
    /// once for every head and before the one after it is parsed.
    pub(super) fn take(&mut self, body: Framing) -> HeaderNames {
        let Next::Head = self.next else {
            self.give_up();
            return HeaderNames::default();
        };
        let Some(length) = head_length(&self.kept) else {
            self.give_up();
            return HeaderNames::default();
        };
        let head = self.kept.split_to(length).freeze();
        self.next = match body {
            Framing::Length(0) => return HeaderNames::of_head(head),
            Framing::Length(length) => Next::Body(length),
            Framing::Chunked => Next::Chunked(Chunks::default()),
        };
        if !self.kept.is_empty() {
            let rest = self.kept.split();
            if self.feed(&rest).is_err() {
                return HeaderNames::default();
            }
        }
        HeaderNames::of_head(head)
    }

    /// Whether the bytes of a body are still to come.
    pub(super) fn in_body(&self) -> bool {
        matches!(self.next, Next::Body(_) | Next::Chunked(_))
    }

    /// Whether what is kept begins with `bytes`.
    pub(super) fn begin_with(&self, bytes: &[u8]) -> bool {
        self.kept.starts_with(bytes)
    }

    /// Stops following: what comes is no HTTP/1.
    pub(super) fn give_up(&mut self) {
        self.next = Next::Unknown;
        self.kept = BytesMut::new();
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.kept.len() + bytes.len() > self.bound {
            return self.give_up();
        }
        self.kept.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GET: &str = "GET /a HTTP/1.1\r\nHoSt: a\r\n\r\n";
    const POST: &str = "POST /b HTTP/1.1\r\nhOsT: b\r\nContent-Length: 5\r\n\r\n";
    const CHUNKED: &str = "POST /c HTTP/1.1\r\nHOST: c\r\nTransfer-Encoding: chunked\r\n\r\n";

    fn names(heads: &mut Heads, body: Framing) -> Vec<String> {
        heads.take(body).in_order().map(str::to_owned).collect()
    }

    #[test]
    fn pipelined_requests_keep_their_own_names() {
        let mut heads = Heads::new(1_000);
        heads
            .feed(format!("{POST}hello{GET}{CHUNKED}5\r\nGET /\r\n0\r\nA: b\r\n\r\n{GET}").as_bytes())
            .unwrap();
        assert_eq!(names(&mut heads, Framing::Length(5)), ["hOsT", "Content-Length"]);
        assert_eq!(names(&mut heads, Framing::Length(0)), ["HoSt"]);
        assert_eq!(names(&mut heads, Framing::Chunked), ["HOST", "Transfer-Encoding"]);
        assert_eq!(names(&mut heads, Framing::Length(0)), ["HoSt"]);
    }

    #[test]
    fn a_body_that_looks_like_a_head_is_none() {
        let mut heads = Heads::new(1_000);
        heads.feed(b"POST / HTTP/1.1\r\nOne: 1\r\nContent-Length: 27\r\n\r\n").unwrap();
        assert_eq!(names(&mut heads, Framing::Length(27)), ["One", "Content-Length"]);
        assert!(heads.in_body());
        heads.feed(b"GET / HTTP/1.1\r\noNE: 1\r\n\r\n!").unwrap();
        assert!(!heads.in_body());
        heads.feed(GET.as_bytes()).unwrap();
        assert_eq!(names(&mut heads, Framing::Length(0)), ["HoSt"]);
    }

    #[test]
    fn a_head_at_the_bound_is_kept_and_one_beyond_it_is_not() {
        let mut heads = Heads::new(GET.len());
        heads.feed(GET.as_bytes()).unwrap();
        assert_eq!(names(&mut heads, Framing::Length(0)), ["HoSt"]);
        let mut heads = Heads::new(GET.len() - 1);
        heads.feed(GET.as_bytes()).unwrap();
        assert_eq!(names(&mut heads, Framing::Length(0)), [""; 0]);
        heads.feed(b"GET / HTTP/1.1\r\nA: b\r\n\r\n").unwrap();
        assert_eq!(names(&mut heads, Framing::Length(0)), [""; 0]);
    }

    /// They came with the head, so whoever reads it has them already.
    #[test]
    fn broken_chunks_behind_a_head_take_its_names() {
        let mut heads = Heads::new(1_000);
        heads.feed(format!("{CHUNKED}5\nhello").as_bytes()).unwrap();
        assert_eq!(names(&mut heads, Framing::Chunked), [""; 0]);
    }

    #[test]
    fn broken_chunks_end_the_following() {
        let mut heads = Heads::new(1_000);
        heads.feed(CHUNKED.as_bytes()).unwrap();
        assert_eq!(names(&mut heads, Framing::Chunked).len(), 2);
        assert_eq!(heads.feed(b"no size\r\n"), Err(NoChunk));
        heads.feed(GET.as_bytes()).unwrap();
        assert_eq!(names(&mut heads, Framing::Length(0)), [""; 0]);
    }

    proptest! {
        /// However a stream of requests is cut into reads, each request gets its own names.
        #[test]
        fn cuts_do_not_matter(cuts in prop::collection::vec(1_usize..40, 1..60)) {
            let stream = format!("{GET}{POST}hello{CHUNKED}a;x=y\r\n0123456789\r\n0\r\n\r\n{GET}");
            let expected = [
                (Framing::Length(0), GET.len(), "HoSt"),
                (Framing::Length(5), GET.len() + POST.len(), "hOsT"),
                (Framing::Chunked, GET.len() + POST.len() + 5 + CHUNKED.len(), "HOST"),
                (Framing::Length(0), stream.len(), "HoSt"),
            ];
            let mut heads = Heads::new(1_000);
            let (mut fed, mut seen) = (0, 0);
            let mut cuts = cuts.iter().cycle();
            while fed < stream.len() {
                let to = (fed + cuts.next().unwrap()).min(stream.len());
                heads.feed(&stream.as_bytes()[fed..to]).unwrap();
                fed = to;
                while let Some((body, end, first)) = expected.get(seen) && fed >= *end {
                    prop_assert_eq!(&names(&mut heads, *body)[0], first);
                    seen += 1;
                }
            }
            prop_assert_eq!(seen, 4);
        }
    }
}
