//! The values that are handed from step to step: a request comes in as [`Incoming`], keeps
//! its unchanging part in [`Request`], and becomes [`Matched`], [`Admitted`], [`Measured`],
//! [`Prepared`], [`Answered`] and a [`Reply`], or a [`Refusal`] at any of these steps.

mod body;
mod caller;
mod compressed;
mod context;
mod function_stream;
mod header_names;
mod ids;
mod incoming;
mod path_parameters;
mod refusal;
mod reply;
pub(crate) mod request;
mod source;
mod stage_variables;
mod steps;
mod trace;
mod websocket_event;

pub use body::{Arriving, Body, BodyError, Bounded, Peeked, TransferError, peek, read_whole};
pub use caller::{Authorized, AuthorizerCall, Caller, Check, IamIdentity, NOBODY, PresentedKey};
pub use compressed::{Compressed, DecompressError, compress, decompress};
pub use context::{Context, Outcome, ResourceFacts, Scope as ContextScope, StageFacts, Variable};
pub use header_names::HeaderNames;
pub use ids::{IdSource, RequestIds};
pub use incoming::Incoming;
pub use path_parameters::PathParameters;
pub use refusal::{
    Bearer, Blame, ConfigurationFault, DomainRefusal, GatewayResponse, IntegrationFault, Refusal, TooLarge,
    Unreachable,
};
pub use reply::{EndpointResponse, Reply, Subject};
pub use request::{Address, Request};
pub use source::{Ends, Source, TEST_API_KEY, TEST_API_KEY_ID, TEST_DOMAIN, TEST_STAGE};
pub use stage_variables::{StageVariables, UndefinedVariable};
pub use steps::{Admitted, Answered, Call, Client, Matched, Measured, Prepared, Validated};
pub use trace::Trace;
pub use websocket_event::{WebSocketEvent, WebSocketEventKind};
