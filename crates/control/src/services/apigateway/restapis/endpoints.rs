//! `endpointConfiguration`: where an API is reached from, and over which IP versions.

use api::apigateway::{EndpointConfiguration, EndpointType, IpAddressType, RestApi, SecurityPolicy};

use documents::apigateway::RestApiDocument;
use store::Key;

use super::super::limits;
use super::super::refusals::{bad_request, limit_exceeded};
use crate::{Call, Outcome};

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

/// Refuses one more API of this kind than an account may have in a region. The text is not recorded.
pub(super) fn check_room(call: &mut Call<'_, '_>, api: &RestApi) -> Outcome<()> {
    let kind = kind(api);
    let others = call.tx.list::<RestApiDocument>(&call.context.scope, &Key::root())?;
    let is_other = |other: &RestApi| other.id != api.id && self::kind(other) == kind;
    let count = others.iter().filter(|(_, document)| is_other(&document.rest_api)).count();
    let most = if kind == EndpointType::Edge { limits::EDGE_APIS } else { limits::APIS };
    if count < most {
        return Ok(());
    }
    Err(limit_exceeded(format!(
        "Maximum number of {kind} APIs for this account has been reached. Please contact AWS if you need additional \
         APIs."
    )))
}

fn kind(api: &RestApi) -> EndpointType {
    let types = api.endpoint_configuration.as_ref().and_then(|own| own.types.as_deref());
    types.and_then(|types| types.first().copied()).unwrap_or(EndpointType::Edge)
}

/// The TLS versions and ciphers of the API's endpoint (API Gateway developer guide, "Security policies
/// for REST APIs"): those for the edge say so by their names, and the newer ones need an access mode. The
/// texts are not recorded.
pub(super) fn check_security_policy(api: &RestApi) -> Outcome<()> {
    let Some(policy) = api.security_policy else { return Ok(()) };
    let enhanced = !matches!(policy, SecurityPolicy::Tls1_0 | SecurityPolicy::Tls1_2);
    let kind = kind(api);
    let at_the_edge = policy.as_str().ends_with("_EDGE");
    if enhanced && at_the_edge != (kind == EndpointType::Edge) {
        return Err(bad_request(format!(
            "The security policy {policy} is not supported for the endpoint type {kind}."
        )));
    }
    if enhanced && api.endpoint_access_mode.is_none() {
        return Err(bad_request(format!(
            "endpointAccessMode must be specified with the security policy {policy}."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request};
    use super::super::create_rest_api;
    use super::super::update::update_rest_api;

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

    /// "Security policies for REST APIs".
    #[test]
    fn security_policies_are_those_of_the_endpoints_type() {
        let frame = Frame::new();
        let input = |kind: &str, policy: &str, mode: Option<&str>| {
            json!({"name": "a", "endpointConfiguration": {"types": [kind]}, "securityPolicy": policy,
                "endpointAccessMode": mode})
        };
        let (enhanced, edge) = ("SecurityPolicy_TLS13_1_3_2025_09", "SecurityPolicy_TLS13_2025_EDGE");
        for (kind, policy, mode) in [
            ("EDGE", "TLS_1_0", None),
            ("REGIONAL", "TLS_1_2", Some("STRICT")),
            ("EDGE", edge, Some("BASIC")),
            ("REGIONAL", enhanced, Some("STRICT")),
            ("PRIVATE", enhanced, Some("BASIC")),
        ] {
            let created = frame.ok(create_rest_api, input(kind, policy, mode));
            assert_eq!(created["securityPolicy"], policy);
            assert_eq!(created["endpointAccessMode"].as_str(), mode);
        }
        let unsupported = |policy: &str, kind: &str| {
            format!("The security policy {policy} is not supported for the endpoint type {kind}.")
        };
        let no_mode = format!("endpointAccessMode must be specified with the security policy {enhanced}.");
        for (kind, policy, mode, expected) in [
            ("EDGE", enhanced, Some("BASIC"), unsupported(enhanced, "EDGE")),
            ("REGIONAL", edge, Some("BASIC"), unsupported(edge, "REGIONAL")),
            ("PRIVATE", edge, Some("BASIC"), unsupported(edge, "PRIVATE")),
            ("REGIONAL", enhanced, None, no_mode.clone()),
        ] {
            assert_eq!(frame.refused(create_rest_api, input(kind, policy, mode)), bad_request(&expected));
        }
        // Changes are held to the same.
        let created = frame.ok(create_rest_api, input("REGIONAL", "TLS_1_2", None));
        let patches = json!([{"op": "replace", "path": "/securityPolicy", "value": enhanced}]);
        let update = json!({"restApiId": created["id"], "patchOperations": patches});
        assert_eq!(frame.refused(update_rest_api, update), bad_request(&no_mode));
    }

    /// "Amazon API Gateway quotas"; the text is not recorded.
    #[test]
    fn an_account_has_so_many_apis_of_a_kind() {
        let frame = Frame::new();
        let full = |kind: &str| {
            format!(
                "429 LimitExceededException \"Maximum number of {kind} APIs for this account has been reached. Please \
                 contact AWS if you need additional APIs.\""
            )
        };
        for (kind, most) in [("EDGE", 120), ("REGIONAL", 600), ("PRIVATE", 600)] {
            let input = json!({"name": "a", "endpointConfiguration": {"types": [kind]}});
            for _ in 0..most {
                frame.ok(create_rest_api, input.clone());
            }
            assert_eq!(frame.refused(create_rest_api, input.clone()), full(kind));
            let elsewhere = frame.in_scope("000000000000", "eu-west-1");
            elsewhere.ok(create_rest_api, input);
        }
    }
}
