//! `/restapis/{id}/models`: the schemas of payloads. What a schema may be is in `model_schema`,
//! what is made from one in `model_template`, and who uses a model in `references`.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    CreateModelRequest, DeleteModelRequest, GetModelRequest, GetModelTemplateRequest, GetModelsRequest,
    Model, Models, Op, Template, UpdateModelRequest,
};
use base::ids;
use documents::apigateway::{ModelDocument, within};
use serde_json::Value;
use store::Key;

use super::super::limits;
use super::super::refusals::{bad_request, conflict, description, not_found};
use super::model_template::{Schemas, flatten, template};
use super::{find, mapping, model_schema, references, resources};
use crate::paginate::{Page, page};
use crate::patch::{Table, Wording, row};
use crate::{Call, Failure, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateModel, create_model)
        .read(op::GetModel, get_model)
        .read(op::GetModels, get_models)
        .read(op::GetModelTemplate, get_model_template)
        .write(op::UpdateModel, update_model)
        .write(op::DeleteModel, delete_model);
}

/// What may be patched. Recorded from AWS, its order included.
const TABLE: Table = Table {
    wording: Wording::Listed,
    rows: &[row("/description", &[Op::Replace]), row("/schema", &[Op::Replace])],
};

/// The models of a new API: name, description, schema. Recorded from AWS.
const DEFAULTS: [(&str, &str, &str); 2] = [
    (
        "Empty",
        "This is a default empty schema model",
        "{\n  \"$schema\": \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Empty Schema\",\n  \
         \"type\" : \"object\"\n}",
    ),
    (
        "Error",
        "This is a default error schema model",
        "{\n  \"$schema\" : \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Error Schema\",\n  \
         \"type\" : \"object\",\n  \"properties\" : {\n    \"message\" : { \"type\" : \"string\" }\n  }\n}",
    ),
];

/// Gives a new API the models that every API begins with.
pub(super) fn put_defaults(call: &mut Call<'_, '_>, api: &str) -> Outcome<()> {
    for (name, description, schema) in DEFAULTS {
        let model = Model {
            id: Some(ids::part_id(&call.plane.random)),
            name: Some(name.to_owned()),
            description: Some(description.to_owned()),
            schema: Some(schema.to_owned()),
            content_type: Some("application/json".to_owned()),
        };
        put(call, api, model)?;
    }
    Ok(())
}

pub(in super::super) fn create_model(call: &mut Call<'_, '_>, input: &CreateModelRequest) -> Outcome<Model> {
    let api = &input.rest_api_id;
    let model = checked(Model {
        id: Some(ids::part_id(&call.plane.random)),
        name: Some(input.name.clone()),
        description: input.description.clone(),
        schema: input.schema.clone(),
        content_type: Some(input.content_type.clone()),
    })?;
    find(call, api)?;
    check(call, api, &model)?;
    if read(call, api, &input.name)?.is_some() {
        return Err(conflict("Model name already exists for this REST API"));
    }
    put(call, api, model.clone())?;
    Ok(model)
}

fn get_model(call: &mut Call<'_, '_>, input: &GetModelRequest) -> Outcome<Model> {
    let mut model = get(call, &input.rest_api_id, &input.model_name)?;
    if input.flatten == Some(true) && is_json(&model) {
        let schemas = schemas(call, &input.rest_api_id)?;
        model.schema = Some(flatten(&input.rest_api_id, &input.model_name, &schemas).to_string());
    }
    Ok(model)
}

pub(super) fn get_models(call: &mut Call<'_, '_>, input: &GetModelsRequest) -> Outcome<Models> {
    find(call, &input.rest_api_id)?;
    let models = all(call, &input.rest_api_id)?;
    let place = |model: &Model| model.name.clone().unwrap_or_default();
    let Page { items, position } = page(models, place, input.position.as_deref(), input.limit)?;
    Ok(Models { position, items: Some(items) })
}

fn get_model_template(call: &mut Call<'_, '_>, input: &GetModelTemplateRequest) -> Outcome<Template> {
    get(call, &input.rest_api_id, &input.model_name)?;
    let schemas = schemas(call, &input.rest_api_id)?;
    Ok(Template { value: Some(template(&input.rest_api_id, &input.model_name, &schemas)) })
}

fn update_model(call: &mut Call<'_, '_>, input: &UpdateModelRequest) -> Outcome<Model> {
    let api = &input.rest_api_id;
    let mut model = get(call, api, &input.model_name)?;
    for patch in TABLE.read(&input.patch_operations) {
        let patch = patch?;
        if patch.path == "/description" {
            model.description = description(patch.value)?;
        } else {
            let schema = patch.value.filter(|schema| !schema.trim().is_empty());
            model.schema = Some(schema.ok_or_else(no_schema)?.to_owned());
        }
    }
    check(call, api, &model)?;
    put(call, api, model.clone())?;
    Ok(model)
}

fn delete_model(call: &mut Call<'_, '_>, input: &DeleteModelRequest) -> Outcome<Empty> {
    let (api, name) = (&input.rest_api_id, &input.model_name);
    get(call, api, name)?;
    let cannot = |what: &str| Err(conflict(format!("Cannot delete model '{name}', is referenced in {what}")));
    if let Some(place) = references::of_model(&resources::all(call, api)?, name) {
        return cannot(&place);
    }
    for model in all(call, api)? {
        let other = model.name.as_deref().unwrap_or_default();
        let refers = is_json(&model)
            && model_schema::check(api, model.schema.as_deref().unwrap_or_default())
                .is_ok_and(|names| names.contains(name));
        if refers && other != name {
            // The text is not recorded.
            return cannot(&format!("model: {other}"));
        }
    }
    call.tx.delete::<ModelDocument>(&call.context.scope, &within(api, name))?;
    Ok(Empty {})
}

/// All models of an API by their names.
pub(super) fn all(call: &mut Call<'_, '_>, api: &str) -> Outcome<Vec<Model>> {
    let documents = call.tx.list::<ModelDocument>(&call.context.scope, &Key::new([api]))?;
    let mut models: Vec<_> = documents.into_iter().map(|(_, document)| document.model).collect();
    models.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(models)
}

/// Stores a model.
pub(super) fn put(call: &mut Call<'_, '_>, api: &str, model: Model) -> Outcome<()> {
    let key = within(api, model.name.as_deref().unwrap_or_default());
    call.tx.put(&call.context.scope, &key, &ModelDocument { model })?;
    Ok(())
}

/// The model `name`, if the API has it.
pub(super) fn read(call: &mut Call<'_, '_>, api: &str, name: &str) -> Outcome<Option<Model>> {
    if !references::is_key(name) {
        return Ok(None);
    }
    let document = call.tx.get::<ModelDocument>(&call.context.scope, &within(api, name))?;
    Ok(document.map(|document| document.model))
}

fn get(call: &mut Call<'_, '_>, api: &str, name: &str) -> Outcome<Model> {
    read(call, api, name)?.ok_or_else(|| not_found(format!("Invalid model name specified: {name}")))
}

/// A new model as it is stored, if it may be; its schema is for `check`.
pub(super) fn checked(given: Model) -> Outcome<Model> {
    let name = given.name.as_deref().unwrap_or_default();
    if name.is_empty() {
        return Err(bad_request("Model name must be non-empty"));
    }
    if !model_schema::is_name(name) {
        // As users of AWS report it.
        return Err(bad_request(format!("Model name must be alphanumeric: {name}")));
    }
    if name.len() > limits::NAME {
        // The text is not recorded.
        let limit = limits::NAME;
        return Err(bad_request(format!("Model name can be at most {limit} characters long.")));
    }
    mapping::check_content_types(&given.content_type)?;
    let description = description(given.description.as_deref())?;
    if given.schema.as_deref().is_none_or(|schema| schema.trim().is_empty()) {
        return Err(no_schema());
    }
    Ok(Model { description, ..given })
}

/// Refuses a model whose schema is none, or refers to models that are not there. A model may
/// refer to itself.
pub(super) fn check(call: &mut Call<'_, '_>, api: &str, model: &Model) -> Outcome<()> {
    if !is_json(model) {
        return Ok(());
    }
    let names = model_schema::check(api, model.schema.as_deref().unwrap_or_default())?;
    let mut unknown = Vec::new();
    for name in &names {
        if Some(name) != model.name.as_ref() && read(call, api, name)?.is_none() {
            unknown.push(name);
        }
    }
    if unknown.is_empty() { Ok(()) } else { Err(model_schema::unknown_models(&unknown)) }
}

/// Whether the model's schema is a JSON Schema; those of other content types are kept as they are.
fn is_json(model: &Model) -> bool {
    let content_type = model.content_type.as_deref().unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    essence.ends_with("/json") || essence.ends_with("+json")
}

fn schemas(call: &mut Call<'_, '_>, api: &str) -> Outcome<Schemas> {
    let models = all(call, api)?.into_iter().filter(is_json);
    let schemas = models.filter_map(|model| {
        let schema: Value = serde_json::from_str(model.schema.as_deref()?).ok()?;
        Some((model.name?, schema))
    });
    Ok(schemas.collect())
}

/// Recorded from AWS.
fn no_schema() -> Failure {
    bad_request("Model schema must have at least 1 property or array items defined")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::test_frame::{Frame, bad_request, conflict, not_found, patch, text, with};
    use super::super::methods::put_method;
    use super::*;

    const PET: &str = r#"{"type": "object", "properties": {"id": {"type": "integer"}}}"#;

    fn create(api: &str, name: &str, more: Value) -> Value {
        let input = json!({
            "restApiId": api, "name": name, "contentType": "application/json", "schema": PET,
        });
        with(input, more)
    }

    fn at(api: &str, name: &str) -> Value {
        json!({"restApiId": api, "modelName": name})
    }

    fn url(api: &str, name: &str) -> String {
        format!("https://apigateway.amazonaws.com/restapis/{api}/models/{name}")
    }

    /// Recorded from AWS.
    #[test]
    fn a_new_api_has_two_models() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let listed = frame.ok(get_models, json!({"restApiId": api}));
        let items = listed["items"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        let (empty, error) = (&items[0], &items[1]);
        assert_eq!(text(empty, "name"), "Empty");
        assert_eq!(text(empty, "description"), "This is a default empty schema model");
        assert_eq!(text(empty, "contentType"), "application/json");
        let schema: Value = serde_json::from_str(&text(empty, "schema")).unwrap();
        assert_eq!(
            schema,
            json!({
                "$schema": "http://json-schema.org/draft-04/schema#", "title": "Empty Schema", "type": "object",
            })
        );
        assert_eq!(text(error, "description"), "This is a default error schema model");
        let schema: Value = serde_json::from_str(&text(error, "schema")).unwrap();
        assert_eq!(schema["properties"], json!({"message": {"type": "string"}}));
        assert_eq!(
            frame.refused(get_models, json!({"restApiId": "nope"})),
            not_found("Invalid API identifier specified 000000000000:nope")
        );
    }

    /// Recorded from AWS.
    #[test]
    fn a_schema_is_kept_as_it_is_written() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let created = frame.ok(create_model, create(&api, "Pet", json!({"description": "one"})));
        assert_eq!(
            created,
            json!({
                "id": created["id"], "name": "Pet", "description": "one", "schema": PET,
                "contentType": "application/json",
            })
        );
        assert_eq!(text(&created, "id").len(), 6);
        assert_eq!(frame.ok(get_model, at(&api, "Pet")), created);
        let xml = json!({"contentType": "application/xml", "schema": "<x/>"});
        assert_eq!(frame.ok(create_model, create(&api, "Xml", xml))["schema"], "<x/>");
    }

    /// Recorded from AWS, but for the two that users of AWS report.
    #[test]
    fn bad_models_are_refused() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let check = |name: &str, more: Value, expected: &str| {
            assert_eq!(frame.refused(create_model, create(&api, name, more)), bad_request(expected));
        };
        check("", json!({}), "Model name must be non-empty");
        let none = "Model schema must have at least 1 property or array items defined";
        check("Pet", json!({"schema": ""}), none);
        check("Pet", json!({"schema": null}), none);
        check("Pet", json!({"schema": "", "contentType": "application/xml"}), none);
        check(
            "Pet",
            json!({"contentType": "123"}),
            "Validation Result: warnings : [], errors : [Invalid content type specified: 123]",
        );
        frame.ok(create_model, create(&api, "Pet", json!({})));
        assert_eq!(
            frame.refused(create_model, create(&api, "Pet", json!({}))),
            conflict("Model name already exists for this REST API")
        );
        assert_eq!(
            frame.refused(create_model, create("nope", "Pet", json!({}))),
            not_found("Invalid API identifier specified 000000000000:nope")
        );
        check(&"n".repeat(1025), json!({}), "Model name can be at most 1024 characters long.");
        frame.ok(create_model, create(&api, &"n".repeat(1024), json!({})));
        // Reported by users of AWS.
        check("body_1", json!({}), "Model name must be alphanumeric: body_1");
        check(
            "X",
            json!({"schema": "{\"type\":"}),
            "Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified]",
        );
    }

    /// Recorded from AWS: the form of references, and that they may go round; the refusal is as
    /// users of AWS report it.
    #[test]
    fn models_refer_to_models() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let refers = |name: &str| json!({"items": {"$ref": url(&api, name)}}).to_string();
        let input = create(&api, "Pets", json!({"schema": refers("Pet")}));
        assert_eq!(
            frame.refused(create_model, input.clone()),
            bad_request(
                "Invalid model specified: Validation Result: warnings : [], errors : [Invalid model specified: Pet]"
            )
        );
        frame.ok(create_model, create(&api, "Pet", json!({})));
        frame.ok(create_model, input);
        frame.ok(
            update_model,
            with(
                at(&api, "Pet"),
                json!({"patchOperations": patch("replace", "/schema", Some(&refers("Pets")))}),
            ),
        );
        frame.ok(create_model, create(&api, "Own", json!({"schema": refers("Own")})));
        let flat = frame.ok(get_model, with(at(&api, "Pets"), json!({"flatten": true})));
        let schema: Value = serde_json::from_str(&text(&flat, "schema")).unwrap();
        assert_eq!(
            schema,
            json!({"items": {"$ref": "#/definitions/Pet"}, "definitions": {"Pet": {"items": {"$ref": "#"}}}})
        );
        assert_eq!(
            frame.refused(delete_model, at(&api, "Pet")),
            conflict("Cannot delete model 'Pet', is referenced in model: Pets")
        );
        frame.ok(delete_model, at(&api, "Own"));
    }

    /// Recorded from AWS.
    #[test]
    fn description_and_schema_can_be_patched() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        frame.ok(create_model, create(&api, "Pet", json!({})));
        let update = |op: &str, path: &str, value: &str| {
            with(at(&api, "Pet"), json!({"patchOperations": patch(op, path, Some(value))}))
        };
        assert_eq!(frame.ok(update_model, update("replace", "/description", "d"))["description"], "d");
        assert_eq!(frame.ok(update_model, update("replace", "/schema", "{}"))["schema"], "{}");
        for (op, path, value, expected) in [
            ("replace", "/schema", "", "Model schema must have at least 1 property or array items defined"),
            (
                "replace",
                "/name",
                "x",
                "Invalid patch path  '/name' specified for op 'replace'. Must be one of: [/description, /schema]",
            ),
            (
                "add",
                "/schema",
                "{}",
                "Invalid patch path  '/schema' specified for op 'add'. Please choose supported operations",
            ),
        ] {
            assert_eq!(frame.refused(update_model, update(op, path, value)), bad_request(expected));
        }
    }

    /// Recorded from AWS, but for responses, which users of AWS report.
    #[test]
    fn a_model_in_use_is_not_deleted() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        frame.ok(create_model, create(&api, "Pet", json!({})));
        let test = frame.resource(&api, &root, "test");
        let models = json!({"authorizationType": "NONE", "requestModels": {"application/json": "Pet"}});
        for (resource, expected) in [(&root, "//ANY"), (&test, "/test/ANY")] {
            let place = json!({"restApiId": api, "resourceId": resource, "httpMethod": "ANY"});
            frame.ok(put_method, with(place, models.clone()));
            assert_eq!(
                frame.refused(delete_model, at(&api, "Pet")),
                conflict(&format!("Cannot delete model 'Pet', is referenced in method request: {expected}"))
            );
        }
    }

    /// Recorded from AWS.
    #[test]
    fn unknown_models_are_not_found() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        frame.ok(delete_model, at(&api, "Empty"));
        for (api, name) in [(api.as_str(), "Empty"), ("nope", "Error")] {
            let unknown = not_found(&format!("Invalid model name specified: {name}"));
            assert_eq!(frame.refused(get_model, at(api, name)), unknown);
            assert_eq!(frame.refused(update_model, at(api, name)), unknown);
            assert_eq!(frame.refused(delete_model, at(api, name)), unknown);
            assert_eq!(frame.refused(get_model_template, at(api, name)), unknown);
        }
    }

    #[test]
    fn a_template_is_made_from_a_model() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        assert_eq!(
            frame.ok(get_model_template, at(&api, "Error")),
            json!({"value": "#set($inputRoot = $input.path('$'))\n{\n  \"message\" : \"foo\"\n}"})
        );
    }
}
