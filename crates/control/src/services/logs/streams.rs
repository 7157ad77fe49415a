//! Log streams.

use ::logs::{StreamOrder, StreamsQuery};
use api::Empty;
use api::logs::errors::RESOURCE_ALREADY_EXISTS_EXCEPTION;
use api::logs::operations as op;
use api::logs::{
    CreateLogStreamRequest, DeleteLogStreamRequest, DescribeLogStreamsRequest, DescribeLogStreamsResponse,
    LogStream, OrderBy,
};
use base::Timestamp;
use wire::ServiceError;

use super::{fault, group_arn, group_name, invalid, no_such_stream, require_group};
use crate::Registry;
use crate::call::{CallContext, Outcome, Plane};

pub(super) fn register(registry: &mut Registry) {
    registry
        .wait(op::CreateLogStream, create_log_stream)
        .wait(op::DescribeLogStreams, describe_log_streams)
        .wait(op::DeleteLogStream, delete_log_stream);
}

async fn create_log_stream(
    plane: Plane,
    context: CallContext,
    input: CreateLogStreamRequest,
) -> Outcome<Empty> {
    require_group(&plane, &context, &input.log_group_name).await?;
    let made = plane.logs.create_stream(&context.scope, &input.log_group_name, &input.log_stream_name).await;
    if made.map_err(fault)? {
        return Ok(Empty {});
    }
    let text = "The specified log stream already exists";
    Err(ServiceError::new(&RESOURCE_ALREADY_EXISTS_EXCEPTION, text).into())
}

async fn delete_log_stream(
    plane: Plane,
    context: CallContext,
    input: DeleteLogStreamRequest,
) -> Outcome<Empty> {
    require_group(&plane, &context, &input.log_group_name).await?;
    let removed =
        plane.logs.delete_stream(&context.scope, &input.log_group_name, &input.log_stream_name).await;
    if removed.map_err(fault)? { Ok(Empty {}) } else { Err(no_such_stream()) }
}

async fn describe_log_streams(
    plane: Plane,
    context: CallContext,
    input: DescribeLogStreamsRequest,
) -> Outcome<DescribeLogStreamsResponse> {
    let scope = context.scope.clone();
    let group = group_name(&scope, input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
    require_group(&plane, &context, &group).await?;
    let order = match input.order_by {
        None | Some(OrderBy::LogStreamName) => StreamOrder::Name,
        Some(OrderBy::LastEventTime) if input.log_stream_name_prefix.is_some() => {
            return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
        }
        Some(OrderBy::LastEventTime) => StreamOrder::LastEvent,
    };
    let page = plane
        .logs
        .list_streams(StreamsQuery {
            scope: scope.clone(),
            group: group.clone(),
            prefix: input.log_stream_name_prefix,
            order,
            descending: input.descending == Some(true),
            limit: input.limit.and_then(|n| usize::try_from(n).ok()),
            token: input.next_token,
        })
        .await
        .map_err(fault)?;
    let millis = |moment: Option<Timestamp>| moment.map(Timestamp::as_millis);
    let arn = group_arn(&scope, &group);
    let log_streams = page
        .streams
        .into_iter()
        .map(|stream| LogStream {
            arn: Some(format!("{arn}:log-stream:{}", stream.name)),
            log_stream_name: Some(stream.name),
            creation_time: Some(stream.created.as_millis()),
            first_event_timestamp: millis(stream.first_event),
            last_event_timestamp: millis(stream.last_event),
            last_ingestion_time: millis(stream.last_ingestion),
            upload_sequence_token: None,
            // Streams report 0 since 2019 (CloudWatch Logs API reference, `LogStream`).
            stored_bytes: Some(0),
        })
        .collect();
    Ok(DescribeLogStreamsResponse { log_streams: Some(log_streams), next_token: page.next })
}
