//! May a snapshot be deployed? Asked by `CreateDeployment` where there is no stage, or one that cannot be compiled.

use documents::apigateway::SnapshotDocument;
use ports::deployments::DeploymentFault;

use super::StageVariables;
use super::compile::models;
use super::compile_method::{Authorizers, MethodFault, Within, compile_method};
use super::trie::Routes;
use crate::exchange::{ResourceFacts, StageFacts};
use crate::integration::backends::Backends;
use crate::mapping::alike::Alike;

/// Every reason why `snapshot` cannot be deployed; empty if it can.
#[must_use]
pub fn faults(snapshot: &SnapshotDocument) -> Vec<DeploymentFault> {
    let models = models(snapshot);
    let within = Within {
        stage: &StageFacts::default(),
        validators: &snapshot.request_validators,
        models: &models,
        variables: &StageVariables::default(),
        // Whether it can be loaded is found out when a stage is served.
        certificate: None,
        // Nor whether its authorizers can be asked.
        authorizers: &Authorizers::default(),
        // Nor where backends are.
        backends: &Backends::default(),
        vpc_links: &[],
        alike: &Alike::default(),
    };
    let mut routes = Routes::default();
    let mut faults = Vec::new();
    let mut methods = 0;
    for resource in &snapshot.resources {
        let path = resource.path.as_deref().unwrap_or_default();
        let mut fault = |place: String, why: String| faults.push(DeploymentFault { place, why });
        if let Err(error) = routes.add(path, Vec::new()) {
            fault(path.to_owned(), error.to_string());
        }
        let id = resource.id.as_deref().unwrap_or_default();
        let facts = ResourceFacts { id: id.into(), path: path.into() };
        for (verb, method) in resource.resource_methods.iter().flatten() {
            methods += 1;
            base::give_way();
            // What depends on a stage (its variables), what AWS finds out at run time and
            // what refuses all traffic does not keep an API from being deployed.
            if let Err(MethodFault::Undeployable(error)) = compile_method(&within, &facts, verb, method) {
                fault(format!("{path} {verb}"), error.to_string());
            }
        }
    }
    if methods == 0 {
        let why = "The REST API doesn't contain any methods".to_owned();
        faults.push(DeploymentFault { place: String::new(), why });
    }
    faults
}
