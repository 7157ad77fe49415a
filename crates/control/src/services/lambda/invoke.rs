//! `Invoke` and `InvokeWithResponseStream`: hand the event to whoever runs functions and render what comes
//! back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use api::lambda::errors::{
    INVALID_REQUEST_CONTENT_EXCEPTION, REQUEST_TOO_LARGE_EXCEPTION, SERVICE_EXCEPTION,
    TOO_MANY_REQUESTS_EXCEPTION,
};
use api::lambda::operations as op;
use api::lambda::{
    InvocationRequest, InvocationResponse, InvokeResponseStreamUpdate, InvokeWithResponseStreamCompleteEvent,
    InvokeWithResponseStreamRequest, InvokeWithResponseStreamResponse, InvokeWithResponseStreamResponseEvent,
    LogType, ResponseStreamingInvocationType,
};
use api::{Blob, ErrorTable};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures_util::{StreamExt as _, future, stream};
use ports::functions::{
    FunctionRef, InvocationType, InvokeError, InvokeRequest, Invoker, Part, Parts, StreamEnd,
};
use wire::ServiceError;

use super::names::FunctionName;
use super::{invalid, not_found};
use crate::Registry;
use crate::call::{CallContext, Failure, Outcome, Plane};
use crate::registry::Events;

pub(super) fn register(registry: &mut Registry) {
    registry.wait(op::Invoke, invoke).stream(op::InvokeWithResponseStream, invoke_with_response_stream);
}

async fn invoke(plane: Plane, context: CallContext, input: InvocationRequest) -> Outcome<InvocationResponse> {
    let function = named(&context, &input.function_name, input.qualifier.as_deref())?;
    if input.durable_execution_name.is_some() || input.tenant_id.is_some() {
        return Err(invalid("Durable executions and tenants are not built yet."));
    }
    let (invocation_type, status) = match input.invocation_type {
        None | Some(api::lambda::InvocationType::RequestResponse) => (InvocationType::RequestResponse, 200),
        Some(api::lambda::InvocationType::Event) => (InvocationType::Event, 202),
        Some(api::lambda::InvocationType::DryRun) => (InvocationType::DryRun, 204),
    };
    let reply = plane
        .functions
        .invoke(InvokeRequest {
            function,
            payload: event(input.payload),
            invoker: Invoker::Authorized,
            invocation_type,
            trace_id: None,
            client_context: input.client_context,
            log_tail: input.log_type == Some(LogType::Tail),
        })
        .await
        .map_err(refusal)?;
    Ok(InvocationResponse {
        status_code: Some(status),
        function_error: reply.function_error.map(str::to_owned),
        log_result: reply.log_tail.map(|tail| BASE64_STANDARD.encode(tail)),
        payload: Some(Blob(reply.payload)),
        executed_version: Some(reply.executed_version),
        durable_execution_arn: None,
    })
}

/// Waits, or asks whether it might: the answer to that has no events.
async fn invoke_with_response_stream(
    plane: Plane,
    context: CallContext,
    input: InvokeWithResponseStreamRequest,
) -> Outcome<(InvokeWithResponseStreamResponse, Events)> {
    let function = named(&context, &input.function_name, input.qualifier.as_deref())?;
    if input.tenant_id.is_some() {
        return Err(invalid("Tenants are not built yet."));
    }
    let answer = |status, executed_version| InvokeWithResponseStreamResponse {
        status_code: Some(status),
        executed_version: Some(executed_version),
        event_stream: None,
        response_stream_content_type: None,
    };
    let request = InvokeRequest {
        function,
        payload: event(input.payload),
        invoker: Invoker::Authorized,
        invocation_type: InvocationType::RequestResponse,
        trace_id: None,
        client_context: input.client_context,
        log_tail: input.log_type == Some(LogType::Tail),
    };
    match input.invocation_type {
        Some(ResponseStreamingInvocationType::DryRun) => {
            let request = InvokeRequest { invocation_type: InvocationType::DryRun, ..request };
            let reply = plane.functions.invoke(request).await.map_err(refusal)?;
            Ok((answer(204, reply.executed_version), stream::empty().boxed()))
        }
        None | Some(ResponseStreamingInvocationType::RequestResponse) => {
            let reply = plane.functions.invoke_streaming(request).await.map_err(refusal)?;
            Ok((answer(200, reply.executed_version), events(reply.parts)))
        }
    }
}

/// The parts of a function's result as events. The last one tells how it ended; it comes even if the
/// result is cut off.
fn events(parts: Parts) -> Events {
    let cut_off = Part::End(StreamEnd {
        error: Some(Bytes::from_static(b"{\"errorMessage\":\"The response was cut off\"}")),
        log_tail: None,
    });
    let ended = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&ended);
    let parts = parts.inspect(move |part| {
        if matches!(part, Part::End(_)) {
            seen.store(true, Ordering::Relaxed);
        }
    });
    let last = stream::once(async move { (!ended.load(Ordering::Relaxed)).then_some(cut_off) });
    let parts = parts.chain(last.filter_map(future::ready));
    parts.filter_map(|part| future::ready(serde_json::to_value(of_part(part)).ok())).boxed()
}

/// That a function has failed is told at the end: its first bytes may be gone already. AWS's codes are not
/// documented; this is what `Invoke` calls every failure, with the error object as the details.
fn of_part(part: Part) -> InvokeWithResponseStreamResponseEvent {
    match part {
        Part::Data(bytes) => InvokeWithResponseStreamResponseEvent {
            payload_chunk: Some(InvokeResponseStreamUpdate { payload: Some(Blob(bytes)) }),
            invoke_complete: None,
        },
        Part::End(StreamEnd { error, log_tail }) => {
            let complete = InvokeWithResponseStreamCompleteEvent {
                error_code: error.as_ref().map(|_| "Unhandled".to_owned()),
                error_details: error.map(|object| String::from_utf8_lossy(&object).into_owned()),
                log_result: log_tail.map(|tail| BASE64_STANDARD.encode(tail)),
            };
            InvokeWithResponseStreamResponseEvent { payload_chunk: None, invoke_complete: Some(complete) }
        }
    }
}

fn named(context: &CallContext, name: &str, qualifier: Option<&str>) -> Outcome<FunctionRef> {
    let name = FunctionName::parse(name, qualifier)?;
    name.require_within(context)?;
    Ok(FunctionRef { scope: context.scope.clone(), name: name.name, qualifier: name.qualifier })
}

/// No payload means an empty event (Lambda API reference, `Invoke`).
fn event(payload: Option<Blob>) -> Bytes {
    let payload = payload.map(|payload| payload.0).filter(|payload| !payload.is_empty());
    payload.unwrap_or_else(|| Bytes::from_static(b"{}"))
}

fn refusal(error: InvokeError) -> Failure {
    let text = error.to_string();
    let of = |table: &'static ErrorTable, blame: &'static str| {
        Failure::from(ServiceError::new(table, text.clone()).with("Type", blame))
    };
    match error {
        InvokeError::NotFound { .. } => not_found(text),
        InvokeError::Denied { .. } => ServiceError::access_denied(text).into(),
        InvokeError::TooLarge { .. } => of(&REQUEST_TOO_LARGE_EXCEPTION, "User"),
        InvokeError::NotJson { .. } => of(&INVALID_REQUEST_CONTENT_EXCEPTION, "User"),
        InvokeError::Throttled => {
            let error = ServiceError::new(&TOO_MANY_REQUESTS_EXCEPTION, text).with("Type", "User");
            error.with("Reason", "ReservedFunctionConcurrentInvocationLimitExceeded").into()
        }
        InvokeError::Unavailable { .. } => of(&SERVICE_EXCEPTION, "Service"),
    }
}
