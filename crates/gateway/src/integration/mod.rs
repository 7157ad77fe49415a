//! Where a request goes: one folder for each kind of backend.

pub mod aws;
pub mod backends;
pub mod http;
pub mod lambda;
pub mod mock;
pub mod vpc_links;

use crate::exchange::ConfigurationFault;
use aws::ServiceCall;
use http::call::HttpCall;
use lambda::{Lambda, LambdaProxy};
use mock::Mock;

/// A method's integration, ready to run.
#[derive(Clone, Debug)]
pub enum Integration {
    /// MOCK.
    Mock(Mock),
    /// HTTP and HTTP_PROXY.
    Http(Box<HttpCall>),
    /// AWS_PROXY with Lambda.
    LambdaProxy(Box<LambdaProxy>),
    /// AWS with Lambda.
    Lambda(Box<Lambda>),
    /// AWS with another service.
    Service(Box<ServiceCall>),
    /// One that cannot run: each request is answered 500.
    Unusable(ConfigurationFault),
}

impl Integration {
    /// Whether it runs by the right of whoever has signed the request.
    #[must_use]
    pub fn is_by_signer(&self) -> bool {
        match self {
            Self::LambdaProxy(proxy) => proxy.invocation.is_by_signer(),
            Self::Lambda(lambda) => lambda.invocation.is_by_signer(),
            Self::Service(service) => service.signature.is_by_signer(),
            Self::Mock(_) | Self::Http(_) | Self::Unusable(_) => false,
        }
    }
}
