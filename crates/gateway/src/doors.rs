//! What the gateway asks of others while it serves.

use std::sync::Arc;

use ports::functions::Functions;

use crate::access::Verdicts;
use crate::access::iam::Signatures;
use crate::access::user_pools::UserPools;
use crate::access::vpc_endpoints::VpcEndpoints;
use crate::integration::backends::Backends;

/// What authorizers of HTTP APIs have said.
pub(crate) type RouteVerdicts = Verdicts<crate::http_api::Verdict>;

/// The doors of the request path. Cloning is cheap.
#[derive(Clone)]
pub struct Doors {
    /// Runs functions.
    pub functions: Arc<dyn Functions>,
    /// What authorizers have said.
    pub verdicts: Arc<Verdicts>,
    /// What authorizers of HTTP APIs have said.
    pub route_verdicts: Arc<RouteVerdicts>,
    /// Verifies who has signed requests.
    pub signatures: Arc<Signatures>,
    /// The keys of Cognito user pools.
    pub user_pools: Arc<UserPools>,
    /// What integrations call besides what their URIs name.
    pub backends: Arc<Backends>,
    /// By which VPC endpoints requests come.
    pub vpc_endpoints: Arc<VpcEndpoints>,
}

impl std::fmt::Debug for Doors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Doors")
    }
}
