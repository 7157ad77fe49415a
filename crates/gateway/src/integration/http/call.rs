//! HTTP and HTTP_PROXY integrations: the request that the backend is sent.

use std::time::{Duration, Instant};

use api::apigateway::ContentHandlingStrategy;
use base::Timestamp;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, Uri, Version};
use sigv4::{Credentials, Payload, SigningError};
use vtl::Overrides;

use super::endpoint::{Endpoint, EndpointError, LONGEST_URL};
use super::{Target, UpstreamError, Upstreams};
use crate::exchange::{
    Body, BodyError, ConfigurationFault, EndpointResponse, IntegrationFault, Refusal,
    Request as ClientRequest, Source, Subject, TooLarge, Trace, read_whole,
};
use crate::integration::lambda::forwarded_for;
use crate::mapping::headers::{
    API_ID, FORWARDED_FOR, FORWARDED_PORT, FORWARDED_PROTO, TRACE_ID, drop_for_http,
};
use crate::mapping::parameters::{MappedHeaders, RequestParameters};
use crate::mapping::query::{self, Query};
use crate::mapping::responses::IntegrationResponses;
use crate::mapping::source::{RequestView, Value};
use crate::mapping::templates::{Passthrough, Templates};
use crate::message::{Headers, Request};
use crate::rest::limits::PAYLOAD_BYTES;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An HTTP or HTTP_PROXY integration.
#[derive(Clone, Debug)]
pub struct HttpCall {
    /// Where the backend is.
    pub endpoint: Endpoint,
    /// The verb that the backend sees; `None` for the client's.
    pub method: Option<Method>,
    /// The mapped parameters.
    pub parameters: RequestParameters,
    /// `X-Amzn-Apigateway-Api-Id`.
    pub api_id: HeaderValue,
    /// What is done with the client's request and the backend's answer.
    pub exchange: Exchange,
    /// How long the answer may stand still, if it is streamed (`responseTransferMode`): then it is of
    /// any size, and nothing that needs it whole is done with it.
    pub streams: Option<Duration>,
}

/// How much an integration changes.
#[derive(Clone, Debug)]
pub enum Exchange {
    /// HTTP_PROXY: everything passes, but for what is mapped.
    Passing,
    /// HTTP: templates and mappings make the request and the answer.
    Mapping(Box<Mapping>),
}

/// What HTTP has and HTTP_PROXY has not.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The request templates.
    pub templates: Templates,
    /// What happens to payloads that meet none of them.
    pub passthrough: Passthrough,
    /// How binary payloads are treated.
    pub handling: Option<ContentHandlingStrategy>,
    /// The integration responses.
    pub responses: IntegrationResponses,
    /// `User-Agent`.
    pub user_agent: HeaderValue,
    /// Whether the rules for AWS services hold.
    pub aws: bool,
    /// What such a service is told unless something else is mapped.
    pub implied: Vec<(HeaderName, HeaderValue)>,
}

/// What the mappings give for one request.
#[derive(Debug)]
pub struct Mapped {
    target: Target,
    uri: Uri,
    headers: MappedHeaders,
}

/// A request to a backend.
#[derive(Debug)]
pub struct Outgoing {
    target: Target,
    request: Request<Body>,
}

impl Outgoing {
    /// A request to `target`.
    #[must_use]
    pub fn new(target: Target, request: Request<Body>) -> Self {
        Self { target, request }
    }

    /// Where it goes.
    #[must_use]
    pub fn url(&self) -> String {
        let authority = self.target.authority().to_str().unwrap_or_default();
        format!("{}://{authority}{}", self.target.scheme().as_str(), self.request.uri())
    }

    /// Its headers.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        self.request.headers()
    }

    /// Its body.
    #[must_use]
    pub fn body(&self) -> &Body {
        self.request.body()
    }

    /// Signs it, as it is, for an AWS service.
    ///
    /// # Errors
    /// If a credential is no header text.
    pub fn sign(
        &mut self,
        credentials: &Credentials,
        region: &str,
        service: &str,
        at: Timestamp,
    ) -> Result<(), SigningError> {
        let authority = self.target.authority().clone();
        self.request.headers_mut().insert_if_absent(HOST, || authority);
        let payload = match self.request.body() {
            Body::Empty => Payload::Bytes(&[]),
            Body::Whole(bytes) => Payload::Bytes(bytes),
            Body::Stream(_) | Body::Bounded(_) | Body::Compressed(_) => Payload::Unsigned,
        };
        let headers = HeaderMap::from(self.request.headers());
        let request = sigv4::Request::new(self.request.method(), self.request.uri(), &headers);
        let added = sigv4::sign(&request, payload, credentials, region, service, at)?;
        for (name, value) in added {
            self.request.headers_mut().insert(name, value);
        }
        Ok(())
    }
}

impl HttpCall {
    /// Address, path, query and mapped headers of one request, with what its template overrides.
    ///
    /// # Errors
    /// If a value is none that can be sent.
    pub fn mapped(&self, view: &RequestView<'_>, overrides: &Overrides) -> Result<Mapped, Refusal> {
        let query = match self.exchange {
            Exchange::Passing if self.parameters.query.is_empty() => view.request.query().to_owned(),
            Exchange::Passing => self.query(view, Query(view.request.query()), overrides)?,
            Exchange::Mapping(_) => self.query(view, Query(""), overrides)?,
        };
        let value = |name: &str| self.path_value(name, view, overrides);
        Ok(Mapped {
            target: self.endpoint.target(&value).map_err(no_endpoint)?.into_owned(),
            uri: self.endpoint.path_and_query(&value, query).map_err(no_endpoint)?,
            headers: self.parameters.headers_of(view, overrides, self.is_aws())?,
        })
    }

    fn is_aws(&self) -> bool {
        matches!(&self.exchange, Exchange::Mapping(mapping) if mapping.aws)
    }

    /// The request of HTTP_PROXY: the client's headers but for what is dropped, and its body.
    #[must_use]
    pub fn passing(
        &self,
        mapped: Mapped,
        client: &ClientRequest,
        mut headers: Headers,
        body: Body,
        trace: Option<&Trace>,
    ) -> Outgoing {
        // A tested request came over no network.
        let ends = match &client.source {
            Source::Network(ends) => Some(ends),
            Source::Test(_) => None,
        };
        let forwarded_for = ends.map(|ends| match headers.contains_key(FORWARDED_FOR) {
            true => HeaderValue::try_from(forwarded_for(&headers, &client.source)).unwrap_or(EMPTY),
            false => ends.address().clone(),
        });
        drop_for_http(&mut headers, |name| match name {
            "x-amzn-apigateway-api-id" | "x-amzn-trace-id" => true,
            "x-forwarded-for" | "x-forwarded-port" | "x-forwarded-proto" => ends.is_some(),
            _ => false,
        });
        if let (Some(ends), Some(forwarded_for)) = (ends, forwarded_for) {
            headers.append(FORWARDED_FOR, forwarded_for);
            headers.append(FORWARDED_PORT, ends.local_port_value().clone());
            headers.append(FORWARDED_PROTO, HeaderValue::from_static(client.scheme()));
        }
        self.outgoing(mapped, client, headers, body, trace)
    }

    /// The request of HTTP: what is mapped and nothing else of the client's but the type of
    /// its content, with `payload` as the templates made it.
    #[must_use]
    pub fn mapping(
        &self,
        mapping: &Mapping,
        mapped: Mapped,
        client: &ClientRequest,
        content_type: Option<HeaderValue>,
        payload: Bytes,
        trace: Option<&Trace>,
    ) -> Outgoing {
        let mut headers = Headers::with_capacity(16);
        headers.insert(ACCEPT, JSON);
        headers.insert(USER_AGENT, mapping.user_agent.clone());
        if !payload.is_empty() {
            headers.insert(CONTENT_TYPE, content_type.unwrap_or(JSON));
        }
        for (name, value) in &mapping.implied {
            headers.insert(name, value.clone());
        }
        self.outgoing(mapped, client, headers, Body::from(payload), trace)
    }

    fn outgoing(
        &self,
        mapped: Mapped,
        client: &ClientRequest,
        mut headers: Headers,
        body: Body,
        trace: Option<&Trace>,
    ) -> Outgoing {
        headers.append(API_ID, self.api_id.clone());
        headers.append(TRACE_ID, trace.map_or(EMPTY, Trace::value));
        let Mapped { target, uri, headers: over } = mapped;
        over.set_on(&mut headers);
        let method = self.method.clone().unwrap_or_else(|| client.method.clone());
        if matches!(body, Body::Empty) && matches!(method, Method::POST | Method::PUT | Method::PATCH) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Outgoing { target, request: request(method, uri, headers, body) }
    }

    /// What is mapped to `integration.request.path.{name}`. A place in the URI that nothing is
    /// mapped to has no value, even if the method's path has a variable of its name (recorded
    /// from AWS).
    fn path_value<'v>(
        &'v self,
        name: &str,
        view: &RequestView<'v>,
        overrides: &Overrides,
    ) -> Option<Value<'v>> {
        if let Some((_, value)) = overrides.request_path().find(|(own, _)| *own == name) {
            return Some(Value::Plain(value.into()));
        }
        let (_, source) = self.parameters.path.iter().find(|(own, _)| **own == *name)?;
        source.values(view, None).into_iter().next()
    }

    /// The client's query string without what is mapped, then what is mapped, then what is
    /// overridden in place of it.
    fn query(
        &self,
        view: &RequestView<'_>,
        client: Query<'_>,
        overrides: &Overrides,
    ) -> Result<String, Refusal> {
        let mut out = String::new();
        let mapped = |name: &str| self.parameters.query.iter().any(|(own, _)| **own == *name);
        for ((name, _), (raw_name, raw_value)) in client.parameters().zip(client.raw_parameters()) {
            if mapped(&name) {
                continue;
            }
            query::append_raw(&mut out, raw_name);
            out.push('=');
            out.push_str(raw_value);
        }
        let mut append = |name: &str, value: &str| {
            if value.len() > LONGEST_URL {
                return Err(no_endpoint(EndpointError::TooLong(name.to_owned())));
            }
            query::append(&mut out, name, value);
            Ok(())
        };
        let overridden = |name: &str| overrides.request_query().any(|(own, _)| own == name);
        for (name, source) in self.parameters.query.iter().filter(|(name, _)| !overridden(name)) {
            for value in source.values(view, None) {
                append(name, value.as_str())?;
            }
        }
        for (name, value) in overrides.request_query() {
            append(name, &value)?;
        }
        Ok(out)
    }
}

fn request(method: Method, uri: Uri, headers: Headers, body: Body) -> Request<Body> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    *request.version_mut() = Version::HTTP_11;
    request
}

/// In place of a value that cannot be sent, which none that is made of header values and numbers is.
const EMPTY: HeaderValue = HeaderValue::from_static("");

fn no_endpoint(error: EndpointError) -> Refusal {
    Refusal::ApiConfigurationError(ConfigurationFault::Endpoint { why: error.to_string() })
}

/// Sends a request, `now`, and waits for the answer, at most `limit`: for its head, and, if `whole`,
/// for its body of at most [`PAYLOAD_BYTES`] too.
///
/// # Errors
/// What the client gets if there is none.
pub async fn send(
    upstreams: &Upstreams,
    outgoing: Outgoing,
    now: Instant,
    limit: Duration,
    whole: bool,
) -> Result<EndpointResponse, Refusal> {
    let Outgoing { target, request } = outgoing;
    let deadline = now + limit;
    let response = upstreams.send_at(now, &target, request, deadline).await;
    let (head, mut body) = response.map_err(|error| refusal(&error, limit))?.into_parts();
    if head.status.is_informational() {
        // Nothing of the client's asked for another protocol.
        let why = format!("{target} answered with the interim status {}", head.status);
        return Err(Refusal::IntegrationFailure(IntegrationFault::Network { why }));
    }
    if whole {
        let read = tokio::time::timeout_at(deadline.into(), read_whole(body, PAYLOAD_BYTES)).await;
        // The body knows of the same deadline, and either may be the first to notice.
        let late = |error| if matches!(error, BodyError::Late) { timeout(limit) } else { unusable(error) };
        body = Body::from(read.map_err(|_| timeout(limit))?.map_err(late)?);
    }
    Ok(EndpointResponse { status: head.status, headers: head.headers, body, subject: Subject::Status })
}

pub(crate) fn timeout(limit: Duration) -> Refusal {
    Refusal::IntegrationTimeout { limit_millis: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX) }
}

/// What a client gets whose answer's body cannot be read.
pub(crate) fn unusable(error: BodyError) -> Refusal {
    Refusal::IntegrationFailure(match error {
        BodyError::TooLarge { limit } => IntegrationFault::AnswerTooLarge { limit },
        BodyError::Broken(error) => IntegrationFault::Network { why: error.to_string() },
        BodyError::Function { why } => IntegrationFault::FunctionError { why },
        BodyError::Idle { .. } | BodyError::Late | BodyError::Compressor(_) => {
            IntegrationFault::Network { why: error.to_string() }
        }
    })
}

fn refusal(error: &UpstreamError, limit: Duration) -> Refusal {
    let why = || error.to_string();
    match error {
        UpstreamError::Timeout { .. } => {
            Refusal::IntegrationTimeout { limit_millis: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX) }
        }
        // AWS logs both as configuration errors: `Invalid endpoint address`.
        UpstreamError::Resolve { .. } | UpstreamError::Tls { .. } => {
            Refusal::ApiConfigurationError(ConfigurationFault::Endpoint { why: why() })
        }
        UpstreamError::RequestBody { limit, .. } => match limit {
            Some(limit) => Refusal::RequestTooLarge(TooLarge::Payload { limit: *limit }),
            None => Refusal::BrokenBody,
        },
        UpstreamError::Connect { .. }
        | UpstreamError::Busy { .. }
        | UpstreamError::Closed { .. }
        | UpstreamError::Protocol { .. } => {
            Refusal::IntegrationFailure(IntegrationFault::Network { why: why() })
        }
    }
}
