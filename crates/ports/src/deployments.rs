//! From the control plane to the gateway: may this snapshot of an API be deployed?

use documents::apigateway::SnapshotDocument;

/// One thing in a snapshot that the gateway cannot run, in words for the caller of
/// `CreateDeployment`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentFault {
    /// The resource's path and method, `/pets GET`.
    pub place: String,
    /// What is wrong there and what would be accepted.
    pub why: String,
}

/// Compiles snapshots without serving them.
pub trait DeploymentCheck: Send + Sync {
    /// Every reason why `snapshot` cannot be deployed; empty if it can. Pure and bounded:
    /// it is called inside the store's writing transaction.
    fn faults(&self, snapshot: &SnapshotDocument) -> Vec<DeploymentFault>;
}
