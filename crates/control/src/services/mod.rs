//! The services: one folder each, one file for each collection of operations.

pub(crate) mod acm;
pub(crate) mod apigateway;
mod apigatewaymanagementapi;
mod apigatewayv2;
mod cloudtrail;
mod ec2;
pub(crate) mod elbv2;
mod iam;
pub(crate) mod lambda;
pub(crate) mod logs;
pub(crate) mod sts;

use crate::Registry;

pub(crate) fn register(registry: &mut Registry) {
    acm::register(registry);
    apigateway::register(registry);
    apigatewaymanagementapi::register(registry);
    apigatewayv2::register(registry);
    cloudtrail::register(registry);
    ec2::register(registry);
    elbv2::register(registry);
    iam::register(registry);
    lambda::register(registry);
    logs::register(registry);
    sts::register(registry);
}
