//! TLS towards clients: with which certificate a name is served, which protocol versions it speaks,
//! and whose certificates it asks for. Made when a name or its certificate changes; the listener
//! begins handshakes with it.

mod client_certificate;
mod demands;
mod endpoints;
mod server;
mod truststore;

pub use client_certificate::ClientCertificate;
pub use demands::Demands;
pub use endpoints::EndpointServers;
pub use server::{IdentityError, Secured, Settings, TlsServer};
pub use truststore::{Denied, Truststore, TruststoreError, Truststores};

/// Whoever knows the names that are served.
pub trait ServerNames: Send + Sync {
    /// How to go on with the handshake of a client that names a server like this. `None` if there is
    /// nothing to show under that name: the connection is closed.
    fn server(&self, name: Option<&str>) -> Option<std::sync::Arc<TlsServer>>;
}

#[cfg(test)]
pub(crate) mod samples;
