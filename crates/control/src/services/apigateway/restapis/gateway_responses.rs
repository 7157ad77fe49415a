//! `/restapis/{id}/gatewayresponses`: what the gateway answers when it does not reach an
//! integration. Every type has a response at all times: the one that was set, or else that of
//! `DEFAULT_4XX` or `DEFAULT_5XX`, or else AWS's own. Texts are recorded from AWS unless a comment
//! says otherwise.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    DeleteGatewayResponseRequest, GatewayResponse, GatewayResponseType, GatewayResponses,
    GetGatewayResponseRequest, GetGatewayResponsesRequest, Op, PutGatewayResponseRequest,
    UpdateGatewayResponseRequest,
};
use documents::apigateway::{GatewayResponseDocument, within};
use indexmap::IndexMap;
use store::Key;

use super::super::refusals::{bad_request, not_found, unknown_content_type, unknown_parameter};
use super::{find, mapping};
use crate::paginate::{Page, page};
use crate::patch::{Patch, Table, Wording, row};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::PutGatewayResponse, put_gateway_response)
        .read(op::GetGatewayResponse, get_gateway_response)
        .read(op::GetGatewayResponses, get_gateway_responses)
        .write(op::UpdateGatewayResponse, update_gateway_response)
        .write(op::DeleteGatewayResponse, delete_gateway_response);
}

/// What may be patched.
const TABLE: Table = Table {
    wording: Wording::BriefPath,
    rows: &[
        row("/responseParameters/{name}", &[Op::Add, Op::Remove, Op::Replace]),
        row("/responseTemplates/{content_type}", &[Op::Add, Op::Remove, Op::Replace]),
        row("/statusCode", &[Op::Replace]),
    ],
};

/// AWS's own template, for this content type.
const TEMPLATE: (&str, &str) = ("application/json", "{\"message\":$context.error.messageString}");

pub(in super::super) fn put_gateway_response(
    call: &mut Call<'_, '_>,
    input: &PutGatewayResponseRequest,
) -> Outcome<GatewayResponse> {
    let response = GatewayResponse {
        response_type: Some(input.response_type),
        status_code: input.status_code.clone().filter(|code| !code.is_empty()),
        response_parameters: input.response_parameters.clone(),
        response_templates: input.response_templates.clone(),
        default_response: None,
    };
    check(&response)?;
    find(call, &input.rest_api_id)?;
    put(call, &input.rest_api_id, response.clone())?;
    Ok(shown(input.response_type, Some(response), None))
}

fn get_gateway_response(
    call: &mut Call<'_, '_>,
    input: &GetGatewayResponseRequest,
) -> Outcome<GatewayResponse> {
    find(call, &input.rest_api_id)?;
    let customized = customized(call, &input.rest_api_id)?;
    Ok(effective(&customized, input.response_type))
}

/// All types, customized or not.
pub(super) fn get_gateway_responses(
    call: &mut Call<'_, '_>,
    input: &GetGatewayResponsesRequest,
) -> Outcome<GatewayResponses> {
    find(call, &input.rest_api_id)?;
    let customized = customized(call, &input.rest_api_id)?;
    let types = GatewayResponseType::ALL.iter().map(|kind| effective(&customized, *kind)).collect();
    let place = |response: &GatewayResponse| {
        response.response_type.map_or(String::new(), |kind| kind.as_str().to_owned())
    };
    let Page { items, position } = page(types, place, input.position.as_deref(), input.limit)?;
    Ok(GatewayResponses { position, items: Some(items) })
}

/// Changes a response, and makes it if it was AWS's own until now.
fn update_gateway_response(
    call: &mut Call<'_, '_>,
    input: &UpdateGatewayResponseRequest,
) -> Outcome<GatewayResponse> {
    find(call, &input.rest_api_id)?;
    let mut response = read(call, &input.rest_api_id, input.response_type)?.unwrap_or(GatewayResponse {
        response_type: Some(input.response_type),
        ..GatewayResponse::default()
    });
    for patch in TABLE.read(&input.patch_operations) {
        apply(&mut response, &patch?)?;
    }
    check(&response)?;
    put(call, &input.rest_api_id, response.clone())?;
    Ok(shown(input.response_type, Some(response), None))
}

fn delete_gateway_response(call: &mut Call<'_, '_>, input: &DeleteGatewayResponseRequest) -> Outcome<Empty> {
    find(call, &input.rest_api_id)?;
    let key = within(&input.rest_api_id, input.response_type.as_str());
    if call.tx.delete::<GatewayResponseDocument>(&call.context.scope, &key)? {
        Ok(Empty {})
    } else {
        Err(not_found("Gateway response type not defined on api"))
    }
}

/// The responses of an API that were set, as they are stored.
pub(super) fn customized(call: &mut Call<'_, '_>, api: &str) -> Outcome<Vec<GatewayResponse>> {
    let documents = call.tx.list::<GatewayResponseDocument>(&call.context.scope, &Key::new([api]))?;
    Ok(documents.into_iter().map(|(_, document)| document.gateway_response).collect())
}

/// Stores a response.
pub(super) fn put(call: &mut Call<'_, '_>, api: &str, gateway_response: GatewayResponse) -> Outcome<()> {
    let kind = gateway_response.response_type.map_or("", |kind| kind.as_str());
    let key = within(api, kind);
    call.tx.put(&call.context.scope, &key, &GatewayResponseDocument { gateway_response })?;
    Ok(())
}

fn read(call: &mut Call<'_, '_>, api: &str, kind: GatewayResponseType) -> Outcome<Option<GatewayResponse>> {
    let key = within(api, kind.as_str());
    let document = call.tx.get::<GatewayResponseDocument>(&call.context.scope, &key)?;
    Ok(document.map(|document| document.gateway_response))
}

/// The response of a type, whoever set it.
fn effective(customized: &[GatewayResponse], kind: GatewayResponseType) -> GatewayResponse {
    let set = |kind| customized.iter().find(|response| response.response_type == Some(kind)).cloned();
    let parent = match status_code(kind).map(|code| code.starts_with('4')) {
        Some(true) => set(GatewayResponseType::Default4xx),
        Some(false) => set(GatewayResponseType::Default5xx),
        None => None,
    };
    shown(kind, set(kind), parent)
}

/// A response as it is answered: `own` was set for the type, or else `parent` for all of its class.
fn shown(
    kind: GatewayResponseType,
    own: Option<GatewayResponse>,
    parent: Option<GatewayResponse>,
) -> GatewayResponse {
    let default_response = own.is_none();
    let given = own.or(parent).unwrap_or_default();
    GatewayResponse {
        response_type: Some(kind),
        status_code: given.status_code.or_else(|| status_code(kind).map(str::to_owned)),
        response_parameters: Some(given.response_parameters.unwrap_or_default()),
        response_templates: Some(given.response_templates.unwrap_or_else(templates)),
        default_response: Some(default_response),
    }
}

fn templates() -> IndexMap<String, String> {
    IndexMap::from([(TEMPLATE.0.to_owned(), TEMPLATE.1.to_owned())])
}

/// AWS's own status code of a type. The types that stand for a class have none.
fn status_code(kind: GatewayResponseType) -> Option<&'static str> {
    use GatewayResponseType as Kind;
    Some(match kind {
        Kind::Default4xx | Kind::Default5xx => return None,
        Kind::BadRequestBody | Kind::BadRequestParameters => "400",
        Kind::Unauthorized => "401",
        Kind::AccessDenied
        | Kind::ExpiredToken
        | Kind::InvalidApiKey
        | Kind::InvalidSignature
        | Kind::MissingAuthenticationToken
        | Kind::WafFiltered => "403",
        Kind::ResourceNotFound => "404",
        Kind::RequestTooLarge => "413",
        Kind::UnsupportedMediaType => "415",
        Kind::QuotaExceeded | Kind::Throttled => "429",
        Kind::ApiConfigurationError | Kind::AuthorizerConfigurationError | Kind::AuthorizerFailure => "500",
        Kind::IntegrationFailure | Kind::IntegrationTimeout => "504",
    })
}

fn apply(response: &mut GatewayResponse, patch: &Patch<'_>) -> Outcome<()> {
    match patch.segments().as_slice() {
        ["responseParameters", name] => {
            let parameters = response.response_parameters.get_or_insert_default();
            if patch.op != Op::Add && !parameters.contains_key(*name) {
                return Err(unknown_parameter());
            }
            set(parameters, patch, name, "responseParameters")
        }
        ["responseTemplates", content_type] => {
            let templates = response.response_templates.get_or_insert_with(templates);
            if patch.op != Op::Add && !templates.contains_key(*content_type) {
                return Err(unknown_content_type());
            }
            set(templates, patch, content_type, "responseTemplates")
        }
        _ => {
            response.status_code = Some(patch.text().to_owned());
            Ok(())
        }
    }
}

fn set(map: &mut IndexMap<String, String>, patch: &Patch<'_>, key: &str, member: &str) -> Outcome<()> {
    if patch.op == Op::Remove {
        map.shift_remove(key);
        return Ok(());
    }
    let Some(value) = patch.non_empty() else {
        return Err(bad_request(format!("Invalid null or empty value in {member}")));
    };
    map.insert(key.to_owned(), value);
    Ok(())
}

/// The rules that a response can break.
pub(super) fn check(response: &GatewayResponse) -> Outcome<()> {
    if let Some(code) = &response.status_code {
        let good = code.len() == 3
            && code.bytes().all(|c| c.is_ascii_digit())
            && matches!(code.as_bytes().first(), Some(b'1'..=b'5'));
        if !good {
            // The text is not recorded.
            return Err(bad_request("Invalid status code specified"));
        }
    }
    if let Some(parameters) = &response.response_parameters {
        mapping::check_gateway_response_mapping(parameters)?;
    }
    if let Some(templates) = &response.response_templates {
        mapping::check_content_types(templates.keys())?;
        for (content_type, template) in templates {
            mapping::template(content_type, Some(template))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request, not_found, patch, text, with};
    use super::*;

    fn at(api: &str, kind: &str) -> Value {
        json!({"restApiId": api, "responseType": kind})
    }

    fn update(api: &str, kind: &str, op: &str, path: &str, value: Option<&str>) -> Value {
        with(at(api, kind), json!({"patchOperations": patch(op, path, value)}))
    }

    fn aws_own(kind: &str, code: &str) -> Value {
        json!({
            "responseType": kind, "statusCode": code, "defaultResponse": true, "responseParameters": {},
            "responseTemplates": {"application/json": "{\"message\":$context.error.messageString}"},
        })
    }

    /// Recorded from AWS.
    #[test]
    fn every_type_has_a_response() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let listed = frame.ok(get_gateway_responses, json!({"restApiId": api}));
        let mut items: Vec<_> = listed["items"].as_array().unwrap().clone();
        assert_eq!(items.len(), 21);
        items.retain(|item| !text(item, "responseType").starts_with("DEFAULT"));
        let expected: Vec<_> = [
            ("ACCESS_DENIED", "403"),
            ("API_CONFIGURATION_ERROR", "500"),
            ("AUTHORIZER_CONFIGURATION_ERROR", "500"),
            ("AUTHORIZER_FAILURE", "500"),
            ("BAD_REQUEST_BODY", "400"),
            ("BAD_REQUEST_PARAMETERS", "400"),
            ("EXPIRED_TOKEN", "403"),
            ("INTEGRATION_FAILURE", "504"),
            ("INTEGRATION_TIMEOUT", "504"),
            ("INVALID_API_KEY", "403"),
            ("INVALID_SIGNATURE", "403"),
            ("MISSING_AUTHENTICATION_TOKEN", "403"),
            ("QUOTA_EXCEEDED", "429"),
            ("REQUEST_TOO_LARGE", "413"),
            ("RESOURCE_NOT_FOUND", "404"),
            ("THROTTLED", "429"),
            ("UNAUTHORIZED", "401"),
            ("UNSUPPORTED_MEDIA_TYPE", "415"),
            ("WAF_FILTERED", "403"),
        ]
        .map(|(kind, code)| aws_own(kind, code))
        .into();
        assert_eq!(items, expected);
        assert_eq!(
            frame.ok(get_gateway_response, at(&api, "DEFAULT_4XX")),
            json!({
                "responseType": "DEFAULT_4XX", "defaultResponse": true, "responseParameters": {},
                "responseTemplates": {"application/json": "{\"message\":$context.error.messageString}"},
            })
        );
    }

    /// Recorded from AWS.
    #[test]
    fn what_is_not_given_falls_back() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let set = frame.ok(put_gateway_response, at(&api, "THROTTLED"));
        let expected = with(aws_own("THROTTLED", "429"), json!({"defaultResponse": false}));
        assert_eq!(set, expected);
        let given = json!({
            "statusCode": "404",
            "responseParameters": {"gatewayresponse.header.X": "method.request.header.Authorization"},
            "responseTemplates": {"application/xml": "<a/>"},
        });
        let set = frame.ok(put_gateway_response, with(at(&api, "THROTTLED"), given.clone()));
        assert_eq!(set, with(expected, given));
        assert_eq!(frame.ok(get_gateway_response, at(&api, "THROTTLED")), set);
        frame.ok(delete_gateway_response, at(&api, "THROTTLED"));
        assert_eq!(frame.ok(get_gateway_response, at(&api, "THROTTLED")), aws_own("THROTTLED", "429"));
        assert_eq!(
            frame.refused(delete_gateway_response, at(&api, "THROTTLED")),
            not_found("Gateway response type not defined on api")
        );
    }

    /// Recorded from AWS.
    #[test]
    fn types_take_after_their_class() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let own = frame.ok(put_gateway_response, at(&api, "AUTHORIZER_FAILURE"));
        let given = json!({
            "statusCode": "599",
            "responseParameters": {"gatewayresponse.header.X": "'y'"},
            "responseTemplates": {"application/json": "{}"},
        });
        frame.ok(put_gateway_response, with(at(&api, "DEFAULT_5XX"), given.clone()));
        for kind in ["INTEGRATION_FAILURE", "API_CONFIGURATION_ERROR"] {
            let expected = with(aws_own(kind, "599"), given.clone());
            assert_eq!(frame.ok(get_gateway_response, at(&api, kind)), expected);
        }
        assert_eq!(frame.ok(get_gateway_response, at(&api, "AUTHORIZER_FAILURE")), own);
        assert_eq!(frame.ok(get_gateway_response, at(&api, "THROTTLED")), aws_own("THROTTLED", "429"));
        frame.ok(put_gateway_response, at(&api, "DEFAULT_5XX"));
        assert_eq!(
            frame.ok(get_gateway_response, at(&api, "INTEGRATION_TIMEOUT")),
            aws_own("INTEGRATION_TIMEOUT", "504")
        );
    }

    /// Recorded from AWS.
    #[test]
    fn patching_makes_a_response() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let ok = |op: &str, path: &str, value: Option<&str>| {
            frame.ok(update_gateway_response, update(&api, "DEFAULT_5XX", op, path, value))
        };
        let mut expected = json!({
            "responseType": "DEFAULT_5XX", "statusCode": "599", "defaultResponse": false,
            "responseParameters": {},
            "responseTemplates": {"application/json": "{\"message\":$context.error.messageString}"},
        });
        assert_eq!(ok("replace", "/statusCode", Some("599")), expected);
        expected["responseTemplates"]["application/xml"] = json!("<a/>");
        assert_eq!(ok("add", "/responseTemplates/application~1xml", Some("<a/>")), expected);
        expected["responseTemplates"]["application/json"] = json!("{}");
        assert_eq!(ok("replace", "/responseTemplates/application~1json", Some("{}")), expected);
        expected["responseTemplates"] = json!({"application/json": "{}"});
        assert_eq!(ok("remove", "/responseTemplates/application~1xml", None), expected);
        let path = "/responseParameters/gatewayresponse.header.X";
        expected["responseParameters"] = json!({"gatewayresponse.header.X": "'a'"});
        assert_eq!(ok("add", path, Some("'a'")), expected);
        expected["responseParameters"] = json!({"gatewayresponse.header.X": "context.stage"});
        assert_eq!(ok("replace", path, Some("context.stage")), expected);
        expected["responseParameters"] = json!({});
        assert_eq!(ok("remove", path, None), expected);
        assert_eq!(frame.ok(get_gateway_response, at(&api, "DEFAULT_5XX")), expected);
    }

    /// Recorded from AWS, but for the last two.
    #[test]
    fn bad_patches_are_refused() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let header = "/responseParameters/gatewayresponse.header.X";
        for (op, path, value, expected) in [
            ("add", "/statusCode", Some("500"), bad_request("Invalid patch path /statusCode")),
            ("remove", "/statusCode", None, bad_request("Invalid patch path /statusCode")),
            ("replace", header, Some("'a'"), not_found("Invalid parameter name specified")),
            ("remove", header, None, not_found("Invalid parameter name specified")),
            ("add", header, None, bad_request("Invalid null or empty value in responseParameters")),
            (
                "replace",
                "/responseTemplates/application~1json",
                None,
                bad_request("Invalid null or empty value in responseTemplates"),
            ),
            ("replace", "/wrong", Some("x"), bad_request("Invalid patch path /wrong")),
            ("remove", "/responseTemplates/a~1b", None, not_found("Content-Type specified was not found")),
            ("replace", "/statusCode", Some("700"), bad_request("Invalid status code specified")),
        ] {
            let refused = frame.refused(update_gateway_response, update(&api, "THROTTLED", op, path, value));
            assert_eq!(refused, expected, "{op} {path}");
        }
        let nothing = with(at(&api, "THROTTLED"), json!({"patchOperations": [{"op": "add"}]}));
        assert_eq!(frame.refused(update_gateway_response, nothing), bad_request("Invalid patch path null"));
    }

    #[test]
    fn parameters_are_mapped_from_the_request() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let put = |name: &str, source: &str| {
            with(at(&api, "THROTTLED"), json!({"responseParameters": {name: source}}))
        };
        for source in [
            "method.request.header.a",
            "method.request.querystring.b",
            "method.request.path.c",
            "context.requestId",
            "stageVariables.d",
            "'literal'",
        ] {
            frame.ok(put_gateway_response, put("gatewayresponse.header.X", source));
        }
        let frame_of = |fault: &str| {
            bad_request(&format!(
                "Invalid mapping expression specified: Validation Result: warnings : [], errors : [{fault}]"
            ))
        };
        assert_eq!(
            frame.refused(put_gateway_response, put("gatewayresponse.header.X", "integration.response.body")),
            frame_of("Invalid mapping expression specified: integration.response.body")
        );
        assert_eq!(
            frame.refused(put_gateway_response, put("method.response.header.X", "'a'")),
            frame_of("Invalid mapping expression parameter specified: method.response.header.X")
        );
    }

    /// Recorded from AWS.
    #[test]
    fn unknown_apis() {
        let frame = Frame::new();
        let unknown = not_found("Invalid API identifier specified 000000000000:nope");
        assert_eq!(frame.refused(get_gateway_responses, json!({"restApiId": "nope"})), unknown);
        let place = at("nope", "THROTTLED");
        assert_eq!(frame.refused(put_gateway_response, place.clone()), unknown);
        assert_eq!(frame.refused(get_gateway_response, place.clone()), unknown);
        assert_eq!(frame.refused(update_gateway_response, place.clone()), unknown);
        assert_eq!(frame.refused(delete_gateway_response, place), unknown);
    }
}
