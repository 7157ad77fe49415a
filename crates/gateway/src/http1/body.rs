//! How far into a body its reader has come.

use bytes::BytesMut;

use super::chunked::{Chunked, Next};
use super::{Fault, Framing};

/// The body that is being read.
#[derive(Debug)]
pub(super) enum Body {
    /// None, or it is over.
    Over,
    /// So many bytes more.
    Length(u64),
    Chunked(Chunked),
    UntilClosed,
    /// It broke off. Nothing more can be read from the connection.
    Broken,
}

impl From<Framing> for Body {
    fn from(framing: Framing) -> Self {
        match framing {
            Framing::Length(0) => Self::Over,
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(Chunked::default()),
            Framing::UntilClosed => Self::UntilClosed,
        }
    }
}

impl Body {
    /// Takes what is next of the body from the front of `read`.
    ///
    /// # Errors
    /// If it breaks the framing, now or before.
    pub(super) fn next(&mut self, read: &mut BytesMut) -> Result<Next, Fault> {
        let next = match self {
            Self::Over => return Ok(Next::End),
            Self::Length(_) | Self::UntilClosed if read.is_empty() => return Ok(Next::More),
            Self::Length(left) => {
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(read.len());
                *left -= here as u64;
                if *left == 0 {
                    *self = Self::Over;
                }
                return Ok(Next::Data(read.split_to(here).freeze()));
            }
            Self::UntilClosed => return Ok(Next::Data(read.split().freeze())),
            Self::Chunked(chunked) => chunked.next(read),
            Self::Broken => return Err(Fault::Closed),
        };
        match next {
            Ok(Next::End) => *self = Self::Over,
            Ok(_) => {}
            Err(_) => *self = Self::Broken,
        }
        next
    }
}
