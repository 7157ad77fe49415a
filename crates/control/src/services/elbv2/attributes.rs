//! Attributes of load balancers, and the capacity that none of them reserves.

use api::elbv2::operations as op;
use api::elbv2::{
    DescribeCapacityReservationInput, DescribeCapacityReservationOutput, DescribeLoadBalancerAttributesInput,
    DescribeLoadBalancerAttributesOutput, LoadBalancerAttribute, ModifyLoadBalancerAttributesInput,
    ModifyLoadBalancerAttributesOutput, errors,
};
use indexmap::IndexMap;
use wire::ServiceError;

use super::load_balancers::{find, put};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .read(op::DescribeLoadBalancerAttributes, describe_attributes)
        .write(op::ModifyLoadBalancerAttributes, modify_attributes)
        .read(op::DescribeCapacityReservation, describe_capacity);
}

/// Whether a load balancer can be deleted.
pub(super) const DELETION_PROTECTION: &str = "deletion_protection.enabled";

/// The attributes of network load balancers with their defaults (Elastic Load Balancing API
/// reference, `LoadBalancerAttribute`).
const DEFAULTS: [(&str, &str); 9] = [
    (DELETION_PROTECTION, "false"),
    ("load_balancing.cross_zone.enabled", "false"),
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.prefix", ""),
    ("dns_record.client_routing_policy", "any_availability_zone"),
    ("ipv6.deny_all_igw_traffic", "false"),
    ("secondary_ips.auto_assigned.per_subnet", "0"),
    ("zonal_shift.config.enabled", "false"),
];

/// The attributes of a new load balancer.
pub(super) fn defaults() -> IndexMap<String, String> {
    DEFAULTS.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn describe_attributes(
    call: &mut Call<'_, '_>,
    input: &DescribeLoadBalancerAttributesInput,
) -> Outcome<DescribeLoadBalancerAttributesOutput> {
    let document = find(call, &input.load_balancer_arn)?;
    Ok(DescribeLoadBalancerAttributesOutput { attributes: Some(shown(document.attributes)) })
}

fn modify_attributes(
    call: &mut Call<'_, '_>,
    input: &ModifyLoadBalancerAttributesInput,
) -> Outcome<ModifyLoadBalancerAttributesOutput> {
    let mut document = find(call, &input.load_balancer_arn)?;
    for attribute in &input.attributes {
        let key = attribute.key.as_deref().unwrap_or_default();
        let Some(mine) = document.attributes.get_mut(key) else {
            let text = format!("Load balancer attribute key '{key}' is not recognized");
            return Err(ServiceError::new(&errors::INVALID_CONFIGURATION_REQUEST_EXCEPTION, text).into());
        };
        *mine = attribute.value.clone().unwrap_or_default();
    }
    put(call, &document)?;
    Ok(ModifyLoadBalancerAttributesOutput { attributes: Some(shown(document.attributes)) })
}

fn shown(attributes: IndexMap<String, String>) -> Vec<LoadBalancerAttribute> {
    let shown = |(key, value)| LoadBalancerAttribute { key: Some(key), value: Some(value) };
    attributes.into_iter().map(shown).collect()
}

fn describe_capacity(
    call: &mut Call<'_, '_>,
    input: &DescribeCapacityReservationInput,
) -> Outcome<DescribeCapacityReservationOutput> {
    find(call, &input.load_balancer_arn)?;
    Ok(DescribeCapacityReservationOutput {
        capacity_reservation_state: Some(Vec::new()),
        ..DescribeCapacityReservationOutput::default()
    })
}
