//! A stage's canary: a second deployment, with variables of its own over the stage's, that gets a
//! share of the requests at random (API Gateway developer guide, "Set up an API Gateway Canary
//! Release Deployment").

use api::apigateway::{CanarySettings, Stage};
use base::Scope;
use documents::apigateway::SnapshotDocument;

use super::compile::{Remark, StageFault, Surroundings, compile_stage};
use super::stage::{Canary, CompiledStage};
use crate::exchange::IdSource;

/// The requests that a share is counted in.
const ALL: f64 = 100.0;

/// Compiles `canary` of `stage`, whose deployment is `snapshot`.
///
/// # Errors
/// Why nothing of it can be served.
pub fn compile_canary(
    scope: &Scope,
    stage: &Stage,
    canary: &CanarySettings,
    snapshot: &SnapshotDocument,
    surroundings: Surroundings,
) -> Result<(Canary, Vec<Remark>), StageFault> {
    let mut variables = stage.variables.clone().unwrap_or_default();
    variables.extend(canary.stage_variable_overrides.clone().into_iter().flatten());
    let stage =
        Stage { deployment_id: canary.deployment_id.clone(), variables: Some(variables), ..stage.clone() };
    let surroundings = Surroundings { canary: true, ..surroundings };
    let (mut compiled, remarks) = compile_stage(scope, &stage, snapshot, surroundings)?;
    compiled.access_log = compiled.access_log.map(|log| log.of_canary());
    Ok((Canary { percent: canary.percent_traffic.unwrap_or(0.0), stage: compiled }, remarks))
}

impl CompiledStage {
    /// What serves the next request: the stage itself, or its canary if it has one and the lot
    /// falls on it.
    pub(crate) fn drawn(&self, ids: &IdSource) -> &Self {
        match &self.canary {
            Some(canary) if canary.wins(u32::from_le_bytes(ids.bytes::<4>())) => &canary.stage,
            _ => self,
        }
    }
}

impl Canary {
    /// Whether a lot, drawn evenly, falls within the canary's share.
    fn wins(&self, lot: u32) -> bool {
        f64::from(lot) / (f64::from(u32::MAX) + 1.0) * ALL < self.percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rest::stage::tests::empty_stage;

    #[test]
    fn the_share_is_exact_at_its_borders() {
        let wins = |percent: f64, lot: u32| Canary { percent, stage: empty_stage() }.wins(lot);
        assert!(!wins(0.0, 0));
        assert!(wins(100.0, u32::MAX));
        assert!(wins(25.0, (1 << 30) - 1));
        assert!(!wins(25.0, 1 << 30));
    }
}
