//! Tags of VPCs, subnets and security groups.

use api::Empty;
use api::ec2::operations as op;
use api::ec2::{CreateTagsRequest, DeleteTagsRequest, Tag, TagSpecification};
use documents::ec2::{SecurityGroupDocument, SubnetDocument, VpcDocument};
use store::Key;

use super::refusals::{invalid_parameter, unknown_id};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry.write(op::CreateTags, create_tags).write(op::DeleteTags, delete_tags);
}

/// Tags of a resource (EC2 user guide, "Tag restrictions").
const TAGS: usize = 50;

/// The tags that a new resource of this type is given.
pub(super) fn given(specifications: Option<&[TagSpecification]>, kind: &str) -> Outcome<Option<Vec<Tag>>> {
    let mut tags = Vec::new();
    for specification in specifications.unwrap_or_default() {
        let of = specification.resource_type.map(|of| of.as_str()).unwrap_or_default();
        if of != kind {
            return Err(invalid_parameter(format!(
                "'{of}' is not a valid taggable resource type for this operation."
            )));
        }
        set(&mut tags, specification.tags.as_deref().unwrap_or_default())?;
    }
    Ok(Some(tags).filter(|tags| !tags.is_empty()))
}

fn create_tags(call: &mut Call<'_, '_>, input: &CreateTagsRequest) -> Outcome<Empty> {
    for id in &input.resources {
        change(call, id, |tags| set(tags, &input.tags))?;
    }
    Ok(Empty {})
}

/// Removes tags by their keys, and of those with a value only if that is theirs; all if none are
/// named (EC2 API reference, `DeleteTags`).
fn delete_tags(call: &mut Call<'_, '_>, input: &DeleteTagsRequest) -> Outcome<Empty> {
    let named = input.tags.as_deref().filter(|tags| !tags.is_empty());
    let is_meant = |tag: &Tag| {
        named.is_none_or(|named| {
            named.iter().any(|one| one.key == tag.key && (one.value.is_none() || one.value == tag.value))
        })
    };
    for id in &input.resources {
        change(call, id, |tags| {
            tags.retain(|tag| !is_meant(tag));
            Ok(())
        })?;
    }
    Ok(Empty {})
}

fn set(tags: &mut Vec<Tag>, more: &[Tag]) -> Outcome<()> {
    for tag in more {
        let (key, value) = (tag.key.as_deref().unwrap_or_default(), tag.value.as_deref().unwrap_or_default());
        if key.is_empty() || key.chars().count() > 127 || key.starts_with("aws:") {
            return Err(invalid_parameter(format!("Value ( {key} ) for parameter key is invalid.")));
        }
        if value.chars().count() > 255 {
            return Err(invalid_parameter("Tag value exceeds the maximum length of 255 characters"));
        }
        tags.retain(|known| known.key.as_deref() != Some(key));
        tags.push(Tag { key: Some(key.to_owned()), value: Some(value.to_owned()) });
        if tags.len() > TAGS {
            return Err(invalid_parameter("The maximum number of Tags for a resource has been reached."));
        }
    }
    Ok(())
}

/// Changes the tags of the resource `id`.
fn change(call: &mut Call<'_, '_>, id: &str, work: impl Fn(&mut Vec<Tag>) -> Outcome<()>) -> Outcome<()> {
    let (scope, key) = (call.scope().clone(), Key::new([id]));
    let changed = |tags: &mut Option<Vec<Tag>>| -> Outcome<()> {
        let mut all = tags.take().unwrap_or_default();
        work(&mut all)?;
        *tags = Some(all).filter(|all| !all.is_empty());
        Ok(())
    };
    if let Some(mut document) = call.tx.get::<VpcDocument>(&scope, &key)? {
        changed(&mut document.vpc.tags)?;
        call.tx.put(&scope, &key, &document)?;
    } else if let Some(mut document) = call.tx.get::<SubnetDocument>(&scope, &key)? {
        changed(&mut document.subnet.tags)?;
        call.tx.put(&scope, &key, &document)?;
    } else if let Some(mut document) = call.tx.get::<SecurityGroupDocument>(&scope, &key)? {
        changed(&mut document.security_group.tags)?;
        call.tx.put(&scope, &key, &document)?;
    } else {
        return Err(unknown_id(id));
    }
    Ok(())
}
