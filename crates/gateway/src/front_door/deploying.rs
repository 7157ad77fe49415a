//! What the control plane asks of a deployment before there is one.

use std::sync::Arc;

use base::Scope;
use documents::apigateway::{SnapshotDocument, StageDocument};
use ports::deployments::{DeploymentCheck, DeploymentFault};
use store::{Key, Made, StoreFault, Transaction};

use super::Apis;
use super::refresh::Deployed;
use crate::rest;

/// Compiles snapshots, and the stages that [`Refresh`](super::Refresh) serves in `apis` once they are committed.
#[derive(Debug)]
pub struct Deploying {
    apis: Arc<Apis>,
}

impl Deploying {
    /// For stages that will be served in `apis`.
    #[must_use]
    pub fn to(apis: Arc<Apis>) -> Self {
        Self { apis }
    }
}

impl DeploymentCheck for Deploying {
    fn faults(&self, snapshot: &SnapshotDocument) -> Vec<DeploymentFault> {
        rest::faults(snapshot)
    }

    fn compile(
        &self,
        transaction: &mut Transaction<'_>,
        scope: &Scope,
        key: &Key,
        stage: &StageDocument,
        snapshot: &SnapshotDocument,
    ) -> Result<Option<Made>, StoreFault> {
        let deployed = Deployed::compile(&self.apis, transaction, (scope, key), stage, snapshot)?;
        Ok(deployed.map(|deployed| Box::new(deployed) as Made))
    }
}
