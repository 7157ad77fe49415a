//! HTTP/1.1 on a socket: heads and bodies, read and written for both ends, as strictly as RFC 9112
//! lets one be. `hyper` speaks HTTP/2; HTTP/1.1 is spoken here because it is what almost every
//! request is: one exchange is one task, a head and its body are one write, and an answer that has come
//! whole is no stream. `listener` is the server on it, `integration/http` the client.
//!
//! Whoever breaks the framing is refused and never guessed at: what one party reads as one message
//! and another as two is how requests are smuggled (RFC 9112, section 11.2).

mod body;
mod channel;
mod chunked;
mod fault;
mod head;
mod names;
pub mod reading;
mod request_head;
mod response_head;
mod target;
mod transport;
mod write;

pub(crate) use channel::Channel;
pub use fault::Fault;
pub use head::Framing;
pub(crate) use head::{HEADERS, Persistence};
pub(crate) use request_head::{Expectation, RequestHead, RequestHeads, Unacceptable};
pub(crate) use response_head::{ResponseHead, ResponseHeads};
pub(crate) use target::{is_host, is_target};
pub(crate) use transport::{Rewound, Transport};
pub(crate) use write::{Length, push_chunk_size, push_head_end, push_header, push_headers};

/// The most bytes of a head that are read. API Gateway's own limit is 10,240 bytes of headers (quotas
/// for REST APIs), and the pipeline answers what is over it; this bound is well beyond, so that there
/// is an answer, and only it costs the connection.
pub(crate) const HEAD_BYTES: usize = 64 * 1024;
