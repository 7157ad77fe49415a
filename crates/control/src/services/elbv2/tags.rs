//! Tags of load balancers.

use api::elbv2::operations as op;
use api::elbv2::{
    AddTagsInput, AddTagsOutput, DescribeTagsInput, DescribeTagsOutput, RemoveTagsInput, RemoveTagsOutput,
    Tag, TagDescription, errors,
};
use indexmap::IndexMap;
use wire::ServiceError;

use super::load_balancers::{find, put};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::AddTags, add_tags)
        .write(op::RemoveTags, remove_tags)
        .read(op::DescribeTags, describe_tags);
}

/// Tags of a load balancer (Elastic Load Balancing API reference, `AddTags`).
const TAGS: usize = 50;

/// Adds tags to those that are there.
pub(super) fn add(tags: &mut IndexMap<String, String>, more: &[Tag]) -> Outcome<()> {
    for tag in more {
        tags.insert(tag.key.clone(), tag.value.clone().unwrap_or_default());
    }
    if tags.len() > TAGS {
        let text = "The maximum number of tags has been reached";
        return Err(ServiceError::new(&errors::TOO_MANY_TAGS_EXCEPTION, text).into());
    }
    Ok(())
}

fn add_tags(call: &mut Call<'_, '_>, input: &AddTagsInput) -> Outcome<AddTagsOutput> {
    for arn in &input.resource_arns {
        let mut document = find(call, arn)?;
        add(&mut document.tags, &input.tags)?;
        put(call, &document)?;
    }
    Ok(AddTagsOutput {})
}

fn remove_tags(call: &mut Call<'_, '_>, input: &RemoveTagsInput) -> Outcome<RemoveTagsOutput> {
    for arn in &input.resource_arns {
        let mut document = find(call, arn)?;
        document.tags.retain(|key, _| !input.tag_keys.contains(key));
        put(call, &document)?;
    }
    Ok(RemoveTagsOutput {})
}

fn describe_tags(call: &mut Call<'_, '_>, input: &DescribeTagsInput) -> Outcome<DescribeTagsOutput> {
    let mut told = Vec::new();
    for arn in &input.resource_arns {
        let tags = find(call, arn)?.tags;
        let tags = tags.into_iter().map(|(key, value)| Tag { key, value: Some(value) }).collect();
        told.push(TagDescription { resource_arn: Some(arn.clone()), tags: Some(tags) });
    }
    Ok(DescribeTagsOutput { tag_descriptions: Some(told) })
}
