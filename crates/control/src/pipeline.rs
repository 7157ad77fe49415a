//! The way of an AWS API call, for every service: authenticate → find the operation → decode →
//! validate → authorize → run → record → encode. One file knows this order.
//!
//! A call that changes something is answered after its transaction is durable and after this
//! node serves the change, so that a client may rely on it at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::ServiceTable;
use base::{Scope, ids};
use futures_util::StreamExt as _;
use ports::Pending;
use ports::aws_calls::{Answer, AwsCall, AwsCalls};
use serde::Serialize;
use serde_json::Value;
use store::StoreFault;
use tokio::runtime::Handle;
use wire::ServiceError;

use crate::audit;
use crate::authenticate::{self, Authentication};
use crate::authorize;
use crate::call::{Call, CallContext, Failure, Outcome, Plane};
use crate::registry::{Events, Handler, Registry};

/// How long an answer waits for this node to serve the change it reports. Compiling a large
/// API takes milliseconds; past this the change is durable and merely not yet served.
const SETTLE: Duration = Duration::from_secs(5);

/// The control plane: answers AWS API calls.
#[derive(Clone)]
pub struct ControlPlane(Arc<Inner>);

struct Inner {
    registry: Registry,
    plane: Plane,
    authentication: Authentication,
    runtime: Handle,
}

impl ControlPlane {
    /// A control plane that runs its calls on `runtime`, apart from the request path.
    #[must_use]
    pub fn new(plane: Plane, authentication: Authentication, runtime: Handle) -> Self {
        Self::with_registry(crate::registry(), plane, authentication, runtime)
    }

    /// The same with the operations of `registry`.
    pub(crate) fn with_registry(
        registry: Registry,
        plane: Plane,
        authentication: Authentication,
        runtime: Handle,
    ) -> Self {
        Self(Arc::new(Inner { registry, plane, authentication, runtime }))
    }
}

/// What an operation came to.
enum Output {
    Whole(Value),
    Streamed(Value, Events),
}

impl AwsCalls for ControlPlane {
    fn answer(&self, call: AwsCall) -> Pending<http::Response<Answer>> {
        let inner = Arc::clone(&self.0);
        let answering = self.0.runtime.spawn(async move { inner.answer(call).await });
        Box::pin(async move {
            answering.await.unwrap_or_else(|why| {
                // A panic in an operation: its transaction was rolled back with it.
                tracing::error!(%why, "an AWS API call was cut short");
                wire::encode_error(None, &ServiceError::internal_failure(), "").map(Answer::Whole)
            })
        })
    }
}

impl Inner {
    async fn answer(&self, call: AwsCall) -> http::Response<Answer> {
        let request_id = ids::uuid(&self.plane.random);
        let peer = call.peer;
        let request = wire::Request::new(call.head, call.body);
        self.answer_to(&request, peer, &request_id).await.unwrap_or_else(|(service, error)| {
            wire::encode_error(service, &error, &request_id).map(Answer::Whole)
        })
    }

    /// # Errors
    /// The refusal, with the service that it is of.
    async fn answer_to(
        &self,
        request: &wire::Request,
        peer: SocketAddr,
        request_id: &str,
    ) -> Result<http::Response<Answer>, (Option<&'static ServiceTable>, ServiceError)> {
        let claim = authenticate::claim(request).map_err(|error| {
            // Half a signature: the service is told by what else the request carries.
            (wire::dispatch(request, None).ok().map(|found| found.service), error)
        })?;
        let service = claim.as_ref().map(|claim| claim.service.as_str());
        let found = wire::dispatch(request, service).map_err(|error| (None, error))?;
        let refused = |error| (Some(found.service), error);
        let claim = claim.ok_or_else(|| refused(ServiceError::missing_authentication_token()))?;
        match self.run(request, peer, &claim, &found, request_id).await {
            Ok(Output::Whole(output)) => {
                Ok(wire::encode(found.operation, output, request_id).map(Answer::Whole))
            }
            Ok(Output::Streamed(output, events)) => {
                let operation = found.operation;
                let head = wire::encode_stream(operation, output, request_id);
                let events = events.map(move |event| wire::encode_event(operation, event)).boxed();
                Ok(head.map(|()| Answer::Stream(events)))
            }
            Err(Failure::Service(error)) => Err(refused(error)),
            Err(Failure::Store(fault)) => {
                tracing::error!(operation = found.operation.name, %fault, "the store failed");
                Err(refused(answer_to(&fault)))
            }
        }
    }

    async fn run(
        &self,
        request: &wire::Request,
        peer: SocketAddr,
        claim: &authenticate::Claim,
        found: &wire::Match,
        request_id: &str,
    ) -> Outcome<Output> {
        let now = self.plane.clock.now();
        let caller = authenticate::caller(&self.plane, &self.authentication, request, claim, now).await?;
        let scope = Scope::new(&caller.account, &claim.region);
        let context = CallContext {
            source_ip: Some(peer.ip().to_canonical()),
            user_agent: request.header("user-agent").map(str::to_owned),
            ..CallContext::new(scope, caller, request_id, now)
        };
        let Some(handler) = self.registry.handler(found.operation) else {
            return Err(ServiceError::not_implemented(found.operation).into());
        };
        let input = wire::decode(found, request);
        if let Handler::Stream(run) = handler {
            let input = input?;
            self.admit(&context, request, found, &input).await?;
            // A task of its own: if it panics, the caller is still told so in his protocol.
            let running = tokio::spawn(run(self.plane.clone(), context, input));
            let (output, events) = running.await.unwrap_or_else(cut_short)?;
            return Ok(Output::Streamed(output, events));
        }
        if !audit::is_recorded(found.operation, handler) {
            return self.admitted(handler, context, request, found, input?).await.map(Output::Whole);
        }
        let context =
            CallContext { audit: Some(audit::Entry::new(found.operation, input.as_ref().ok())), ..context };
        let outcome = match input {
            Ok(input) => self.admitted(handler, context.clone(), request, found, input).await,
            Err(error) => Err(error.into()),
        };
        audit::close(&self.plane, context, outcome).await.map(Output::Whole)
    }

    /// Refuses what is not valid, and a caller who may not.
    async fn admit(
        &self,
        context: &CallContext,
        request: &wire::Request,
        found: &wire::Match,
        input: &Value,
    ) -> Outcome<()> {
        wire::validate(found.operation, input)?;
        authorize::authorize(&self.plane, &self.authentication, context, request, found, input).await
    }

    /// Runs the operation if its input is valid and the caller may.
    async fn admitted(
        &self,
        handler: &Handler,
        context: CallContext,
        request: &wire::Request,
        found: &wire::Match,
        input: Value,
    ) -> Outcome<Value> {
        self.admit(&context, request, found, &input).await?;
        run(handler.clone(), self.plane.clone(), context, input).await
    }
}

/// Runs an operation on its input.
pub(crate) async fn run(
    handler: Handler,
    plane: Plane,
    context: CallContext,
    input: Value,
) -> Outcome<Value> {
    match handler {
        Handler::Read(run) => {
            let store = plane.store.clone();
            store.read(move |tx| run(&mut Call { plane: &plane, context: &context, tx }, &input)).await
        }
        Handler::Write(run) => write(&plane, &context, move |call| run(call, &input)).await,
        // A task of its own: if it panics, the caller is still told so in his protocol.
        Handler::Wait(run) => tokio::spawn(run(plane, context, input)).await.unwrap_or_else(cut_short),
        // Whoever asks for one value is not answered with many.
        Handler::Stream(_) => Err(ServiceError::internal_failure().into()),
    }
}

fn cut_short<T>(why: tokio::task::JoinError) -> Outcome<T> {
    tracing::error!(%why, "an operation was cut short");
    Err(ServiceError::internal_failure().into())
}

/// What the caller is told of the store's failure: to try again where that can help.
pub(crate) fn answer_to(fault: &StoreFault) -> ServiceError {
    match fault {
        StoreFault::DiskFull
        | StoreFault::Disk { .. }
        | StoreFault::ReadOnly
        | StoreFault::Busy
        | StoreFault::Closed
        | StoreFault::Engine { .. } => ServiceError::service_unavailable(),
        StoreFault::Corrupted { .. }
        | StoreFault::DocumentTooLarge { .. }
        | StoreFault::BlobTooLarge { .. }
        | StoreFault::KeyTooLong { .. }
        | StoreFault::Unencodable { .. }
        | StoreFault::Undecodable { .. }
        | StoreFault::ReadingTransaction
        | StoreFault::Nested
        | StoreFault::Panicked { .. }
        | StoreFault::BackupExists { .. }
        | StoreFault::Backup { .. } => ServiceError::internal_failure(),
    }
}

/// Runs `work` in the writing transaction and answers when its changes are durable and served.
/// The call's audit record is part of the transaction. For operations that do something else
/// first; all others get their transaction handed.
pub(crate) async fn write<T: Serialize + Send + 'static>(
    plane: &Plane,
    context: &CallContext,
    work: impl Fn(&mut Call<'_, '_>) -> Outcome<T> + Send + 'static,
) -> Outcome<T> {
    // Held until the change is durable: whoever closes the gate waits for it.
    let Some(_open) = plane.writes.pass().await else {
        return Err(ServiceError::service_unavailable().into());
    };
    let (inner_plane, inner_context) = (plane.clone(), context.clone());
    let (output, sequence) = plane
        .store
        .write(move |tx| {
            let output = work(&mut Call { plane: &inner_plane, context: &inner_context, tx })?;
            audit::record_change(tx, &inner_plane, &inner_context, &output)?;
            Ok::<T, Failure>(output)
        })
        .await?;
    audit::mark_recorded(context);
    if !plane.store.settled(sequence, SETTLE).await {
        tracing::warn!("a stored change is not served yet");
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_try_again_where_that_can_help() {
        let code = |fault: StoreFault| answer_to(&fault).status(None);
        assert_eq!(code(StoreFault::DiskFull), 503);
        assert_eq!(code(StoreFault::Busy), 503);
        assert_eq!(code(StoreFault::Panicked { reason: "x".into() }), 500);
        assert_eq!(code(StoreFault::Corrupted { reason: "x".into() }), 500);
    }
}
