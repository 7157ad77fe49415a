//! Who may call: what asks others whether a request may be served.

mod ask;
mod asking;
mod circumstances;
pub mod cognito;
mod domain_policy;
pub mod iam;
mod key_sets;
pub mod lambda_authorizer;
mod method_arn;
mod object;
mod resource_policy;
pub mod user_pools;
mod verdicts;
pub mod vpc_endpoints;

use std::sync::Arc;

pub(crate) use ask::{Said, allows, ask, authorize, authorized};
pub use asking::Asking;
pub(crate) use circumstances::question;
pub use domain_policy::DomainPolicy;
pub(crate) use object::object;
pub use resource_policy::ResourcePolicy;
pub(crate) use resource_policy::{INVOKE, MANAGE_CONNECTIONS};
pub use verdicts::Verdicts;
pub(crate) use verdicts::key as verdict_key;

use crate::integration::lambda::ProxyEvent;
use cognito::CognitoAuthorizer;
use lambda_authorizer::LambdaAuthorizer;

/// Whom a method asks who may call it.
#[derive(Clone, Debug, Default)]
pub enum Authorization {
    /// Nobody: everyone may whom the API's policy lets.
    #[default]
    None,
    /// The policies of whoever signed the request.
    Iam,
    /// A function.
    Lambda(Box<AskedFunction>),
    /// Whoever has signed the caller's token.
    Cognito(Box<AskedUserPools>),
}

/// An authorizer of Cognito user pools as one method asks it.
#[derive(Clone, Debug)]
pub struct AskedUserPools {
    /// The authorizer.
    pub authorizer: Arc<CognitoAuthorizer>,
    /// What the method wants an access token for; without them it wants an identity token.
    pub scopes: Vec<String>,
}

/// A Lambda authorizer as one method asks it.
#[derive(Clone, Debug)]
pub struct AskedFunction {
    /// The authorizer. The methods of a stage share it, and so what it has said.
    pub authorizer: Arc<LambdaAuthorizer>,
    /// What is the same in all events of the method.
    pub event: ProxyEvent,
}
