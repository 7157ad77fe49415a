//! `/restapis/{id}/resources`: the tree of paths. Every document holds its full path, so moving
//! or renaming a resource rewrites everything below it.

use std::collections::HashMap;

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    CreateResourceRequest, DeleteResourceRequest, GetResourceRequest, GetResourcesRequest, Method, Op,
    Resource, Resources, UpdateResourceRequest,
};
use base::{Random, ids};
use documents::apigateway::{ResourceDocument, within};
use store::{Key, Text};

use super::super::limits;
use super::super::refusals::{bad_request, limit_exceeded, unknown_resource};
use super::find;
use super::resource_tree::{Tree, below, check_path_part, path, replace, rewrite};
use crate::paginate::{Page, page};
use crate::patch::{Table, Wording, row};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateResource, create_resource)
        .read(op::GetResource, get_resource)
        .read(op::GetResources, get_resources)
        .write(op::UpdateResource, update_resource)
        .write(op::DeleteResource, delete_resource);
}

/// What may be patched. Recorded from AWS, its order included.
const TABLE: Table = Table {
    wording: Wording::Listed,
    rows: &[row("/parentId", &[Op::Replace]), row("/pathPart", &[Op::Replace])],
};

pub(in super::super) fn create_resource(
    call: &mut Call<'_, '_>,
    input: &CreateResourceRequest,
) -> Outcome<Resource> {
    let api = &input.rest_api_id;
    check_path_part(&input.path_part)?;
    let resources = all(call, api)?;
    let tree = Tree(&resources);
    let parent = tree.find(&input.parent_id).ok_or_else(unknown_resource)?;
    tree.check_place(parent, &input.path_part, None)?;
    check_room(resources.len() + 1)?;
    let resource = Resource {
        id: Some(ids::part_id(&call.plane.random)),
        parent_id: parent.id.clone(),
        path: Some(below(path(parent), &input.path_part)),
        path_part: Some(input.path_part.clone()),
        resource_methods: None,
    };
    put(call, api, resource.clone())?;
    Ok(resource)
}

/// Refuses more resources than an API may have. As users of AWS report it, two blanks included.
pub(super) fn check_room(count: usize) -> Outcome<()> {
    if count <= limits::RESOURCES {
        return Ok(());
    }
    Err(limit_exceeded(
        "Maximum number of Resources for this API has been reached.  Please contact AWS if you need additional \
         Resources.",
    ))
}

fn get_resource(call: &mut Call<'_, '_>, input: &GetResourceRequest) -> Outcome<Resource> {
    Ok(shown(get(call, &input.rest_api_id, &input.resource_id)?, input.embed.as_deref()))
}

pub(in super::super) fn get_resources(
    call: &mut Call<'_, '_>,
    input: &GetResourcesRequest,
) -> Outcome<Resources> {
    find(call, &input.rest_api_id)?;
    let resources = all(call, &input.rest_api_id)?;
    let place = |resource: &Resource| path(resource).to_owned();
    let Page { items, position } = page(resources, place, input.position.as_deref(), input.limit)?;
    let embed = input.embed.as_deref();
    Ok(Resources { position, items: Some(items.into_iter().map(|item| shown(item, embed)).collect()) })
}

/// Renames or moves a resource with everything below it.
fn update_resource(call: &mut Call<'_, '_>, input: &UpdateResourceRequest) -> Outcome<Resource> {
    let api = &input.rest_api_id;
    let mut resources = all(call, api)?;
    let tree = Tree(&resources);
    let mut resource = tree.find(&input.resource_id).cloned().ok_or_else(unknown_resource)?;
    for patch in TABLE.read(&input.patch_operations) {
        let patch = patch?;
        let part = patch.path == "/pathPart";
        if resource.parent_id.is_none() {
            let member = if part { "pathPart" } else { "parentId" };
            return Err(bad_request(format!("Root resource cannot update its {member}.")));
        }
        if part {
            check_path_part(patch.text())?;
            resource.path_part = Some(patch.text().to_owned());
        } else {
            let parent = tree.find(patch.text()).ok_or_else(unknown_resource)?;
            if tree.subtree(&input.resource_id).contains(patch.text()) {
                return Err(bad_request("Resources cannot be cyclical."));
            }
            resource.parent_id.clone_from(&parent.id);
        }
    }
    if let (Some(parent), Some(part)) = (&resource.parent_id, &resource.path_part) {
        let parent = tree.find(parent).ok_or_else(unknown_resource)?;
        tree.check_place(parent, part, Some(&input.resource_id))?;
        resource.path = Some(below(path(parent), part));
        replace(&mut resources, resource.clone());
        for changed in rewrite(&mut resources, &input.resource_id) {
            put(call, api, changed)?;
        }
    }
    Ok(shown(resource, None))
}

/// Deletes a resource with everything below it.
fn delete_resource(call: &mut Call<'_, '_>, input: &DeleteResourceRequest) -> Outcome<Empty> {
    let api = &input.rest_api_id;
    let resources = all(call, api)?;
    let tree = Tree(&resources);
    let resource = tree.find(&input.resource_id).ok_or_else(unknown_resource)?;
    if resource.parent_id.is_none() {
        // The text is not recorded.
        return Err(bad_request("Root resource cannot be deleted."));
    }
    for id in tree.subtree(&input.resource_id) {
        call.tx.delete::<ResourceDocument>(&call.context.scope, &within(api, id))?;
    }
    Ok(Empty {})
}

/// The resource with its methods.
pub(super) fn get(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<Resource> {
    let document = call.tx.get::<ResourceDocument>(&call.context.scope, &within(api, id))?;
    Ok(document.ok_or_else(unknown_resource)?.resource)
}

/// Stores a resource.
pub(super) fn put(call: &mut Call<'_, '_>, api: &str, mut resource: Resource) -> Outcome<()> {
    resource.resource_methods = resource.resource_methods.filter(|methods| !methods.is_empty());
    let key = within(api, resource.id.as_deref().unwrap_or_default());
    call.tx.put(&call.context.scope, &key, &ResourceDocument { resource })?;
    Ok(())
}

/// All resources of an API by their paths, the root first.
pub(super) fn all(call: &mut Call<'_, '_>, api: &str) -> Outcome<Vec<Resource>> {
    let documents = call.tx.list::<ResourceDocument>(&call.context.scope, &Key::new([api]))?;
    let mut resources: Vec<_> = documents.into_iter().map(|(_, document)| document.resource).collect();
    resources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(resources)
}

/// The same with the texts that are stored of them.
pub(super) fn all_with_texts(call: &mut Call<'_, '_>, api: &str) -> Outcome<Vec<(Resource, Text<Resource>)>> {
    let mut resources =
        call.tx.list_field(&call.context.scope, &Key::new([api]), &ResourceDocument::RESOURCE)?;
    resources.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
    Ok(resources)
}

/// The resources of an API under new ids, for another API: its root, and all others. `parts` are the
/// new ids of what methods refer to, by the old ones.
pub(super) fn copies(
    random: &Random,
    resources: Vec<Resource>,
    parts: &HashMap<String, String>,
) -> (Resource, Vec<Resource>) {
    let new_ids: HashMap<String, String> = resources
        .iter()
        .filter_map(|resource| {
            let new = if resource.parent_id.is_none() { ids::api_id(random) } else { ids::part_id(random) };
            Some((resource.id.clone()?, new))
        })
        .collect();
    let renamed_by =
        |ids: &HashMap<String, String>, id: Option<String>| id.map(|id| ids.get(&id).cloned().unwrap_or(id));
    let renamed = |id| renamed_by(&new_ids, id);
    let mut root = Resource { path: Some("/".into()), ..Resource::default() };
    let mut others = Vec::new();
    for mut resource in resources {
        resource.id = renamed(resource.id);
        resource.parent_id = renamed(resource.parent_id);
        for method in resource.resource_methods.iter_mut().flat_map(|methods| methods.values_mut()) {
            method.authorizer_id = renamed_by(parts, method.authorizer_id.take());
            method.request_validator_id = renamed_by(parts, method.request_validator_id.take());
            if let Some(integration) = &mut method.method_integration {
                // The namespace is the resource's own id unless another was given.
                integration.cache_namespace = renamed(integration.cache_namespace.take());
            }
        }
        if resource.parent_id.is_none() {
            root = resource;
        } else {
            others.push(resource);
        }
    }
    (root, others)
}

/// A resource as it is answered: methods are whole only if they were asked for, else only their
/// names are there (recorded from AWS).
fn shown(mut resource: Resource, embed: Option<&[String]>) -> Resource {
    let whole = embed.is_some_and(|embed| embed.iter().any(|what| what == "methods"));
    if let Some(methods) = resource.resource_methods.as_mut().filter(|_| !whole) {
        methods.values_mut().for_each(|method| *method = Method::default());
    }
    resource
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request, conflict, not_found, patch, text};
    use super::*;

    fn update(api: &str, id: &str, op: &str, path: &str, value: &str) -> Value {
        json!({"restApiId": api, "resourceId": id, "patchOperations": patch(op, path, Some(value))})
    }

    fn paths(frame: &Frame, api: &str) -> Vec<String> {
        let list = frame.ok(get_resources, json!({"restApiId": api}));
        list["items"].as_array().unwrap().iter().map(|item| text(item, "path")).collect()
    }

    /// Recorded from AWS.
    #[test]
    fn the_root_has_no_parent_and_no_part() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        let list = frame.ok(get_resources, json!({"restApiId": api}));
        assert_eq!(list, json!({"items": [{"id": root, "path": "/"}]}));
        let created =
            frame.ok(create_resource, json!({"restApiId": api, "parentId": root, "pathPart": "pets"}));
        let expected = json!({"id": created["id"], "parentId": root, "path": "/pets", "pathPart": "pets"});
        assert_eq!(created, expected);
        assert_eq!(text(&created, "id").len(), 6);
        assert_eq!(frame.ok(get_resource, json!({"restApiId": api, "resourceId": created["id"]})), expected);
    }

    /// Recorded from AWS.
    #[test]
    fn methods_are_empty_unless_they_are_asked_for() {
        let frame = Frame::new();
        let (api, root) = frame.deployable();
        let get = |embed: Value| {
            let got = frame.ok(get_resource, json!({"restApiId": api, "resourceId": root, "embed": embed}));
            let list = frame.ok(get_resources, json!({"restApiId": api, "embed": embed}));
            assert_eq!(list["items"][0], got);
            got["resourceMethods"].clone()
        };
        assert_eq!(get(json!(null)), json!({"GET": {}}));
        let methods = get(json!(["methods"]));
        assert_eq!(methods["GET"]["httpMethod"], "GET");
        assert_eq!(methods["GET"]["methodIntegration"]["type"], "MOCK");
    }

    /// Recorded from AWS.
    #[test]
    fn renaming_and_moving_rewrite_the_paths_below() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        let pets = frame.resource(&api, &root, "pets");
        let dogs = frame.resource(&api, &pets, "dogs");
        let id = frame.resource(&api, &dogs, "{id}");
        let renamed = frame.ok(update_resource, update(&api, &pets, "replace", "/pathPart", "animals"));
        assert_eq!(renamed, json!({"id": pets, "parentId": root, "path": "/animals", "pathPart": "animals"}));
        assert_eq!(paths(&frame, &api), ["/", "/animals", "/animals/dogs", "/animals/dogs/{id}"]);
        frame.ok(update_resource, update(&api, &dogs, "replace", "/parentId", &root));
        assert_eq!(paths(&frame, &api), ["/", "/animals", "/dogs", "/dogs/{id}"]);
        let both = json!([
            {"op": "replace", "path": "/parentId", "value": pets},
            {"op": "replace", "path": "/pathPart", "value": "cats"},
        ]);
        frame.ok(update_resource, json!({"restApiId": api, "resourceId": dogs, "patchOperations": both}));
        assert_eq!(paths(&frame, &api), ["/", "/animals", "/animals/cats", "/animals/cats/{id}"]);
        let got = frame.ok(get_resource, json!({"restApiId": api, "resourceId": id}));
        assert_eq!(text(&got, "path"), "/animals/cats/{id}");
        // Only where it ends up counts: on its way there is another `cats`.
        frame.resource(&api, &root, "cats");
        let both = json!([
            {"op": "replace", "path": "/parentId", "value": root},
            {"op": "replace", "path": "/pathPart", "value": "dogs"},
        ]);
        frame.ok(update_resource, json!({"restApiId": api, "resourceId": dogs, "patchOperations": both}));
        assert_eq!(paths(&frame, &api), ["/", "/animals", "/cats", "/dogs", "/dogs/{id}"]);
    }

    /// Recorded from AWS.
    #[test]
    fn bad_updates_are_refused() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        let pets = frame.resource(&api, &root, "pets");
        let dogs = frame.resource(&api, &pets, "dogs");
        let check = |id: &str, op: &str, path: &str, value: &str, expected: String| {
            assert_eq!(frame.refused(update_resource, update(&api, id, op, path, value)), expected);
        };
        let unknown = || not_found("Invalid Resource identifier specified");
        check("nope", "replace", "/pathPart", "x", unknown());
        check(&dogs, "replace", "/parentId", "nope", unknown());
        check(
            &dogs,
            "replace",
            "/invalid",
            "x",
            bad_request(
                "Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]",
            ),
        );
        for op in ["add", "remove"] {
            let expected = format!(
                "Invalid patch path  '/pathPart' specified for op '{op}'. Please choose supported operations"
            );
            check(&dogs, op, "/pathPart", "x", bad_request(&expected));
        }
        check(&pets, "replace", "/parentId", &dogs, bad_request("Resources cannot be cyclical."));
        check(&pets, "replace", "/parentId", &pets, bad_request("Resources cannot be cyclical."));
        check(&root, "replace", "/pathPart", "x", bad_request("Root resource cannot update its pathPart."));
        check(&root, "replace", "/parentId", &pets, bad_request("Root resource cannot update its parentId."));
        let other = frame.resource(&api, &root, "other");
        let same = conflict("Another resource with the same parent already has this name: pets");
        check(&other, "replace", "/pathPart", "pets", same.clone());
        let below = frame.resource(&api, &other, "pets");
        check(&below, "replace", "/parentId", &root, same);
        assert_eq!(paths(&frame, &api), ["/", "/other", "/other/pets", "/pets", "/pets/dogs"]);
    }

    /// Recorded from AWS.
    #[test]
    fn siblings_and_variables_have_their_rules() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        let refused = |parent: &str, part: &str| {
            frame.refused(create_resource, json!({"restApiId": api, "parentId": parent, "pathPart": part}))
        };
        frame.resource(&api, &root, "pets");
        let proxy = frame.resource(&api, &root, "{proxy+}");
        assert_eq!(
            refused(&root, "{child}"),
            bad_request(
                "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed"
            )
        );
        assert_eq!(
            refused(&proxy, "dogs"),
            bad_request("Cannot create a child of a resource with a greedy path variable: {proxy+}")
        );
        assert_eq!(
            refused(&root, "pets"),
            conflict("Another resource with the same parent already has this name: pets")
        );
        assert_eq!(refused("nope", "x"), not_found("Invalid Resource identifier specified"));
        assert_eq!(
            frame.refused(create_resource, json!({"restApiId": "nope", "parentId": root, "pathPart": "x"})),
            not_found("Invalid Resource identifier specified")
        );
    }

    #[test]
    fn a_parent_cannot_become_greedy() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        let id = frame.resource(&api, &root, "{id}");
        frame.resource(&api, &id, "dogs");
        assert_eq!(
            frame.refused(update_resource, update(&api, &id, "replace", "/pathPart", "{id+}")),
            bad_request("Cannot create a child of a resource with a greedy path variable: {id+}")
        );
    }

    /// Recorded from AWS.
    #[test]
    fn path_parts_have_their_characters() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        let allowed = "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly \
                       braces at the beginning and the end.";
        for part in ["/", "a/b", "a b", "{a", "a}", "{}", "{+}", "{a+b}", "{a}+", "a+", "{a}{b}", "ä", "$x"]
        {
            let input = json!({"restApiId": api, "parentId": root, "pathPart": part});
            assert_eq!(frame.refused(create_resource, input), bad_request(allowed), "{part}");
        }
        let input = json!({"restApiId": api, "parentId": root, "pathPart": ""});
        assert_eq!(
            frame.refused(create_resource, input),
            bad_request("Resource's path part must be specified")
        );
        for part in ["a", "A-z_0.9", "events:batch", "{a-b.c_d}"] {
            frame.resource(&api, &root, part);
        }
    }

    /// Recorded from AWS.
    #[test]
    fn deleting_a_resource_deletes_what_is_below() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        let pets = frame.resource(&api, &root, "pets");
        let dogs = frame.resource(&api, &pets, "dogs");
        frame.ok(delete_resource, json!({"restApiId": api, "resourceId": pets}));
        assert_eq!(paths(&frame, &api), ["/"]);
        for id in [pets, dogs] {
            assert_eq!(
                frame.refused(delete_resource, json!({"restApiId": api, "resourceId": id})),
                not_found("Invalid Resource identifier specified")
            );
        }
        assert_eq!(
            frame.refused(delete_resource, json!({"restApiId": api, "resourceId": root})),
            bad_request("Root resource cannot be deleted.")
        );
    }

    /// "Amazon API Gateway quotas": 300 resources of an API.
    #[test]
    fn three_hundred_fit() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        for n in 1..300 {
            frame.resource(&api, &root, &format!("r{n}"));
        }
        let more = json!({"restApiId": api, "parentId": root, "pathPart": "more"});
        assert_eq!(
            frame.refused(create_resource, more),
            "429 LimitExceededException \"Maximum number of Resources for this API has been reached.  Please \
             contact AWS if you need additional Resources.\""
        );
    }

    #[test]
    fn unknown_apis_have_no_resources() {
        let frame = Frame::new();
        assert_eq!(
            frame.refused(get_resources, json!({"restApiId": "nope"})),
            not_found("Invalid API identifier specified 000000000000:nope")
        );
        assert_eq!(
            frame.refused(get_resource, json!({"restApiId": "nope", "resourceId": "x"})),
            not_found("Invalid Resource identifier specified")
        );
    }
}
