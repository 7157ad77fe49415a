//! How connections end, and what clients and `$disconnect` are told of it.

use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};

/// How a connection has ended, as `$disconnect` is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// The code of the frame that closed it.
    pub(super) code: u16,
    /// And its reason.
    pub(super) reason: Box<str>,
}

/// What AWS says of a client that closes without a code (recorded by its users).
pub(super) const NO_CODE: (u16, &str) = (1005, "Client-side close frame status not set");
/// Of one that goes without closing; the text is not recorded.
pub(super) const ABNORMAL: (u16, &str) = (1006, "Connection closed abnormally");
/// Of connections that somebody has deleted (recorded by AWS's users).
pub(super) const DELETED: (u16, &str) = (1000, "Connection Closed Normally");
/// Of those whose time is over (recorded by AWS's users).
pub(super) const AWAY: (u16, &str) = (1001, "Going away");

impl From<(u16, &'static str)> for Ended {
    fn from((code, reason): (u16, &'static str)) -> Self {
        Self { code, reason: reason.into() }
    }
}

/// What a client is told whose frames are none; `None` if it is gone.
pub(super) fn fault(error: &Error) -> Option<(u16, &'static str)> {
    match error {
        Error::Capacity(_) => Some((1009, "Message too big")),
        Error::Utf8(_) => Some((1007, "Invalid UTF-8")),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(_) => Some((1002, "Protocol error")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::error::CapacityError;

    use super::*;

    #[test]
    fn faults_have_the_codes_of_rfc_6455() {
        let code = |error: Error| fault(&error).map(|(code, _)| code);
        let too_long = CapacityError::MessageTooLong { size: 2, max_size: 1 };
        assert_eq!(code(Error::Capacity(too_long)), Some(1009));
        assert_eq!(code(Error::Utf8(String::new())), Some(1007));
        assert_eq!(code(Error::Protocol(ProtocolError::UnmaskedFrameFromClient)), Some(1002));
        assert_eq!(code(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)), None);
        assert_eq!(code(Error::Io(std::io::ErrorKind::BrokenPipe.into())), None);
    }
}
