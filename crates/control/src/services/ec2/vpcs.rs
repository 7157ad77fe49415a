//! VPCs and their attributes. With a VPC come its main route table, its default network ACL and
//! its default security group, as at EC2.

use api::Empty;
use api::ec2::operations as op;
use api::ec2::{
    AttributeBooleanValue, CreateVpcRequest, CreateVpcResult, DeleteVpcRequest, DescribeVpcAttributeRequest,
    DescribeVpcAttributeResult, DescribeVpcsRequest, DescribeVpcsResult, ModifyVpcAttributeRequest, Tenancy,
    Vpc, VpcAttributeName, VpcCidrBlockAssociation, VpcCidrBlockState, VpcCidrBlockStateCode, VpcState,
};
use documents::ec2::{SecurityGroupDocument, SubnetDocument, VpcDocument};
use store::Key;

use super::cidr::Cidr;
use super::filters::{one, passes};
use super::refusals::{in_use, missing_parameter, unbuilt, unknown_vpc, vpc_range};
use super::{id, security_groups, tags};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateVpc, create_vpc)
        .read(op::DescribeVpcs, describe_vpcs)
        .read(op::DescribeVpcAttribute, describe_vpc_attribute)
        .write(op::ModifyVpcAttribute, modify_vpc_attribute)
        .write(op::DeleteVpc, delete_vpc);
}

fn create_vpc(call: &mut Call<'_, '_>, input: &CreateVpcRequest) -> Outcome<CreateVpcResult> {
    let is_ipv6 = input.amazon_provided_ipv6_cidr_block == Some(true)
        || input.ipv6_cidr_block.is_some()
        || input.ipv6_pool.is_some()
        || input.ipv6_ipam_pool_id.is_some();
    if is_ipv6 || input.ipv4_ipam_pool_id.is_some() || input.vpc_encryption_control.is_some() {
        return Err(unbuilt("A VPC with IPv6, address pools or encryption control"));
    }
    let text = input.cidr_block.as_deref().ok_or_else(|| missing_parameter("cidrBlock"))?;
    let cidr = Cidr::read(text)?;
    if !cidr.has_allowed_length() {
        return Err(vpc_range(text));
    }
    let random = &call.plane.random;
    let (vpc_id, acl, table) = (id(random, "vpc"), id(random, "acl"), id(random, "rtb"));
    let block = VpcCidrBlockAssociation {
        association_id: Some(id(random, "vpc-cidr-assoc")),
        cidr_block: Some(cidr.to_string()),
        cidr_block_state: Some(VpcCidrBlockState {
            state: Some(VpcCidrBlockStateCode::Associated),
            ..VpcCidrBlockState::default()
        }),
    };
    let vpc = Vpc {
        owner_id: Some(call.scope().account().to_owned()),
        instance_tenancy: Some(input.instance_tenancy.unwrap_or(Tenancy::Default)),
        cidr_block_association_set: Some(vec![block]),
        is_default: Some(false),
        tags: tags::given(input.tag_specifications.as_deref(), "vpc")?,
        vpc_id: Some(vpc_id.clone()),
        state: Some(VpcState::Available),
        cidr_block: Some(cidr.to_string()),
        dhcp_options_id: Some("default".to_owned()),
        ..Vpc::default()
    };
    let document = VpcDocument {
        vpc: vpc.clone(),
        dns_support: true,
        dns_hostnames: false,
        network_address_usage_metrics: false,
        main_route_table_id: table,
        default_network_acl_id: acl,
    };
    call.tx.put(&call.context.scope, &Key::new([&vpc_id]), &document)?;
    security_groups::put_default(call, &vpc_id)?;
    // It is there at once; EC2 says so from the next look on.
    Ok(CreateVpcResult { vpc: Some(Vpc { state: Some(VpcState::Pending), ..vpc }) })
}

fn describe_vpcs(call: &mut Call<'_, '_>, input: &DescribeVpcsRequest) -> Outcome<DescribeVpcsResult> {
    let mut vpcs = Vec::new();
    for VpcDocument { vpc, .. } in asked(call, input.vpc_ids.as_deref())? {
        let passes = passes(input.filters.as_deref(), vpc.tags.as_deref(), |name| match name {
            "vpc-id" => one(vpc.vpc_id.as_deref()),
            "cidr" | "cidr-block-association.cidr-block" => one(vpc.cidr_block.as_deref()),
            "state" => one(vpc.state.map(VpcState::as_str)),
            "owner-id" => one(vpc.owner_id.as_deref()),
            "is-default" | "isDefault" => one(Some("false")),
            _ => None,
        })?;
        if passes {
            vpcs.push(vpc);
        }
    }
    Ok(DescribeVpcsResult { vpcs: Some(vpcs), next_token: None })
}

/// The VPCs of these ids, or all.
pub(super) fn asked(call: &mut Call<'_, '_>, ids: Option<&[String]>) -> Outcome<Vec<VpcDocument>> {
    match ids.filter(|ids| !ids.is_empty()) {
        Some(ids) => ids.iter().map(|id| find(call, id)).collect(),
        None => {
            let all = call.tx.list::<VpcDocument>(&call.context.scope, &Key::root())?;
            Ok(all.into_iter().map(|(_, document)| document).collect())
        }
    }
}

fn describe_vpc_attribute(
    call: &mut Call<'_, '_>,
    input: &DescribeVpcAttributeRequest,
) -> Outcome<DescribeVpcAttributeResult> {
    let document = find(call, &input.vpc_id)?;
    let value = |value: bool| Some(AttributeBooleanValue { value: Some(value) });
    let mut result = DescribeVpcAttributeResult {
        vpc_id: Some(input.vpc_id.clone()),
        ..DescribeVpcAttributeResult::default()
    };
    match input.attribute {
        VpcAttributeName::EnableDnsSupport => result.enable_dns_support = value(document.dns_support),
        VpcAttributeName::EnableDnsHostnames => result.enable_dns_hostnames = value(document.dns_hostnames),
        VpcAttributeName::EnableNetworkAddressUsageMetrics => {
            result.enable_network_address_usage_metrics = value(document.network_address_usage_metrics);
        }
    }
    Ok(result)
}

fn modify_vpc_attribute(call: &mut Call<'_, '_>, input: &ModifyVpcAttributeRequest) -> Outcome<Empty> {
    let mut document = find(call, &input.vpc_id)?;
    for (mine, given) in [
        (&mut document.dns_support, &input.enable_dns_support),
        (&mut document.dns_hostnames, &input.enable_dns_hostnames),
        (&mut document.network_address_usage_metrics, &input.enable_network_address_usage_metrics),
    ] {
        *mine = given.as_ref().and_then(|given| given.value).unwrap_or(*mine);
    }
    call.tx.put(&call.context.scope, &Key::new([&input.vpc_id]), &document)?;
    Ok(Empty {})
}

/// Removes a VPC with what came with it. One that holds more stays.
fn delete_vpc(call: &mut Call<'_, '_>, input: &DeleteVpcRequest) -> Outcome<Empty> {
    find(call, &input.vpc_id)?;
    let scope = call.scope().clone();
    let is_inside = |vpc: Option<&String>| vpc == Some(&input.vpc_id);
    let subnets = call.tx.list::<SubnetDocument>(&scope, &Key::root())?;
    let groups = call.tx.list::<SecurityGroupDocument>(&scope, &Key::root())?;
    let groups: Vec<_> = groups
        .into_iter()
        .filter(|(_, document)| is_inside(document.security_group.vpc_id.as_ref()))
        .collect();
    let holds_subnets = subnets.iter().any(|(_, document)| is_inside(document.subnet.vpc_id.as_ref()));
    let holds_groups =
        groups.iter().any(|(_, document)| !security_groups::is_default(&document.security_group));
    if holds_subnets || holds_groups {
        return Err(in_use("vpc", &input.vpc_id));
    }
    for (key, _) in groups {
        call.tx.delete::<SecurityGroupDocument>(&scope, &key)?;
    }
    call.tx.delete::<VpcDocument>(&scope, &Key::new([&input.vpc_id]))?;
    Ok(Empty {})
}

/// The VPC `id`.
pub(super) fn find(call: &mut Call<'_, '_>, id: &str) -> Outcome<VpcDocument> {
    let document = call.tx.get(&call.context.scope, &Key::new([id]))?;
    document.ok_or_else(|| unknown_vpc(id))
}
