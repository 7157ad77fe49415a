//! Documents of Elastic Load Balancing, as far as VPC links need it.

use api::elbv2::LoadBalancer;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use store::Document;

/// A load balancer. Key: its ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadBalancerDocument {
    /// As `DescribeLoadBalancers` answers.
    pub load_balancer: LoadBalancer,
    /// What `DescribeLoadBalancerAttributes` answers.
    pub attributes: IndexMap<String, String>,
    /// Tags.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub tags: IndexMap<String, String>,
}

impl Document for LoadBalancerDocument {
    const COLLECTION: &'static str = "elbv2/loadbalancers";
}
