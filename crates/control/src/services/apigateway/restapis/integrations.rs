//! `…/methods/{verb}/integration`: what a method does. The rules are those of `integration_rules`,
//! for putting and patching alike.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    ConnectionType, DeleteIntegrationRequest, GetIntegrationRequest, Integration, IntegrationType, Op,
    PutIntegrationRequest, UpdateIntegrationRequest,
};
use indexmap::IndexMap;

use super::super::limits;
use super::super::refusals::{bad_request, unknown_content_type, unknown_integration, unknown_parameter};
use super::{integration_rules, mapping, methods, resources};
use crate::patch::{Patch, Table, Wording, row};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::PutIntegration, put_integration)
        .read(op::GetIntegration, get_integration)
        .write(op::UpdateIntegration, update_integration)
        .write(op::DeleteIntegration, delete_integration);
}

/// What may be patched (API Gateway API reference, "Patch Operations").
const TABLE: Table = Table {
    wording: Wording::Brief,
    rows: &[
        row("/cacheKeyParameters/{name}", &[Op::Add, Op::Remove]),
        row("/cacheNamespace", &[Op::Replace]),
        row("/connectionId", &[Op::Replace]),
        row("/connectionType", &[Op::Replace]),
        row("/contentHandling", &[Op::Replace]),
        row("/credentials", &[Op::Replace]),
        row("/httpMethod", &[Op::Replace]),
        row("/integrationTarget", &[Op::Replace]),
        row("/passthroughBehavior", &[Op::Replace]),
        row("/requestParameters/{name}", &[Op::Add, Op::Remove, Op::Replace]),
        row("/requestTemplates/{content_type}", &[Op::Add, Op::Remove, Op::Replace]),
        row("/responseTransferMode", &[Op::Replace]),
        row("/timeoutInMillis", &[Op::Replace]),
        row("/tlsConfig/insecureSkipVerification", &[Op::Replace]),
        row("/type", &[Op::Replace]),
        row("/uri", &[Op::Replace]),
    ],
};

/// Sets what a method does, in place of whatever it did before, responses included.
pub(in super::super) fn put_integration(
    call: &mut Call<'_, '_>,
    input: &PutIntegrationRequest,
) -> Outcome<Integration> {
    let given = Integration {
        r#type: Some(input.r#type),
        http_method: input.integration_http_method.clone(),
        uri: input.uri.clone(),
        connection_type: input.connection_type,
        connection_id: input.connection_id.clone(),
        credentials: input.credentials.clone(),
        request_parameters: input.request_parameters.clone(),
        request_templates: input.request_templates.clone(),
        passthrough_behavior: input.passthrough_behavior.clone(),
        content_handling: input.content_handling,
        timeout_in_millis: input.timeout_in_millis,
        cache_namespace: input.cache_namespace.clone(),
        cache_key_parameters: input.cache_key_parameters.clone(),
        integration_responses: None,
        tls_config: input.tls_config.clone(),
        response_transfer_mode: input.response_transfer_mode,
        integration_target: input.integration_target.clone(),
    };
    let integration = checked(given, &input.resource_id, call.scope().account())?;
    let mut resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    let method = methods::find(&mut resource, &input.http_method)?;
    integration_rules::check_against_method(&integration, method)?;
    method.method_integration = Some(integration.clone());
    resources::put(call, &input.rest_api_id, resource)?;
    Ok(integration)
}

fn get_integration(call: &mut Call<'_, '_>, input: &GetIntegrationRequest) -> Outcome<Integration> {
    let mut resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    let method = methods::find(&mut resource, &input.http_method)?;
    method.method_integration.clone().ok_or_else(unknown_integration)
}

fn update_integration(call: &mut Call<'_, '_>, input: &UpdateIntegrationRequest) -> Outcome<Integration> {
    let mut resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    let method = methods::find(&mut resource, &input.http_method)?;
    let mut integration = method.method_integration.clone().ok_or_else(unknown_integration)?;
    for patch in TABLE.read(&input.patch_operations) {
        apply(&mut integration, &patch?)?;
    }
    set_connection_type(&mut integration);
    integration_rules::check(&integration, call.scope().account())?;
    integration_rules::check_against_method(&integration, method)?;
    method.method_integration = Some(integration.clone());
    resources::put(call, &input.rest_api_id, resource)?;
    Ok(integration)
}

fn delete_integration(call: &mut Call<'_, '_>, input: &DeleteIntegrationRequest) -> Outcome<Empty> {
    let mut resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    let method = methods::find(&mut resource, &input.http_method)?;
    method.method_integration.take().ok_or_else(unknown_integration)?;
    resources::put(call, &input.rest_api_id, resource)?;
    Ok(Empty {})
}

/// A new integration as it is stored, with AWS's defaults, if it may be; what it takes of its
/// method is checked against that.
pub(super) fn checked(given: Integration, resource_id: &str, account: &str) -> Outcome<Integration> {
    let mock = given.r#type == Some(IntegrationType::Mock);
    let present = |text: Option<String>| text.filter(|text| !text.is_empty());
    let mut integration = Integration {
        // A MOCK calls nothing, so it keeps neither (recorded from AWS).
        http_method: present(given.http_method).filter(|_| !mock),
        uri: present(given.uri).filter(|_| !mock),
        connection_id: present(given.connection_id),
        credentials: present(given.credentials),
        request_parameters: given.request_parameters.filter(|parameters| !parameters.is_empty()),
        request_templates: mapping::templates(given.request_templates.as_ref())?,
        passthrough_behavior: Some(present(given.passthrough_behavior).unwrap_or("WHEN_NO_MATCH".into())),
        timeout_in_millis: Some(given.timeout_in_millis.unwrap_or(*limits::TIMEOUT.end())),
        cache_namespace: Some(present(given.cache_namespace).unwrap_or(resource_id.to_owned())),
        cache_key_parameters: Some(given.cache_key_parameters.unwrap_or_default()),
        integration_target: present(given.integration_target),
        ..given
    };
    set_connection_type(&mut integration);
    integration_rules::check(&integration, account)?;
    Ok(integration)
}

/// Integrations over HTTP say how they connect; the others do not, whatever was sent (recorded
/// from AWS).
fn set_connection_type(integration: &mut Integration) {
    let http = matches!(integration.r#type, Some(IntegrationType::Http | IntegrationType::HttpProxy));
    integration.connection_type = match integration.connection_type {
        None if http => Some(ConnectionType::Internet),
        Some(ConnectionType::Internet) if !http => None,
        given => given,
    };
}

fn apply(integration: &mut Integration, patch: &Patch<'_>) -> Outcome<()> {
    match patch.segments().as_slice() {
        ["cacheKeyParameters", name] => {
            let keys = integration.cache_key_parameters.get_or_insert_default();
            keys.retain(|key| key != name);
            if patch.op == Op::Add {
                keys.push((*name).to_owned());
            }
        }
        ["cacheNamespace"] => integration.cache_namespace = patch.non_empty(),
        ["connectionId"] => integration.connection_id = patch.non_empty(),
        ["connectionType"] => integration.connection_type = optional(patch, "connectionType")?,
        ["contentHandling"] => integration.content_handling = optional(patch, "contentHandling")?,
        ["credentials"] => integration.credentials = patch.non_empty(),
        ["httpMethod"] => integration.http_method = patch.non_empty(),
        ["integrationTarget"] => integration.integration_target = patch.non_empty(),
        ["passthroughBehavior"] => integration.passthrough_behavior = patch.non_empty(),
        ["requestParameters", name] => {
            let mut mapping = integration.request_parameters.take().unwrap_or_default();
            patch_mapping(&mut mapping, patch, name)?;
            integration.request_parameters = Some(mapping).filter(|mapping| !mapping.is_empty());
        }
        ["requestTemplates", content_type] => {
            let mut templates = integration.request_templates.take().unwrap_or_default();
            patch_templates(&mut templates, patch, content_type)?;
            integration.request_templates = Some(templates).filter(|templates| !templates.is_empty());
        }
        ["responseTransferMode"] => {
            integration.response_transfer_mode = optional(patch, "responseTransferMode")?;
        }
        ["timeoutInMillis"] => {
            let timeout = patch.text().parse().map_err(|_| integration_rules::bad_timeout())?;
            integration.timeout_in_millis = Some(timeout);
        }
        ["tlsConfig", _] => {
            integration.tls_config.get_or_insert_default().insecure_skip_verification = Some(patch.flag());
        }
        ["type"] => integration.r#type = optional(patch, "type")?,
        ["uri"] => integration.uri = patch.non_empty(),
        _ => {}
    }
    Ok(())
}

/// Patches an entry of a map of mapping expressions.
pub(super) fn patch_mapping(
    mapping: &mut IndexMap<String, String>,
    patch: &Patch<'_>,
    name: &str,
) -> Outcome<()> {
    if patch.op != Op::Add && !mapping.contains_key(name) {
        return Err(unknown_parameter());
    }
    if patch.op == Op::Remove {
        mapping.shift_remove(name);
    } else {
        mapping.insert(name.to_owned(), patch.text().to_owned());
    }
    Ok(())
}

/// Patches an entry of a map of templates.
pub(super) fn patch_templates(
    templates: &mut IndexMap<String, Option<String>>,
    patch: &Patch<'_>,
    content_type: &str,
) -> Outcome<()> {
    if patch.op != Op::Add && !templates.contains_key(content_type) {
        return Err(unknown_content_type());
    }
    if patch.op == Op::Remove {
        templates.shift_remove(content_type);
    } else {
        mapping::check_content_types([&content_type.to_owned()])?;
        templates.insert(content_type.to_owned(), mapping::template(content_type, patch.value)?);
    }
    Ok(())
}

/// A value of an enumeration; an empty one clears the member. The text is not recorded.
pub(super) fn optional<T: std::str::FromStr>(patch: &Patch<'_>, member: &str) -> Outcome<Option<T>> {
    let parse =
        |text: String| text.parse().map_err(|_| bad_request(format!("Invalid {member} specified: {text}")));
    patch.non_empty().map(parse).transpose()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request, not_found, patch, with};
    use super::super::methods::put_method;
    use super::*;

    fn at(api: &str, root: &str, verb: &str) -> Value {
        json!({"restApiId": api, "resourceId": root, "httpMethod": verb})
    }

    fn put(api: &str, root: &str, more: Value) -> Value {
        with(at(api, root, "GET"), more)
    }

    fn update(api: &str, root: &str, op: &str, path: &str, value: Option<&str>) -> Value {
        with(at(api, root, "GET"), json!({"patchOperations": patch(op, path, value)}))
    }

    const LAMBDA: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\
                          arn:aws:lambda:us-east-1:000000000000:function:f/invocations";

    /// Recorded from AWS.
    #[test]
    fn each_type_has_its_defaults() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        frame.method(&api, &root, "GET");
        let defaults = json!({
            "timeoutInMillis": 29_000,
            "passthroughBehavior": "WHEN_NO_MATCH",
            "cacheNamespace": root,
            "cacheKeyParameters": [],
        });
        let check = |given: Value, expected: Value| {
            let created = frame.ok(put_integration, put(&api, &root, given));
            assert_eq!(created, with(defaults.clone(), expected));
            assert_eq!(frame.ok(get_integration, at(&api, &root, "GET")), created);
        };
        check(
            json!({"type": "MOCK", "integrationHttpMethod": "POST", "uri": "http://x", "connectionType": "INTERNET"}),
            json!({"type": "MOCK"}),
        );
        for kind in ["HTTP", "HTTP_PROXY"] {
            check(
                json!({"type": kind, "integrationHttpMethod": "GET", "uri": "http://127.0.0.1:8080/{proxy}"}),
                json!({
                    "type": kind,
                    "httpMethod": "GET",
                    "uri": "http://127.0.0.1:8080/{proxy}",
                    "connectionType": "INTERNET",
                }),
            );
        }
        for kind in ["AWS", "AWS_PROXY"] {
            check(
                json!({"type": kind, "integrationHttpMethod": "POST", "uri": LAMBDA, "contentHandling": "CONVERT_TO_TEXT"}),
                json!({"type": kind, "httpMethod": "POST", "uri": LAMBDA, "contentHandling": "CONVERT_TO_TEXT"}),
            );
        }
        check(
            json!({"type": "MOCK", "requestTemplates": {"application/json": "{\"statusCode\": 200}", "a/b": "", "c/d": null}}),
            json!({
                "type": "MOCK",
                "requestTemplates": {"application/json": "{\"statusCode\": 200}", "a/b": null, "c/d": null},
            }),
        );
        check(
            json!({
                "type": "HTTP_PROXY",
                "integrationHttpMethod": "GET",
                "uri": "https://x",
                "connectionType": "VPC_LINK",
                "connectionId": "${stageVariables.vpcLinkId}",
            }),
            json!({
                "type": "HTTP_PROXY",
                "httpMethod": "GET",
                "uri": "https://x",
                "connectionType": "VPC_LINK",
                "connectionId": "${stageVariables.vpcLinkId}",
            }),
        );
    }

    /// Recorded from AWS.
    #[test]
    fn lookups_say_what_is_missing() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        frame.method(&api, &root, "GET");
        let unknown_resource = not_found("Invalid Resource identifier specified");
        let unknown_method = not_found("Invalid Method identifier specified");
        let unknown_integration = not_found("Invalid Integration identifier specified");
        assert_eq!(frame.refused(get_integration, at("nope", &root, "GET")), unknown_resource);
        assert_eq!(frame.refused(get_integration, at(&api, "nope", "GET")), unknown_resource);
        assert_eq!(frame.refused(get_integration, at(&api, &root, "POST")), unknown_method);
        assert_eq!(frame.refused(get_integration, at(&api, &root, "GET")), unknown_integration);
        frame.mock(&api, &root, "GET");
        frame.ok(delete_integration, at(&api, &root, "GET"));
        assert_eq!(frame.refused(get_integration, at(&api, &root, "GET")), unknown_integration);
        assert_eq!(frame.refused(delete_integration, at(&api, &root, "GET")), unknown_integration);
        assert_eq!(frame.refused(update_integration, at(&api, &root, "GET")), unknown_integration);
        let mock =
            |api: &str, resource: &str, verb: &str| with(at(api, resource, verb), json!({"type": "MOCK"}));
        assert_eq!(frame.refused(put_integration, mock("nope", &root, "GET")), unknown_resource);
        assert_eq!(frame.refused(put_integration, mock(&api, &root, "POST")), unknown_method);
    }

    #[test]
    fn patches_change_and_clear_members() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        let declared = json!({"authorizationType": "NONE", "requestParameters": {"method.request.querystring.q": false}});
        frame.ok(put_method, with(at(&api, &root, "GET"), declared));
        let http = json!({"type": "HTTP", "integrationHttpMethod": "GET", "uri": "http://a"});
        frame.ok(put_integration, put(&api, &root, http));
        let header = "/requestParameters/integration.request.header.x";
        let key = "/cacheKeyParameters/method.request.querystring.q";
        for (op, path, value, member, expected) in [
            ("replace", "/uri", Some("https://b/c"), "uri", json!("https://b/c")),
            ("replace", "/httpMethod", Some("POST"), "httpMethod", json!("POST")),
            ("replace", "/timeoutInMillis", Some("1000"), "timeoutInMillis", json!(1000)),
            ("replace", "/passthroughBehavior", Some("NEVER"), "passthroughBehavior", json!("NEVER")),
            (
                "replace",
                "/contentHandling",
                Some("CONVERT_TO_BINARY"),
                "contentHandling",
                json!("CONVERT_TO_BINARY"),
            ),
            ("replace", "/contentHandling", Some(""), "contentHandling", json!(null)),
            (
                "replace",
                "/tlsConfig/insecureSkipVerification",
                Some("true"),
                "tlsConfig",
                json!({"insecureSkipVerification": true}),
            ),
            (
                "add",
                header,
                Some("method.request.querystring.q"),
                "requestParameters",
                json!({"integration.request.header.x": "method.request.querystring.q"}),
            ),
            (
                "replace",
                header,
                Some("'y'"),
                "requestParameters",
                json!({"integration.request.header.x": "'y'"}),
            ),
            ("remove", header, None, "requestParameters", json!(null)),
            ("add", key, Some(""), "cacheKeyParameters", json!(["method.request.querystring.q"])),
            ("remove", key, None, "cacheKeyParameters", json!([])),
            (
                "add",
                "/requestTemplates/application~1json",
                Some("{}"),
                "requestTemplates",
                json!({"application/json": "{}"}),
            ),
            (
                "replace",
                "/requestTemplates/application~1json",
                Some(""),
                "requestTemplates",
                json!({"application/json": null}),
            ),
            ("remove", "/requestTemplates/application~1json", None, "requestTemplates", json!(null)),
        ] {
            let updated = frame.ok(update_integration, update(&api, &root, op, path, value));
            assert_eq!(updated[member], expected, "{op} {path}");
            assert_eq!(frame.ok(get_integration, at(&api, &root, "GET")), updated);
        }
    }

    /// Recorded from AWS: the connection of a private integration can be replaced.
    #[test]
    fn a_connection_can_be_replaced() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        frame.method(&api, &root, "GET");
        let private = json!({
            "type": "HTTP",
            "integrationHttpMethod": "GET",
            "uri": "http://a",
            "connectionType": "VPC_LINK",
            "connectionId": "abc",
        });
        frame.ok(put_integration, put(&api, &root, private));
        let replaced = update(&api, &root, "replace", "/connectionId", Some("${stageVariables.link}"));
        assert_eq!(frame.ok(update_integration, replaced)["connectionId"], "${stageVariables.link}");
        let cleared = update(&api, &root, "replace", "/connectionId", Some(""));
        assert_eq!(
            frame.refused(update_integration, cleared),
            bad_request(
                "ConnectionId should be set to the vpcLinkId or stage variable on connection type VPC_LINK"
            )
        );
    }

    #[test]
    fn a_patched_integration_obeys_the_rules() {
        let frame = Frame::new();
        let (api, root) = frame.deployable();
        for (op, path, value, expected) in [
            ("replace", "/timeoutInMillis", "49", "Timeout should be between 50 ms and 29000 ms"),
            ("replace", "/timeoutInMillis", "soon", "Timeout should be between 50 ms and 29000 ms"),
            ("add", "/uri", "http://x", "Invalid patch operation specified. Must be one of: [replace]"),
            ("replace", "/wrong", "x", "Invalid patch path /wrong"),
            ("replace", "/type", "HTTP", "Enumeration value for HttpMethod must be non-empty"),
            (
                "add",
                "/requestTemplates/123",
                "x",
                "Validation Result: warnings : [], errors : [Invalid content type specified: 123]",
            ),
        ] {
            let refused = frame.refused(update_integration, update(&api, &root, op, path, Some(value)));
            assert_eq!(refused, bad_request(expected), "{op} {path} {value}");
        }
        let remove = |path| frame.refused(update_integration, update(&api, &root, "remove", path, None));
        assert_eq!(
            remove("/requestParameters/integration.request.header.x"),
            not_found("Invalid parameter name specified")
        );
        assert_eq!(remove("/requestTemplates/a~1b"), not_found("Content-Type specified was not found"));
    }
}
