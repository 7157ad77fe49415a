//! `Invoke`: hands the event to whoever runs functions and renders what comes back.

use api::lambda::errors::{
    INVALID_REQUEST_CONTENT_EXCEPTION, REQUEST_TOO_LARGE_EXCEPTION, SERVICE_EXCEPTION,
    TOO_MANY_REQUESTS_EXCEPTION,
};
use api::lambda::operations as op;
use api::lambda::{InvocationRequest, InvocationResponse, LogType};
use api::{Blob, ErrorTable};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use ports::functions::{FunctionRef, InvocationType, InvokeError, InvokeRequest, Invoker};
use wire::ServiceError;

use super::names::FunctionName;
use super::{invalid, not_found};
use crate::Registry;
use crate::call::{CallContext, Failure, Outcome, Plane};

pub(super) fn register(registry: &mut Registry) {
    registry.wait(op::Invoke, invoke);
}

async fn invoke(plane: Plane, context: CallContext, input: InvocationRequest) -> Outcome<InvocationResponse> {
    let name = FunctionName::parse(&input.function_name, input.qualifier.as_deref())?;
    name.require_within(&context)?;
    if input.durable_execution_name.is_some() || input.tenant_id.is_some() {
        return Err(invalid("Durable executions and tenants are not built yet."));
    }
    let (invocation_type, status) = match input.invocation_type {
        None | Some(api::lambda::InvocationType::RequestResponse) => (InvocationType::RequestResponse, 200),
        Some(api::lambda::InvocationType::Event) => (InvocationType::Event, 202),
        Some(api::lambda::InvocationType::DryRun) => (InvocationType::DryRun, 204),
    };
    let payload = input.payload.map(|payload| payload.0).filter(|payload| !payload.is_empty());
    let reply = plane
        .functions
        .invoke(InvokeRequest {
            function: FunctionRef {
                scope: context.scope.clone(),
                name: name.name,
                qualifier: name.qualifier,
            },
            // No payload means an empty event (Lambda API reference, `Invoke`).
            payload: payload.unwrap_or_else(|| Bytes::from_static(b"{}")),
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
