//! Tags of log groups, by ARN.

use api::Empty;
use api::logs::operations as op;
use api::logs::{
    ListTagsForResourceRequest, ListTagsForResourceResponse, TagResourceRequest, UntagResourceRequest,
};

use super::{group_name, groups, not_found};
use crate::Registry;
use crate::call::{CallContext, Outcome, Plane};

pub(super) fn register(registry: &mut Registry) {
    registry
        .wait(op::ListTagsForResource, list_tags_for_resource)
        .wait(op::TagResource, tag_resource)
        .wait(op::UntagResource, untag_resource);
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
    Ok(ListTagsForResourceResponse { tags: Some(groups::tags(&plane, &context, &name).await?) })
}

async fn tag_resource(plane: Plane, context: CallContext, input: TagResourceRequest) -> Outcome<Empty> {
    let name = group_of(&context, &input.resource_arn)?;
    let more = input.tags;
    groups::retag(&plane, &context, name, move |tags| tags.extend(more.clone())).await
}

async fn untag_resource(plane: Plane, context: CallContext, input: UntagResourceRequest) -> Outcome<Empty> {
    let name = group_of(&context, &input.resource_arn)?;
    let keys = input.tag_keys;
    groups::retag(&plane, &context, name, move |tags| tags.retain(|key, _| !keys.contains(key))).await
}
