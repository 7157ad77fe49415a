//! EC2, as far as VPC links need it: VPCs, subnets and security groups are kept and told, so that
//! what names them can be checked. No traffic goes through them. Texts follow the EC2 API reference,
//! "Error codes for the Amazon EC2 API", and reports of AWS's users.

mod cidr;
mod derived;
mod filters;
mod refusals;
mod security_groups;
mod subnets;
mod tags;
#[cfg(test)]
mod tests;
mod vpcs;

use base::Random;

use crate::Registry;

pub(super) fn register(registry: &mut Registry) {
    derived::register(registry);
    security_groups::register(registry);
    subnets::register(registry);
    tags::register(registry);
    vpcs::register(registry);
}

/// A resource's id: `vpc-` and 17 hexadecimal digits.
fn id(random: &Random, kind: &str) -> String {
    format!("{kind}-0{}", random.text(16, b"0123456789abcdef"))
}
