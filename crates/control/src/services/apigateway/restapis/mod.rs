//! `/restapis`: the APIs themselves. What belongs to one is in the files of this folder; how
//! one is patched is in `update`.

mod access_log;
mod authorizer_rules;
pub(super) mod authorizers;
mod canary;
mod deployed;
pub(super) mod deployments;
pub(super) mod documentation;
mod endpoints;
mod export;
pub(super) mod gateway_responses;
mod import;
pub(super) mod integration_responses;
mod integration_rules;
pub(super) mod integrations;
mod mapping;
pub(super) mod method_responses;
mod method_settings;
pub(super) mod methods;
mod model_schema;
pub(in super::super) mod model_template;
pub(super) mod models;
mod policy;
mod references;
pub(super) mod request_validators;
mod resource_tree;
pub(super) mod resources;
mod sdk;
mod stage_caches;
pub(super) mod stage_update;
mod stage_variables;
pub(super) mod stages;
mod test_invoke;
mod update;

use std::collections::HashMap;

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    ApiKeySourceType, CreateRestApiRequest, DeleteRestApiRequest, GetRestApiRequest, GetRestApisRequest,
    Resource, RestApi, RestApis,
};
use base::ids;
use documents::apigateway::{
    AuthorizerDocument, DeploymentDocument, DocumentationPartDocument, DocumentationVersionDocument,
    GatewayResponseDocument, ModelDocument, RequestValidatorDocument, ResourceDocument, RestApiDocument,
    SnapshotDocument, StageDocument,
};
use indexmap::IndexMap;
use store::Key;

use super::limits;
use super::refusals::{bad_request, description, unknown_rest_api};
use crate::paginate::{Page, page};
use crate::{Call, Outcome, Registry, tags};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateRestApi, create_rest_api)
        .read(op::GetRestApi, get_rest_api)
        .read(op::GetRestApis, get_rest_apis)
        .write(op::UpdateRestApi, update::update_rest_api)
        .write(op::DeleteRestApi, delete_rest_api);
    authorizers::register(registry);
    deployments::register(registry);
    documentation::register(registry);
    export::register(registry);
    gateway_responses::register(registry);
    import::register(registry);
    integration_responses::register(registry);
    integrations::register(registry);
    method_responses::register(registry);
    methods::register(registry);
    models::register(registry);
    request_validators::register(registry);
    resources::register(registry);
    sdk::register(registry);
    stages::register(registry);
    test_invoke::register(registry);
    stage_caches::register(registry);
}

/// Makes an API with its root resource.
pub(super) fn create_rest_api(call: &mut Call<'_, '_>, input: &CreateRestApiRequest) -> Outcome<RestApi> {
    if input.description.as_deref() == Some("") {
        // Recorded from AWS.
        return Err(bad_request("Description cannot be an empty string"));
    }
    let endpoint_configuration = endpoints::configuration(input.endpoint_configuration.as_ref())?;
    let id = ids::api_id(&call.plane.random);
    let mut given = IndexMap::new();
    if let Some(tags) = &input.tags {
        tags::add(&mut given, tags)?;
    }
    let mut rest_api = RestApi {
        id: Some(id.clone()),
        name: Some(name(&input.name)?),
        description: description(input.description.as_deref())?,
        version: input.version.clone().filter(|version| !version.is_empty()),
        created_date: Some(call.now()),
        binary_media_types: input.binary_media_types.clone().filter(|types| !types.is_empty()),
        minimum_compression_size: input.minimum_compression_size.map(compression_size).transpose()?,
        api_key_source: Some(input.api_key_source.unwrap_or(ApiKeySourceType::Header)),
        endpoint_configuration: Some(endpoint_configuration),
        policy: policy::read(input.policy.as_deref(), call.scope(), &id)?,
        tags: Some(given),
        disable_execute_api_endpoint: Some(input.disable_execute_api_endpoint.unwrap_or(false)),
        security_policy: input.security_policy,
        endpoint_access_mode: input.endpoint_access_mode,
        ..RestApi::default()
    };
    endpoints::check_security_policy(&rest_api)?;
    endpoints::check_room(call, &rest_api)?;
    let root = match input.clone_from.as_deref().filter(|original| !original.is_empty()) {
        Some(original) => clone_from(call, original, &mut rest_api)?,
        None => {
            // The root's id is longer than that of other resources (recorded from AWS).
            models::put_defaults(call, &id)?;
            let id = ids::api_id(&call.plane.random);
            Resource { id: Some(id), path: Some("/".into()), ..Resource::default() }
        }
    };
    rest_api.root_resource_id.clone_from(&root.id);
    resources::put(call, &id, root)?;
    let document = RestApiDocument { rest_api };
    call.tx.put(&call.context.scope, &Key::new([&id]), &document)?;
    Ok(listed(document.rest_api))
}

/// Copies the settings and resources of the API `original`, which `rest_api` does not itself
/// set, and answers the copy of its root.
fn clone_from(call: &mut Call<'_, '_>, original: &str, rest_api: &mut RestApi) -> Outcome<Resource> {
    let source = find(call, original)?.rest_api;
    let resources = resources::all(call, original)?;
    rest_api.description = rest_api.description.take().or(source.description);
    rest_api.version = rest_api.version.take().or(source.version);
    rest_api.binary_media_types = rest_api.binary_media_types.take().or(source.binary_media_types);
    rest_api.minimum_compression_size = rest_api.minimum_compression_size.or(source.minimum_compression_size);
    let id = rest_api.id.clone().unwrap_or_default();
    let new_ids = clone_parts(call, original, &id)?;
    let (root, others) = resources::copies(&call.plane.random, resources, &new_ids);
    for resource in others {
        resources::put(call, &id, resource)?;
    }
    Ok(root)
}

/// Copies what is no resource (but no versions of documentation) from the API `original` to `id`; answers
/// the new ids of what methods name by id, by the old ones.
fn clone_parts(call: &mut Call<'_, '_>, original: &str, id: &str) -> Outcome<HashMap<String, String>> {
    let mut new_ids = HashMap::new();
    for mut model in models::all(call, original)? {
        model.id = Some(ids::part_id(&call.plane.random));
        model.schema = model.schema.map(|schema| model_schema::moved(&schema, original, id));
        models::put(call, id, model)?;
    }
    for mut validator in request_validators::all(call, original)? {
        let new = ids::part_id(&call.plane.random);
        new_ids.extend(validator.id.replace(new.clone()).map(|old| (old, new)));
        request_validators::put(call, id, validator)?;
    }
    for mut authorizer in authorizers::all(call, original)? {
        let new = ids::part_id(&call.plane.random);
        new_ids.extend(authorizer.id.replace(new.clone()).map(|old| (old, new)));
        authorizers::put(call, id, authorizer)?;
    }
    for response in gateway_responses::customized(call, original)? {
        gateway_responses::put(call, id, response)?;
    }
    for mut part in documentation::parts::all(call, original)? {
        part.id = Some(ids::part_id(&call.plane.random));
        documentation::parts::put(call, id, part)?;
    }
    Ok(new_ids)
}

fn get_rest_api(call: &mut Call<'_, '_>, input: &GetRestApiRequest) -> Outcome<RestApi> {
    Ok(shown(find(call, &input.rest_api_id)?.rest_api))
}

pub(super) fn get_rest_apis(call: &mut Call<'_, '_>, input: &GetRestApisRequest) -> Outcome<RestApis> {
    let documents = call.tx.list::<RestApiDocument>(&call.context.scope, &Key::root())?;
    let apis = documents.into_iter().map(|(_, document)| document.rest_api).collect();
    // Oldest first; ids tell apart what was made in the same millisecond.
    let place = |api: &RestApi| {
        let created = api.created_date.unwrap_or_default().as_millis();
        format!("{created:020}{}", api.id.as_deref().unwrap_or_default())
    };
    let Page { items, position } = page(apis, place, input.position.as_deref(), input.limit)?;
    Ok(RestApis { position, items: Some(items.into_iter().map(listed).collect()) })
}

/// Removes an API and everything in it.
fn delete_rest_api(call: &mut Call<'_, '_>, input: &DeleteRestApiRequest) -> Outcome<Empty> {
    let scope = &call.context.scope;
    let key = Key::new([&input.rest_api_id]);
    if !call.tx.delete::<RestApiDocument>(scope, &key)? {
        return Err(unknown_rest_api(scope, &input.rest_api_id));
    }
    call.tx.delete_prefix::<StageDocument>(scope, &key)?;
    call.tx.delete_prefix::<DeploymentDocument>(scope, &key)?;
    call.tx.delete_prefix::<SnapshotDocument>(scope, &key)?;
    call.tx.delete_prefix::<ResourceDocument>(scope, &key)?;
    call.tx.delete_prefix::<ModelDocument>(scope, &key)?;
    call.tx.delete_prefix::<RequestValidatorDocument>(scope, &key)?;
    call.tx.delete_prefix::<AuthorizerDocument>(scope, &key)?;
    call.tx.delete_prefix::<GatewayResponseDocument>(scope, &key)?;
    call.tx.delete_prefix::<DocumentationPartDocument>(scope, &key)?;
    call.tx.delete_prefix::<DocumentationVersionDocument>(scope, &key)?;
    Ok(Empty {})
}

/// The API `id`.
fn find(call: &mut Call<'_, '_>, id: &str) -> Outcome<RestApiDocument> {
    let document = call.tx.get(&call.context.scope, &Key::new([id]))?;
    document.ok_or_else(|| unknown_rest_api(&call.context.scope, id))
}

/// An API as creating and listing answer it: an empty collection of tags is left out there.
fn listed(mut api: RestApi) -> RestApi {
    api.created_date = api.created_date.map(base::Timestamp::truncated_to_secs);
    api.policy = api.policy.as_deref().map(policy::escape);
    api.tags = api.tags.filter(|tags| !tags.is_empty());
    api
}

/// An API as getting and updating answer it: tags are there even if there are none (recorded
/// from AWS).
fn shown(api: RestApi) -> RestApi {
    let mut api = listed(api);
    api.tags.get_or_insert_default();
    api
}

fn name(text: &str) -> Outcome<String> {
    if text.trim().is_empty() || text.chars().count() > limits::NAME {
        // The text is that of apigatewayv2; version 1's is not recorded.
        return Err(bad_request("Invalid API name specified"));
    }
    Ok(text.to_owned())
}

fn compression_size(size: i32) -> Outcome<i32> {
    if limits::COMPRESSION_SIZE.contains(&size) { Ok(size) } else { Err(bad_compression_size()) }
}

/// Recorded from AWS.
fn bad_compression_size() -> crate::Failure {
    bad_request("Invalid minimum compression size, must be between 0 and 10485760")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::super::test_frame::{Frame, STARTED, bad_request, not_found, text, with};
    use super::*;

    fn list(frame: &Frame) -> Vec<String> {
        let answer = frame.ok(get_rest_apis, json!({}));
        answer["items"].as_array().unwrap().iter().map(|api| text(api, "id")).collect()
    }

    /// Recorded from AWS.
    #[test]
    fn a_new_api_has_awss_defaults() {
        let frame = Frame::new();
        let mut created =
            frame.ok(create_rest_api, json!({"name": "pets", "binaryMediaTypes": [], "tags": {}}));
        let (id, root) = (text(&created, "id"), text(&created, "rootResourceId"));
        assert_eq!((id.len(), root.len()), (10, 10));
        let mut expected = json!({
            "id": id,
            "name": "pets",
            "createdDate": STARTED,
            "apiKeySource": "HEADER",
            "disableExecuteApiEndpoint": false,
            "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
            "rootResourceId": root,
        });
        assert_eq!(created, expected);
        assert_eq!(frame.ok(get_rest_apis, json!({})), json!({"items": [expected]}));
        expected = with(expected, json!({"tags": {}}));
        created = frame.ok(get_rest_api, json!({"restApiId": id}));
        assert_eq!(created, expected);
    }

    #[test]
    fn what_is_given_is_answered() {
        let frame = Frame::new();
        let given = json!({
            "name": "pets",
            "description": "all of them",
            "version": "v1",
            "binaryMediaTypes": ["image/png", "application/pdf"],
            "minimumCompressionSize": 0,
            "apiKeySource": "AUTHORIZER",
            "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "dualstack"},
            "disableExecuteApiEndpoint": true,
            "tags": {"env": "demo"},
        });
        let created = frame.ok(create_rest_api, given.clone());
        for (member, value) in given.as_object().unwrap() {
            assert_eq!(&created[member], value, "{member}");
        }
        assert_eq!(frame.ok(get_rest_api, json!({"restApiId": created["id"]})), created);
    }

    /// Recorded from AWS, except where a comment says otherwise.
    #[test]
    fn bad_settings_are_refused() {
        let frame = Frame::new();
        let check = |more: Value, expected: &str| {
            let input = with(json!({"name": "pets"}), more);
            assert_eq!(frame.refused(create_rest_api, input), bad_request(expected));
        };
        check(json!({"description": ""}), "Description cannot be an empty string");
        check(
            json!({"description": "", "endpointConfiguration": {"types": []}}),
            "Description cannot be an empty string",
        );
        let size = "Invalid minimum compression size, must be between 0 and 10485760";
        check(json!({"minimumCompressionSize": -1}), size);
        check(json!({"minimumCompressionSize": 10_485_761}), size);
        frame.ok(create_rest_api, json!({"name": "a", "minimumCompressionSize": 10_485_760}));
        // Not recorded.
        check(json!({"name": ""}), "Invalid API name specified");
        check(json!({"name": "n".repeat(1025)}), "Invalid API name specified");
        check(
            json!({"description": "d".repeat(1025)}),
            "Invalid description specified. Descriptions can be at most 1024 characters long.",
        );
        check(
            json!({"tags": {"aws:x": ""}}),
            "Invalid tag key 'aws:x'. Tag keys that start with 'aws:' are reserved for AWS use.",
        );
    }

    /// Recorded from AWS.
    #[test]
    fn ids_are_case_sensitive() {
        let frame = Frame::new();
        let (id, _) = frame.rest_api();
        let upper = id.to_uppercase();
        assert_eq!(
            frame.refused(get_rest_api, json!({"restApiId": upper})),
            not_found(&format!("Invalid API identifier specified 000000000000:{upper}"))
        );
    }

    #[test]
    fn deleting_removes_everything() {
        let frame = Frame::new();
        let (id, root) = frame.deployable();
        frame.deployment(&id);
        frame.ok(delete_rest_api, json!({"restApiId": id}));
        assert_eq!(list(&frame), Vec::<String>::new());
        assert_eq!(frame.document::<ResourceDocument>(Key::new([&id, &root])), None);
        let unknown = not_found(&format!("Invalid API identifier specified 000000000000:{id}"));
        assert_eq!(frame.refused(delete_rest_api, json!({"restApiId": id})), unknown);
    }

    #[test]
    fn accounts_and_regions_do_not_see_each_others_apis() {
        let frame = Frame::new();
        let (id, _) = frame.rest_api();
        for (account, region) in [("111111111111", "us-east-1"), ("000000000000", "eu-west-1")] {
            let other = frame.in_scope(account, region);
            assert_eq!(list(&other), Vec::<String>::new());
            assert_eq!(
                other.refused(delete_rest_api, json!({"restApiId": id})),
                not_found(&format!("Invalid API identifier specified {account}:{id}"))
            );
        }
        assert_eq!(list(&frame), [id]);
    }

    #[test]
    fn the_list_goes_page_by_page_oldest_first() {
        let mut frame = Frame::new();
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(frame.rest_api().0);
            frame.after(Duration::from_millis(1));
        }
        assert_eq!(list(&frame), ids);
        let first = frame.ok(get_rest_apis, json!({"limit": 2}));
        assert_eq!(
            (text(&first["items"][0], "id"), text(&first["items"][1], "id")),
            (ids[0].clone(), ids[1].clone())
        );
        let second = frame.ok(get_rest_apis, json!({"limit": 2, "position": first["position"]}));
        assert_eq!(
            (text(&second["items"][0], "id"), second["position"].clone()),
            (ids[2].clone(), Value::Null)
        );
    }

    #[test]
    fn a_clone_has_resources_of_its_own() {
        let frame = Frame::new();
        let (id, root) = frame.deployable();
        let pets = frame.resource(&id, &root, "pets");
        frame.resource(&id, &pets, "{id}");
        let clone = frame.ok(create_rest_api, json!({"name": "clone", "cloneFrom": id}));
        let resources =
            frame.ok(resources::get_resources, json!({"restApiId": clone["id"], "embed": ["methods"]}));
        let items = resources["items"].as_array().unwrap();
        let paths: Vec<_> = items.iter().map(|item| text(item, "path")).collect();
        assert_eq!(paths, ["/", "/pets", "/pets/{id}"]);
        assert_eq!(items[0]["id"], clone["rootResourceId"]);
        assert_eq!(items[1]["parentId"], items[0]["id"]);
        assert_eq!(items[2]["parentId"], items[1]["id"]);
        assert!(items.iter().all(|item| item["id"] != root.as_str() && item["id"] != pets.as_str()));
        let integration = &items[0]["resourceMethods"]["GET"]["methodIntegration"];
        assert_eq!((&integration["type"], &integration["cacheNamespace"]), (&json!("MOCK"), &items[0]["id"]));
        assert_eq!(
            frame.refused(create_rest_api, json!({"name": "clone", "cloneFrom": "nowhere"})),
            not_found("Invalid API identifier specified 000000000000:nowhere")
        );
    }
}
