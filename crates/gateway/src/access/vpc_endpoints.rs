//! VPC endpoints, by which private APIs are reached (API Gateway developer guide, "Private REST
//! APIs in API Gateway"). There is no VPC here: the operator says which clients come by which
//! endpoint. Nobody comes by one unless it is said, so that private APIs are closed.

use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderName;

use crate::message::Headers;
pub use policy::Network;

/// Where a proxy says by which endpoint a request has come. It is believed of proxies that the
/// operator names, and never handed on, whoever sends it: at AWS it is API Gateway's own.
pub const ENDPOINT_ID: HeaderName = HeaderName::from_static("x-amzn-vpce-id");

/// What `x-amzn-vpce-id` has beside it at AWS. Clients' are not handed on either.
const VPC_ID: HeaderName = HeaderName::from_static("x-amzn-vpc-id");

/// How the names of both begin.
const OWN_HEADERS: &str = "x-amzn-vpc";

/// A VPC endpoint, as the operator describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcEndpoint {
    /// `vpce-…`
    pub id: Box<str>,
    /// Its VPC, `vpc-…`; without one nothing is known of it.
    pub vpc: Option<Box<str>>,
    /// The addresses of clients that come by it.
    pub sources: Vec<Network>,
    /// The addresses of proxies that say who comes by it.
    pub proxies: Vec<Network>,
}

/// By which endpoint a request has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// The endpoint.
    pub endpoint: Arc<VpcEndpoint>,
    /// Whether the address at the other end of the socket is the client's, and no proxy's.
    pub direct: bool,
}

/// All endpoints.
#[derive(Clone, Debug, Default)]
pub struct VpcEndpoints(Vec<Arc<VpcEndpoint>>);

impl VpcEndpoints {
    /// These endpoints. Where they have sources in common, the first counts.
    #[must_use]
    pub fn new(endpoints: impl IntoIterator<Item = VpcEndpoint>) -> Self {
        Self(endpoints.into_iter().map(Arc::new).collect())
    }

    /// By which endpoint a request from `peer` has come, if by any. Takes what proxies say of it
    /// out of its headers.
    pub(crate) fn taken_from(&self, headers: &mut Headers, peer: IpAddr) -> Option<Via> {
        // Nearly nobody has endpoints, and nearly no request these headers.
        if self.0.is_empty() && !headers.names().any(|name| name.as_str().starts_with(OWN_HEADERS)) {
            return None;
        }
        let named = {
            let mut values = headers.get_all(ENDPOINT_ID);
            // A second one is somebody else's.
            values.next().filter(|_| values.next().is_none()).cloned()
        };
        headers.remove(ENDPOINT_ID);
        headers.remove(VPC_ID);
        let peer = peer.to_canonical();
        let within = |networks: &[Network]| networks.iter().any(|network| network.contains(peer));
        // What a proxy hands on comes by no endpoint that the proxy does not name, even if the
        // proxy is among an endpoint's clients.
        if self.0.iter().any(|endpoint| within(&endpoint.proxies)) {
            let named = named?;
            let is_meant = |endpoint: &&Arc<VpcEndpoint>| {
                *endpoint.id.as_bytes() == *named.as_bytes() && within(&endpoint.proxies)
            };
            let endpoint = Arc::clone(self.0.iter().find(is_meant)?);
            return Some(Via { endpoint, direct: false });
        }
        let endpoint = self.0.iter().find(|endpoint| within(&endpoint.sources))?;
        Some(Via { endpoint: Arc::clone(endpoint), direct: true })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn networks(texts: &[&str]) -> Vec<Network> {
        texts.iter().map(|text| Network::parse(text).unwrap()).collect()
    }

    fn endpoint(id: &str, sources: &[&str], proxies: &[&str]) -> VpcEndpoint {
        VpcEndpoint { id: id.into(), vpc: None, sources: networks(sources), proxies: networks(proxies) }
    }

    #[test]
    fn clients_come_by_the_endpoint_of_their_network() {
        let endpoints = VpcEndpoints::new([
            endpoint("vpce-1", &["10.1.0.0/16"], &["10.9.0.1", "10.9.0.2"]),
            endpoint("vpce-2", &["10.0.0.0/8", "2001:db8::/32"], &["10.9.0.1"]),
        ]);
        let check = |peer: &str, named: &[&'static str], expected: Option<(&str, bool)>| {
            let mut headers = Headers::new();
            for id in named {
                headers.append(ENDPOINT_ID, HeaderValue::from_str(id).unwrap());
            }
            let via = endpoints.taken_from(&mut headers, peer.parse().unwrap());
            let via = via.as_ref().map(|via| (&*via.endpoint.id, via.direct));
            assert_eq!((via, headers.len()), (expected, 0), "{peer} {named:?}");
        };
        check("10.1.2.3", &[], Some(("vpce-1", true)));
        check("10.2.2.3", &[], Some(("vpce-2", true)));
        check("::ffff:10.1.2.3", &[], Some(("vpce-1", true)));
        check("2001:db8::7", &[], Some(("vpce-2", true)));
        check("192.0.2.1", &[], None);
        // Only proxies are believed, each of what it is there for.
        check("10.1.2.3", &["vpce-2"], Some(("vpce-1", true)));
        check("192.0.2.1", &["vpce-1"], None);
        check("10.9.0.1", &["vpce-1"], Some(("vpce-1", false)));
        check("10.9.0.1", &["vpce-2"], Some(("vpce-2", false)));
        check("10.9.0.2", &["vpce-2"], None);
        check("10.9.0.1", &["vpce-3"], None);
        check("10.9.0.1", &["VPCE-1"], None);
        check("10.9.0.1", &[""], None);
        check("10.9.0.1", &["vpce-1", "vpce-2"], None);
        check("10.9.0.1", &["vpce-1", "vpce-1"], None);
        // A proxy is no client of the network that it is in.
        check("10.9.0.1", &[], None);
        let mut headers = Headers::from_iter([(ENDPOINT_ID, HeaderValue::from_static("vpce-1"))]);
        assert_eq!(VpcEndpoints::default().taken_from(&mut headers, "10.1.2.3".parse().unwrap()), None);
        assert!(headers.is_empty());
    }
}
