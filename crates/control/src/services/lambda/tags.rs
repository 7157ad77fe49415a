//! Tags of functions.

use api::Empty;
use api::lambda::operations as op;
use api::lambda::{ListTagsRequest, ListTagsResponse, TagResourceRequest, UntagResourceRequest};

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

/// Lambda developer guide, "Using tags on Lambda functions".
const TAGS_PER_FUNCTION: usize = 50;

fn list_tags(call: &mut Call<'_, '_>, input: &ListTagsRequest) -> Outcome<ListTagsResponse> {
    let name = FunctionName::parse(&input.resource, None)?;
    Ok(ListTagsResponse { tags: Some(function(call, &name)?.tags) })
}

fn tag_resource(call: &mut Call<'_, '_>, input: &TagResourceRequest) -> Outcome<Empty> {
    let name = FunctionName::parse(&input.resource, None)?;
    let mut document = function(call, &name)?;
    document.tags.extend(input.tags.iter().map(|(key, value)| (key.clone(), value.clone())));
    if document.tags.len() > TAGS_PER_FUNCTION {
        return Err(invalid(format!("A function can have at most {TAGS_PER_FUNCTION} tags.")));
    }
    put_function(call, &name.name, &document)?;
    Ok(Empty {})
}

fn untag_resource(call: &mut Call<'_, '_>, input: &UntagResourceRequest) -> Outcome<Empty> {
    let name = FunctionName::parse(&input.resource, None)?;
    let mut document = function(call, &name)?;
    document.tags.retain(|key, _| !input.tag_keys.contains(key));
    put_function(call, &name.name, &document)?;
    Ok(Empty {})
}
