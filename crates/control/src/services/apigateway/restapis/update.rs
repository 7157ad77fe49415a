//! PATCH of a REST API.

use api::apigateway::{
    ApiKeySourceType, EndpointAccessMode, EndpointType, IpAddressType, Op, RestApi, SecurityPolicy,
    UpdateRestApiRequest,
};
use documents::apigateway::RestApiDocument;
use store::Key;

use super::super::refusals::{bad_request, description, not_found};
use super::{bad_compression_size, compression_size, endpoints, find, name, policy, shown};
use crate::patch::{Patch, Table, Wording, row};
use crate::{Call, Outcome};

/// What may be patched (API Gateway API reference, "Patch Operations"; verbs recorded from AWS).
const TABLE: Table = Table {
    wording: Wording::Brief,
    rows: &[
        row("/apiKeySource", &[Op::Replace]),
        row("/binaryMediaTypes/{media_type}", &[Op::Add, Op::Remove, Op::Replace]),
        row("/description", &[Op::Replace, Op::Remove]),
        row("/disableExecuteApiEndpoint", &[Op::Replace]),
        row("/endpointAccessMode", &[Op::Replace]),
        row("/endpointConfiguration/ipAddressType", &[Op::Replace]),
        row("/endpointConfiguration/types", Op::ALL),
        row("/endpointConfiguration/types/{type}", Op::ALL),
        row("/endpointConfiguration/vpcEndpointIds", &[Op::Add, Op::Remove]),
        row("/minimumCompressionSize", &[Op::Replace]),
        row("/name", &[Op::Replace]),
        row("/policy", &[Op::Replace, Op::Remove]),
        row("/securityPolicy", &[Op::Replace]),
        row("/version", &[Op::Replace]),
    ],
};

pub(in super::super) fn update_rest_api(
    call: &mut Call<'_, '_>,
    input: &UpdateRestApiRequest,
) -> Outcome<RestApi> {
    let RestApiDocument { mut rest_api } = find(call, &input.rest_api_id)?;
    for patch in TABLE.read(&input.patch_operations) {
        apply(call, &mut rest_api, &patch?)?;
    }
    endpoints::check(rest_api.endpoint_configuration.get_or_insert_default())?;
    endpoints::check_security_policy(&rest_api)?;
    endpoints::check_room(call, &rest_api)?;
    let document = RestApiDocument { rest_api };
    call.tx.put(&call.context.scope, &Key::new([&input.rest_api_id]), &document)?;
    Ok(shown(document.rest_api))
}

fn apply(call: &Call<'_, '_>, api: &mut RestApi, patch: &Patch<'_>) -> Outcome<()> {
    match patch.segments().as_slice() {
        ["name"] => api.name = Some(name(patch.text())?),
        ["description"] if patch.op == Op::Remove => api.description = None,
        ["description"] => api.description = description(patch.value)?,
        ["version"] => api.version = patch.non_empty(),
        ["policy"] if patch.op == Op::Remove => api.policy = None,
        ["policy"] => {
            api.policy = policy::read(patch.value, call.scope(), api.id.as_deref().unwrap_or_default())?;
        }
        ["apiKeySource"] => {
            api.api_key_source = Some(one_of(patch, "API key source", ApiKeySourceType::ALL)?)
        }
        ["disableExecuteApiEndpoint"] => api.disable_execute_api_endpoint = Some(patch.flag()),
        ["securityPolicy"] => {
            api.security_policy = Some(one_of(patch, "security policy", SecurityPolicy::ALL)?)
        }
        ["endpointAccessMode"] => {
            api.endpoint_access_mode = Some(one_of(patch, "endpoint access mode", EndpointAccessMode::ALL)?);
        }
        ["minimumCompressionSize"] => {
            // No value switches compression off (API Gateway developer guide, "Enable payload
            // compression").
            let size = patch.non_empty();
            let size = size.map(|size| size.parse().map_err(|_| bad_compression_size())).transpose()?;
            api.minimum_compression_size = size.map(compression_size).transpose()?;
        }
        ["binaryMediaTypes", entry] => patch_media_type(api, patch, entry)?,
        ["endpointConfiguration", rest @ ..] => patch_endpoints(api, patch, rest)?,
        _ => {}
    }
    Ok(())
}

/// The order is that of insertion; a replaced entry keeps its place (recorded from AWS).
fn patch_media_type(api: &mut RestApi, patch: &Patch<'_>, entry: &str) -> Outcome<()> {
    let mut types = api.binary_media_types.take().unwrap_or_default();
    let at = types.iter().position(|known| known == entry);
    match (patch.op, at) {
        (Op::Add, None) => types.push(entry.to_owned()),
        (Op::Add, Some(_)) => {}
        (Op::Remove, Some(at)) => drop(types.remove(at)),
        (_, Some(at)) => types.splice(at..=at, patch.non_empty()).for_each(drop),
        // The text is not recorded.
        (_, None) => return Err(not_found("Invalid binary media type specified")),
    }
    api.binary_media_types = Some(types).filter(|types| !types.is_empty());
    Ok(())
}

fn patch_endpoints(api: &mut RestApi, patch: &Patch<'_>, path: &[&str]) -> Outcome<()> {
    let configuration = api.endpoint_configuration.get_or_insert_default();
    match path {
        ["ipAddressType"] => {
            let kind = patch.text().parse::<IpAddressType>();
            // Recorded from AWS.
            let kind = kind.map_err(|_| bad_request("ipAddressType must be either ipv4 or dualstack."))?;
            configuration.ip_address_type = Some(kind);
        }
        ["vpcEndpointIds"] => {
            let mut ids = configuration.vpc_endpoint_ids.take().unwrap_or_default();
            ids.retain(|id| id != patch.text());
            if patch.op == Op::Add {
                ids.extend(patch.non_empty());
            }
            configuration.vpc_endpoint_ids = Some(ids).filter(|ids| !ids.is_empty());
        }
        ["types", segment @ ..] => {
            let types = configuration.types.get_or_insert_default();
            let given = if patch.op == Op::Remove { segment.first().copied() } else { patch.value };
            let kind = endpoint_type(given.unwrap_or(patch.text()))?;
            match patch.op {
                Op::Add => types.push(kind),
                Op::Remove => types.retain(|known| *known != kind),
                // The segment is the type to replace; Terraform sends its index. There is only one.
                Op::Replace => *types = vec![kind],
                Op::Move | Op::Copy | Op::Test => {
                    // Recorded from AWS.
                    let text = "Invalid patch operation specified. Must be 'add'|'remove'|'replace'";
                    return Err(bad_request(text));
                }
            }
            if types.contains(&EndpointType::Private) {
                configuration.ip_address_type = Some(IpAddressType::Dualstack);
            }
        }
        _ => {}
    }
    Ok(())
}

fn endpoint_type(text: &str) -> Outcome<EndpointType> {
    // Recorded from AWS.
    let text_of_aws = "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE";
    text.parse().map_err(|_| bad_request(text_of_aws))
}

/// One of an enumeration's values; the refusal is worded like those of AWS that are recorded.
fn one_of<T: std::str::FromStr + std::fmt::Display>(patch: &Patch<'_>, what: &str, all: &[T]) -> Outcome<T> {
    patch.text().parse().map_err(|_| {
        let options: Vec<String> = all.iter().map(ToString::to_string).collect();
        bad_request(format!("Invalid {what} specified. Valid options are {}", options.join(",")))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request, not_found, patch};
    use super::super::{create_rest_api, get_rest_api};
    use super::*;

    fn update(frame: &Frame, id: &str, op: &str, path: &str, value: Option<&str>) -> Value {
        frame.ok(update_rest_api, json!({"restApiId": id, "patchOperations": patch(op, path, value)}))
    }

    fn refused(frame: &Frame, id: &str, op: &str, path: &str, value: Option<&str>) -> String {
        frame.refused(update_rest_api, json!({"restApiId": id, "patchOperations": patch(op, path, value)}))
    }

    /// Recorded from AWS.
    #[test]
    fn binary_media_types_keep_their_order() {
        let frame = Frame::new();
        let (id, _) = frame.rest_api();
        let types = |op, path, value| update(&frame, &id, op, path, value)["binaryMediaTypes"].clone();
        assert_eq!(types("add", "/binaryMediaTypes/image~1png", None), json!(["image/png"]));
        assert_eq!(types("add", "/binaryMediaTypes/image~1jpeg", None), json!(["image/png", "image/jpeg"]));
        assert_eq!(
            types("replace", "/binaryMediaTypes/image~1png", Some("image/gif")),
            json!(["image/gif", "image/jpeg"])
        );
        assert_eq!(types("add", "/binaryMediaTypes/-", None), json!(["image/gif", "image/jpeg", "-"]));
        assert_eq!(types("remove", "/binaryMediaTypes/image~1gif", None), json!(["image/jpeg", "-"]));
        for op in ["add", "replace", "remove"] {
            let expected = bad_request("Invalid patch path /binaryMediaTypes");
            assert_eq!(refused(&frame, &id, op, "/binaryMediaTypes", Some("image/gif")), expected);
        }
        types("remove", "/binaryMediaTypes/image~1jpeg", None);
        assert_eq!(types("remove", "/binaryMediaTypes/-", None), json!(null));
    }

    /// Recorded from AWS.
    #[test]
    fn compression_is_switched_by_its_size() {
        let frame = Frame::new();
        let (id, _) = frame.rest_api();
        let path = "/minimumCompressionSize";
        let size = |value| update(&frame, &id, "replace", path, value)["minimumCompressionSize"].clone();
        assert_eq!(size(Some("10")), json!(10));
        assert_eq!(size(Some("")), json!(null));
        assert_eq!(size(Some("0")), json!(0));
        assert_eq!(size(None), json!(null));
        let expected = bad_request("Invalid minimum compression size, must be between 0 and 10485760");
        for value in ["test", "-1", "10485761"] {
            assert_eq!(refused(&frame, &id, "replace", path, Some(value)), expected);
        }
        let expected = bad_request("Invalid patch operation specified. Must be one of: [replace]");
        assert_eq!(refused(&frame, &id, "add", path, Some("10")), expected);
    }

    /// Recorded from AWS.
    #[test]
    fn a_private_api_is_dualstack() {
        let frame = Frame::new();
        let (id, _) = frame.rest_api();
        let private = update(&frame, &id, "replace", "/endpointConfiguration/types/EDGE", Some("PRIVATE"));
        assert_eq!(
            private["endpointConfiguration"],
            json!({"types": ["PRIVATE"], "ipAddressType": "dualstack"})
        );
        let ip = "/endpointConfiguration/ipAddressType";
        for (op, path, value, expected) in [
            ("replace", ip, "ipv4", "Only dualstack ipAddressType is supported for Private APIs."),
            ("replace", ip, "wrong", "ipAddressType must be either ipv4 or dualstack."),
            ("add", ip, "dualstack", "Invalid patch operation specified. Must be one of: [replace]"),
            (
                "replace",
                "/endpointConfiguration/types/PRIVATE",
                "WRONG",
                "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
            ),
            (
                "copy",
                "/endpointConfiguration/types/PRIVATE",
                "EDGE",
                "Invalid patch operation specified. Must be 'add'|'remove'|'replace'",
            ),
        ] {
            assert_eq!(
                refused(&frame, &id, op, path, Some(value)),
                bad_request(expected),
                "{op} {path} {value}"
            );
        }
        // The Terraform provider names the entry by its index.
        let regional = update(&frame, &id, "replace", "/endpointConfiguration/types/0", Some("REGIONAL"));
        assert_eq!(
            regional["endpointConfiguration"],
            json!({"types": ["REGIONAL"], "ipAddressType": "dualstack"})
        );
    }

    #[test]
    fn vpc_endpoints_come_and_go_with_a_private_api() {
        let frame = Frame::new();
        let private = json!({"name": "a", "endpointConfiguration": {"types": ["PRIVATE"]}});
        let id = frame.ok(create_rest_api, private)["id"].as_str().unwrap().to_owned();
        let path = "/endpointConfiguration/vpcEndpointIds";
        let ids = |op, id_of| {
            update(&frame, &id, op, path, Some(id_of))["endpointConfiguration"]["vpcEndpointIds"].clone()
        };
        assert_eq!(ids("add", "vpce-1"), json!(["vpce-1"]));
        assert_eq!(ids("add", "vpce-2"), json!(["vpce-1", "vpce-2"]));
        assert_eq!(ids("remove", "vpce-1"), json!(["vpce-2"]));
        assert_eq!(ids("remove", "vpce-2"), json!(null));
    }

    #[test]
    fn members_are_replaced_and_cleared() {
        let frame = Frame::new();
        let (id, _) = frame.rest_api();
        for (op, path, value, member, expected) in [
            ("replace", "/name", Some("cats"), "name", json!("cats")),
            ("replace", "/description", Some("all"), "description", json!("all")),
            ("remove", "/description", None, "description", json!(null)),
            ("replace", "/version", Some("v2"), "version", json!("v2")),
            ("replace", "/version", None, "version", json!(null)),
            ("replace", "/apiKeySource", Some("AUTHORIZER"), "apiKeySource", json!("AUTHORIZER")),
            ("replace", "/disableExecuteApiEndpoint", Some("true"), "disableExecuteApiEndpoint", json!(true)),
            ("replace", "/disableExecuteApiEndpoint", Some("no"), "disableExecuteApiEndpoint", json!(false)),
        ] {
            let updated = update(&frame, &id, op, path, value);
            assert_eq!(updated[member], expected, "{op} {path}");
            assert_eq!(updated["tags"], json!({}));
            assert_eq!(frame.ok(get_rest_api, json!({"restApiId": id})), updated);
        }
    }

    #[test]
    fn an_update_is_all_or_nothing() {
        let frame = Frame::new();
        let (id, _) = frame.rest_api();
        let before = frame.ok(get_rest_api, json!({"restApiId": id}));
        let operations = json!([
            {"op": "replace", "path": "/name", "value": "cats"},
            {"op": "replace", "path": "/wrong", "value": "x"},
        ]);
        let input = json!({"restApiId": id, "patchOperations": operations});
        assert_eq!(frame.refused(update_rest_api, input), bad_request("Invalid patch path /wrong"));
        assert_eq!(frame.ok(get_rest_api, json!({"restApiId": id})), before);
        assert_eq!(
            refused(&frame, "nowhere", "replace", "/name", Some("x")),
            not_found("Invalid API identifier specified 000000000000:nowhere")
        );
    }
}
