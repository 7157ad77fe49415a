//! Tags of log groups, by ARN.

use api::Empty;
use api::logs::errors::TOO_MANY_TAGS_EXCEPTION;
use api::logs::operations as op;
use api::logs::{
    ListTagsForResourceRequest, ListTagsForResourceResponse, TagResourceRequest, UntagResourceRequest,
};
use indexmap::IndexMap;
use wire::ServiceError;

use super::{group_name, groups, invalid, not_found, require_group};
use crate::Registry;
use crate::call::{CallContext, Outcome, Plane};
use crate::tags::TagFault;

pub(super) fn register(registry: &mut Registry) {
    registry
        .wait(op::ListTagsForResource, list_tags_for_resource)
        .wait(op::TagResource, tag_resource)
        .wait(op::UntagResource, untag_resource);
}

/// Adds `given` to `tags`.
pub(super) fn add(tags: &mut IndexMap<String, String>, given: &IndexMap<String, String>) -> Outcome<()> {
    crate::tags::add(tags, given).map_err(|fault| match fault {
        TagFault::TooMany => ServiceError::new(&TOO_MANY_TAGS_EXCEPTION, fault.to_string()).into(),
        TagFault::Key(_) | TagFault::Reserved(_) | TagFault::Value(_) => invalid(fault.to_string()),
    })
}

/// Only groups have tags here; their ARNs come with and without `:*`.
fn group_of(context: &CallContext, arn: &str) -> Outcome<String> {
    if !arn.contains(":log-group:") {
        return Err(not_found("The specified resource does not exist."));
    }
    group_name(&context.scope, None, Some(arn))
}

async fn list_tags_for_resource(
    plane: Plane,
    context: CallContext,
    input: ListTagsForResourceRequest,
) -> Outcome<ListTagsForResourceResponse> {
    let name = group_of(&context, &input.resource_arn)?;
    let group = require_group(&plane, &context, &name).await?;
    Ok(ListTagsForResourceResponse { tags: Some(group.document.map(|group| group.tags).unwrap_or_default()) })
}

async fn tag_resource(plane: Plane, context: CallContext, input: TagResourceRequest) -> Outcome<Empty> {
    let name = group_of(&context, &input.resource_arn)?;
    let more = input.tags;
    groups::change(&plane, &context, name, move |group| add(&mut group.tags, &more)).await
}

async fn untag_resource(plane: Plane, context: CallContext, input: UntagResourceRequest) -> Outcome<Empty> {
    let name = group_of(&context, &input.resource_arn)?;
    let keys = input.tag_keys;
    groups::change(&plane, &context, name, move |group| {
        group.tags.retain(|key, _| !keys.contains(key));
        Ok(())
    })
    .await
}
