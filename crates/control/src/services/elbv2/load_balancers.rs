//! Network load balancers.

use api::elbv2::operations as op;
use api::elbv2::{
    AvailabilityZone, CreateLoadBalancerInput, CreateLoadBalancerOutput, DeleteLoadBalancerInput,
    DeleteLoadBalancerOutput, DescribeLoadBalancersInput, DescribeLoadBalancersOutput, IpAddressType,
    LoadBalancer, LoadBalancerSchemeEnum, LoadBalancerState, LoadBalancerStateEnum, LoadBalancerTypeEnum,
    errors,
};
use documents::apigateway_vpc_links::VpcLinkDocument;
use documents::ec2::{SecurityGroupDocument, SubnetDocument};
use documents::elbv2::LoadBalancerDocument;
use indexmap::IndexMap;
use store::Key;
use wire::ServiceError;

use super::{all, attributes, tags};
use crate::{Call, Failure, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateLoadBalancer, create_load_balancer)
        .read(op::DescribeLoadBalancers, describe_load_balancers)
        .write(op::DeleteLoadBalancer, delete_load_balancer);
}

fn create_load_balancer(
    call: &mut Call<'_, '_>,
    input: &CreateLoadBalancerInput,
) -> Outcome<CreateLoadBalancerOutput> {
    if input.r#type != Some(LoadBalancerTypeEnum::Network) {
        return Err(invalid("Load balancers other than network load balancers are not built yet."));
    }
    let is_special = input.customer_owned_ipv4_pool.is_some()
        || input.ipam_pools.is_some()
        || input.ip_address_type.is_some_and(|kind| kind != IpAddressType::Ipv4);
    if is_special {
        return Err(invalid("Address pools and IPv6 of load balancers are not built yet."));
    }
    check_name(&input.name)?;
    if all(call)?.iter().any(|other| other.load_balancer.load_balancer_name.as_ref() == Some(&input.name)) {
        let text = format!(
            "A load balancer with the same name '{}' exists, but with different settings",
            input.name
        );
        return Err(ServiceError::new(&errors::DUPLICATE_LOAD_BALANCER_NAME_EXCEPTION, text).into());
    }
    let (vpc, zones) = zones(call, input)?;
    for id in input.security_groups.iter().flatten() {
        let group = call.tx.get::<SecurityGroupDocument>(&call.context.scope, &Key::new([id]))?;
        if group.and_then(|group| group.security_group.vpc_id).as_ref() != Some(&vpc) {
            let text = format!("One or more security groups are invalid: {id}");
            return Err(ServiceError::new(&errors::INVALID_SECURITY_GROUP_EXCEPTION, text).into());
        }
    }
    let (region, account) = (call.scope().region(), call.scope().account());
    let digits = call.plane.random.text(16, b"0123456789abcdef");
    let (name, scheme) = (&input.name, input.scheme.unwrap_or(LoadBalancerSchemeEnum::InternetFacing));
    let arn = format!("arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/net/{name}/{digits}");
    let state = |code| Some(LoadBalancerState { code: Some(code), reason: None });
    let load_balancer = LoadBalancer {
        load_balancer_arn: Some(arn.clone()),
        dns_name: Some(format!("{name}-{digits}.elb.{region}.amazonaws.com")),
        canonical_hosted_zone_id: Some("Z26RNL4JYFTOTI".to_owned()),
        created_time: Some(call.now()),
        load_balancer_name: Some(name.clone()),
        scheme: Some(scheme),
        vpc_id: Some(vpc),
        state: state(LoadBalancerStateEnum::Active),
        r#type: Some(LoadBalancerTypeEnum::Network),
        availability_zones: Some(zones),
        security_groups: input.security_groups.clone().filter(|groups| !groups.is_empty()),
        ip_address_type: Some(IpAddressType::Ipv4),
        ..LoadBalancer::default()
    };
    let mut given = IndexMap::new();
    tags::add(&mut given, input.tags.as_deref().unwrap_or_default())?;
    let document = LoadBalancerDocument {
        load_balancer: load_balancer.clone(),
        attributes: attributes::defaults(),
        tags: given,
    };
    call.tx.put(&call.context.scope, &Key::new([&arn]), &document)?;
    // It is there at once; the answer says otherwise, as AWS's does.
    let shown = LoadBalancer { state: state(LoadBalancerStateEnum::Provisioning), ..load_balancer };
    Ok(CreateLoadBalancerOutput { load_balancers: Some(vec![shown]) })
}

/// Elastic Load Balancing API reference, `CreateLoadBalancer`.
fn check_name(name: &str) -> Outcome<()> {
    let allowed = name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    let hyphens = name.starts_with('-') || name.ends_with('-');
    if (1..=32).contains(&name.len()) && allowed && !hyphens && !name.starts_with("internal-") {
        return Ok(());
    }
    Err(invalid(&format!("The load balancer name '{name}' is not valid")))
}

/// The VPC of the subnets that are asked for, and a zone for each of them.
fn zones(
    call: &mut Call<'_, '_>,
    input: &CreateLoadBalancerInput,
) -> Outcome<(String, Vec<AvailabilityZone>)> {
    let mapped = input.subnet_mappings.iter().flatten();
    if mapped.clone().any(|one| one.allocation_id.is_some() || one.private_i_pv4_address.is_some()) {
        return Err(invalid("Fixed addresses of load balancers are not built yet."));
    }
    let ids: Vec<&String> =
        input.subnets.iter().flatten().chain(mapped.filter_map(|one| one.subnet_id.as_ref())).collect();
    let mut vpc = None;
    let mut zones: Vec<AvailabilityZone> = Vec::new();
    for id in ids {
        let Some(SubnetDocument { subnet }) = call.tx.get(&call.context.scope, &Key::new([id]))? else {
            let text = format!("The subnet ID '{id}' does not exist");
            return Err(ServiceError::new(&errors::SUBNET_NOT_FOUND_EXCEPTION, text).into());
        };
        if vpc.get_or_insert_with(|| subnet.vpc_id.clone()) != &subnet.vpc_id {
            return Err(configuration("All subnets must belong to the same VPC"));
        }
        if zones.iter().any(|zone| zone.zone_name == subnet.availability_zone) {
            return Err(configuration(
                "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
            ));
        }
        zones.push(AvailabilityZone {
            zone_name: subnet.availability_zone,
            subnet_id: Some(id.clone()),
            load_balancer_addresses: Some(Vec::new()),
            ..AvailabilityZone::default()
        });
    }
    match vpc.flatten() {
        Some(vpc) => Ok((vpc, zones)),
        None => Err(invalid("At least one subnet must be specified")),
    }
}

fn describe_load_balancers(
    call: &mut Call<'_, '_>,
    input: &DescribeLoadBalancersInput,
) -> Outcome<DescribeLoadBalancersOutput> {
    let arns = input.load_balancer_arns.as_deref().filter(|arns| !arns.is_empty());
    let names = input.names.as_deref().filter(|names| !names.is_empty());
    let found = match (arns, names) {
        (Some(_), Some(_)) => {
            return Err(invalid(
                "Load balancer names and load balancer ARNs cannot be specified at the same time",
            ));
        }
        (Some(arns), None) => {
            arns.iter().map(|arn| Ok(find(call, arn)?.load_balancer)).collect::<Outcome<Vec<_>>>()?
        }
        (None, Some(names)) => {
            let all = all(call)?;
            let named = names.iter().map(|name| {
                let mut balancers = all.iter().map(|document| &document.load_balancer);
                let named = balancers.find(|balancer| balancer.load_balancer_name.as_ref() == Some(name));
                named.cloned().ok_or_else(|| unknown(&format!("Load balancers '[{name}]' not found")))
            });
            named.collect::<Outcome<Vec<_>>>()?
        }
        (None, None) => all(call)?.into_iter().map(|document| document.load_balancer).collect(),
    };
    Ok(DescribeLoadBalancersOutput { load_balancers: Some(found), next_marker: None })
}

/// Removes a load balancer; one that is not there is no error (API reference, `DeleteLoadBalancer`).
fn delete_load_balancer(
    call: &mut Call<'_, '_>,
    input: &DeleteLoadBalancerInput,
) -> Outcome<DeleteLoadBalancerOutput> {
    let arn = &input.load_balancer_arn;
    let document = call.tx.get::<LoadBalancerDocument>(&call.context.scope, &Key::new([arn]))?;
    let Some(document) = document else { return Ok(DeleteLoadBalancerOutput {}) };
    if document.attributes.get(attributes::DELETION_PROTECTION).is_some_and(|value| value == "true") {
        let text = format!("Load balancer '{arn}' cannot be deleted because deletion protection is enabled");
        return Err(ServiceError::new(&errors::OPERATION_NOT_PERMITTED_EXCEPTION, text).into());
    }
    let links = call.tx.list::<VpcLinkDocument>(&call.context.scope, &Key::root())?;
    if links.iter().any(|(_, link)| link.vpc_link.target_arns.iter().flatten().any(|target| target == arn)) {
        let text = format!(
            "Load balancer '{arn}' cannot be deleted because it is currently associated with another service"
        );
        return Err(ServiceError::new(&errors::RESOURCE_IN_USE_EXCEPTION, text).into());
    }
    call.tx.delete::<LoadBalancerDocument>(&call.context.scope, &Key::new([arn]))?;
    Ok(DeleteLoadBalancerOutput {})
}

/// The load balancer of this ARN.
pub(super) fn find(call: &mut Call<'_, '_>, arn: &str) -> Outcome<LoadBalancerDocument> {
    let document = call.tx.get(&call.context.scope, &Key::new([arn]))?;
    document.ok_or_else(|| unknown(&format!("Load balancer '{arn}' not found")))
}

/// Stores a load balancer.
pub(super) fn put(call: &mut Call<'_, '_>, document: &LoadBalancerDocument) -> Outcome<()> {
    let arn = document.load_balancer.load_balancer_arn.as_deref().unwrap_or_default();
    Ok(call.tx.put(&call.context.scope, &Key::new([arn]), document)?)
}

fn unknown(text: &str) -> Failure {
    ServiceError::new(&errors::LOAD_BALANCER_NOT_FOUND_EXCEPTION, text).into()
}

fn configuration(text: &str) -> Failure {
    ServiceError::new(&errors::INVALID_CONFIGURATION_REQUEST_EXCEPTION, text).into()
}

pub(super) fn invalid(text: &str) -> Failure {
    ServiceError::validation(text).into()
}
