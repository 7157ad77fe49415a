//! Where a domain name is reached: at the edge, in its region, or from inside of a network. Public
//! ones can be both of the first while they move (API Gateway developer guide, "Migrate a custom
//! domain name to a different type of API endpoint").

use api::apigateway::{DomainName, EndpointConfiguration, EndpointType, IpAddressType};
use base::{Random, Scope};

use super::super::refusals::bad_request;
use crate::Outcome;

/// The hosted zone of all CloudFront distributions (AWS General Reference, "Amazon API Gateway
/// endpoints and quotas").
const DISTRIBUTION_ZONE: &str = "Z2FDTNDATAQYW2";

/// The hosted zones of regional endpoints (same page).
const REGIONAL_ZONES: &[(&str, &str)] = &[
    ("af-south-1", "Z2DHW2332DAMTN"),
    ("ap-east-1", "Z3FD1VL90ND7K5"),
    ("ap-northeast-1", "Z1YSHQZHG15GKL"),
    ("ap-northeast-2", "Z20JF4UZKIW1U8"),
    ("ap-northeast-3", "Z22ILHG95FLSZ2"),
    ("ap-south-1", "Z3VO1THU9YC4UR"),
    ("ap-southeast-1", "ZL327KTPIQFUL"),
    ("ap-southeast-2", "Z2RPCDW04V8134"),
    ("ca-central-1", "Z19DQILCV0OWEC"),
    ("eu-central-1", "Z1U9ULNL0V5AJ3"),
    ("eu-north-1", "Z3UWIKFBOOGXPP"),
    ("eu-south-1", "Z3BT4WSQ9TDYZV"),
    ("eu-west-1", "ZLY8HYME6SFDD"),
    ("eu-west-2", "ZJ5UAJN8Y3Z2Q"),
    ("eu-west-3", "Z3KY65QIEKYHQQ"),
    ("me-south-1", "Z20ZBPC0SS8806"),
    ("sa-east-1", "ZCMLWB8V5SYIT"),
    ("us-east-1", "Z1UJRXOUMOOFQ8"),
    ("us-east-2", "ZOJJZC49E0EPZ"),
    ("us-west-1", "Z2MUQ32089INYE"),
    ("us-west-2", "Z2OJLYMUO9EFXC"),
];

/// The zone of regions that are not in the list.
const OTHER_ZONE: &str = "Z1UJRXOUMOOFQ8";

const LOWER_AND_DIGITS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The configuration that a request asks for, with AWS's defaults: those of APIs, whose texts are
/// recorded and answered for domain names too.
pub(super) fn configuration(given: Option<&EndpointConfiguration>) -> Outcome<EndpointConfiguration> {
    let given = given.cloned().unwrap_or_default();
    if given.vpc_endpoint_ids.is_some_and(|ids| !ids.is_empty()) {
        // Endpoints come by access associations; the text is that of APIs.
        return Err(bad_request("VPCEndpoints can only be specified with PRIVATE apis."));
    }
    let types = given.types.unwrap_or_else(|| vec![EndpointType::Edge]);
    match types.as_slice() {
        [] => {
            let text = "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.";
            return Err(bad_request(text));
        }
        [_] => {}
        _ => return Err(bad_request("Cannot create an api with multiple Endpoint Types.")),
    }
    let default = match types.contains(&EndpointType::Private) {
        true => IpAddressType::Dualstack,
        false => IpAddressType::Ipv4,
    };
    let ip_address_type = Some(given.ip_address_type.unwrap_or(default));
    Ok(EndpointConfiguration { types: Some(types), ip_address_type, vpc_endpoint_ids: None })
}

/// Whether the domain name is reached there.
pub(super) fn has(domain: &DomainName, kind: EndpointType) -> bool {
    let types = domain.endpoint_configuration.as_ref().and_then(|endpoints| endpoints.types.as_ref());
    types.is_some_and(|types| types.contains(&kind))
}

/// Gives each endpoint an address, and takes away those of endpoints that are gone.
pub(super) fn address(random: &Random, scope: &Scope, domain: &mut DomainName) {
    if has(domain, EndpointType::Edge) {
        let name = || format!("d{}.cloudfront.net", random.text(13, LOWER_AND_DIGITS));
        domain.distribution_domain_name.get_or_insert_with(name);
        domain.distribution_hosted_zone_id = Some(DISTRIBUTION_ZONE.to_owned());
    } else {
        domain.distribution_domain_name = None;
        domain.distribution_hosted_zone_id = None;
    }
    if has(domain, EndpointType::Regional) {
        let region = scope.region();
        let name = || format!("d-{}.execute-api.{region}.amazonaws.com", random.text(10, LOWER_AND_DIGITS));
        domain.regional_domain_name.get_or_insert_with(name);
        let zone = REGIONAL_ZONES.iter().find(|(known, _)| *known == region);
        domain.regional_hosted_zone_id = Some(zone.map_or(OTHER_ZONE, |(_, zone)| zone).to_owned());
    } else {
        domain.regional_domain_name = None;
        domain.regional_hosted_zone_id = None;
    }
}
