//! `/apikeys`: the values by which callers are known to usage plans. Import from a file is in
//! `import`. Texts without a remark are recorded from AWS.

mod csv;
mod import;

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    ApiKey, ApiKeys, CreateApiKeyRequest, DeleteApiKeyRequest, GetApiKeyRequest, GetApiKeysRequest, Op,
    StageKey, UpdateApiKeyRequest,
};
use base::{Random, Timestamp, ids};
use documents::apigateway::RestApiDocument;
use documents::apigateway_keys::{ApiKeyDocument, ApiKeyValueDocument, UsagePlanKeyDocument};
use indexmap::IndexMap;
use store::Key;

use super::limits;
use super::refusals::{bad_request, conflict, limit_exceeded, not_found, unknown_rest_api};
use super::restapis::stages;
use crate::paginate::{Page, page};
use crate::patch::{Table, Wording, row};
use crate::{Call, Failure, Outcome, Registry, tags};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateApiKey, create_api_key)
        .read(op::GetApiKey, get_api_key)
        .read(op::GetApiKeys, get_api_keys)
        .write(op::UpdateApiKey, update_api_key)
        .write(op::DeleteApiKey, delete_api_key)
        .write(op::ImportApiKeys, import::import_api_keys);
}

/// What may be patched, as refusals list it.
const TABLE: Table = Table {
    wording: Wording::Listed,
    rows: &[
        row("/description", &[Op::Replace]),
        row("/enabled", &[Op::Replace]),
        row("/name", &[Op::Replace]),
        row("/customerId", &[Op::Replace]),
    ],
};

const LETTERS_AND_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Makes a key. `generateDistinctId` has no effect: ids are always other than values (API
/// Gateway API reference, `CreateApiKey`: deprecated).
pub(super) fn create_api_key(call: &mut Call<'_, '_>, input: &CreateApiKeyRequest) -> Outcome<ApiKey> {
    let name = name(input.name.as_deref())?;
    let value = match input.value.as_deref().filter(|value| !value.is_empty()) {
        Some(given) => value(given)?,
        None => generated_value(&call.plane.random),
    };
    let description = description(input.description.as_deref())?;
    let mut given = IndexMap::new();
    if let Some(tags) = &input.tags {
        tags::add(&mut given, tags)?;
    }
    let stage_keys = stage_keys(call, input.stage_keys.as_deref().unwrap_or_default())?;
    if holder(call, &value)?.is_some() {
        // Seen in reports of AWS's users.
        return Err(conflict("API Key already exists"));
    }
    check_room(call, 1)?;
    let api_key = ApiKey {
        name,
        value: Some(value),
        description,
        enabled: Some(input.enabled.unwrap_or(false)),
        customer_id: input.customer_id.clone().filter(|id| !id.is_empty()),
        stage_keys: Some(stage_keys),
        tags: Some(given),
        ..new(call)
    };
    put_new(call, &api_key)?;
    Ok(listed(api_key, true))
}

fn get_api_key(call: &mut Call<'_, '_>, input: &GetApiKeyRequest) -> Outcome<ApiKey> {
    let document = find(call, &input.api_key)?;
    Ok(shown(document.api_key, input.include_value.unwrap_or(false)))
}

pub(super) fn get_api_keys(call: &mut Call<'_, '_>, input: &GetApiKeysRequest) -> Outcome<ApiKeys> {
    let documents = call.tx.list::<ApiKeyDocument>(&call.context.scope, &Key::root())?;
    let customer = input.customer_id.as_ref().filter(|id| !id.is_empty());
    let keys = documents
        .into_iter()
        .map(|(_, document)| document.api_key)
        .filter(|key| named_like(key, input.name_query.as_deref()))
        .filter(|key| customer.is_none() || key.customer_id.as_ref() == customer)
        .collect();
    let place = |key: &ApiKey| {
        newest_first(key.created_date.unwrap_or_default(), key.id.as_deref().unwrap_or_default())
    };
    let Page { items, position } = page(keys, place, input.position.as_deref(), input.limit)?;
    let with_values = input.include_values.unwrap_or(false);
    let items = items.into_iter().map(|key| listed(key, with_values)).collect();
    Ok(ApiKeys { warnings: None, position, items: Some(items) })
}

fn update_api_key(call: &mut Call<'_, '_>, input: &UpdateApiKeyRequest) -> Outcome<ApiKey> {
    let mut document = find(call, &input.api_key)?;
    let key = &mut document.api_key;
    for patch in TABLE.read(&input.patch_operations) {
        let patch = patch?;
        match patch.segments().as_slice() {
            ["description"] => key.description = description(patch.value)?,
            ["enabled"] => key.enabled = Some(patch.flag()),
            ["name"] => key.name = name(patch.value)?,
            _ => key.customer_id = patch.non_empty(),
        }
    }
    key.last_updated_date = Some(call.now());
    put(call, &document)?;
    Ok(shown(document.api_key, false))
}

/// Removes a key, also from the usage plans that it is in.
pub(super) fn delete_api_key(call: &mut Call<'_, '_>, input: &DeleteApiKeyRequest) -> Outcome<Empty> {
    let document = find(call, &input.api_key)?;
    let scope = &call.context.scope;
    for plan in &document.usage_plans {
        call.tx.delete::<UsagePlanKeyDocument>(scope, &Key::new([plan, &input.api_key]))?;
    }
    call.tx.delete::<ApiKeyValueDocument>(scope, &Key::new(document.api_key.value))?;
    call.tx.delete::<ApiKeyDocument>(scope, &Key::new([&input.api_key]))?;
    Ok(Empty {})
}

/// The key `id`.
pub(super) fn find(call: &mut Call<'_, '_>, id: &str) -> Outcome<ApiKeyDocument> {
    read(call, id)?.ok_or_else(unknown_api_key)
}

/// The key `id`, if it is there.
pub(super) fn read(call: &mut Call<'_, '_>, id: &str) -> Outcome<Option<ApiKeyDocument>> {
    Ok(call.tx.get(&call.context.scope, &Key::new([id]))?)
}

/// Stores a key that is there already; its value does not change.
pub(super) fn put(call: &mut Call<'_, '_>, document: &ApiKeyDocument) -> Outcome<()> {
    let id = document.api_key.id.as_deref().unwrap_or_default();
    Ok(call.tx.put(&call.context.scope, &Key::new([id]), document)?)
}

/// The key is not there (seen in reports of AWS's users).
pub(super) fn unknown_api_key() -> Failure {
    not_found("Invalid API Key identifier specified")
}

/// Whether a key's name begins with `query`, upper and lower case told apart.
pub(super) fn named_like(key: &ApiKey, query: Option<&str>) -> bool {
    query.is_none_or(|query| key.name.as_deref().unwrap_or_default().starts_with(query))
}

/// The place of what was made at `moment` in a list that begins with the newest.
pub(super) fn newest_first(moment: Timestamp, id: &str) -> String {
    format!("{:020}{id}", i64::MAX.saturating_sub(moment.as_millis()))
}

/// The id of the key with this value.
fn holder(call: &mut Call<'_, '_>, value: &str) -> Outcome<Option<String>> {
    let document = call.tx.get::<ApiKeyValueDocument>(&call.context.scope, &Key::new([value]))?;
    Ok(document.map(|document| document.id))
}

/// A key of this moment, with nothing else in it.
fn new(call: &Call<'_, '_>) -> ApiKey {
    ApiKey {
        id: Some(ids::api_id(&call.plane.random)),
        created_date: Some(call.now()),
        last_updated_date: Some(call.now()),
        stage_keys: Some(Vec::new()),
        ..ApiKey::default()
    }
}

/// Stores a key that is new.
fn put_new(call: &mut Call<'_, '_>, key: &ApiKey) -> Outcome<ApiKeyDocument> {
    let id = key.id.clone().unwrap_or_default();
    let value = Key::new(key.value.as_deref());
    call.tx.put(&call.context.scope, &value, &ApiKeyValueDocument { id })?;
    let document = ApiKeyDocument { api_key: key.clone(), usage_plans: Default::default() };
    put(call, &document)?;
    Ok(document)
}

/// Refuses more keys than an account may have.
fn check_room(call: &mut Call<'_, '_>, more: usize) -> Outcome<()> {
    // The values are the shortest documents of which there is one a key.
    let keys = call.tx.list::<ApiKeyValueDocument>(&call.context.scope, &Key::root())?;
    if keys.len() + more <= limits::API_KEYS {
        return Ok(());
    }
    Err(too_many())
}

/// The text is not recorded.
fn too_many() -> Failure {
    limit_exceeded(
        "Maximum number of API keys for this account has been reached. Please contact AWS if you need \
         additional API keys.",
    )
}

/// A key as creating and listing answer it: an empty collection of tags is left out there.
fn listed(mut key: ApiKey, with_value: bool) -> ApiKey {
    key.created_date = key.created_date.map(Timestamp::truncated_to_secs);
    key.last_updated_date = key.last_updated_date.map(Timestamp::truncated_to_secs);
    key.value = key.value.filter(|_| with_value);
    key.tags = key.tags.filter(|tags| !tags.is_empty());
    key
}

/// A key as getting and updating answer it: tags are there even if there are none.
fn shown(key: ApiKey, with_value: bool) -> ApiKey {
    let mut key = listed(key, with_value);
    key.tags.get_or_insert_default();
    key
}

fn name(text: Option<&str>) -> Outcome<Option<String>> {
    match text {
        None | Some("") => Ok(None),
        Some(text) if text.chars().count() > limits::NAME => {
            Err(bad_request("Invalid API Key name, can be at most 1024 characters."))
        }
        Some(text) => Ok(Some(text.to_owned())),
    }
}

fn value(text: &str) -> Outcome<String> {
    let length = text.chars().count();
    if length < *limits::API_KEY_VALUE.start() {
        return Err(bad_request("API Key value should be at least 20 characters"));
    }
    if length > *limits::API_KEY_VALUE.end() {
        return Err(bad_request("API Key value exceeds maximum size of 128 characters"));
    }
    Ok(text.to_owned())
}

fn description(text: Option<&str>) -> Outcome<Option<String>> {
    match text {
        None | Some("") => Ok(None),
        Some(text) if text.chars().count() > limits::DESCRIPTION => {
            Err(bad_request("Invalid API Key description specified."))
        }
        Some(text) => Ok(Some(text.to_owned())),
    }
}

fn generated_value(random: &Random) -> String {
    random.text(limits::GENERATED_API_KEY_VALUE, LETTERS_AND_DIGITS)
}

/// The stages of a key, each as `api/stage`. They admit nobody: accounts have usage plans, and
/// those alone say which key opens which stage (API Gateway API reference, `CreateApiKey`:
/// deprecated for usage plans).
fn stage_keys(call: &mut Call<'_, '_>, given: &[StageKey]) -> Outcome<Vec<String>> {
    let mut keys: Vec<String> = Vec::new();
    for key in given {
        let api = key.rest_api_id.as_deref().unwrap_or_default();
        let stage = key.stage_name.as_deref().unwrap_or_default();
        if call.tx.get::<RestApiDocument>(&call.context.scope, &Key::new([api]))?.is_none() {
            return Err(unknown_rest_api(&call.context.scope, api));
        }
        stages::get(call, api, stage)?;
        let text = format!("{api}/{stage}");
        if !keys.contains(&text) {
            keys.push(text);
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests;
