//! The audit trail: every call that changes something, or that was refused when it tried to, leaves
//! a record in CloudTrail's form. `kinds` says which calls those are, `event` writes the record,
//! `hide` keeps secrets out of it, `resources` says what it is about. `LookupEvents` reads them.
//!
//! The record of a change is written in the change's own transaction: neither is there without the
//! other, and it costs one row in a commit that happens anyway. A refusal, and a change that is not
//! made in the store (a log stream), is recorded in a transaction of its own before it is answered.
//! Calls whose signature is not accepted belong to no account and are not recorded.

mod event;
mod hide;
mod kinds;
mod resources;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::OperationTable;
use api::table::Shape;
use base::{Timestamp, ids};
use documents::cloudtrail::{RECORDS_KEPT_DAYS, TrailRecord};
use serde::Serialize;
use serde_json::Value;
use store::{StoreFault, Transaction};
use wire::ServiceError;

use crate::call::{CallContext, Failure, Outcome, Plane};
use crate::pipeline::answer_to;
pub(crate) use kinds::is_recorded;

/// Records that are removed in one transaction.
const REMOVED_AT_ONCE: usize = 1_000;

/// The record that a call is to leave.
#[derive(Debug)]
pub(crate) struct Entry {
    operation: &'static OperationTable,
    /// What was asked for, secrets hidden; `None` if it could not be read.
    parameters: Option<Value>,
    /// Whether a transaction of the call holds its record.
    is_recorded: AtomicBool,
}

impl Entry {
    /// The record of a call of `operation` with this canonical input.
    pub(crate) fn new(operation: &'static OperationTable, input: Option<&Value>) -> Arc<Self> {
        let parameters = input.map(|input| hide::hidden(Shape::Structure(operation.input), input));
        Arc::new(Self { operation, parameters, is_recorded: AtomicBool::new(false) })
    }
}

/// Records a change in the transaction that makes it.
pub(crate) fn record_change(
    tx: &mut Transaction<'_>,
    plane: &Plane,
    context: &CallContext,
    output: &impl Serialize,
) -> Outcome<()> {
    let Some(entry) = &context.audit else { return Ok(()) };
    // What is not the operation's output, but a step on the way to it, has no elements.
    let output = serde_json::to_value(output).ok().filter(Value::is_object);
    Ok(append(tx, plane, context, entry, Ok(output.as_ref()))?)
}

/// Notes that a transaction with the call's record is durable.
pub(crate) fn mark_recorded(context: &CallContext) {
    if let Some(entry) = &context.audit {
        entry.is_recorded.store(true, Ordering::Release);
    }
}

/// Records how a call ended, unless its own transaction has, and answers it.
pub(crate) async fn close(plane: &Plane, context: CallContext, outcome: Outcome<Value>) -> Outcome<Value> {
    let Some(entry) = context.audit.clone() else { return outcome };
    if outcome.is_ok() && entry.is_recorded.load(Ordering::Acquire) {
        return outcome;
    }
    let ended = match &outcome {
        Ok(output) => Ok(output.clone()),
        Err(Failure::Service(error)) => Err(error.clone()),
        Err(Failure::Store(fault)) => Err(answer_to(fault)),
    };
    let inner = plane.clone();
    let recorded = plane
        .store
        .write(move |tx| append(tx, &inner, &context, &entry, ended.as_ref().map(Some)))
        .await
        .map(drop);
    match (outcome, recorded) {
        (outcome, Ok(())) => outcome,
        // Nothing is done that is not recorded: the caller has to try again.
        (Ok(_), Err(fault)) => Err(Failure::Store(fault)),
        (Err(failure), Err(fault)) => {
            tracing::error!(%fault, "a refused call could not be recorded");
            Err(failure)
        }
    }
}

fn append(
    tx: &mut Transaction<'_>,
    plane: &Plane,
    context: &CallContext,
    entry: &Entry,
    outcome: Result<Option<&Value>, &ServiceError>,
) -> Result<(), StoreFault> {
    let elements = match outcome {
        Ok(output) => output.map(|output| hide::hidden(Shape::Structure(entry.operation.output), output)),
        Err(_) => None,
    };
    let event_id = ids::uuid(&plane.random);
    let record = event::record(context, entry, elements, outcome.err(), event_id);
    tx.append(&context.scope, context.now, &record)
}

/// The first moment whose records are still kept at `now`.
pub(crate) fn kept_since(now: Timestamp) -> Timestamp {
    let kept = Duration::from_secs(u64::from(RECORDS_KEPT_DAYS) * 86_400);
    Timestamp::from_millis(
        now.as_millis().saturating_sub(i64::try_from(kept.as_millis()).unwrap_or(i64::MAX)),
    )
}

/// Removes records that are no longer kept. Failures are logged and met again at the next call.
pub(crate) async fn keep_retention(plane: &Plane) {
    let since = kept_since(plane.clock.now());
    loop {
        let removal = plane.store.write(move |tx| tx.delete_records::<TrailRecord>(since, REMOVED_AT_ONCE));
        match removal.await {
            Ok((REMOVED_AT_ONCE, _)) => {}
            Ok(_) => return,
            Err::<_, StoreFault>(fault) => {
                tracing::error!(%fault, "expired audit records cannot be removed");
                return;
            }
        }
    }
}
