//! Elastic Load Balancing, as far as VPC links of REST APIs need it: network load balancers are kept
//! and told. No traffic goes through them. Other types are refused. Texts follow the Elastic Load
//! Balancing API reference and reports of AWS's users.

mod attributes;
mod load_balancers;
mod tags;
#[cfg(test)]
mod tests;

use documents::elbv2::LoadBalancerDocument;
use store::Key;

use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    attributes::register(registry);
    load_balancers::register(registry);
    tags::register(registry);
}

/// Whether a load balancer lies in a subnet.
pub(crate) fn uses_subnet(call: &mut Call<'_, '_>, id: &str) -> Outcome<bool> {
    let is_there = |document: &LoadBalancerDocument| {
        let mut zones = document.load_balancer.availability_zones.iter().flatten();
        zones.any(|zone| zone.subnet_id.as_deref() == Some(id))
    };
    Ok(all(call)?.iter().any(is_there))
}

/// Whether a load balancer has a security group.
pub(crate) fn uses_security_group(call: &mut Call<'_, '_>, id: &str) -> Outcome<bool> {
    let has = |document: &LoadBalancerDocument| {
        document.load_balancer.security_groups.iter().flatten().any(|group| group == id)
    };
    Ok(all(call)?.iter().any(has))
}

fn all(call: &mut Call<'_, '_>) -> Outcome<Vec<LoadBalancerDocument>> {
    let all = call.tx.list::<LoadBalancerDocument>(&call.context.scope, &Key::root())?;
    Ok(all.into_iter().map(|(_, document)| document).collect())
}
