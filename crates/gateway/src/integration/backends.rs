//! What only an operator can say of the backends that integrations name: where AWS services are,
//! and what is behind VPC links.

use super::aws::{AwsEndpoints, RoleSessions};
use super::vpc_links::VpcLinkTargets;

/// What the operator says, and what it is reached with.
#[derive(Debug, Default)]
pub struct Backends {
    /// Where AWS services are.
    pub aws: AwsEndpoints,
    /// By whose right they are called.
    pub sessions: RoleSessions,
    /// What is behind VPC links.
    pub vpc_links: VpcLinkTargets,
}
