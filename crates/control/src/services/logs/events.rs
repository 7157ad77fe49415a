//! Log events: put, read, filtered.

use std::time::Duration;

use ::logs::{EventsQuery, FilterQuery, Pattern, StreamSelection};
use api::logs::operations as op;
use api::logs::{
    FilterLogEventsRequest, FilterLogEventsResponse, FilteredLogEvent, GetLogEventsRequest,
    GetLogEventsResponse, OutputLogEvent, PutLogEventsRequest, PutLogEventsResponse, RejectedLogEventsInfo,
};
use base::Timestamp;

use super::{fault, group_name, invalid, require_group};
use crate::Registry;
use crate::call::{CallContext, Outcome, Plane};

pub(super) fn register(registry: &mut Registry) {
    registry
        .wait(op::PutLogEvents, put_log_events)
        .wait(op::GetLogEvents, get_log_events)
        .wait(op::FilterLogEvents, filter_log_events);
}

/// CloudWatch Logs API reference, `PutLogEvents`: nothing from more than 2 hours ahead, …
const FUTURE: Duration = Duration::from_secs(2 * 60 * 60);
/// … nothing older than 14 days, …
const PAST: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// … and no batch that spans more than 24 hours.
const SPAN: Duration = Duration::from_secs(24 * 60 * 60);

async fn put_log_events(
    plane: Plane,
    context: CallContext,
    input: PutLogEventsRequest,
) -> Outcome<PutLogEventsResponse> {
    let group = require_group(&plane, &context, &input.log_group_name).await?;
    let given: Vec<(Timestamp, String)> = input
        .log_events
        .into_iter()
        .map(|event| (Timestamp::from_millis(event.timestamp), event.message))
        .collect();
    if !given.is_sorted_by_key(|(timestamp, _)| *timestamp) {
        return Err(invalid("Log events in a single PutLogEvents request must be in chronological order."));
    }
    if let (Some((first, _)), Some((last, _))) = (given.first(), given.last())
        && last.since(*first) > SPAN
    {
        return Err(invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    let retention = group.document.and_then(|document| document.retention_in_days);
    let days = retention.and_then(|days| u64::try_from(days).ok());
    let kept = days.map(|days| Duration::from_secs(days * 24 * 60 * 60));
    let now = context.now;
    let too_old = given.iter().take_while(|(moment, _)| now.since(*moment) > PAST).count();
    let expired =
        given.iter().take_while(|(moment, _)| kept.is_some_and(|kept| now.since(*moment) > kept)).count();
    let too_new = given.iter().take_while(|(moment, _)| moment.since(now) <= FUTURE).count();
    let count = given.len();
    let accepted: Vec<_> = given.into_iter().take(too_new).skip(too_old.max(expired)).collect();
    plane
        .logs
        .append_durable(&context.scope, &input.log_group_name, &input.log_stream_name, accepted)
        .await
        .map_err(fault)?;
    let index = |n: usize| i32::try_from(n).ok();
    let rejected = RejectedLogEventsInfo {
        too_new_log_event_start_index: (too_new < count).then_some(too_new).and_then(index),
        too_old_log_event_end_index: (too_old > 0).then_some(too_old).and_then(index),
        expired_log_event_end_index: (expired > too_old).then_some(expired).and_then(index),
    };
    let any = rejected != RejectedLogEventsInfo::default();
    Ok(PutLogEventsResponse {
        // Sequence tokens mean nothing any more, and every call answers one (API reference).
        next_sequence_token: Some(format!("{:056}", now.as_millis())),
        rejected_log_events_info: any.then_some(rejected),
        rejected_entity_info: None,
    })
}

async fn get_log_events(
    plane: Plane,
    context: CallContext,
    input: GetLogEventsRequest,
) -> Outcome<GetLogEventsResponse> {
    let scope = context.scope.clone();
    let group = group_name(&scope, input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
    require_group(&plane, &context, &group).await?;
    // What was written before this call must be there.
    plane.logs.flush().await.map_err(fault)?;
    let page = plane
        .logs
        .get_events(EventsQuery {
            scope,
            group,
            stream: input.log_stream_name,
            start: input.start_time.map(Timestamp::from_millis),
            end: input.end_time.map(Timestamp::from_millis),
            limit: input.limit.and_then(|n| usize::try_from(n).ok()),
            from_head: input.start_from_head == Some(true),
            token: input.next_token,
        })
        .await
        .map_err(fault)?;
    let events = page
        .events
        .into_iter()
        .map(|event| OutputLogEvent {
            timestamp: Some(event.timestamp.as_millis()),
            message: Some(event.message),
            ingestion_time: Some(event.ingestion.as_millis()),
        })
        .collect();
    Ok(GetLogEventsResponse {
        events: Some(events),
        next_forward_token: Some(page.forward),
        next_backward_token: Some(page.backward),
    })
}

async fn filter_log_events(
    plane: Plane,
    context: CallContext,
    input: FilterLogEventsRequest,
) -> Outcome<FilterLogEventsResponse> {
    let scope = context.scope.clone();
    let group = group_name(&scope, input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
    require_group(&plane, &context, &group).await?;
    let streams = match (input.log_stream_names, input.log_stream_name_prefix) {
        (Some(_), Some(_)) => {
            return Err(invalid("Cannot specify both logStreamNames and logStreamNamePrefix."));
        }
        (Some(names), None) if !names.is_empty() => StreamSelection::Named(names),
        (_, Some(prefix)) => StreamSelection::Prefix(prefix),
        (_, None) => StreamSelection::All,
    };
    let pattern = match input.filter_pattern.as_deref() {
        None => Pattern::everything(),
        Some(text) => {
            Pattern::parse(text).map_err(|why| invalid(format!("Invalid filter pattern: {why}")))?
        }
    };
    plane.logs.flush().await.map_err(fault)?;
    let page = plane
        .logs
        .filter_events(FilterQuery {
            scope,
            group,
            streams,
            start: input.start_time.map(Timestamp::from_millis),
            end: input.end_time.map(Timestamp::from_millis),
            pattern,
            limit: input.limit.and_then(|n| usize::try_from(n).ok()),
            token: input.next_token,
        })
        .await
        .map_err(fault)?;
    let events = page
        .events
        .into_iter()
        .map(|found| FilteredLogEvent {
            log_stream_name: Some(found.stream),
            timestamp: Some(found.event.timestamp.as_millis()),
            message: Some(found.event.message),
            ingestion_time: Some(found.event.ingestion.as_millis()),
            event_id: Some(found.event.event_id.to_string()),
        })
        .collect();
    Ok(FilterLogEventsResponse {
        events: Some(events),
        // Empty since 2019 (CloudWatch Logs API reference, `FilterLogEvents`).
        searched_log_streams: Some(Vec::new()),
        next_token: page.next,
    })
}
