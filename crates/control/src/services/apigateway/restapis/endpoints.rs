//! `endpointConfiguration`: where an API is reached from, and over which IP versions.

use api::apigateway::{
    EndpointAccessMode, EndpointConfiguration, EndpointType, IpAddressType, SecurityPolicy,
};

use super::super::refusals::bad_request;
use crate::Outcome;

/// The configuration that a request asks for, with AWS's defaults.
pub(super) fn configuration(given: Option<&EndpointConfiguration>) -> Outcome<EndpointConfiguration> {
    let given = given.cloned().unwrap_or_default();
    let types = given.types.unwrap_or_else(|| vec![EndpointType::Edge]);
    let private = types.contains(&EndpointType::Private);
    let default = if private { IpAddressType::Dualstack } else { IpAddressType::Ipv4 };
    let configuration = EndpointConfiguration {
        types: Some(types),
        ip_address_type: Some(given.ip_address_type.unwrap_or(default)),
        vpc_endpoint_ids: given.vpc_endpoint_ids.filter(|ids| !ids.is_empty()),
    };
    check(&configuration)?;
    Ok(configuration)
}

/// Refuses what cannot be. Texts recorded from AWS.
pub(super) fn check(configuration: &EndpointConfiguration) -> Outcome<()> {
    let private = match configuration.types.as_deref().unwrap_or_default() {
        [] => {
            return Err(bad_request(
                "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
            ));
        }
        [only] => *only == EndpointType::Private,
        _ => return Err(bad_request("Cannot create an api with multiple Endpoint Types.")),
    };
    if private && configuration.ip_address_type == Some(IpAddressType::Ipv4) {
        return Err(bad_request("Only dualstack ipAddressType is supported for Private APIs."));
    }
    if !private && configuration.vpc_endpoint_ids.is_some() {
        return Err(bad_request("VPCEndpoints can only be specified with PRIVATE apis."));
    }
    Ok(())
}

/// The TLS versions and ciphers of the API's endpoint. Nothing below TLS 1.2 is ever spoken, so
/// the two old policies hold; the newer ones would restrict what is not restricted yet.
pub(super) fn security_policy(given: Option<SecurityPolicy>) -> Outcome<Option<SecurityPolicy>> {
    match given {
        None | Some(SecurityPolicy::Tls1_0 | SecurityPolicy::Tls1_2) => Ok(given),
        Some(policy) => Err(bad_request(format!("securityPolicy: The policy {policy} is not built yet."))),
    }
}

/// `STRICT` would refuse requests whose host and SNI differ, which is not done yet.
pub(super) fn access_mode(given: Option<EndpointAccessMode>) -> Outcome<Option<EndpointAccessMode>> {
    match given {
        None | Some(EndpointAccessMode::Basic) => Ok(given),
        Some(EndpointAccessMode::Strict) => {
            Err(bad_request("endpointAccessMode: The mode STRICT is not built yet."))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request};
    use super::super::create_rest_api;

    /// Recorded from AWS.
    #[test]
    fn defaults_follow_the_type() {
        let frame = Frame::new();
        let check = |given: Value, expected: Value| {
            let created = frame.ok(create_rest_api, json!({"name": "a", "endpointConfiguration": given}));
            assert_eq!(created["endpointConfiguration"], expected);
        };
        check(json!({}), json!({"types": ["EDGE"], "ipAddressType": "ipv4"}));
        check(json!({"types": ["REGIONAL"]}), json!({"types": ["REGIONAL"], "ipAddressType": "ipv4"}));
        check(json!({"types": ["PRIVATE"]}), json!({"types": ["PRIVATE"], "ipAddressType": "dualstack"}));
        check(
            json!({"types": ["PRIVATE"], "vpcEndpointIds": ["vpce-1"]}),
            json!({"types": ["PRIVATE"], "ipAddressType": "dualstack", "vpcEndpointIds": ["vpce-1"]}),
        );
    }

    /// Recorded from AWS.
    #[test]
    fn what_cannot_be_is_refused() {
        let frame = Frame::new();
        let check = |given: Value, expected: &str| {
            let input = json!({"name": "a", "endpointConfiguration": given});
            assert_eq!(frame.refused(create_rest_api, input), bad_request(expected));
        };
        check(json!({"types": []}), "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.");
        check(json!({"types": ["EDGE", "REGIONAL"]}), "Cannot create an api with multiple Endpoint Types.");
        check(
            json!({"types": ["PRIVATE"], "ipAddressType": "ipv4"}),
            "Only dualstack ipAddressType is supported for Private APIs.",
        );
        check(
            json!({"types": ["EDGE"], "vpcEndpointIds": ["vpce-1"]}),
            "VPCEndpoints can only be specified with PRIVATE apis.",
        );
    }

    #[test]
    fn what_would_restrict_and_is_not_built_is_refused() {
        let frame = Frame::new();
        frame.ok(
            create_rest_api,
            json!({"name": "a", "securityPolicy": "TLS_1_2", "endpointAccessMode": "BASIC"}),
        );
        for (more, expected) in [
            (
                json!({"name": "a", "securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09"}),
                "securityPolicy: The policy SecurityPolicy_TLS13_1_3_2025_09 is not built yet.",
            ),
            (
                json!({"name": "a", "endpointAccessMode": "STRICT"}),
                "endpointAccessMode: The mode STRICT is not built yet.",
            ),
        ] {
            assert_eq!(frame.refused(create_rest_api, more), bad_request(expected));
        }
    }
}
