//! What of an API has no documentation part of its own.

use api::apigateway::{
    DocumentationPart, DocumentationPartLocation as Location, DocumentationPartType as Type, Method,
};

use super::super::{authorizers, models, resources};
use super::parts;
use crate::{Call, Outcome};

/// A part without id and content for each thing in the API that has no part.
pub(super) fn parts(call: &mut Call<'_, '_>, api: &str) -> Outcome<Vec<DocumentationPart>> {
    let documented = parts::all(call, api)?;
    let mut locations = vec![location(Type::Api, None, None)];
    let authorizers = authorizers::all(call, api)?.into_iter().filter_map(|authorizer| authorizer.name);
    locations.extend(authorizers.map(|name| named(Type::Authorizer, name)));
    let models = models::all(call, api)?.into_iter().filter_map(|model| model.name);
    locations.extend(models.map(|name| named(Type::Model, name)));
    for resource in resources::all(call, api)? {
        let path = resource.path.as_deref();
        locations.push(location(Type::Resource, path, None));
        for (verb, method) in resource.resource_methods.iter().flatten() {
            of_method(&mut locations, path, verb, method);
        }
    }
    locations.retain(|location| parts::at(&documented, location).is_none());
    let part = |location| DocumentationPart { location: Some(location), ..DocumentationPart::default() };
    Ok(locations.into_iter().map(part).collect())
}

fn of_method(locations: &mut Vec<Location>, path: Option<&str>, verb: &str, method: &Method) {
    let of = |kind| location(kind, path, Some(verb));
    locations.push(of(Type::Method));
    for (parameter, _) in method.request_parameters.iter().flatten() {
        let mut parts = parameter.splitn(4, '.').skip(2);
        let kind = match parts.next() {
            Some("path") => Type::PathParameter,
            Some("header" | "multivalueheader") => Type::RequestHeader,
            _ => Type::QueryParameter,
        };
        locations.push(Location { name: parts.next().map(str::to_owned), ..of(kind) });
    }
    if method.request_models.is_some() {
        locations.push(of(Type::RequestBody));
    }
    for (code, response) in method.method_responses.iter().flatten() {
        let of = |kind| Location { status_code: Some(code.clone()), ..of(kind) };
        locations.push(of(Type::Response));
        for (parameter, _) in response.response_parameters.iter().flatten() {
            let name = parameter.strip_prefix("method.response.header.").map(str::to_owned);
            locations.push(Location { name, ..of(Type::ResponseHeader) });
        }
        if response.response_models.is_some() {
            locations.push(of(Type::ResponseBody));
        }
    }
}

fn named(kind: Type, name: String) -> Location {
    Location { name: Some(name), ..location(kind, None, None) }
}

fn location(kind: Type, path: Option<&str>, method: Option<&str>) -> Location {
    Location {
        r#type: kind,
        path: path.map(str::to_owned),
        method: method.map(str::to_owned),
        status_code: None,
        name: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::super::test_frame::{Frame, with};
    use super::super::super::method_responses::put_method_response;
    use super::super::super::methods::put_method;
    use super::super::parts::create_documentation_part;

    #[test]
    fn everything_without_a_part_is_named() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        let place = json!({"restApiId": api, "resourceId": root, "httpMethod": "GET"});
        let method = json!({
            "authorizationType": "NONE",
            "requestParameters": {
                "method.request.path.a": true, "method.request.querystring.b.c": true,
                "method.request.header.d": false,
            },
            "requestModels": {"application/json": "Empty"},
        });
        frame.ok(put_method, with(place.clone(), method));
        let response = json!({
            "statusCode": "200",
            "responseParameters": {"method.response.header.e": true},
            "responseModels": {"application/json": "Error"},
        });
        frame.ok(put_method_response, with(place, response));
        for location in [json!({"type": "API"}), json!({"type": "RESOURCE"})] {
            let input = json!({"restApiId": api, "location": location, "properties": "{}"});
            frame.ok(create_documentation_part, input);
        }
        let listed = frame.ok(
            super::super::parts::get_documentation_parts,
            json!({"restApiId": api, "locationStatus": "UNDOCUMENTED"}),
        );
        let mut locations: Vec<Value> = listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| {
                assert_eq!(part.as_object().unwrap().len(), 1);
                part["location"].clone()
            })
            .collect();
        locations.sort_by_key(|location| location["type"].as_str().unwrap().to_owned());
        let at = |kind: &str, more: Value| with(json!({"type": kind, "path": "/", "method": "GET"}), more);
        let of_200 = |kind: &str, more: Value| with(at(kind, json!({"statusCode": "200"})), more);
        assert_eq!(
            locations,
            [
                at("METHOD", json!({})),
                json!({"type": "MODEL", "name": "Empty"}),
                json!({"type": "MODEL", "name": "Error"}),
                at("PATH_PARAMETER", json!({"name": "a"})),
                at("QUERY_PARAMETER", json!({"name": "b.c"})),
                at("REQUEST_BODY", json!({})),
                at("REQUEST_HEADER", json!({"name": "d"})),
                of_200("RESPONSE", json!({})),
                of_200("RESPONSE_BODY", json!({})),
                of_200("RESPONSE_HEADER", json!({"name": "e"})),
            ]
        );
    }
}
