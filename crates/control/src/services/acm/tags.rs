//! Tags of certificates. ACM has a limit and reserved keys as all services have them, and errors of
//! its own.

use api::Empty;
use api::acm::errors::{INVALID_TAG_EXCEPTION, TOO_MANY_TAGS_EXCEPTION};
use api::acm::operations as op;
use api::acm::{
    AddTagsToCertificateRequest, ListTagsForCertificateRequest, ListTagsForCertificateResponse,
    RemoveTagsFromCertificateRequest, Tag,
};
use indexmap::IndexMap;
use wire::ServiceError;

use super::{find, put};
use crate::Registry;
use crate::call::{Call, Outcome};
use crate::tags::TagFault;

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::AddTagsToCertificate, add_tags_to_certificate)
        .write(op::RemoveTagsFromCertificate, remove_tags_from_certificate)
        .read(op::ListTagsForCertificate, list_tags_for_certificate);
}

/// Adds `given` to `tags`; one without a value has an empty one.
pub(super) fn add(tags: &mut IndexMap<String, String>, given: &[Tag]) -> Outcome<()> {
    let given = given.iter().map(|tag| (tag.key.clone(), tag.value.clone().unwrap_or_default())).collect();
    crate::tags::add(tags, &given).map_err(|fault| {
        let error = match fault {
            TagFault::TooMany => &TOO_MANY_TAGS_EXCEPTION,
            TagFault::Key(_) | TagFault::Reserved(_) | TagFault::Value(_) => &INVALID_TAG_EXCEPTION,
        };
        ServiceError::new(error, fault.to_string()).into()
    })
}

fn add_tags_to_certificate(call: &mut Call<'_, '_>, input: &AddTagsToCertificateRequest) -> Outcome<Empty> {
    let mut document = find(call, &input.certificate_arn)?;
    add(&mut document.tags, &input.tags)?;
    put(call.tx, &document)?;
    Ok(Empty {})
}

/// Removes tags: those that are named with a value only if they have it (ACM API reference,
/// `RemoveTagsFromCertificate`).
fn remove_tags_from_certificate(
    call: &mut Call<'_, '_>,
    input: &RemoveTagsFromCertificateRequest,
) -> Outcome<Empty> {
    let mut document = find(call, &input.certificate_arn)?;
    document.tags.retain(|key, value| {
        let named = |tag: &Tag| tag.key == *key && tag.value.as_ref().is_none_or(|given| given == value);
        !input.tags.iter().any(named)
    });
    put(call.tx, &document)?;
    Ok(Empty {})
}

fn list_tags_for_certificate(
    call: &mut Call<'_, '_>,
    input: &ListTagsForCertificateRequest,
) -> Outcome<ListTagsForCertificateResponse> {
    let tags = find(call, &input.certificate_arn)?.tags;
    let tags = tags.into_iter().map(|(key, value)| Tag { key, value: Some(value) }).collect();
    Ok(ListTagsForCertificateResponse { tags: Some(tags) })
}
