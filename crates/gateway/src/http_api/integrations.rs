//! What a route is integrated with.

pub(super) use super::http_proxy::HttpProxy;
pub(super) use super::subtypes::ServiceAction;

use super::event::PayloadFormat;
use crate::exchange::ConfigurationFault;
use crate::integration::lambda::Invocation;

/// A route's integration, ready to run.
#[derive(Clone, Debug)]
pub(super) enum Integration {
    /// HTTP_PROXY.
    Http(Box<HttpProxy>),
    /// AWS_PROXY with a function.
    Lambda(Box<LambdaProxy>),
    /// AWS_PROXY with an action of a service.
    Service(Box<ServiceAction>),
    /// One that cannot run: each request is answered 500.
    Unusable(ConfigurationFault),
}

/// AWS_PROXY with a function.
#[derive(Clone, Debug)]
pub(super) struct LambdaProxy {
    /// The function, and by whose right it is invoked.
    pub(super) invocation: Invocation,
    /// The form of its events and answers.
    pub(super) format: PayloadFormat,
}

impl Integration {
    /// Whether it runs by the right of whoever has signed the request.
    pub(super) fn is_by_signer(&self) -> bool {
        match self {
            Self::Lambda(lambda) => lambda.invocation.is_by_signer(),
            Self::Service(service) => service.signature.is_by_signer(),
            Self::Http(_) | Self::Unusable(_) => false,
        }
    }

    /// Whether it is a function.
    pub(super) fn is_lambda(&self) -> bool {
        matches!(self, Self::Lambda(_))
    }
}
