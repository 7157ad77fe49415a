//! Subnets of VPCs.

use api::Empty;
use api::ec2::operations as op;
use api::ec2::{
    CreateSubnetRequest, CreateSubnetResult, DeleteSubnetRequest, DescribeSubnetsRequest,
    DescribeSubnetsResult, HostnameType, ModifySubnetAttributeRequest, PrivateDnsNameOptionsOnLaunch, Subnet,
    SubnetState,
};
use documents::ec2::SubnetDocument;
use store::Key;

use super::cidr::Cidr;
use super::filters::{one, passes};
use super::refusals::{
    in_use, invalid_parameter, missing_parameter, subnet_conflict, subnet_range, unbuilt, unknown_subnet,
};
use super::{id, tags, vpcs};
use crate::services::elbv2;
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateSubnet, create_subnet)
        .read(op::DescribeSubnets, describe_subnets)
        .write(op::ModifySubnetAttribute, modify_subnet_attribute)
        .write(op::DeleteSubnet, delete_subnet);
}

fn create_subnet(call: &mut Call<'_, '_>, input: &CreateSubnetRequest) -> Outcome<CreateSubnetResult> {
    let is_special = input.ipv6_cidr_block.is_some()
        || input.ipv6_native == Some(true)
        || input.outpost_arn.is_some()
        || input.ipv4_ipam_pool_id.is_some()
        || input.ipv6_ipam_pool_id.is_some();
    if is_special {
        return Err(unbuilt("A subnet with IPv6, address pools or an outpost"));
    }
    let vpc = vpcs::find(call, &input.vpc_id)?.vpc;
    let text = input.cidr_block.as_deref().ok_or_else(|| missing_parameter("cidrBlock"))?;
    let cidr = Cidr::read(text)?;
    let around = Cidr::read(vpc.cidr_block.as_deref().unwrap_or_default())?;
    if !cidr.has_allowed_length() || !around.contains(cidr) {
        return Err(subnet_range(text));
    }
    for other in all(call)? {
        let is_near = other.vpc_id.as_ref() == Some(&input.vpc_id);
        if is_near && Cidr::read(other.cidr_block.as_deref().unwrap_or_default())?.overlaps(cidr) {
            return Err(subnet_conflict(text));
        }
    }
    let (zone, zone_id) = zone(call.scope().region(), input)?;
    let subnet_id = id(&call.plane.random, "subnet");
    let (region, account) = (call.scope().region(), call.scope().account());
    let subnet = Subnet {
        availability_zone_id: Some(zone_id),
        map_customer_owned_ip_on_launch: Some(false),
        owner_id: Some(account.to_owned()),
        assign_ipv6_address_on_creation: Some(false),
        tags: tags::given(input.tag_specifications.as_deref(), "subnet")?,
        subnet_arn: Some(format!("arn:aws:ec2:{region}:{account}:subnet/{subnet_id}")),
        enable_dns64: Some(false),
        ipv6_native: Some(false),
        private_dns_name_options_on_launch: Some(PrivateDnsNameOptionsOnLaunch {
            hostname_type: Some(HostnameType::IpName),
            enable_resource_name_dns_a_record: Some(false),
            enable_resource_name_dns_aaaa_record: Some(false),
        }),
        subnet_id: Some(subnet_id.clone()),
        state: Some(SubnetState::Available),
        vpc_id: Some(input.vpc_id.clone()),
        cidr_block: Some(cidr.to_string()),
        available_ip_address_count: Some(cidr.available()),
        availability_zone: Some(zone),
        default_for_az: Some(false),
        map_public_ip_on_launch: Some(false),
        ..Subnet::default()
    };
    put(call, &subnet)?;
    Ok(CreateSubnetResult { subnet: Some(subnet) })
}

/// The zone that is asked for, or the region's first: its name and its id, which here is the name
/// with a number in place of the letter.
fn zone(region: &str, input: &CreateSubnetRequest) -> Outcome<(String, String)> {
    let letters = ["a", "b", "c", "d", "e", "f"];
    let mut zones = letters
        .iter()
        .zip(1..)
        .map(|(letter, number)| (format!("{region}{letter}"), format!("{region}-az{number}")));
    let found = match (&input.availability_zone, &input.availability_zone_id) {
        (Some(name), _) => zones.find(|(zone, _)| zone == name),
        (None, Some(id)) => zones.find(|(_, zone)| zone == id),
        (None, None) => zones.next(),
    };
    found.ok_or_else(|| {
        let given = input.availability_zone.as_ref().or(input.availability_zone_id.as_ref());
        invalid_parameter(format!(
            "Value ({}) for parameter availabilityZone is invalid.",
            given.map(String::as_str).unwrap_or_default()
        ))
    })
}

fn describe_subnets(
    call: &mut Call<'_, '_>,
    input: &DescribeSubnetsRequest,
) -> Outcome<DescribeSubnetsResult> {
    let asked = match input.subnet_ids.as_deref().filter(|ids| !ids.is_empty()) {
        Some(ids) => ids.iter().map(|id| find(call, id)).collect::<Outcome<Vec<_>>>()?,
        None => all(call)?,
    };
    let mut subnets = Vec::new();
    for subnet in asked {
        let passes = passes(input.filters.as_deref(), subnet.tags.as_deref(), |name| match name {
            "subnet-id" => one(subnet.subnet_id.as_deref()),
            "vpc-id" => one(subnet.vpc_id.as_deref()),
            "cidr" | "cidrBlock" | "cidr-block" => one(subnet.cidr_block.as_deref()),
            "availability-zone" | "availabilityZone" => one(subnet.availability_zone.as_deref()),
            "state" => one(subnet.state.map(SubnetState::as_str)),
            "owner-id" => one(subnet.owner_id.as_deref()),
            "default-for-az" | "defaultForAz" => one(Some("false")),
            _ => None,
        })?;
        if passes {
            subnets.push(subnet);
        }
    }
    Ok(DescribeSubnetsResult { subnets: Some(subnets), next_token: None })
}

fn modify_subnet_attribute(call: &mut Call<'_, '_>, input: &ModifySubnetAttributeRequest) -> Outcome<Empty> {
    let is_special = input.assign_ipv6_address_on_creation.is_some()
        || input.map_customer_owned_ip_on_launch.is_some()
        || input.customer_owned_ipv4_pool.is_some()
        || input.enable_dns64.is_some()
        || input.enable_lni_at_device_index.is_some()
        || input.disable_lni_at_device_index.is_some();
    if is_special {
        return Err(unbuilt("This attribute of subnets"));
    }
    let mut subnet = find(call, &input.subnet_id)?;
    let flag = |given: &Option<api::ec2::AttributeBooleanValue>| given.as_ref().and_then(|given| given.value);
    subnet.map_public_ip_on_launch = flag(&input.map_public_ip_on_launch).or(subnet.map_public_ip_on_launch);
    let options = subnet.private_dns_name_options_on_launch.get_or_insert_default();
    options.hostname_type = input.private_dns_hostname_type_on_launch.or(options.hostname_type);
    options.enable_resource_name_dns_a_record = flag(&input.enable_resource_name_dns_a_record_on_launch)
        .or(options.enable_resource_name_dns_a_record);
    options.enable_resource_name_dns_aaaa_record =
        flag(&input.enable_resource_name_dns_aaaa_record_on_launch)
            .or(options.enable_resource_name_dns_aaaa_record);
    put(call, &subnet)?;
    Ok(Empty {})
}

fn delete_subnet(call: &mut Call<'_, '_>, input: &DeleteSubnetRequest) -> Outcome<Empty> {
    find(call, &input.subnet_id)?;
    if elbv2::uses_subnet(call, &input.subnet_id)? {
        return Err(in_use("subnet", &input.subnet_id));
    }
    call.tx.delete::<SubnetDocument>(&call.context.scope, &Key::new([&input.subnet_id]))?;
    Ok(Empty {})
}

fn all(call: &mut Call<'_, '_>) -> Outcome<Vec<Subnet>> {
    let all = call.tx.list::<SubnetDocument>(&call.context.scope, &Key::root())?;
    Ok(all.into_iter().map(|(_, document)| document.subnet).collect())
}

fn find(call: &mut Call<'_, '_>, id: &str) -> Outcome<Subnet> {
    let document: Option<SubnetDocument> = call.tx.get(&call.context.scope, &Key::new([id]))?;
    document.map(|document| document.subnet).ok_or_else(|| unknown_subnet(id))
}

fn put(call: &mut Call<'_, '_>, subnet: &Subnet) -> Outcome<()> {
    let key = Key::new([subnet.subnet_id.as_deref().unwrap_or_default()]);
    Ok(call.tx.put(&call.context.scope, &key, &SubnetDocument { subnet: subnet.clone() })?)
}
