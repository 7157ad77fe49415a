//! Tags of roles, users and policies (IAM user guide, "Tags for AWS Identity and Access
//! Management resources": keys differ by more than case, and there are at most 50).

use api::iam::Tag;

use super::{invalid_input, limit_exceeded, listing};
use crate::call::Outcome;

/// Tags of one thing.
const MAXIMUM: usize = 50;

/// Keys that begin so are AWS's own.
const RESERVED: &str = "aws:";

/// The tags that a new thing is made with; `None` if there are none.
pub(super) fn of_new(given: Option<&[Tag]>) -> Outcome<Option<Vec<Tag>>> {
    let mut tags = None;
    if let Some(given) = given.filter(|given| !given.is_empty()) {
        add(&mut tags, given)?;
    }
    Ok(tags)
}

/// Adds `more`, each in place of the one with the same key.
pub(super) fn add(tags: &mut Option<Vec<Tag>>, more: &[Tag]) -> Outcome<()> {
    let same = |one: &Tag, other: &Tag| one.key.eq_ignore_ascii_case(&other.key);
    for (at, tag) in more.iter().enumerate() {
        if more.iter().skip(at + 1).any(|other| same(tag, other)) {
            return Err(invalid_input(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        if tag.key.get(..RESERVED.len()).is_some_and(|start| start.eq_ignore_ascii_case(RESERVED)) {
            return Err(invalid_input("Tag keys that start with 'aws:' are reserved for AWS use."));
        }
    }
    let tags = tags.get_or_insert_default();
    for tag in more {
        match tags.iter_mut().find(|other| same(other, tag)) {
            Some(other) => *other = tag.clone(),
            None => tags.push(tag.clone()),
        }
    }
    if tags.len() > MAXIMUM {
        return Err(limit_exceeded("The number of tags has reached the maximum limit."));
    }
    Ok(())
}

/// Removes the tags of these keys.
pub(super) fn remove(tags: &mut Option<Vec<Tag>>, keys: &[String]) {
    if let Some(list) = tags {
        list.retain(|tag| !keys.iter().any(|key| key.eq_ignore_ascii_case(&tag.key)));
        if list.is_empty() {
            *tags = None;
        }
    }
}

/// One page of them.
pub(super) fn page(
    tags: Option<Vec<Tag>>,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Outcome<listing::Listed<Tag>> {
    listing::page(tags.unwrap_or_default(), |tag| tag.key.clone(), marker, max_items)
}
