//! What functions are told of a request: events of the payload formats 1.0 and 2.0, for integrations
//! and for authorizers (API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP
//! APIs in API Gateway" and "Control access to HTTP APIs with AWS Lambda authorizers").

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, HeaderName};
use indexmap::IndexMap;
use percent_encoding::percent_decode_str;

use super::event_caller::{authorizer_of_v1, authorizer_of_v2, client_certificate, identity, user_agent};
use super::object::{Object, json};
use super::routes::{DEFAULT, Variables};
use super::values::joined;
use crate::exchange::{Caller, Request, StageFacts, StageVariables};
use crate::integration::lambda::forwarded_for;
use crate::mapping::headers::{
    FORWARDED_FOR, FORWARDED_PORT, FORWARDED_PROTO, TRACE_ID, is_dropped_for_lambda,
};
use crate::mapping::media::essence;
use crate::mapping::payload;
use crate::mapping::query::Query;
use crate::message::Headers;

/// Which form events have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PayloadFormat {
    /// That of REST APIs, more or less.
    V1,
    /// HTTP APIs' own.
    V2,
}

/// What of a request goes into its event.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    /// Its unchanging part.
    pub(super) request: &'a Request,
    /// Its stage.
    pub(super) stage: &'a StageFacts,
    /// The stage's variables.
    pub(super) stage_variables: &'a StageVariables,
    /// The key of its route.
    pub(super) route_key: &'a str,
    /// The values of the path's variables.
    pub(super) variables: &'a Variables<'a>,
    /// Who sent it, as far as that is known.
    pub(super) caller: &'a Caller,
    /// Its headers.
    pub(super) headers: &'a Headers,
    /// Its query string.
    pub(super) query: &'a str,
    /// What stands in the path's place, if a mapping has put something there.
    pub(super) path: Option<&'a str>,
    /// `X-Amzn-Trace-Id` as the function sees it; empty for an authorizer, which sees none.
    pub(super) trace: &'a str,
    /// The payload.
    pub(super) body: &'a [u8],
}

impl PayloadFormat {
    /// By its number; `None` if there is no such format.
    pub(super) fn named(version: Option<&str>) -> Option<Self> {
        match version {
            Some("1.0") => Some(Self::V1),
            Some("2.0") => Some(Self::V2),
            _ => None,
        }
    }
}

impl Told<'_> {
    /// The event of an integration.
    pub(super) fn event(&self, format: PayloadFormat) -> Bytes {
        match format {
            PayloadFormat::V1 => self.v1(),
            PayloadFormat::V2 => self.v2(),
        }
        .into()
    }

    /// The event of an authorizer. `identity` is what identifies the caller, `arn` what is called.
    pub(super) fn for_authorizer(
        &self,
        format: PayloadFormat,
        identity: &[Cow<'_, str>],
        arn: &str,
    ) -> Bytes {
        match format {
            PayloadFormat::V1 => {
                let path_parameters = json(&self.variables.iter().collect::<IndexMap<_, _>>());
                let headers = self.headers();
                let query = self.query_values();
                Object::new()
                    .text("version", "1.0")
                    .text("type", "REQUEST")
                    .text("methodArn", arn)
                    .text("identitySource", &identity.join(","))
                    .text("authorizationToken", &identity.join(","))
                    .text("resource", self.resource())
                    .text("path", &self.path_of_v1())
                    .text("httpMethod", self.request.method.as_str())
                    .raw("headers", &singles(&headers, |values| values.last()))
                    .raw("queryStringParameters", &singles(&query, |values| values.first()))
                    .raw("pathParameters", &path_parameters)
                    .raw("stageVariables", &self.stage_variables().unwrap_or_else(|| "{}".to_owned()))
                    .raw("requestContext", &self.context_of_v1(false))
                    .end()
            }
            PayloadFormat::V2 => {
                let head = Object::new()
                    .text("version", "2.0")
                    .text("type", "REQUEST")
                    .text("routeArn", arn)
                    .value("identitySource", identity);
                self.head_of_v2(head)
                    .raw("requestContext", &self.context_of_v2(false))
                    .maybe("pathParameters", self.path_parameters())
                    .maybe("stageVariables", self.stage_variables())
                    .end()
            }
        }
        .into()
    }

    fn v2(&self) -> String {
        let (body, base64) = self.body();
        self.head_of_v2(Object::new().text("version", "2.0"))
            .raw("requestContext", &self.context_of_v2(true))
            .maybe("body", body.map(|body| json(&*body)))
            .maybe("pathParameters", self.path_parameters())
            .value("isBase64Encoded", &base64)
            .maybe("stageVariables", self.stage_variables())
            .end()
    }

    fn head_of_v2(&self, object: Object) -> Object {
        let query = self.query_values();
        let cookies: Vec<String> = self
            .headers
            .get_all(COOKIE)
            .flat_map(|value| {
                let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
                text.split(';').map(|cookie| cookie.trim().to_owned()).collect::<Vec<_>>()
            })
            .filter(|cookie| !cookie.is_empty())
            .collect();
        let mut headers = self.headers();
        headers.shift_remove("cookie");
        let several = |all: &IndexMap<Cow<'_, str>, Vec<Cow<'_, str>>>| {
            json(&all.iter().map(|(name, values)| (name, values.join(","))).collect::<IndexMap<_, _>>())
        };
        object
            .text("routeKey", self.route_key)
            .text("rawPath", &self.raw_path())
            .text("rawQueryString", self.query)
            .maybe("cookies", (!cookies.is_empty()).then(|| json(&cookies)))
            .raw("headers", &several(&headers))
            .maybe("queryStringParameters", (!query.is_empty()).then(|| several(&query)))
    }

    fn context_of_v2(&self, authorized: bool) -> String {
        let request = self.request;
        let certificate = request
            .client_certificate
            .as_deref()
            .map(|certificate| Object::new().raw("clientCert", &client_certificate(certificate)).end());
        let http = Object::new()
            .text("method", request.method.as_str())
            .text("path", &self.raw_path())
            .text("protocol", request.protocol())
            .text("sourceIp", &request.source.to_string())
            .text("userAgent", &user_agent(request))
            .end();
        Object::new()
            .text("accountId", &self.stage.account_id)
            .text("apiId", &self.stage.api_id)
            .maybe("authentication", certificate)
            .maybe("authorizer", authorizer_of_v2(self.caller).filter(|_| authorized))
            .text("domainName", request.domain_name())
            .text("domainPrefix", request.domain_prefix())
            .raw("http", &http)
            .text("requestId", request.ids.request_id())
            .text("routeKey", self.route_key)
            .text("stage", &self.stage.stage)
            .text("time", &request.received.common_log())
            .value("timeEpoch", &request.received.as_millis())
            .end()
    }

    fn v1(&self) -> String {
        let (headers, query) = (self.headers(), self.query_values());
        let (body, base64) = self.body();
        let or_null = |value: Option<String>| value.unwrap_or_else(|| "null".to_owned());
        let some = (!query.is_empty()).then_some(&query);
        Object::new()
            .text("version", "1.0")
            .text("resource", self.resource())
            .text("path", &self.path_of_v1())
            .text("httpMethod", self.request.method.as_str())
            .raw("headers", &singles(&headers, |values| values.last()))
            .value("multiValueHeaders", &headers)
            .raw("queryStringParameters", &or_null(some.map(|query| singles(query, |values| values.first()))))
            .raw("multiValueQueryStringParameters", &or_null(some.map(json)))
            .raw("requestContext", &self.context_of_v1(true))
            .raw("pathParameters", &or_null(self.path_parameters()))
            .raw("stageVariables", &or_null(self.stage_variables()))
            .raw("body", &or_null(body.map(|body| json(&*body))))
            .value("isBase64Encoded", &base64)
            .end()
    }

    fn context_of_v1(&self, authorized: bool) -> String {
        let request = self.request;
        let authorizer = authorized.then(|| authorizer_of_v1(self.caller));
        Object::new()
            .text("accountId", &self.stage.account_id)
            .text("apiId", &self.stage.api_id)
            .maybe("authorizer", authorizer)
            .text("domainName", request.domain_name())
            .text("domainPrefix", request.domain_prefix())
            .text("extendedRequestId", request.ids.extended_request_id())
            .text("httpMethod", request.method.as_str())
            .raw("identity", &identity(request, self.caller))
            .text("path", &self.path_of_v1())
            .text("protocol", request.protocol())
            .text("requestId", request.ids.request_id())
            .text("requestTime", &request.received.common_log())
            .value("requestTimeEpoch", &request.received.as_millis())
            .raw("resourceId", "null")
            .text("resourcePath", self.resource())
            .text("stage", &self.stage.stage)
            .end()
    }

    /// The path of the route; `$default` has none.
    fn resource(&self) -> &str {
        if self.route_key == DEFAULT {
            return DEFAULT;
        }
        self.route_key.split_once(' ').map_or(self.route_key, |(_, path)| path)
    }

    /// The path with the stage's name, decoded; without the mapping of a custom domain name (developer
    /// guide, "Payload format differences").
    fn raw_path(&self) -> String {
        match self.path {
            Some(path) => decoded(path),
            None => decoded(&path_with_stage(self.request)),
        }
    }

    /// The same with the mapping.
    fn path_of_v1(&self) -> String {
        match (self.path, self.request.base_path()) {
            (None, Some(base)) if !base.is_empty() => decoded(&format!("/{base}{}", self.request.path())),
            _ => self.raw_path(),
        }
    }

    fn path_parameters(&self) -> Option<String> {
        let parameters: IndexMap<_, _> = self.variables.iter().collect();
        (!parameters.is_empty()).then(|| json(&parameters))
    }

    fn stage_variables(&self) -> Option<String> {
        let variables: IndexMap<_, _> = self.stage_variables.iter().collect();
        (!variables.is_empty()).then(|| json(&variables))
    }

    fn query_values(&self) -> IndexMap<Cow<'_, str>, Vec<Cow<'_, str>>> {
        let mut values: IndexMap<Cow<'_, str>, Vec<Cow<'_, str>>> = IndexMap::new();
        for (name, value) in Query(self.query).parameters() {
            values.entry(name).or_default().push(value);
        }
        values
    }

    /// The headers that the function sees, their names in lower case.
    fn headers(&self) -> IndexMap<Cow<'_, str>, Vec<Cow<'_, str>>> {
        let mut seen: IndexMap<Cow<'_, str>, Vec<Cow<'_, str>>> = IndexMap::new();
        let added: [HeaderName; 5] =
            [CONTENT_LENGTH, TRACE_ID, FORWARDED_FOR, FORWARDED_PORT, FORWARDED_PROTO];
        for name in self.headers.keys().filter(|name| !added.contains(name)) {
            let values = self.headers.get_all(name).filter(|value| !is_dropped_for_lambda(name, value));
            let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
            if !values.is_empty() {
                seen.insert(Cow::Borrowed(name.as_str()), values);
            }
        }
        if !self.headers.contains_key(HOST) {
            seen.insert("host".into(), vec![self.request.domain_name().into()]);
        }
        seen.insert("content-length".into(), vec![self.body.len().to_string().into()]);
        if !self.trace.is_empty() {
            seen.insert("x-amzn-trace-id".into(), vec![self.trace.into()]);
        }
        let forwarded = forwarded_for(self.headers, &self.request.source);
        seen.insert("x-forwarded-for".into(), vec![forwarded.into()]);
        seen.insert("x-forwarded-port".into(), vec![self.request.local_port.to_string().into()]);
        seen.insert("x-forwarded-proto".into(), vec![self.request.scheme().into()]);
        seen
    }

    /// The payload, and whether it is in base 64.
    fn body(&self) -> (Option<Cow<'_, str>>, bool) {
        if self.body.is_empty() {
            return (None, false);
        }
        match std::str::from_utf8(self.body) {
            Ok(text) if is_text(self.headers) => (Some(Cow::Borrowed(text)), false),
            _ => {
                let encoded = payload::encoded(self.body);
                (Some(String::from_utf8_lossy(&encoded).into_owned().into()), true)
            }
        }
    }
}

/// The path behind `/{stage}` if the URL names one.
pub(super) fn path_with_stage(request: &Request) -> Cow<'_, str> {
    let stage = request.uri.path().get(request.address.stage.clone()).unwrap_or_default();
    if stage.is_empty() || request.base_path().is_some() {
        return Cow::Borrowed(request.path());
    }
    Cow::Owned(format!("/{stage}{}", request.path()))
}

/// Whether a payload is text to functions: by its type, and not compressed. Which types are is as users
/// of AWS report it; a payload without a type is text if it can be.
fn is_text(headers: &Headers) -> bool {
    if headers.contains_key(CONTENT_ENCODING) {
        return false;
    }
    let Some(kind) = joined(headers, &CONTENT_TYPE) else { return true };
    let kind = essence(&kind).to_ascii_lowercase();
    kind.starts_with("text/")
        || ["application/json", "application/xml", "application/javascript"].contains(&kind.as_str())
        || (kind.starts_with("application/") && (kind.ends_with("+json") || kind.ends_with("+xml")))
}

fn singles<'a>(
    all: &IndexMap<Cow<'a, str>, Vec<Cow<'a, str>>>,
    one: impl for<'b> Fn(&'b [Cow<'a, str>]) -> Option<&'b Cow<'a, str>>,
) -> String {
    json(&all.iter().map(|(name, values)| (name, one(values))).collect::<IndexMap<_, _>>())
}

fn decoded(path: &str) -> String {
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn payloads_are_text_by_their_type() {
        let text = |kind: Option<&'static str>, coded: bool| {
            let mut headers = Headers::new();
            if let Some(kind) = kind {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            }
            if coded {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            is_text(&headers)
        };
        for kind in ["text/plain", "Text/HTML; charset=utf-8", "application/json", "application/vnd.a+json"] {
            assert!(text(Some(kind), false), "{kind}");
            assert!(!text(Some(kind), true), "{kind}");
        }
        for kind in ["application/x-www-form-urlencoded", "image/png", "multipart/form-data; boundary=x"] {
            assert!(!text(Some(kind), false), "{kind}");
        }
        assert!(text(None, false));
    }
}
