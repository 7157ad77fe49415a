//! What is answered when an operation does not do what was asked.
//!
//! An error is either one of the service's own, from its [`ErrorTable`], or one that every service
//! can answer ([`CommonError`]): the code and status of those depend on the protocol and the
//! service, so they are chosen when the error is encoded.

use std::borrow::Cow;
use std::fmt;

use api::table::Protocol;
use api::{ErrorTable, OperationTable, ServiceTable};
use serde_json::Value;

/// An answer that is not success.
#[derive(Clone, Debug)]
pub struct ServiceError {
    kind: Kind,
    message: Option<String>,
    members: Vec<(&'static str, Value)>,
    service: Option<&'static ServiceTable>,
    protocol: Option<Protocol>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Own(&'static ErrorTable),
    Common(CommonError),
}

/// The errors that every service can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommonError {
    /// The request could not be read.
    Serialization,
    /// The input violates constraints.
    Validation,
    /// The operation exists at AWS but not here.
    NotImplemented,
    /// There is no such operation.
    UnknownOperation,
    /// The request is not signed.
    MissingAuthenticationToken,
    /// The signature is missing parts.
    IncompleteSignature,
    /// The signature is wrong.
    InvalidSignature,
    /// The access key is unknown.
    UnrecognizedClient,
    /// The temporary credentials have expired.
    ExpiredToken,
    /// The caller may not do this.
    AccessDenied,
    /// Too many requests.
    Throttling,
    /// The body is too large.
    RequestEntityTooLarge,
    /// The service is to blame.
    InternalFailure,
    /// The service is to blame and will recover.
    ServiceUnavailable,
}

impl ServiceError {
    /// An error of the service's own.
    pub fn new(table: &'static ErrorTable, message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Own(table),
            message: Some(message.into()),
            members: Vec::new(),
            service: None,
            protocol: None,
        }
    }

    /// An error that every service has.
    pub fn common(error: CommonError, message: impl Into<String>) -> Self {
        let message = Some(message.into());
        Self { kind: Kind::Common(error), message, members: Vec::new(), service: None, protocol: None }
    }

    /// The request could not be read: `SerializationException`.
    pub fn serialization(message: impl Into<String>) -> Self {
        Self::common(CommonError::Serialization, message)
    }

    /// The input violates constraints: `ValidationException` or what the service calls it.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::common(CommonError::Validation, message)
    }

    /// The operation is AWS's but not built here: 501.
    #[must_use]
    pub fn not_implemented(operation: &OperationTable) -> Self {
        let text = format!("The operation {}:{} is not built.", operation.service.name, operation.name);
        Self::common(CommonError::NotImplemented, text)
    }

    /// There is no such operation.
    pub fn unknown_operation(message: impl Into<String>) -> Self {
        Self::common(CommonError::UnknownOperation, message)
    }

    /// The request is not signed.
    #[must_use]
    pub fn missing_authentication_token() -> Self {
        Self::common(CommonError::MissingAuthenticationToken, "Missing Authentication Token")
    }

    /// The signature is missing parts; `message` says which.
    pub fn incomplete_signature(message: impl Into<String>) -> Self {
        Self::common(CommonError::IncompleteSignature, message)
    }

    /// The signature is wrong.
    pub fn invalid_signature(message: impl Into<String>) -> Self {
        Self::common(CommonError::InvalidSignature, message)
    }

    /// The access key is unknown.
    #[must_use]
    pub fn unrecognized_client() -> Self {
        let text = "The security token included in the request is invalid.";
        Self::common(CommonError::UnrecognizedClient, text)
    }

    /// The temporary credentials have expired.
    #[must_use]
    pub fn expired_token() -> Self {
        Self::common(CommonError::ExpiredToken, "The security token included in the request is expired")
    }

    /// The caller may not do this.
    pub fn access_denied(message: impl Into<String>) -> Self {
        Self::common(CommonError::AccessDenied, message)
    }

    /// Too many requests.
    #[must_use]
    pub fn throttling() -> Self {
        Self::common(CommonError::Throttling, "Rate exceeded")
    }

    /// The body is larger than `limit` bytes.
    #[must_use]
    pub fn request_entity_too_large(limit: usize) -> Self {
        let text = format!("Request must be smaller than {limit} bytes");
        Self::common(CommonError::RequestEntityTooLarge, text)
    }

    /// The service failed; the reason is in its own log, not in the answer.
    #[must_use]
    pub fn internal_failure() -> Self {
        Self::common(CommonError::InternalFailure, "Internal server error")
    }

    /// The service cannot answer now; clients try again.
    #[must_use]
    pub fn service_unavailable() -> Self {
        let text = "The service is unavailable. Please try again later.";
        Self::common(CommonError::ServiceUnavailable, text)
    }

    /// Adds a member besides the message, by its name on the wire: `retryAfterSeconds` (which
    /// travels as the header `Retry-After` where the error's table says so), `Type`.
    #[must_use]
    pub fn with(mut self, member: &'static str, value: impl Into<Value>) -> Self {
        self.members.push((member, value.into()));
        self
    }

    /// Leaves the text out.
    #[must_use]
    pub fn without_message(mut self) -> Self {
        self.message = None;
        self
    }

    /// This error as an answer of `service`, for whoever encodes it without knowing the service.
    #[must_use]
    pub fn of(mut self, service: &'static ServiceTable) -> Self {
        self.service = Some(service);
        self
    }

    /// This error as an answer in `protocol`, where no service is known.
    #[must_use]
    pub fn in_protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// The text.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Whether this is the service's own error `table`.
    #[must_use]
    pub fn is(&self, table: &ErrorTable) -> bool {
        matches!(self.kind, Kind::Own(own) if std::ptr::eq(own, table))
    }

    /// The error if it is one that every service has.
    #[must_use]
    pub fn as_common(&self) -> Option<CommonError> {
        match self.kind {
            Kind::Own(_) => None,
            Kind::Common(common) => Some(common),
        }
    }

    /// The code on the wire when `service` answers it.
    #[must_use]
    pub fn code(&self, service: Option<&ServiceTable>) -> Cow<'static, str> {
        match self.kind {
            Kind::Own(table) => table.code.into(),
            Kind::Common(common) => common.code_and_status(service, self.protocol).0.into(),
        }
    }

    /// The HTTP status when `service` answers it.
    #[must_use]
    pub fn status(&self, service: Option<&ServiceTable>) -> u16 {
        match self.kind {
            Kind::Own(table) => table.http_status,
            Kind::Common(common) => common.code_and_status(service, self.protocol).1,
        }
    }

    pub(crate) fn table(&self) -> Option<&'static ErrorTable> {
        match self.kind {
            Kind::Own(table) => Some(table),
            Kind::Common(_) => None,
        }
    }

    pub(crate) fn members(&self) -> &[(&'static str, Value)] {
        &self.members
    }

    pub(crate) fn service(&self) -> Option<&'static ServiceTable> {
        self.service
    }

    pub(crate) fn protocol(&self) -> Option<Protocol> {
        self.protocol
    }

    /// The member that carries the text when `service` answers it.
    pub(crate) fn message_member(&self, service: Option<&ServiceTable>) -> &'static str {
        match (self.kind, service) {
            (Kind::Own(table), _) => table.message_member,
            (Kind::Common(CommonError::Serialization | CommonError::Validation), Some(service)) => {
                service.validation.message_member
            }
            (Kind::Common(_), _) => "message",
        }
    }
}

impl CommonError {
    /// The code and the status with which `service` answers. Unknown services answer as restJson1.
    fn code_and_status(self, service: Option<&ServiceTable>, hint: Option<Protocol>) -> (&'static str, u16) {
        match service.map(|service| service.protocol).or(hint).unwrap_or(Protocol::RestJson) {
            Protocol::AwsQuery => self.in_query(service),
            Protocol::Ec2Query => match self {
                // EC2 API reference, "Error codes for the Amazon EC2 API".
                Self::UnrecognizedClient | Self::InvalidSignature => ("AuthFailure", 401),
                Self::AccessDenied => ("UnauthorizedOperation", 403),
                Self::Throttling => ("RequestLimitExceeded", 503),
                Self::InternalFailure => ("InternalError", 500),
                Self::ServiceUnavailable => ("Unavailable", 503),
                _ => self.in_query(service),
            },
            // awsJson services answer every fault of the caller's with 400 (CloudWatch Logs API
            // reference, "Common Errors").
            Protocol::AwsJson { .. } => match self.in_json(service) {
                _ if self == Self::Throttling => ("ThrottlingException", 400),
                (code, 403 | 404) => (code, 400),
                other => other,
            },
            Protocol::RestJson => self.in_json(service),
        }
    }

    fn in_json(self, service: Option<&ServiceTable>) -> (&'static str, u16) {
        match self {
            Self::Serialization => ("SerializationException", 400),
            Self::Validation => {
                (service.map_or("ValidationException", |service| service.validation.error), 400)
            }
            Self::NotImplemented => ("NotImplemented", 501),
            Self::UnknownOperation => ("UnknownOperationException", 404),
            Self::MissingAuthenticationToken => ("MissingAuthenticationTokenException", 403),
            Self::IncompleteSignature => ("IncompleteSignatureException", 403),
            Self::InvalidSignature => ("InvalidSignatureException", 403),
            Self::UnrecognizedClient => ("UnrecognizedClientException", 403),
            Self::ExpiredToken => ("ExpiredTokenException", 403),
            Self::AccessDenied => ("AccessDeniedException", 403),
            Self::Throttling => ("TooManyRequestsException", 429),
            Self::RequestEntityTooLarge => ("RequestEntityTooLargeException", 413),
            Self::InternalFailure => ("InternalFailure", 500),
            Self::ServiceUnavailable => ("ServiceUnavailableException", 503),
        }
    }

    /// The codes of the query API (IAM API reference, "Common Errors").
    fn in_query(self, service: Option<&ServiceTable>) -> (&'static str, u16) {
        match self {
            Self::Serialization => ("MalformedInput", 400),
            Self::Validation => (service.map_or("ValidationError", |service| service.validation.error), 400),
            Self::NotImplemented => ("NotImplemented", 501),
            Self::UnknownOperation => ("InvalidAction", 400),
            Self::MissingAuthenticationToken => ("MissingAuthenticationToken", 403),
            Self::IncompleteSignature => ("IncompleteSignature", 403),
            Self::InvalidSignature => ("SignatureDoesNotMatch", 403),
            Self::UnrecognizedClient => ("InvalidClientTokenId", 403),
            Self::ExpiredToken => ("ExpiredToken", 403),
            Self::AccessDenied => ("AccessDenied", 403),
            Self::Throttling => ("Throttling", 400),
            Self::RequestEntityTooLarge => ("RequestEntityTooLarge", 413),
            Self::InternalFailure => ("InternalFailure", 500),
            Self::ServiceUnavailable => ("ServiceUnavailable", 503),
        }
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code(self.service))?;
        match &self.message {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ServiceError {}
