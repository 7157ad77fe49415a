//! A request as the listener hands it on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use base::Timestamp;

use super::{Body, Ends, HeaderNames};
use crate::listener::Upgrade;
use crate::tls::{ClientCertificate, Secured};

/// A request whose head has been read. The target and the header values are as sent and paths
/// are not normalised. Header names are lower case in `head`; [`HeaderNames`] has them as sent.
#[derive(Debug)]
pub struct Incoming {
    /// Method, target, version, headers.
    pub head: crate::message::RequestParts,
    /// The header names in the sender's casing.
    pub header_names: HeaderNames,
    /// The body, still unread.
    pub body: Body,
    /// The other end of the socket.
    pub peer: SocketAddr,
    /// The same, and the port that it came in on, as they are told of.
    pub ends: Arc<Ends>,
    /// What is known of its connection, if it came over TLS.
    pub secured: Option<Arc<Secured>>,
    /// Wall-clock time of arrival.
    pub received: Timestamp,
    /// The same moment, for measuring.
    pub started: Instant,
    /// That another protocol may be spoken on its connection, if it asks for one.
    pub upgrade: Option<Upgrade>,
}

impl Incoming {
    /// The certificate that the client has shown and that is trusted.
    #[must_use]
    pub fn client_certificate(&self) -> Option<&Arc<ClientCertificate>> {
        self.secured.as_ref()?.client()?.as_ref().ok()
    }
}
