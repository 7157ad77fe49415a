//! What a function is: its stored documents, read and checked once, so that an invocation
//! only looks things up.

mod cache;
mod read;

use std::sync::Arc;

use policy::Policy;

pub(crate) use cache::Definitions;
pub(crate) use read::arn as arn_of;

use crate::concurrency::Allowance;
use crate::environment::EnvironmentSpec;
use crate::pool::PoolId;

/// A function, a version or an alias, as one `FunctionRef` names it.
pub(crate) struct Definition {
    /// The ARN that the caller used, with its qualifier: `context.invokedFunctionArn`.
    pub(crate) invoked_arn: String,
    /// The versions that it may run, with the share of the invocations that each gets.
    pub(crate) targets: Vec<Target>,
    /// Whom the function, version or alias itself admits.
    pub(crate) policy: ResourcePolicy,
    pub(crate) allowance: Allowance,
}

/// One version.
pub(crate) struct Target {
    /// `X-Amz-Executed-Version`.
    pub(crate) version: String,
    pub(crate) pool: PoolId,
    /// Of 1; all targets together have 1.
    pub(crate) weight: f64,
}

/// A resource policy, ready to be asked.
pub(crate) enum ResourcePolicy {
    None,
    Policy(Arc<Policy>),
    /// It is stored and cannot be read: it admits nobody.
    Unreadable(String),
}

/// Why there is no definition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoDefinition {
    #[error("there is no such function, version or alias")]
    NotFound,
    #[error("{0}")]
    Unusable(String),
}

impl Definition {
    /// The version that serves an invocation; `drawn` is evenly distributed from 0 to 1.
    pub(crate) fn target(&self, drawn: f64) -> Option<&Target> {
        let mut left = drawn;
        for target in &self.targets {
            if left < target.weight {
                return Some(target);
            }
            left -= target.weight;
        }
        // Rounding, or weights that do not make up 1.
        self.targets.first()
    }
}

/// A definition before it has its pools.
pub(crate) struct Sketch {
    pub(crate) invoked_arn: String,
    pub(crate) targets: Vec<(EnvironmentSpec, f64)>,
    pub(crate) policy: ResourcePolicy,
    pub(crate) reserved: Option<usize>,
}
