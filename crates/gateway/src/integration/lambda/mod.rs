//! Lambda functions: AWS_PROXY, which hands the whole request over as an event, and AWS,
//! which hands over what its templates make of it.

mod call;
mod function;
mod proxy_answer;
mod proxy_event;
mod stream;

use std::time::Duration;

use api::apigateway::ContentHandlingStrategy;
use http::HeaderName;
use ports::functions::{FunctionRef, InvocationType, InvokeRequest, Invoker};

pub(crate) use call::error_message;
pub use call::invoke;
pub use function::{FunctionUriError, Manner, function};
pub(crate) use proxy_answer::room_for_one;
pub use proxy_answer::{ProxyAnswer, decode};
pub use proxy_event::{EventRequest, ProxyEvent};
pub(crate) use proxy_event::{forwarded_for, headers as seen_headers, query as seen_query};
pub use stream::{StreamedAnswer, invoke_streaming};

use crate::exchange::{Caller, ConfigurationFault, Refusal, ResourceFacts, StageFacts};
use crate::mapping::parameters::RequestParameters;
use crate::mapping::responses::IntegrationResponses;
use crate::mapping::templates::{Passthrough, Templates};

/// `X-Amz-Invocation-Type`.
pub const INVOCATION_TYPE: HeaderName = HeaderName::from_static("x-amz-invocation-type");
/// `X-Amz-Client-Context`.
pub const CLIENT_CONTEXT: HeaderName = HeaderName::from_static("x-amz-client-context");

/// Which function is invoked, and by whose right.
#[derive(Clone, Debug)]
pub struct Invocation {
    function: FunctionRef,
    /// `None`: whoever has signed the request.
    invoker: Option<Invoker>,
}

/// What stands for the role where an integration is invoked by the caller's own right (API Gateway
/// API reference, `PutIntegration`, `credentials`).
pub(crate) const OWN_RIGHT: &str = "arn:aws:iam::*:user/*";

/// An AWS_PROXY integration.
#[derive(Clone, Debug)]
pub struct LambdaProxy {
    /// The function.
    pub invocation: Invocation,
    /// What is the same in every event.
    pub event: ProxyEvent,
    /// How long the answer may stand still, if it is streamed (`responseTransferMode`).
    pub streams: Option<Duration>,
}

/// An AWS integration with a function.
#[derive(Clone, Debug)]
pub struct Lambda {
    /// The function.
    pub invocation: Invocation,
    /// The mapped parameters; headers go to Lambda's Invoke, of which it knows a few.
    pub parameters: RequestParameters,
    /// The request templates.
    pub templates: Templates,
    /// What happens to payloads that meet none of them.
    pub passthrough: Passthrough,
    /// How binary payloads are treated.
    pub handling: Option<ContentHandlingStrategy>,
    /// The integration responses.
    pub responses: IntegrationResponses,
}

impl Invocation {
    /// Of `function` for the method `verb` (`ANY` if the method is that) of a resource. With a
    /// role it is the role that must be allowed to invoke, else the function must allow API
    /// Gateway. Recorded from AWS: the source then is the method as it is defined,
    /// `…/{stage}/ANY/{resource+}`, not the client's verb and path.
    #[must_use]
    pub fn new(
        function: FunctionRef,
        role: Option<String>,
        stage: &StageFacts,
        resource: &ResourceFacts,
        verb: &str,
    ) -> Self {
        let StageFacts { account_id, region, api_id, stage, .. } = stage;
        let path = &resource.path;
        let source = format!("arn:aws:execute-api:{region}:{account_id}:{api_id}/{stage}/{verb}{path}");
        Self { function, invoker: Some(invoker(role, source, account_id)) }
    }

    /// Of `function` by the right of whoever has signed the request.
    #[must_use]
    pub fn by_signer(function: FunctionRef) -> Self {
        Self { function, invoker: None }
    }

    /// Whether it needs to be known who has signed the request.
    #[must_use]
    pub fn is_by_signer(&self) -> bool {
        self.invoker.is_none()
    }

    /// Of `function` for the authorizer `id` of the API in `stage`.
    #[must_use]
    pub fn of_authorizer(function: FunctionRef, role: Option<String>, stage: &StageFacts, id: &str) -> Self {
        let StageFacts { account_id, region, api_id, .. } = stage;
        let source = format!("arn:aws:execute-api:{region}:{account_id}:{api_id}/authorizers/{id}");
        Self { function, invoker: Some(invoker(role, source, account_id)) }
    }

    /// An invocation with this payload, for a request of `caller`'s.
    ///
    /// # Errors
    /// If it is the caller's right that decides, and nobody has signed the request.
    pub fn request(
        &self,
        caller: &Caller,
        payload: bytes::Bytes,
        invocation_type: InvocationType,
        trace_id: &str,
        client_context: Option<String>,
    ) -> Result<InvokeRequest, Refusal> {
        let signer = || caller.signer.clone().map(Invoker::Signer);
        let invoker = self.invoker.clone().or_else(signer).ok_or_else(|| {
            let why = "nobody has signed the request by whose right it would be invoked".to_owned();
            Refusal::ApiConfigurationError(ConfigurationFault::LambdaPermission { why })
        })?;
        Ok(InvokeRequest {
            function: self.function.clone(),
            payload,
            invoker,
            invocation_type,
            trace_id: Some(trace_id.to_owned()),
            client_context,
            log_tail: false,
        })
    }
}

/// With a role, that; else API Gateway itself, on behalf of `source`.
fn invoker(role: Option<String>, source: String, account: &str) -> Invoker {
    match role {
        Some(arn) => Invoker::Role { arn, service: "apigateway.amazonaws.com" },
        None => Invoker::Service {
            principal: "apigateway.amazonaws.com".to_owned(),
            source_arn: source,
            source_account: account.to_owned(),
        },
    }
}
