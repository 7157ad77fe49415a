//! The one table of `$context` variables: one row a variable. Access logs, parameter
//! mappings and mapping templates all read it (API Gateway developer guide, "API Gateway
//! mapping template and access logging variable reference").

use std::borrow::Cow;
use std::cell::RefCell;

use api::apigateway::EndpointType;
use documents::apigateway_domain_names::NO_BASE_PATH;
use serde_json::Value;

use super::{Caller, Check, Refusal, Request, Trace};

/// Which deployment of which API serves a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageFacts {
    /// The API owner's account.
    pub account_id: Box<str>,
    /// The API's region.
    pub region: Box<str>,
    /// The API's id.
    pub api_id: Box<str>,
    /// The stage's name.
    pub stage: Box<str>,
    /// The deployment that the stage points at.
    pub deployment_id: Box<str>,
    /// The API's endpoint type.
    pub endpoint_type: Option<EndpointType>,
    /// Whether this is the stage's canary; `None` if the stage has none.
    pub is_canary: Option<bool>,
}

/// Which resource a request is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceFacts {
    /// The resource's id.
    pub id: Box<str>,
    /// Its path with its variables: `/pets/{petId}`.
    pub path: Box<str>,
}

/// How a request ended, for the access log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome<'a> {
    /// The status that the client got.
    pub status: u16,
    /// The length of the body that the client got, if it is known.
    pub length: Option<u64>,
    /// From the request's arrival to its answer.
    pub latency_millis: u64,
    /// The integration's status, if it was asked and answered.
    pub integration_status: Option<u16>,
    /// What Lambda answered to API Gateway, for functions.
    pub lambda_status: Option<u16>,
    /// How long the integration took, if it was asked.
    pub integration_latency_millis: Option<u64>,
    /// `x-amzn-RequestId` or `x-amz-request-id` of the integration's answer.
    pub endpoint_request_id: Option<&'a str>,
    /// `x-amz-id-2` of the integration's answer.
    pub endpoint_request_id2: Option<&'a str>,
    /// What was read of the request's body and written of the answer's, in bytes: HTTP APIs tell it.
    pub data_processed: Option<u64>,
    /// Why the request was refused.
    pub refusal: Option<&'a Refusal>,
    /// What the client was told of that, if not what REST APIs tell.
    pub told: Option<&'a str>,
}

/// Everything that the variables are read from.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The request.
    pub request: &'a Request,
    /// Its stage.
    pub stage: &'a StageFacts,
    /// Its resource, once it is known: REST APIs have them.
    pub resource: Option<&'a ResourceFacts>,
    /// The key of its route, once it is known: HTTP and WebSocket APIs have them.
    pub route_key: Option<&'a str>,
    /// Who sent it, as far as that is known.
    pub caller: &'a Caller,
    /// Its trace, if its integration is told of one.
    pub trace: Option<&'a Trace>,
    /// Its end, once it is known.
    pub outcome: Option<&'a Outcome<'a>>,
}

/// A `$context` variable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Variable {
    /// `identity.accessKey`
    AccessKey,
    /// `accountId`
    AccountId,
    /// `identity.apiKey`
    ApiKey,
    /// `identity.apiKeyId`
    ApiKeyId,
    /// `apiId`
    ApiId,
    /// `customDomain.basePathMatched`: `(none)` if it is the mapping of all paths.
    BasePathMatched,
    /// `identity.accountId`
    CallerAccount,
    /// `identity.caller`, `identity.user`
    CallerId,
    /// `identity.userArn`
    CallerArn,
    /// `identity.clientCert.issuerDN`
    ClientCertIssuer,
    /// `identity.clientCert.validity.notAfter`
    ClientCertNotAfter,
    /// `identity.clientCert.validity.notBefore`
    ClientCertNotBefore,
    /// `identity.clientCert.clientCertPem`
    ClientCertPem,
    /// `identity.clientCert.serialNumber`
    ClientCertSerial,
    /// `identity.clientCert.subjectDN`
    ClientCertSubject,
    /// `dataProcessed`: only requests to HTTP APIs have it.
    DataProcessed,
    /// `connectedAt`: only WebSocket APIs have it, as those below.
    ConnectedAt,
    /// `connectionId`
    ConnectionId,
    /// `disconnectReason`
    DisconnectReason,
    /// `disconnectStatusCode`
    DisconnectStatus,
    /// `eventType`
    EventType,
    /// `messageDirection`
    MessageDirection,
    /// `messageId`
    MessageId,
    /// `deploymentId`
    DeploymentId,
    /// `domainName`
    DomainName,
    /// `domainPrefix`
    DomainPrefix,
    /// `error.message`
    ErrorMessage,
    /// `error.messageString`
    ErrorMessageString,
    /// `error.responseType`
    ErrorResponseType,
    /// `error.validationErrorString`
    ErrorValidation,
    /// `endpointType`
    EndpointType,
    /// `extendedRequestId`
    ExtendedRequestId,
    /// `httpMethod`
    HttpMethod,
    /// `identity.sourceIp`
    SourceIp,
    /// `identity.userAgent`
    UserAgent,
    /// `awsEndpointRequestId`, `integration.requestId`
    EndpointRequestId,
    /// `awsEndpointRequestId2`
    EndpointRequestId2,
    /// `integrationErrorMessage`, `integration.error`
    IntegrationError,
    /// `integrationLatency`, `integration.latency`
    IntegrationLatency,
    /// `integrationStatus`: what Lambda answered, for functions; else the backend's status.
    IntegrationStatus,
    /// `integration.status`: what the function's code answered; else the backend's status.
    EndpointStatus,
    /// `isCanaryRequest`: only stages with a canary have it.
    IsCanaryRequest,
    /// `path`
    Path,
    /// `authorizer.{name}`: what authorizers say of a caller, under names of their own.
    AuthorizerProperty(Box<str>),
    /// `authenticate.error`
    AuthenticateError,
    /// `authenticate.latency`
    AuthenticateLatency,
    /// `authenticate.status`
    AuthenticateStatus,
    /// `authorize.error`
    AuthorizeError,
    /// `authorize.latency`
    AuthorizeLatency,
    /// `authorize.status`
    AuthorizeStatus,
    /// `authorizer.error`
    AuthorizerError,
    /// `authorizer.latency`, `authorizer.integrationLatency`
    AuthorizerLatency,
    /// `authorizer.requestId`
    AuthorizerRequestId,
    /// `authorizer.status`
    AuthorizerStatus,
    /// `authorizer.integrationStatus`: Lambda's own status.
    AuthorizerIntegrationStatus,
    /// `authorizer.principalId`
    PrincipalId,
    /// `protocol`
    Protocol,
    /// `requestId`
    RequestId,
    /// `requestTime`
    RequestTime,
    /// `requestTimeEpoch`
    RequestTimeEpoch,
    /// `resourceId`
    ResourceId,
    /// `resourcePath`
    ResourcePath,
    /// `responseLatency`
    ResponseLatency,
    /// `responseLength`
    ResponseLength,
    /// `routeKey`
    RouteKey,
    /// `stage`
    Stage,
    /// `status`
    Status,
    /// `xrayTraceId`
    TraceRoot,
    /// `identity.vpcId`: only requests to private APIs have it.
    VpcId,
    /// `identity.vpceId`: only requests to private APIs have it.
    VpcEndpointId,
    /// A variable that API Gateway knows and that nothing here gives a value yet.
    Valueless,
}

/// Where a variable may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In templates, mappings and access logs.
    Everywhere,
    /// In access logs only.
    AccessLog,
}

use Scope::{AccessLog, Everywhere};
use Variable as V;

/// Sorted by name.
const TABLE: &[(&str, Variable, Scope)] = &[
    ("accountId", V::AccountId, Everywhere),
    ("apiId", V::ApiId, Everywhere),
    ("authenticate.error", V::AuthenticateError, AccessLog),
    ("authenticate.latency", V::AuthenticateLatency, AccessLog),
    ("authenticate.status", V::AuthenticateStatus, AccessLog),
    ("authorize.error", V::AuthorizeError, AccessLog),
    ("authorize.latency", V::AuthorizeLatency, AccessLog),
    ("authorize.status", V::AuthorizeStatus, AccessLog),
    ("authorizer.error", V::AuthorizerError, AccessLog),
    ("authorizer.integrationLatency", V::AuthorizerLatency, AccessLog),
    ("authorizer.integrationStatus", V::AuthorizerIntegrationStatus, AccessLog),
    ("authorizer.latency", V::AuthorizerLatency, AccessLog),
    ("authorizer.principalId", V::PrincipalId, Everywhere),
    ("authorizer.requestId", V::AuthorizerRequestId, AccessLog),
    ("authorizer.status", V::AuthorizerStatus, AccessLog),
    ("awsEndpointRequestId", V::EndpointRequestId, Everywhere),
    ("awsEndpointRequestId2", V::EndpointRequestId2, AccessLog),
    ("connectedAt", V::ConnectedAt, Everywhere),
    ("connectionId", V::ConnectionId, Everywhere),
    ("customDomain.basePathMatched", V::BasePathMatched, AccessLog),
    ("dataProcessed", V::DataProcessed, AccessLog),
    ("deploymentId", V::DeploymentId, Everywhere),
    ("disconnectReason", V::DisconnectReason, Everywhere),
    ("disconnectStatusCode", V::DisconnectStatus, Everywhere),
    ("domainName", V::DomainName, Everywhere),
    ("domainPrefix", V::DomainPrefix, Everywhere),
    ("endpointType", V::EndpointType, AccessLog),
    ("error.message", V::ErrorMessage, AccessLog),
    ("error.messageString", V::ErrorMessageString, AccessLog),
    ("error.responseType", V::ErrorResponseType, AccessLog),
    ("error.validationErrorString", V::ErrorValidation, AccessLog),
    ("eventType", V::EventType, Everywhere),
    ("extendedRequestId", V::ExtendedRequestId, Everywhere),
    ("httpMethod", V::HttpMethod, Everywhere),
    ("identity.accessKey", V::AccessKey, Everywhere),
    ("identity.accountId", V::CallerAccount, Everywhere),
    ("identity.apiKey", V::ApiKey, Everywhere),
    ("identity.apiKeyId", V::ApiKeyId, Everywhere),
    ("identity.caller", V::CallerId, Everywhere),
    ("identity.clientCert.clientCertPem", V::ClientCertPem, Everywhere),
    ("identity.clientCert.issuerDN", V::ClientCertIssuer, Everywhere),
    ("identity.clientCert.serialNumber", V::ClientCertSerial, Everywhere),
    ("identity.clientCert.subjectDN", V::ClientCertSubject, Everywhere),
    ("identity.clientCert.validity.notAfter", V::ClientCertNotAfter, Everywhere),
    ("identity.clientCert.validity.notBefore", V::ClientCertNotBefore, Everywhere),
    ("identity.cognitoAuthenticationProvider", V::Valueless, Everywhere),
    ("identity.cognitoAuthenticationType", V::Valueless, Everywhere),
    ("identity.cognitoIdentityId", V::Valueless, Everywhere),
    ("identity.cognitoIdentityPoolId", V::Valueless, Everywhere),
    ("identity.principalOrgId", V::Valueless, Everywhere),
    ("identity.sourceIp", V::SourceIp, Everywhere),
    ("identity.user", V::CallerId, Everywhere),
    ("identity.userAgent", V::UserAgent, Everywhere),
    ("identity.userArn", V::CallerArn, Everywhere),
    ("identity.vpcId", V::VpcId, Everywhere),
    ("identity.vpceId", V::VpcEndpointId, Everywhere),
    ("integration.error", V::IntegrationError, AccessLog),
    ("integration.integrationStatus", V::IntegrationStatus, AccessLog),
    ("integration.latency", V::IntegrationLatency, AccessLog),
    ("integration.requestId", V::EndpointRequestId, AccessLog),
    ("integration.status", V::EndpointStatus, AccessLog),
    ("integrationErrorMessage", V::IntegrationError, AccessLog),
    ("integrationLatency", V::IntegrationLatency, AccessLog),
    ("integrationStatus", V::IntegrationStatus, AccessLog),
    ("isCanaryRequest", V::IsCanaryRequest, Everywhere),
    ("messageDirection", V::MessageDirection, Everywhere),
    ("messageId", V::MessageId, Everywhere),
    ("path", V::Path, Everywhere),
    ("protocol", V::Protocol, Everywhere),
    ("requestId", V::RequestId, Everywhere),
    ("requestTime", V::RequestTime, Everywhere),
    ("requestTimeEpoch", V::RequestTimeEpoch, Everywhere),
    ("resourceId", V::ResourceId, Everywhere),
    ("resourcePath", V::ResourcePath, Everywhere),
    ("responseLatency", V::ResponseLatency, AccessLog),
    ("responseLength", V::ResponseLength, AccessLog),
    ("routeKey", V::RouteKey, Everywhere),
    ("stage", V::Stage, Everywhere),
    ("status", V::Status, AccessLog),
    ("waf.error", V::Valueless, AccessLog),
    ("waf.latency", V::Valueless, AccessLog),
    ("waf.status", V::Valueless, AccessLog),
    ("wafResponseCode", V::Valueless, Everywhere),
    ("webaclArn", V::Valueless, Everywhere),
    ("xrayTraceId", V::TraceRoot, Everywhere),
];

impl Variable {
    /// The variable that is written `$context.{name}` at a place of this scope.
    #[must_use]
    pub fn named(name: &str, place: Scope) -> Option<Self> {
        let at = TABLE.binary_search_by(|(row, _, _)| (*row).cmp(name)).ok()?;
        let (_, variable, scope) = TABLE.get(at)?;
        (*scope == Everywhere || place == AccessLog).then(|| variable.clone())
    }

    /// The same, and properties that an authorizer adds, which may have any name.
    #[must_use]
    pub fn or_property(name: &str, place: Scope) -> Option<Self> {
        Self::named(name, place).or_else(|| {
            let property = name.strip_prefix("authorizer.").filter(|property| !property.is_empty())?;
            Some(Self::AuthorizerProperty(property.into()))
        })
    }

    /// The names and variables of templates and mappings, in order.
    pub fn everywhere() -> impl Iterator<Item = (&'static str, Self)> {
        TABLE
            .iter()
            .filter(|(_, _, scope)| *scope == Everywhere)
            .map(|(name, variable, _)| (*name, variable.clone()))
    }

    /// The length of the longest variable's name that `text` begins with, and the variable.
    /// A name ends where no further letter of it follows.
    #[must_use]
    pub fn longest_at(text: &str, place: Scope) -> Option<(usize, Self)> {
        let name = text.bytes().take_while(|c| c.is_ascii_alphanumeric() || *c == b'.').count();
        let mut end = name;
        while end > 0 {
            if let Some(variable) = Self::named(text.get(..end)?, place) {
                return Some((end, variable));
            }
            end = text.get(..end)?.rfind('.').unwrap_or(0);
        }
        None
    }

    /// Appends the variable's value to `out`; answers whether it has one.
    pub fn write(&self, context: &Context<'_>, out: &mut String) -> bool {
        let Context { request, stage, resource, route_key, caller, trace, outcome } = context;
        let text = |out: &mut String, text: &str| {
            out.push_str(text);
            !text.is_empty()
        };
        let number = |out: &mut String, number: Option<u64>| {
            number.inspect(|number| push_number(out, *number)).is_some()
        };
        // Access logs ask for a dozen variables of each request: what few of them need is made where it is needed.
        let refusal = outcome.and_then(|outcome| outcome.refusal);
        let message = || {
            let told = outcome.and_then(|outcome| outcome.told).map(Cow::Borrowed);
            refusal.map(|refusal| told.unwrap_or_else(|| refusal.message()))
        };
        let (key, identity) = (caller.api_key.as_ref(), caller.identity.as_ref());
        let certificate = request.client_certificate.as_deref();
        let event = request.websocket.as_deref();
        match self {
            Self::AccessKey => identity.is_some_and(|own| text(out, &own.access_key_id)),
            Self::AccountId => text(out, &stage.account_id),
            Self::ApiKey => key.is_some_and(|key| text(out, &key.value)),
            Self::ApiKeyId => key.is_some_and(|key| text(out, &key.id)),
            Self::ApiId => text(out, &stage.api_id),
            Self::BasePathMatched => request.base_path().is_some_and(|base_path| {
                text(out, if base_path.is_empty() { NO_BASE_PATH } else { base_path })
            }),
            Self::CallerAccount => identity.is_some_and(|own| text(out, &own.account_id)),
            Self::CallerId => identity.is_some_and(|own| text(out, &own.user_id)),
            Self::CallerArn => identity.is_some_and(|own| text(out, &own.user_arn)),
            Self::ClientCertIssuer => certificate.is_some_and(|own| text(out, &own.issuer_dn)),
            Self::ClientCertNotAfter => certificate.is_some_and(|own| text(out, &own.not_after)),
            Self::ClientCertNotBefore => certificate.is_some_and(|own| text(out, &own.not_before)),
            Self::ClientCertPem => certificate.is_some_and(|own| text(out, &own.pem)),
            Self::ClientCertSerial => certificate.is_some_and(|own| text(out, &own.serial_number)),
            Self::ClientCertSubject => certificate.is_some_and(|own| text(out, &own.subject_dn)),
            Self::DataProcessed => number(out, outcome.and_then(|outcome| outcome.data_processed)),
            Self::ConnectedAt => {
                number(out, event.and_then(|event| u64::try_from(event.connected_at.as_millis()).ok()))
            }
            Self::ConnectionId => event.is_some_and(|event| text(out, &event.connection_id)),
            Self::DisconnectReason => {
                event.and_then(|event| event.disconnected()).is_some_and(|(_, reason)| text(out, reason))
            }
            Self::DisconnectStatus => {
                number(out, event.and_then(|event| event.disconnected()).map(|(code, _)| u64::from(code)))
            }
            Self::EventType => event.is_some_and(|event| text(out, event.event_type())),
            Self::MessageDirection => event.is_some_and(|_| text(out, "IN")),
            Self::MessageId => event.and_then(|event| event.message_id()).is_some_and(|id| text(out, id)),
            Self::DeploymentId => text(out, &stage.deployment_id),
            Self::DomainName => text(out, request.domain_name()),
            Self::DomainPrefix => text(out, request.domain_prefix()),
            Self::AuthenticateError => text(out, &told(caller.authenticate, refusal)),
            Self::AuthenticateLatency => number(out, caller.authenticate.map(|check| check.latency_millis)),
            Self::AuthenticateStatus => number(out, caller.authenticate.map(|check| check.status.into())),
            Self::AuthorizeError => text(out, &told(caller.authorize, refusal)),
            Self::AuthorizeLatency => number(out, caller.authorize.map(|check| check.latency_millis)),
            Self::AuthorizeStatus => number(out, caller.authorize.map(|check| check.status.into())),
            // What kept an authorizer from letting the request through, but for its policy.
            Self::AuthorizerError => match refusal {
                Some(
                    refusal @ (Refusal::Unauthorized
                    | Refusal::Bearer(_)
                    | Refusal::AuthorizerConfigurationError { .. }
                    | Refusal::AuthorizerFailure { .. }),
                ) => {
                    push_display(out, refusal);
                    true
                }
                _ => false,
            },
            Self::EndpointRequestId => {
                let id = outcome.and_then(|outcome| outcome.endpoint_request_id);
                id.is_some_and(|id| text(out, id))
            }
            Self::EndpointRequestId2 => {
                let id = outcome.and_then(|outcome| outcome.endpoint_request_id2);
                id.is_some_and(|id| text(out, id))
            }
            Self::EndpointType => stage.endpoint_type.is_some_and(|own| text(out, own.as_str())),
            Self::ErrorMessage => message().is_some_and(|message| text(out, &message)),
            Self::ErrorMessageString => {
                message().filter(|message| !message.is_empty()).is_some_and(|message| {
                    // What it quotes of the request must not end the text.
                    out.push_str(&Value::from(&*message).to_string());
                    true
                })
            }
            Self::ErrorResponseType => {
                refusal.is_some_and(|refusal| text(out, refusal.response().response_type))
            }
            Self::ErrorValidation => {
                let error = refusal.and_then(Refusal::validation_error);
                error.is_some_and(|error| text(out, &error))
            }
            Self::ExtendedRequestId => text(out, request.ids.extended_request_id()),
            Self::HttpMethod => text(out, request.method.as_str()),
            Self::SourceIp => text(out, request.source.as_str()),
            Self::UserAgent => request
                .user_agent
                .as_ref()
                .and_then(|agent| agent.to_str().ok())
                .is_some_and(|agent| text(out, agent)),
            Self::IntegrationError => match refusal {
                Some(
                    refusal @ (Refusal::ApiConfigurationError(_)
                    | Refusal::IntegrationFailure(_)
                    | Refusal::IntegrationTimeout { .. }),
                ) => {
                    push_display(out, refusal);
                    true
                }
                _ => false,
            },
            Self::IntegrationLatency => {
                number(out, outcome.and_then(|outcome| outcome.integration_latency_millis))
            }
            Self::IntegrationStatus => number(
                out,
                outcome
                    .and_then(|outcome| outcome.lambda_status.or(outcome.integration_status))
                    .map(u64::from),
            ),
            Self::EndpointStatus => {
                number(out, outcome.and_then(|outcome| outcome.integration_status).map(u64::from))
            }
            Self::IsCanaryRequest => {
                stage.is_canary.is_some_and(|canary| text(out, if canary { "true" } else { "false" }))
            }
            Self::Path => {
                request.write_context_path(out);
                true
            }
            Self::AuthorizerProperty(name) => {
                caller.authorizer.as_ref().is_some_and(|said| said.write(name, out))
            }
            Self::AuthorizerLatency => {
                number(out, caller.authorizer_call.as_ref().map(|call| call.latency_millis))
            }
            Self::AuthorizerRequestId => {
                let call = caller.authorizer_call.as_ref();
                call.and_then(|call| call.request_id.as_deref()).is_some_and(|id| text(out, id))
            }
            Self::AuthorizerStatus => {
                number(out, caller.authorizer_call.as_ref().map(|call| call.status.into()))
            }
            // Whatever the function's code says of the caller, Lambda answers 200.
            Self::AuthorizerIntegrationStatus => {
                number(out, caller.authorizer_call.as_ref().filter(|call| call.status == 200).map(|_| 200))
            }
            Self::PrincipalId => {
                let said = caller.authorizer.as_ref().and_then(|said| said.principal_id.as_ref());
                said.is_some_and(|id| text(out, id))
            }
            Self::Protocol => text(out, request.protocol()),
            Self::RequestId => text(out, request.ids.request_id()),
            Self::RequestTime => {
                push_request_time(out, request);
                true
            }
            Self::RequestTimeEpoch => number(out, u64::try_from(request.received.as_millis()).ok()),
            Self::ResourceId => resource.is_some_and(|resource| text(out, &resource.id)),
            Self::ResourcePath => resource.is_some_and(|resource| text(out, &resource.path)),
            Self::ResponseLatency => number(out, outcome.map(|outcome| outcome.latency_millis)),
            Self::ResponseLength => number(out, outcome.and_then(|outcome| outcome.length)),
            Self::RouteKey => route_key.is_some_and(|key| text(out, key)),
            Self::Stage => text(out, &stage.stage),
            Self::Status => number(out, outcome.map(|outcome| u64::from(outcome.status))),
            Self::TraceRoot => trace.is_some_and(|trace| text(out, trace.root())),
            Self::VpcId => {
                let vpc = request.via.as_ref().and_then(|via| via.endpoint.vpc.as_deref());
                vpc.is_some_and(|vpc| text(out, vpc))
            }
            Self::VpcEndpointId => request.via.as_ref().is_some_and(|via| text(out, &via.endpoint.id)),
            Self::Valueless => false,
        }
    }
}

/// What the client is told if this check has refused its request; else nothing.
fn told(check: Option<Check>, refusal: Option<&Refusal>) -> Cow<'static, str> {
    match (check, refusal) {
        (Some(Check { status: 400.., .. }), Some(refusal)) => refusal.message(),
        _ => Cow::Borrowed(""),
    }
}

/// The common log's form of a request's arrival. Rendered once a second and core: nearly
/// every access log has it.
fn push_request_time(out: &mut String, request: &Request) {
    thread_local! {
        static LAST: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) };
    }
    let second = request.received.as_secs();
    LAST.with_borrow_mut(|(rendered, text)| {
        if *rendered != second {
            *text = request.received.common_log();
            *rendered = second;
        }
        out.push_str(text);
    });
}

fn push_number(out: &mut String, number: u64) {
    out.push_str(itoa::Buffer::new().format(number));
}

fn push_display(out: &mut String, value: impl std::fmt::Display) {
    use std::fmt::Write as _;
    // Writing to a String cannot fail.
    let _ = write!(out, "{value}");
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::exchange::request::tests::request;
    use crate::exchange::{ConfigurationFault, IdSource};

    fn facts() -> StageFacts {
        StageFacts {
            account_id: "000000000000".into(),
            region: "us-west-2".into(),
            api_id: "abc123".into(),
            stage: "prod".into(),
            deployment_id: "d1d2d3".into(),
            endpoint_type: Some(EndpointType::Regional),
            is_canary: Some(false),
        }
    }

    fn value(name: &str, outcome: Option<&Outcome<'_>>) -> Option<String> {
        let request = request("/prod/pets//7?x=1", "prod");
        let resource = ResourceFacts { id: "r1r2r3".into(), path: "/pets/{proxy+}".into() };
        let sent = HeaderValue::from_static("Root=1-66980acb-000000000000000000000001;Sampled=1");
        let trace =
            Trace::continued(Some(&sent), request.received, IdSource::new(base::Random::seeded(1)).bytes());
        let stage = facts();
        let context = Context {
            request: &request,
            stage: &stage,
            resource: Some(&resource),
            route_key: None,
            caller: &crate::exchange::NOBODY,
            trace: Some(&trace),
            outcome,
        };
        let mut out = String::new();
        Variable::named(name, AccessLog).unwrap().write(&context, &mut out).then_some(out)
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn each_variable_prints_its_value() {
        for (name, expected) in [
            ("accountId", "000000000000"),
            ("apiId", "abc123"),
            ("deploymentId", "d1d2d3"),
            ("domainName", "abc123.execute-api.us-west-2.localhost:4566"),
            ("domainPrefix", "abc123"),
            ("endpointType", "REGIONAL"),
            ("httpMethod", "GET"),
            ("identity.sourceIp", "127.0.0.1"),
            ("identity.userAgent", "curl/8.0"),
            ("path", "/prod/pets//7"),
            ("protocol", "HTTP/1.1"),
            ("requestTime", "17/Jul/2024:18:34:51 +0000"),
            ("requestTimeEpoch", "1721241291500"),
            ("resourceId", "r1r2r3"),
            ("resourcePath", "/pets/{proxy+}"),
            ("stage", "prod"),
            ("xrayTraceId", "1-66980acb-000000000000000000000001"),
        ] {
            assert_eq!(value(name, None).as_deref(), Some(expected), "{name}");
        }
        assert_eq!(value("requestId", None).unwrap().len(), 36);
        assert_eq!(value("extendedRequestId", None).unwrap().len(), 16);
    }

    #[test]
    fn the_outcome_has_its_variables() {
        let refusal = Refusal::ApiConfigurationError(ConfigurationFault::NoIntegration);
        let outcome = Outcome {
            status: 500,
            length: Some(36),
            latency_millis: 12,
            integration_status: Some(404),
            lambda_status: Some(200),
            integration_latency_millis: Some(0),
            endpoint_request_id: Some("e1"),
            endpoint_request_id2: Some("e2"),
            data_processed: Some(49),
            told: None,
            refusal: Some(&refusal),
        };
        for (name, expected) in [
            ("status", "500"),
            ("responseLength", "36"),
            ("responseLatency", "12"),
            ("integrationLatency", "0"),
            ("integration.latency", "0"),
            ("integration.requestId", "e1"),
            ("awsEndpointRequestId", "e1"),
            ("awsEndpointRequestId2", "e2"),
            ("dataProcessed", "49"),
            ("integrationStatus", "200"),
            ("integration.integrationStatus", "200"),
            ("integration.status", "404"),
            ("error.message", "Internal server error"),
            ("error.messageString", "\"Internal server error\""),
            ("error.responseType", "API_CONFIGURATION_ERROR"),
            ("integrationErrorMessage", "no integration is defined for the method"),
        ] {
            assert_eq!(value(name, Some(&outcome)).as_deref(), Some(expected), "{name}");
        }
        assert_eq!(value("status", None), None);
        assert_eq!(value("error.message", Some(&Outcome { refusal: None, ..outcome })), None);
    }

    #[test]
    fn who_the_caller_is_has_no_value_yet() {
        assert_eq!(value("identity.caller", None), None);
        assert_eq!(value("authorizer.principalId", None), None);
    }

    #[test]
    fn some_variables_belong_to_access_logs_only() {
        assert_eq!(Variable::named("status", Everywhere), None);
        assert_eq!(Variable::named("status", AccessLog), Some(V::Status));
        assert_eq!(Variable::named("stage", Everywhere), Some(V::Stage));
        assert_eq!(Variable::named("nonsense", AccessLog), None);
    }

    #[test]
    fn the_longest_name_wins() {
        let at = |text| Variable::longest_at(text, AccessLog);
        assert_eq!(at("integration.status\""), Some((18, V::EndpointStatus)));
        assert_eq!(at("status."), Some((6, V::Status)));
        assert_eq!(at("stage.x"), Some((5, V::Stage)));
        assert_eq!(at("integrationStatus,"), Some((17, V::IntegrationStatus)));
        assert_eq!(at("stages"), None);
        assert_eq!(at(""), None);
    }

    #[test]
    fn numbers_are_written_in_full() {
        let mut out = String::new();
        for number in [0, 9, 10, u64::MAX] {
            push_number(&mut out, number);
            out.push(' ');
        }
        assert_eq!(out, "0 9 10 18446744073709551615 ");
    }
}
