//! From the control plane to the gateway: may this snapshot of an API be deployed, and what is served then?

use base::Scope;
use documents::apigateway::{SnapshotDocument, StageDocument};
use store::{Key, Made, StoreFault, Transaction};

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

    /// The stage at `key` as it will be served, compiled of `stage`, which is put there next and has `snapshot`
    /// as its deployment, and of what the transaction sees besides. Put with the stage
    /// ([`Transaction::put_made`]), it is served from the commit on, and nobody reads and compiles it again.
    ///
    /// There is nothing if the snapshot has faults, which are still to be asked for, and where a stage is more
    /// than one deployment or cannot be served: then it is compiled when the change is followed.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn compile(
        &self,
        transaction: &mut Transaction<'_>,
        scope: &Scope,
        key: &Key,
        stage: &StageDocument,
        snapshot: &SnapshotDocument,
    ) -> Result<Option<Made>, StoreFault>;
}
