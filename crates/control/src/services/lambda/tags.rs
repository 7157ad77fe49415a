//! Tags of functions.

use api::Empty;
use api::lambda::operations as op;
use api::lambda::{ListTagsRequest, ListTagsResponse, TagResourceRequest, UntagResourceRequest};
use indexmap::IndexMap;

use super::names::FunctionName;
use super::{function, invalid, put_function};
use crate::Registry;
use crate::call::{Call, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::TagResource, tag_resource)
        .write(op::UntagResource, untag_resource)
        .read(op::ListTags, list_tags);
}

/// Adds `given` to `tags`.
pub(super) fn add(
    tags: &mut IndexMap<String, String>,
    given: Option<&IndexMap<String, String>>,
) -> Outcome<()> {
    given.map_or(Ok(()), |given| crate::tags::add(tags, given)).map_err(|fault| invalid(fault.to_string()))
}

/// The function whose tags are meant: versions and aliases have none of their own.
fn tagged(resource: &str) -> Outcome<FunctionName> {
    let name = FunctionName::parse(resource, None)?;
    if name.qualifier.is_some() {
        return Err(invalid(
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        ));
    }
    Ok(name)
}

fn list_tags(call: &mut Call<'_, '_>, input: &ListTagsRequest) -> Outcome<ListTagsResponse> {
    let name = tagged(&input.resource)?;
    Ok(ListTagsResponse { tags: Some(function(call, &name)?.tags) })
}

fn tag_resource(call: &mut Call<'_, '_>, input: &TagResourceRequest) -> Outcome<Empty> {
    let name = tagged(&input.resource)?;
    let mut document = function(call, &name)?;
    add(&mut document.tags, Some(&input.tags))?;
    put_function(call, &name.name, &document)?;
    Ok(Empty {})
}

fn untag_resource(call: &mut Call<'_, '_>, input: &UntagResourceRequest) -> Outcome<Empty> {
    let name = tagged(&input.resource)?;
    let mut document = function(call, &name)?;
    document.tags.retain(|key, _| !input.tag_keys.contains(key));
    put_function(call, &name.name, &document)?;
    Ok(Empty {})
}
