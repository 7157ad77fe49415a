//! The names that are no custom domain names: those of APIs' default endpoints, and the gateway's.

use std::sync::Arc;

use documents::acm::TlsIdentity;

use super::{Demands, IdentityError, Settings, TlsServer};

/// One certificate, served in each way that APIs can ask for by their security policies.
#[derive(Clone, Debug)]
pub struct EndpointServers {
    open: Arc<TlsServer>,
    others: Vec<(Demands, Arc<TlsServer>)>,
}

impl EndpointServers {
    /// Serves with `identity`.
    ///
    /// # Errors
    /// Why no server can be started with the certificate.
    pub fn new(identity: &TlsIdentity) -> Result<Self, IdentityError> {
        let server =
            |demands| TlsServer::new(identity, Settings { demands, ..Settings::default() }).map(Arc::new);
        let asked = [(true, false), (false, true), (true, true)];
        let others = asked.into_iter().map(|(tls13, approved)| {
            let demands = Demands { tls13, approved };
            Ok((demands, server(demands)?))
        });
        Ok(Self { others: others.collect::<Result<_, IdentityError>>()?, open: server(Demands::default())? })
    }

    /// The server for an API that asks for this.
    #[must_use]
    pub fn server(&self, demands: Demands) -> &Arc<TlsServer> {
        let found = self.others.iter().find(|(own, _)| *own == demands);
        found.map_or(&self.open, |(_, server)| server)
    }
}
