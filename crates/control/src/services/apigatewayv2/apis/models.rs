//! `/v2/apis/{id}/models`: what messages of WebSocket APIs are held to.

use api::Empty;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    CreateModelRequest, CreateModelResponse, DeleteModelRequest, GetModelRequest, GetModelResponse,
    GetModelTemplateRequest, GetModelTemplateResponse, GetModelsRequest, GetModelsResponse, Model,
    UpdateModelRequest, UpdateModelResponse,
};
use base::ids;
use documents::apigateway::within;
use documents::apigatewayv2::ModelDocument;
use store::Key;

use super::super::super::apigateway::restapis::model_template::{Schemas, template};
use super::super::listed;
use super::super::refusals::{bad_request, conflict, description, unknown};
use super::super::shapes::{changed, same};
use super::{deployments, find as find_api};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateModel, create_model)
        .read(op::GetModel, get_model)
        .read(op::GetModels, get_models)
        .read(op::GetModelTemplate, get_model_template)
        .write(op::UpdateModel, update_model)
        .write(op::DeleteModel, delete_model);
}

fn create_model(call: &mut Call<'_, '_>, input: &CreateModelRequest) -> Outcome<CreateModelResponse> {
    find_api(call, &input.api_id)?;
    let others = all(call, &input.api_id)?;
    let mut model: Model = same(input)?;
    model.model_id = Some(ids::part_id(&call.plane.random));
    let model = checked(&others, model)?;
    let model = put(call, &input.api_id, model)?;
    deployments::follow(call, &input.api_id)?;
    same(&model)
}

fn get_model(call: &mut Call<'_, '_>, input: &GetModelRequest) -> Outcome<GetModelResponse> {
    same(&find(call, &input.api_id, &input.model_id)?)
}

fn get_models(call: &mut Call<'_, '_>, input: &GetModelsRequest) -> Outcome<GetModelsResponse> {
    find_api(call, &input.api_id)?;
    let place = |model: &Model| model.model_id.clone().unwrap_or_default();
    let all = all(call, &input.api_id)?;
    let (items, next_token) = listed(all, place, input.next_token.as_deref(), input.max_results.as_deref())?;
    Ok(GetModelsResponse { items: Some(items), next_token })
}

/// A mapping template that shows the model's form, as version 1 makes it.
fn get_model_template(
    call: &mut Call<'_, '_>,
    input: &GetModelTemplateRequest,
) -> Outcome<GetModelTemplateResponse> {
    let model = find(call, &input.api_id, &input.model_id)?;
    let schemas = all(call, &input.api_id)?.into_iter().map(|model| {
        let schema = serde_json::from_str(model.schema.as_deref().unwrap_or_default()).unwrap_or_default();
        (model.name, schema)
    });
    let template = template(&input.api_id, &model.name, &schemas.collect::<Schemas>());
    Ok(GetModelTemplateResponse { value: Some(template) })
}

fn update_model(call: &mut Call<'_, '_>, input: &UpdateModelRequest) -> Outcome<UpdateModelResponse> {
    let before = find(call, &input.api_id, &input.model_id)?;
    let others = all(call, &input.api_id)?;
    let model = checked(&others, changed(&before, input, &["ApiId", "ModelId"])?)?;
    let model = put(call, &input.api_id, model)?;
    deployments::follow(call, &input.api_id)?;
    same(&model)
}

fn delete_model(call: &mut Call<'_, '_>, input: &DeleteModelRequest) -> Outcome<Empty> {
    find(call, &input.api_id, &input.model_id)?;
    call.tx.delete::<ModelDocument>(&call.context.scope, &within(&input.api_id, &input.model_id))?;
    deployments::follow(call, &input.api_id)?;
    Ok(Empty {})
}

fn find(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<Model> {
    find_api(call, api)?;
    let document = call.tx.get::<ModelDocument>(&call.context.scope, &within(api, id))?;
    document.map(|document| document.model).ok_or_else(|| unknown("Model"))
}

/// All models of an API.
pub(super) fn all(call: &mut Call<'_, '_>, api: &str) -> Outcome<Vec<Model>> {
    let documents = call.tx.list::<ModelDocument>(&call.context.scope, &Key::new([api]))?;
    Ok(documents.into_iter().map(|(_, document)| document.model).collect())
}

fn put(call: &mut Call<'_, '_>, api: &str, model: Model) -> Outcome<Model> {
    let key = within(api, model.model_id.as_deref().unwrap_or_default());
    let document = ModelDocument { model };
    call.tx.put(&call.context.scope, &key, &document)?;
    Ok(document.model)
}

fn checked(others: &[Model], mut model: Model) -> Outcome<Model> {
    if model.name.is_empty() || !model.name.bytes().all(|c| c.is_ascii_alphanumeric()) {
        return Err(bad_request("Model name must be alphanumeric"));
    }
    let is_other = |other: &&Model| other.model_id != model.model_id;
    if others.iter().filter(is_other).any(|other| other.name == model.name) {
        return Err(conflict(format!("Model name {} already exists for this API", model.name)));
    }
    model.description = description(model.description.as_deref())?;
    model.content_type.get_or_insert_with(|| "application/json".to_owned());
    let schema = model.schema.as_deref().unwrap_or_default();
    if serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(schema).is_err() {
        return Err(bad_request("Invalid model schema specified"));
    }
    Ok(model)
}
