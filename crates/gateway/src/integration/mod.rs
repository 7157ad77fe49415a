//! Where a request goes: one folder for each kind of backend.

pub mod http;
pub mod lambda;
pub mod mock;

use crate::exchange::ConfigurationFault;
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
    /// One that cannot run: each request is answered 500.
    Unusable(ConfigurationFault),
}
