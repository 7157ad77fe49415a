//! Changes that take effect on the thread that commits them. A deployment compiles its stage to be checked, and what
//! was compiled is served from the commit on: nobody is woken, and nothing is read or compiled twice.

use documents::apigateway::{
    AuthorizerDocument, DeploymentDocument, DocumentationPartDocument, DocumentationVersionDocument,
    GatewayResponseDocument, ModelDocument, RequestValidatorDocument, ResourceDocument, RestApiDocument,
    SnapshotDocument, StageDocument,
};
use store::{Change, ChangeKind, Commit};

use super::super::Apis;
use super::super::publication::Publication;
use super::rest::Deployed;

/// Serves the stages of a commit if all of it is deployments and definitions of REST APIs; answers whether it is.
pub(super) fn take(apis: &Apis, commit: &mut Commit) -> bool {
    let mut deployed = Vec::new();
    for (index, change) in commit.changes().iter().enumerate() {
        if change.is::<StageDocument>() && commit.made::<Deployed>(index).is_some() {
            deployed.push((index, change.scope.clone(), change.key.clone()));
        } else if !is_definition(change) {
            return false;
        }
    }
    let to = Publication::of(apis);
    for (index, scope, key) in deployed {
        if let Some(stage) = commit.take_made::<Deployed>(index) {
            stage.publish(&to, &scope, &key);
        }
    }
    true
}

/// Whether nothing is served otherwise because of this change: a deployment holds all of it as it was.
fn is_definition(change: &Change) -> bool {
    change.is::<SnapshotDocument>()
        || change.is::<DeploymentDocument>()
        || change.is::<ResourceDocument>()
        || change.is::<ModelDocument>()
        || change.is::<RequestValidatorDocument>()
        || change.is::<AuthorizerDocument>()
        || change.is::<GatewayResponseDocument>()
        || change.is::<DocumentationPartDocument>()
        || change.is::<DocumentationVersionDocument>()
        || (change.is::<RestApiDocument>() && change.kind == ChangeKind::Put)
}
