//! Why a request is not answered by its integration: one variant for each gateway response
//! that can occur, and the one table of what each says (API Gateway developer guide,
//! "Gateway response types"; bodies recorded from AWS).

use http::StatusCode;

use crate::tls::Denied;

/// A step's refusal. Its `Display` is for the operator; the client gets
/// [`Refusal::message`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such API or stage, or it is not reachable this way. Not one of the
    /// customisable gateway responses: it comes before an API is known.
    #[error("{0}")]
    Forbidden(Unreachable),
    /// No resource and method for this path and verb.
    #[error("no method matches the request")]
    MissingAuthenticationToken,
    /// An HTTP API has no such stage, or none of its routes is met.
    #[error("no route matches the request")]
    NotFound,
    /// The sender is not known to the method's authorizer, or does not say who it is.
    #[error("the caller is not known to the authorizer")]
    Unauthorized,
    /// A token does not let its bearer in.
    #[error("the token: {0}")]
    Bearer(Bearer),
    /// The policy of the method's authorizer does not let the sender in.
    #[error("the authorizer's policy {}", if *.explicit { "denies the request" } else { "does not allow the request" })]
    AuthorizerDenied {
        /// Whether a statement denies it.
        explicit: bool,
    },
    /// Policies do not let the sender in: those of whoever signed the request, or the API's.
    #[error("{user} is not allowed to invoke {resource}{}", explicitly(*.explicit))]
    AccessDenied {
        /// The ARN of whoever signed the request, or `anonymous`.
        user: String,
        /// The method's ARN, as it may be shown.
        resource: String,
        /// Whether a statement denies it.
        explicit: bool,
    },
    /// The request's signature is none, or not right.
    #[error("the signature: {why}")]
    InvalidSignature {
        /// `x-amzn-ErrorType`.
        error_type: &'static str,
        /// What is wrong, in AWS's words.
        why: String,
    },
    /// The request was signed too long ago, or by a session that has ended.
    #[error("the signature: {why}")]
    ExpiredToken {
        /// `x-amzn-ErrorType`.
        error_type: &'static str,
        /// In AWS's words.
        why: String,
    },
    /// The method's authorizer is not one that can be asked, or answers what is no verdict.
    #[error("the authorizer: {why}")]
    AuthorizerConfigurationError {
        /// What is wrong.
        why: String,
    },
    /// The method's authorizer could not be asked.
    #[error("the authorizer failed: {why}")]
    AuthorizerFailure {
        /// What happened.
        why: String,
    },
    /// The URL is too long; or the ARN of the method, which holds its path, is too long for an
    /// authorizer.
    #[error("{what} is longer than {limit} bytes")]
    UriTooLong {
        /// The URL, or the ARN.
        what: &'static str,
        /// The most that it may be.
        limit: usize,
    },
    /// A payload or headers above API Gateway's limits.
    #[error("{0}")]
    RequestTooLarge(TooLarge),
    /// The request's body did not arrive whole.
    #[error("the request's body ended early")]
    BrokenBody,
    /// Parameters that the method requires are not there.
    #[error("Missing required request parameters: [{}]", .missing.join(", "))]
    BadRequestParameters {
        /// Their names, in the order in which the method declares them.
        missing: Vec<String>,
    },
    /// The body is not what the method's model says.
    #[error("Invalid request body: {faults}")]
    BadRequestBody {
        /// What is wrong with it, in AWS's words: `[…, …]`.
        faults: String,
    },
    /// `Cache-Control: max-age=0` of a client that must not invalidate the cache, where the method
    /// refuses that.
    #[error("the caller is not authorized to invalidate the cache")]
    CacheControlUnauthorized,
    /// No API key was presented, or none that may call the stage.
    #[error("{why}")]
    InvalidApiKey {
        /// The log's line.
        why: Box<str>,
    },
    /// The method, or any in its account, is called too often.
    #[error("the method is called more often than its stage or its account allows")]
    Throttled,
    /// The API key is used more often than its usage plan allows.
    #[error("{why}")]
    KeyThrottled {
        /// The log's line.
        why: Box<str>,
    },
    /// The API key has used up its quota.
    #[error("{why}")]
    QuotaExceeded {
        /// The log's line.
        why: Box<str>,
    },
    /// No template matches and the integration does not pass bodies through.
    #[error("no request template for the content type {content_type:?}")]
    UnsupportedMediaType {
        /// The request's media type.
        content_type: String,
    },
    /// The payload is compressed in a way that is not supported, or not as it says.
    #[error("{why}")]
    UnsupportedCoding {
        /// What is the matter.
        why: String,
    },
    /// Lambda does not take the payload: it is no JSON.
    #[error("the payload is not JSON: {why}")]
    PayloadNotJson {
        /// The parser's words.
        why: String,
    },
    /// The API is set up in a way that cannot be run.
    #[error("{0}")]
    ApiConfigurationError(ConfigurationFault),
    /// The integration answered nothing usable.
    #[error("{0}")]
    IntegrationFailure(IntegrationFault),
    /// The integration did not answer in time.
    #[error("the integration did not answer within {limit_millis} ms")]
    IntegrationTimeout {
        /// The integration's timeout.
        limit_millis: u64,
    },
}

/// What is the matter with a bearer's token (RFC 6750, section 3).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bearer {
    /// There is none.
    #[error("there is none")]
    Missing,
    /// It is none, or is not believed.
    #[error("{why}")]
    Invalid {
        /// What is wrong, for the client.
        why: Box<str>,
        /// What is asked for, with blanks between.
        scopes: Box<str>,
    },
    /// It is for something else.
    #[error("the token does not have the required scope")]
    InsufficientScope {
        /// What is asked for, with blanks between.
        scopes: Box<str>,
    },
}

/// Why an address leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// No API has this id.
    #[error("there is no API of this id")]
    UnknownApi,
    /// The API is in another region than the host's name says.
    #[error("the API is in another region than its host name says")]
    OtherRegion,
    /// The API has no such stage.
    #[error("the API has no such stage")]
    UnknownStage,
    /// `disableExecuteApiEndpoint`.
    #[error("the API's default endpoint is disabled")]
    EndpointDisabled,
    /// A PRIVATE API, which only VPC endpoints lead to.
    #[error("the API is private, and the request came by none of the VPC endpoints that are configured")]
    PrivateApi,
    /// `endpointAccessMode` STRICT of the API's default endpoint.
    #[error("the API is reached by its own name and over TLS only")]
    Strict,
    /// A path of a custom domain name that is not mapped.
    #[error("no base path mapping of the custom domain name fits the path")]
    UnknownBasePath,
    /// A custom domain name that cannot be served, or not on this connection.
    #[error("the custom domain name {name} {why}")]
    Domain {
        /// The custom domain name.
        name: Box<str>,
        /// Why it refuses the request.
        why: DomainRefusal,
    },
    /// A PRIVATE API lets nobody in whom its resource policy does not.
    #[error("the API is private and has no resource policy")]
    PrivateWithoutPolicy,
    /// The host names a VPC endpoint that the request has not come by, or that does not lead to the
    /// API.
    #[error("the host names another VPC endpoint than the request has come by")]
    OtherEndpoint,
}

/// Why a custom domain name refuses what other names may be asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainRefusal {
    /// Only those VPC endpoints reach it that have an access association with it.
    #[error("is private, and the request came by no VPC endpoint that is associated with it")]
    Private,
    /// Its policy does not let the request in, or there is none.
    #[error("has no policy that lets the request in")]
    Policy,
    /// It is private and leads to an API that is not.
    #[error("is private, and leads to an API that is not")]
    PublicApi,
    /// It asks for what only TLS gives, and the request came without.
    #[error("is served over TLS only")]
    Insecure,
    /// It asks for certificates, and takes the client's not.
    #[error("refuses the client: {0}")]
    ClientCertificate(Denied),
    /// What is stored of it cannot be used.
    #[error("cannot be served: {0}")]
    Unusable(Box<str>),
}

/// Which limit a request is above.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    /// The body.
    #[error("the payload is larger than {limit} bytes")]
    Payload {
        /// The most that is taken.
        limit: usize,
    },
    /// All header values together.
    #[error("the headers have {size} bytes, more than {limit}")]
    Headers {
        /// Their size.
        size: usize,
        /// The most that is taken.
        limit: usize,
    },
    /// The event of a function.
    #[error("Lambda takes no payload of {size} bytes")]
    Event {
        /// Its size.
        size: usize,
    },
}

/// What of an API's configuration cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationFault {
    /// The stage's deployment could not be compiled.
    #[error("the stage cannot be served: {why}")]
    Stage {
        /// The first reason.
        why: String,
    },
    /// The method or the API asks for a feature that is not built. Nothing that restricts
    /// access is ever skipped.
    #[error("{feature} is not built yet, so the request is refused")]
    NotBuilt {
        /// What is asked for.
        feature: String,
    },
    /// The method has no integration.
    #[error("no integration is defined for the method")]
    NoIntegration,
    /// The integration's URI is no address, or a stage variable or path parameter in it has
    /// no value.
    #[error("Invalid endpoint address: {why}")]
    Endpoint {
        /// What is wrong.
        why: String,
    },
    /// Nobody has said where the backend is that the integration names.
    #[error("{why}")]
    NoPlace {
        /// What an operator has to do.
        why: String,
    },
    /// An AWS integration names no role.
    #[error("the integration with {service} names no role by whose right it is called")]
    NoRole {
        /// The service.
        service: String,
    },
    /// The integration's role is not there, or does not let API Gateway act for it.
    #[error("API Gateway does not have permission to assume the provided role: {why}")]
    Role {
        /// Why not.
        why: String,
    },
    /// A header that API Gateway sets itself is mapped.
    #[error("the header {name} cannot be mapped for this integration")]
    MappedHeader {
        /// The header.
        name: String,
    },
    /// A mapped value is no header value.
    #[error("the mapped value of the header {name} is not valid in a header")]
    HeaderValue {
        /// The header.
        name: String,
    },
    /// A template cannot be rendered.
    #[error("the mapping template failed: {why}")]
    Template {
        /// Why.
        why: String,
    },
    /// A MOCK's request template gave no status code.
    #[error("the request template of the MOCK integration gives no statusCode")]
    MockStatus,
    /// No integration response matches and none is the default.
    #[error("No match for output mapping and no default output mapping configured")]
    NoIntegrationResponse,
    /// The chosen integration response's status code is no status code.
    #[error("the status code {status:?} is not valid")]
    StatusCode {
        /// The status code as stored.
        status: String,
    },
    /// `CONVERT_TO_BINARY` of what is no base 64.
    #[error("the payload is not base 64 and cannot be converted to binary")]
    NotBase64,
    /// AWS_PROXY with another integration method than POST.
    #[error("Lambda is invoked by POST, the integration says {method}")]
    IntegrationMethod {
        /// The integration's HTTP method.
        method: String,
    },
    /// The function's policy or the integration's role does not allow the call, or there is
    /// no such function.
    #[error("Invalid permissions on Lambda function: {why}")]
    LambdaPermission {
        /// Lambda's words.
        why: String,
    },
}

/// How an integration failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntegrationFault {
    /// No connection, or it broke.
    #[error("Network error communicating with endpoint: {why}")]
    Network {
        /// What failed.
        why: String,
    },
    /// The function failed, so that there is no answer to hand on.
    #[error("Lambda execution failed: {why}")]
    FunctionError {
        /// The error's beginning.
        why: String,
    },
    /// The function's answer is not what AWS_PROXY takes.
    #[error("Malformed Lambda proxy response: {why}")]
    MalformedProxyResponse {
        /// What is wrong with it.
        why: String,
    },
    /// Lambda has no room for another invocation.
    #[error("Lambda throttled the invocation")]
    Throttled,
    /// Lambda cannot run the function on this machine.
    #[error("the function cannot be run: {why}")]
    Unavailable {
        /// What an operator has to do.
        why: String,
    },
    /// The answer is larger than API Gateway hands on.
    #[error("the integration's answer is larger than {limit} bytes")]
    AnswerTooLarge {
        /// The most that is handed on.
        limit: usize,
    },
}

/// Whose mistake a refusal is. Metrics and the status class follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The request is not one that the API answers.
    Client,
    /// The backend did not do its part.
    Integration,
    /// The API is not set up so that it could be run.
    Gateway,
}

/// What a refusal looks like to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatewayResponse {
    /// `$context.error.responseType`; empty for what is no gateway response.
    pub response_type: &'static str,
    /// The status code.
    pub status: StatusCode,
    /// `x-amzn-ErrorType`.
    pub error_type: &'static str,
    /// Whose mistake it is.
    pub blame: Blame,
    /// Whether the body is written with a blank behind the colon, as AWS does for what goes
    /// wrong while an integration is executed (recorded: `Internal server error` has a
    /// `Content-Length` of 36).
    pub spaced: bool,
}

impl Refusal {
    /// The row of the table of gateway responses.
    #[must_use]
    pub fn response(&self) -> GatewayResponse {
        let row = |response_type, status, error_type, blame, spaced| GatewayResponse {
            response_type,
            status,
            error_type,
            blame,
            spaced,
        };
        match self {
            Self::Forbidden(_) => row("", StatusCode::FORBIDDEN, "ForbiddenException", Blame::Client, false),
            Self::NotFound => row("", StatusCode::NOT_FOUND, "NotFoundException", Blame::Client, false),
            Self::MissingAuthenticationToken => row(
                "MISSING_AUTHENTICATION_TOKEN",
                StatusCode::FORBIDDEN,
                "MissingAuthenticationTokenException",
                Blame::Client,
                false,
            ),
            Self::Unauthorized => {
                row("UNAUTHORIZED", StatusCode::UNAUTHORIZED, "UnauthorizedException", Blame::Client, false)
            }
            Self::Bearer(Bearer::InsufficientScope { .. }) => {
                row("ACCESS_DENIED", StatusCode::FORBIDDEN, "AccessDeniedException", Blame::Client, false)
            }
            Self::Bearer(_) => {
                row("UNAUTHORIZED", StatusCode::UNAUTHORIZED, "UnauthorizedException", Blame::Client, false)
            }
            Self::InvalidSignature { error_type, .. } => {
                row("INVALID_SIGNATURE", StatusCode::FORBIDDEN, error_type, Blame::Client, false)
            }
            Self::ExpiredToken { error_type, .. } => {
                row("EXPIRED_TOKEN", StatusCode::FORBIDDEN, error_type, Blame::Client, false)
            }
            Self::AuthorizerDenied { .. } | Self::AccessDenied { .. } => {
                row("ACCESS_DENIED", StatusCode::FORBIDDEN, "AccessDeniedException", Blame::Client, false)
            }
            Self::AuthorizerConfigurationError { .. } => row(
                "AUTHORIZER_CONFIGURATION_ERROR",
                StatusCode::INTERNAL_SERVER_ERROR,
                "AuthorizerConfigurationException",
                Blame::Gateway,
                false,
            ),
            Self::AuthorizerFailure { .. } => row(
                "AUTHORIZER_FAILURE",
                StatusCode::INTERNAL_SERVER_ERROR,
                "AuthorizerFailureException",
                Blame::Gateway,
                false,
            ),
            // The kind of error is not recorded.
            Self::UriTooLong { .. } => {
                row("DEFAULT_4XX", StatusCode::URI_TOO_LONG, "RequestTooLargeException", Blame::Client, false)
            }
            // The blank in the body is as users of AWS quote it.
            Self::BadRequestParameters { .. } => row(
                "BAD_REQUEST_PARAMETERS",
                StatusCode::BAD_REQUEST,
                "BadRequestException",
                Blame::Client,
                true,
            ),
            Self::BadRequestBody { .. } => {
                row("BAD_REQUEST_BODY", StatusCode::BAD_REQUEST, "BadRequestException", Blame::Client, true)
            }
            Self::RequestTooLarge(_) => row(
                "REQUEST_TOO_LARGE",
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestTooLargeException",
                Blame::Client,
                false,
            ),
            // "returns a 403 Unauthorized response": what its body says is not recorded.
            Self::CacheControlUnauthorized => {
                row("ACCESS_DENIED", StatusCode::FORBIDDEN, "AccessDeniedException", Blame::Client, false)
            }
            Self::InvalidApiKey { .. } => {
                row("INVALID_API_KEY", StatusCode::FORBIDDEN, "ForbiddenException", Blame::Client, false)
            }
            Self::QuotaExceeded { .. } => row(
                "QUOTA_EXCEEDED",
                StatusCode::TOO_MANY_REQUESTS,
                "LimitExceededException",
                Blame::Client,
                false,
            ),
            Self::Throttled | Self::KeyThrottled { .. } => row(
                "THROTTLED",
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequestsException",
                Blame::Client,
                false,
            ),
            Self::BrokenBody | Self::PayloadNotJson { .. } => {
                row("DEFAULT_4XX", StatusCode::BAD_REQUEST, "BadRequestException", Blame::Client, true)
            }
            // "API Gateway returns the 415 Unsupported Media Type error response" to both.
            Self::UnsupportedMediaType { .. } | Self::UnsupportedCoding { .. } => row(
                "UNSUPPORTED_MEDIA_TYPE",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "BadRequestException",
                Blame::Client,
                true,
            ),
            Self::ApiConfigurationError(_) => row(
                "API_CONFIGURATION_ERROR",
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServerErrorException",
                Blame::Gateway,
                true,
            ),
            Self::IntegrationFailure(fault) => row(
                "INTEGRATION_FAILURE",
                fault.status(),
                "InternalServerErrorException",
                Blame::Integration,
                true,
            ),
            Self::IntegrationTimeout { .. } => row(
                "INTEGRATION_TIMEOUT",
                StatusCode::GATEWAY_TIMEOUT,
                "InternalServerErrorException",
                Blame::Integration,
                true,
            ),
        }
    }

    /// `$context.error.message`: the text that the client sees.
    #[must_use]
    pub fn message(&self) -> std::borrow::Cow<'static, str> {
        match self {
            Self::Forbidden(_) | Self::InvalidApiKey { .. } => "Forbidden".into(),
            Self::NotFound => "Not Found".into(),
            Self::MissingAuthenticationToken => "Missing Authentication Token".into(),
            Self::Bearer(Bearer::InsufficientScope { .. }) => "Forbidden".into(),
            Self::Unauthorized | Self::Bearer(_) => "Unauthorized".into(),
            Self::AuthorizerDenied { explicit: true } => {
                "User is not authorized to access this resource with an explicit deny".into()
            }
            Self::AuthorizerDenied { explicit: false } => {
                "User is not authorized to access this resource".into()
            }
            Self::AccessDenied { user, resource, explicit } => format!(
                "User: {user} is not authorized to perform: execute-api:Invoke on resource: {resource}{}",
                explicitly(*explicit)
            )
            .into(),
            Self::InvalidSignature { why, .. } | Self::ExpiredToken { why, .. } => why.clone().into(),
            // The client is told nothing: its body is `{"message":null}`.
            Self::AuthorizerConfigurationError { .. } | Self::AuthorizerFailure { .. } => "".into(),
            Self::UriTooLong { .. } => "Request URI too long".into(),
            Self::RequestTooLarge(_) => "Request Too Long".into(),
            Self::BadRequestParameters { .. } => self.to_string().into(),
            Self::BadRequestBody { .. } => "Invalid request body".into(),
            Self::CacheControlUnauthorized => "Unauthorized".into(),
            Self::Throttled | Self::KeyThrottled { .. } => "Too Many Requests".into(),
            Self::QuotaExceeded { .. } => "Limit Exceeded".into(),
            Self::BrokenBody => "Bad Request".into(),
            Self::UnsupportedMediaType { .. } | Self::UnsupportedCoding { .. } => {
                "Unsupported Media Type".into()
            }
            Self::PayloadNotJson { why } => format!("Could not parse request body into json: {why}").into(),
            Self::IntegrationFailure(IntegrationFault::Network { .. }) => {
                "Network error communicating with endpoint".into()
            }
            Self::ApiConfigurationError(_) | Self::IntegrationFailure(_) => "Internal server error".into(),
            Self::IntegrationTimeout { .. } => "Endpoint request timed out".into(),
        }
    }

    /// `$context.error.validationErrorString`: all that is wrong with a request. Of missing
    /// parameters it is not recorded.
    #[must_use]
    pub fn validation_error(&self) -> Option<std::borrow::Cow<'_, str>> {
        match self {
            Self::BadRequestParameters { .. } => Some(format!("[{self}]").into()),
            Self::BadRequestBody { faults } => Some(faults.as_str().into()),
            _ => None,
        }
    }
}

fn explicitly(explicit: bool) -> &'static str {
    if explicit { " with an explicit deny" } else { "" }
}

impl IntegrationFault {
    fn status(&self) -> StatusCode {
        match self {
            Self::Network { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::FunctionError { .. } | Self::MalformedProxyResponse { .. } => StatusCode::BAD_GATEWAY,
            Self::Throttled | Self::Unavailable { .. } | Self::AnswerTooLarge { .. } => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_is_the_gateway_response_that_aws_defines() {
        let check = |refusal: Refusal, status: u16, error_type: &str, message: &str, response_type: &str| {
            let response = refusal.response();
            assert_eq!(
                (response.status.as_u16(), response.error_type, &*refusal.message(), response.response_type),
                (status, error_type, message, response_type),
            );
        };
        check(Refusal::Forbidden(Unreachable::UnknownApi), 403, "ForbiddenException", "Forbidden", "");
        check(
            Refusal::MissingAuthenticationToken,
            403,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
            "MISSING_AUTHENTICATION_TOKEN",
        );
        check(
            Refusal::BadRequestParameters { missing: vec!["a".to_owned(), "b".to_owned()] },
            400,
            "BadRequestException",
            "Missing required request parameters: [a, b]",
            "BAD_REQUEST_PARAMETERS",
        );
        check(
            Refusal::BadRequestBody { faults: "[x]".to_owned() },
            400,
            "BadRequestException",
            "Invalid request body",
            "BAD_REQUEST_BODY",
        );
        check(
            Refusal::RequestTooLarge(TooLarge::Payload { limit: 1 }),
            413,
            "RequestTooLargeException",
            "Request Too Long",
            "REQUEST_TOO_LARGE",
        );
        // Texts: knowledge centre, "How do I troubleshoot HTTP 403 errors from API Gateway".
        let denied = |explicit| Refusal::AccessDenied {
            user: "anonymous".to_owned(),
            resource: "arn:aws:execute-api:us-east-1:********3333:abc/prod/GET/".to_owned(),
            explicit,
        };
        check(
            denied(false),
            403,
            "AccessDeniedException",
            "User: anonymous is not authorized to perform: execute-api:Invoke on resource: \
             arn:aws:execute-api:us-east-1:********3333:abc/prod/GET/",
            "ACCESS_DENIED",
        );
        check(
            denied(true),
            403,
            "AccessDeniedException",
            "User: anonymous is not authorized to perform: execute-api:Invoke on resource: \
             arn:aws:execute-api:us-east-1:********3333:abc/prod/GET/ with an explicit deny",
            "ACCESS_DENIED",
        );
        let why = || "why".to_owned();
        check(
            Refusal::InvalidSignature { error_type: "InvalidSignatureException", why: why() },
            403,
            "InvalidSignatureException",
            "why",
            "INVALID_SIGNATURE",
        );
        check(
            Refusal::ExpiredToken { error_type: "ExpiredTokenException", why: why() },
            403,
            "ExpiredTokenException",
            "why",
            "EXPIRED_TOKEN",
        );
        check(Refusal::Throttled, 429, "TooManyRequestsException", "Too Many Requests", "THROTTLED");
        let throttled = Refusal::KeyThrottled { why: "x".into() };
        check(throttled, 429, "TooManyRequestsException", "Too Many Requests", "THROTTLED");
        let invalid = Refusal::InvalidApiKey { why: "x".into() };
        check(invalid, 403, "ForbiddenException", "Forbidden", "INVALID_API_KEY");
        let used_up = Refusal::QuotaExceeded { why: "x".into() };
        check(used_up, 429, "LimitExceededException", "Limit Exceeded", "QUOTA_EXCEEDED");
        check(
            Refusal::UnsupportedMediaType { content_type: "a/b".into() },
            415,
            "BadRequestException",
            "Unsupported Media Type",
            "UNSUPPORTED_MEDIA_TYPE",
        );
        check(
            Refusal::ApiConfigurationError(ConfigurationFault::NoIntegration),
            500,
            "InternalServerErrorException",
            "Internal server error",
            "API_CONFIGURATION_ERROR",
        );
        check(
            Refusal::IntegrationFailure(IntegrationFault::Network { why: "refused".into() }),
            504,
            "InternalServerErrorException",
            "Network error communicating with endpoint",
            "INTEGRATION_FAILURE",
        );
        check(
            Refusal::IntegrationFailure(IntegrationFault::MalformedProxyResponse { why: "a list".into() }),
            502,
            "InternalServerErrorException",
            "Internal server error",
            "INTEGRATION_FAILURE",
        );
        check(
            Refusal::IntegrationFailure(IntegrationFault::Throttled),
            500,
            "InternalServerErrorException",
            "Internal server error",
            "INTEGRATION_FAILURE",
        );
        check(
            Refusal::IntegrationTimeout { limit_millis: 29_000 },
            504,
            "InternalServerErrorException",
            "Endpoint request timed out",
            "INTEGRATION_TIMEOUT",
        );
    }

    #[test]
    fn blame_and_status_class_agree() {
        for refusal in [
            Refusal::Forbidden(Unreachable::UnknownStage),
            Refusal::MissingAuthenticationToken,
            Refusal::BrokenBody,
            Refusal::PayloadNotJson { why: String::new() },
            Refusal::ApiConfigurationError(ConfigurationFault::MockStatus),
            Refusal::IntegrationFailure(IntegrationFault::FunctionError { why: String::new() }),
            Refusal::IntegrationTimeout { limit_millis: 50 },
        ] {
            let response = refusal.response();
            assert_eq!(response.blame == Blame::Client, response.status.is_client_error(), "{refusal}");
        }
    }
}
