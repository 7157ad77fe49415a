//! CloudWatch Logs, as far as functions' output and access logs need it: groups with retention
//! and tags, streams, and events that are put, read and filtered. Events live in the log store;
//! operations and texts follow the CloudWatch Logs API reference.

mod events;
mod groups;
pub(crate) mod retention;
mod streams;
mod tags;

#[cfg(test)]
mod tests;

use ::logs::LogFault;
use api::logs::errors::{INVALID_PARAMETER_EXCEPTION, RESOURCE_NOT_FOUND_EXCEPTION};
use base::{Scope, Timestamp};
use documents::logs::LogGroupDocument;
use store::Key;
use wire::ServiceError;

use crate::Registry;
use crate::call::{CallContext, Failure, Outcome, Plane};

pub(super) fn register(registry: &mut Registry) {
    groups::register(registry);
    streams::register(registry);
    events::register(registry);
    tags::register(registry);
}

fn invalid(text: impl Into<String>) -> Failure {
    ServiceError::new(&INVALID_PARAMETER_EXCEPTION, text).into()
}

fn not_found(text: &str) -> Failure {
    ServiceError::new(&RESOURCE_NOT_FOUND_EXCEPTION, text).into()
}

fn no_such_group() -> Failure {
    not_found("The specified log group does not exist.")
}

fn no_such_stream() -> Failure {
    not_found("The specified log stream does not exist.")
}

/// A log store's fault as an answer.
fn fault(fault: LogFault) -> Failure {
    match fault {
        LogFault::NoSuchStream => no_such_stream(),
        LogFault::InvalidToken => invalid("The specified nextToken is invalid."),
        LogFault::BatchTooLarge { size } => invalid(format!(
            "Upload too large: {size} bytes exceeds limit of {}",
            ::logs::MAXIMUM_BATCH_BYTES
        )),
        LogFault::TooManyEvents { .. } | LogFault::NegativeTimestamp { .. } => invalid(fault.to_string()),
        LogFault::DiskFull
        | LogFault::ReadOnly
        | LogFault::Disk { .. }
        | LogFault::Corrupted { .. }
        | LogFault::Closed
        | LogFault::Engine { .. } => {
            tracing::error!(%fault, "the log store failed");
            ServiceError::service_unavailable().into()
        }
    }
}

/// `arn:aws:logs:{region}:{account}:log-group:{name}`.
fn group_arn(scope: &Scope, name: &str) -> String {
    format!("arn:aws:logs:{}:{}:log-group:{name}", scope.region(), scope.account())
}

/// The group that a request names, by name or by ARN.
fn group_name(scope: &Scope, name: Option<&str>, identifier: Option<&str>) -> Outcome<String> {
    let ((Some(named), None) | (None, Some(named))) = (name, identifier) else {
        return Err(invalid("You must include either logGroupIdentifier or logGroupName, but not both."));
    };
    if !named.starts_with("arn:") {
        return Ok(named.to_owned());
    }
    let own = group_arn(scope, "");
    let name = named.strip_prefix(&own).ok_or_else(no_such_group)?;
    Ok(name.strip_suffix(":*").unwrap_or(name).to_owned())
}

/// A group that a caller or a writer has made.
struct Group {
    /// What was said of it; nothing of one that only a writer has made.
    document: Option<LogGroupDocument>,
    /// When it was made.
    created: Timestamp,
}

/// The group `name`; `None` if nobody has made it.
async fn find_group(plane: &Plane, scope: &Scope, name: &str) -> Outcome<Option<Group>> {
    let (place, key) = (scope.clone(), Key::new([name]));
    let document: Option<LogGroupDocument> =
        plane.store.read(move |tx| Outcome::Ok(tx.get(&place, &key)?)).await?;
    if let Some(document) = document {
        let created = document.created;
        return Ok(Some(Group { document: Some(document), created }));
    }
    let written = plane.logs.list_groups(scope, name).await.map_err(fault)?;
    let written = written.into_iter().find(|group| group.name == name);
    Ok(written.map(|group| Group { document: None, created: group.created }))
}

/// The group `name`, or `ResourceNotFoundException`.
async fn require_group(plane: &Plane, context: &CallContext, name: &str) -> Outcome<Group> {
    find_group(plane, &context.scope, name).await?.ok_or_else(no_such_group)
}
