//! Log groups: those that were created, and those that came to be because something was
//! written to them.

use std::collections::BTreeMap;

use api::Empty;
use api::logs::errors::RESOURCE_ALREADY_EXISTS_EXCEPTION;
use api::logs::operations as op;
use api::logs::{
    CreateLogGroupRequest, DeleteLogGroupRequest, DeleteRetentionPolicyRequest, DescribeLogGroupsRequest,
    DescribeLogGroupsResponse, LogGroup, LogGroupClass, PutRetentionPolicyRequest,
};
use base::{Scope, Timestamp};
use documents::logs::LogGroupDocument;
use indexmap::IndexMap;
use store::Key;
use wire::ServiceError;

use super::{fault, find_group, group_arn, invalid, no_such_group, require_group, tags};
use crate::Registry;
use crate::call::{Call, CallContext, Outcome, Plane};

pub(super) fn register(registry: &mut Registry) {
    registry
        .wait(op::CreateLogGroup, create_log_group)
        .wait(op::DescribeLogGroups, describe_log_groups)
        .wait(op::DeleteLogGroup, delete_log_group)
        .wait(op::PutRetentionPolicy, put_retention_policy)
        .wait(op::DeleteRetentionPolicy, delete_retention_policy);
}

/// CloudWatch Logs API reference, `PutRetentionPolicy`.
const RETENTION_DAYS: &[i32] = &[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/// CloudWatch Logs API reference, `DescribeLogGroups`: 50 if nothing else is said, and at most.
const PAGE: usize = 50;

async fn create_log_group(
    plane: Plane,
    context: CallContext,
    input: CreateLogGroupRequest,
) -> Outcome<Empty> {
    if input.kms_key_id.is_some() {
        return Err(invalid("Encryption with a KMS key is not built yet."));
    }
    if input.log_group_class.is_some_and(|class| class != LogGroupClass::Standard) {
        return Err(invalid("Log group classes other than STANDARD are not built yet."));
    }
    if input.deletion_protection_enabled == Some(true) {
        return Err(invalid("Deletion protection is not built yet."));
    }
    if input.log_group_name.starts_with("aws/") {
        // CloudWatch Logs API reference, `CreateLogGroup`.
        return Err(invalid("Log group names can't start with the string aws/"));
    }
    let mut tags = IndexMap::new();
    if let Some(given) = &input.tags {
        tags::add(&mut tags, given)?;
    }
    if find_group(&plane, &context.scope, &input.log_group_name).await?.is_some() {
        return Err(exists().into());
    }
    crate::pipeline::write(&plane, &context, move |call| {
        let key = Key::new([&*input.log_group_name]);
        let scope = call.scope().clone();
        // Once more, inside the transaction: two calls may have come this far together.
        if call.tx.get::<LogGroupDocument>(&scope, &key)?.is_some() {
            return Err(exists().into());
        }
        let document = LogGroupDocument { created: call.now(), retention_in_days: None, tags: tags.clone() };
        call.tx.put(&scope, &key, &document)?;
        Ok(Empty {})
    })
    .await
}

fn exists() -> ServiceError {
    ServiceError::new(&RESOURCE_ALREADY_EXISTS_EXCEPTION, "The specified log group already exists")
}

fn shown(
    scope: &Scope,
    name: &str,
    created: Timestamp,
    stored_bytes: u64,
    document: Option<&LogGroupDocument>,
) -> LogGroup {
    let arn = group_arn(scope, name);
    LogGroup {
        log_group_name: Some(name.to_owned()),
        creation_time: Some(created.as_millis()),
        retention_in_days: document.and_then(|document| document.retention_in_days),
        metric_filter_count: Some(0),
        arn: Some(format!("{arn}:*")),
        log_group_arn: Some(arn),
        stored_bytes: i64::try_from(stored_bytes).ok(),
        log_group_class: Some(LogGroupClass::Standard),
        ..LogGroup::default()
    }
}

async fn describe_log_groups(
    plane: Plane,
    context: CallContext,
    input: DescribeLogGroupsRequest,
) -> Outcome<DescribeLogGroupsResponse> {
    let scope = context.scope;
    if input.log_group_name_prefix.is_some() && input.log_group_name_pattern.is_some() {
        return Err(invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let prefix = input.log_group_name_prefix.clone().unwrap_or_default();
    let list_scope = scope.clone();
    let documents = plane
        .store
        .read(move |tx| Outcome::Ok(tx.list::<LogGroupDocument>(&list_scope, &Key::root())?))
        .await?;
    let mut groups: BTreeMap<String, LogGroup> = BTreeMap::new();
    for group in plane.logs.list_groups(&scope, &prefix).await.map_err(fault)? {
        let row = shown(&scope, &group.name, group.created, group.stored_bytes, None);
        groups.insert(group.name, row);
    }
    for (key, document) in documents {
        let Some(name) = key.parts().first() else { continue };
        let written =
            groups.get(name).and_then(|group| group.stored_bytes).and_then(|n| u64::try_from(n).ok());
        let row = shown(&scope, name, document.created, written.unwrap_or(0), Some(&document));
        groups.insert(name.clone(), row);
    }
    let identified = input.log_group_identifiers.as_ref().filter(|all| !all.is_empty());
    let wanted = |name: &str| {
        name.starts_with(&prefix)
            && input
                .log_group_name_pattern
                .as_deref()
                .is_none_or(|pattern| name.to_ascii_lowercase().contains(&pattern.to_ascii_lowercase()))
            && input.log_group_class.is_none_or(|class| class == LogGroupClass::Standard)
            && identified
                .is_none_or(|all| all.iter().any(|one| one == name || *one == group_arn(&scope, name)))
    };
    // The token is the last name of the page before: groups that come and go move nothing.
    let after = input.next_token.as_deref().unwrap_or_default();
    let limit = input.limit.and_then(|n| usize::try_from(n).ok()).unwrap_or(PAGE).min(PAGE);
    let mut rest = groups
        .into_iter()
        .filter(|(name, _)| name.as_str() > after && wanted(name))
        .map(|(_, group)| group)
        .peekable();
    let page: Vec<LogGroup> = rest.by_ref().take(limit).collect();
    let more = rest.peek().is_some();
    let next_token = page.last().filter(|_| more).and_then(|group| group.log_group_name.clone());
    Ok(DescribeLogGroupsResponse { log_groups: Some(page), next_token })
}

async fn delete_log_group(
    plane: Plane,
    context: CallContext,
    input: DeleteLogGroupRequest,
) -> Outcome<Empty> {
    let name = input.log_group_name.clone();
    let (_, existed) = crate::pipeline::write(&plane, &context, move |call| {
        let scope = call.scope().clone();
        let existed = call.tx.delete::<LogGroupDocument>(&scope, &Key::new([&*name]))?;
        Ok(((), existed))
    })
    .await?;
    let written = plane.logs.delete_group(&context.scope, &input.log_group_name).await.map_err(fault)?;
    if existed || written { Ok(Empty {}) } else { Err(no_such_group()) }
}

/// Changes what is said of a group, which a writer may have made without saying anything.
pub(super) async fn change(
    plane: &Plane,
    context: &CallContext,
    name: String,
    change: impl Fn(&mut LogGroupDocument) -> Outcome<()> + Send + 'static,
) -> Outcome<Empty> {
    let created = require_group(plane, context, &name).await?.created;
    crate::pipeline::write(plane, context, move |call: &mut Call<'_, '_>| {
        let (scope, key) = (&call.context.scope, Key::new([&*name]));
        let mut document = call
            .tx
            .get::<LogGroupDocument>(scope, &key)?
            .unwrap_or_else(|| LogGroupDocument { created, retention_in_days: None, tags: IndexMap::new() });
        change(&mut document)?;
        call.tx.put(scope, &key, &document)?;
        Ok(Empty {})
    })
    .await
}

async fn put_retention_policy(
    plane: Plane,
    context: CallContext,
    input: PutRetentionPolicyRequest,
) -> Outcome<Empty> {
    let days = input.retention_in_days;
    if !RETENTION_DAYS.contains(&days) {
        let allowed: Vec<String> = RETENTION_DAYS.iter().map(i32::to_string).collect();
        return Err(invalid(format!(
            "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: \
             Member must satisfy enum value set: [{}]",
            allowed.join(", ")
        )));
    }
    change(&plane, &context, input.log_group_name, move |group| {
        group.retention_in_days = Some(days);
        Ok(())
    })
    .await
}

async fn delete_retention_policy(
    plane: Plane,
    context: CallContext,
    input: DeleteRetentionPolicyRequest,
) -> Outcome<Empty> {
    change(&plane, &context, input.log_group_name, |group| {
        group.retention_in_days = None;
        Ok(())
    })
    .await
}
