//! Documents of the network that VPC links lead into: as far as Terraform and the load balancers
//! need it, and no traffic goes through it.

use api::ec2::{SecurityGroup, Subnet, Vpc};
use serde::{Deserialize, Serialize};
use store::Document;

/// A VPC. Key: its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VpcDocument {
    /// As `DescribeVpcs` answers.
    pub vpc: Vpc,
    /// `enableDnsSupport`.
    pub dns_support: bool,
    /// `enableDnsHostnames`.
    pub dns_hostnames: bool,
    /// `enableNetworkAddressUsageMetrics`.
    pub network_address_usage_metrics: bool,
    /// Its main route table, which is made with it and goes with it.
    pub main_route_table_id: String,
    /// Its default network ACL, which is made with it and goes with it.
    pub default_network_acl_id: String,
}

impl Document for VpcDocument {
    const COLLECTION: &'static str = "ec2/vpcs";
}

/// A subnet. Key: its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubnetDocument {
    /// As `DescribeSubnets` answers.
    pub subnet: Subnet,
}

impl Document for SubnetDocument {
    const COLLECTION: &'static str = "ec2/subnets";
}

/// A security group. Key: its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecurityGroupDocument {
    /// As `DescribeSecurityGroups` answers.
    pub security_group: SecurityGroup,
}

impl Document for SecurityGroupDocument {
    const COLLECTION: &'static str = "ec2/securitygroups";
}
