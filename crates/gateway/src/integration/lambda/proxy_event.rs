//! The event of an AWS_PROXY function: payload format 1.0, as REST APIs send it (API Gateway
//! developer guide, "Input format of a Lambda function for proxy integration"; members and
//! their nulls recorded from AWS).
//!
//! What does not change between requests is rendered when the stage is compiled.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::HOST;
use indexmap::IndexMap;
use serde::Serialize;

use crate::exchange::StageVariables;
use crate::exchange::{
    Authorized, Context, HeaderNames, PathParameters, Request, ResourceFacts, Source, StageFacts, Variable,
};
use crate::mapping::headers::{
    FORWARDED_FOR, FORWARDED_PORT, FORWARDED_PROTO, TRACE_ID, is_dropped_for_lambda,
};
use crate::mapping::payload;
use crate::mapping::query::Query;
use crate::message::Headers;
use crate::tls::ClientCertificate;

/// The parts of a method's events that are the same for every request.
#[derive(Clone, Debug)]
pub struct ProxyEvent {
    resource: Box<str>,
    stage_variables: Box<str>,
    context: Box<str>,
}

/// What of a request goes into its event.
#[derive(Clone, Copy)]
pub struct EventRequest<'a> {
    /// Its unchanging part, and what the variables are read from.
    pub context: Context<'a>,
    /// Its headers.
    pub headers: &'a Headers,
    /// Their names as sent.
    pub header_names: &'a HeaderNames,
    /// The values of the path's variables.
    pub path: &'a PathParameters<'a>,
    /// `X-Amzn-Trace-Id` as the function sees it.
    pub trace: &'a str,
    /// The payload.
    pub body: &'a [u8],
    /// Whether the payload's content type is one of the API's binary ones.
    pub binary: bool,
}

impl ProxyEvent {
    /// Of the stage and the method's resource.
    #[must_use]
    pub fn new(stage: &StageFacts, resource: &ResourceFacts, variables: &StageVariables) -> Self {
        let mut context = String::new();
        let mut members = Members::new(&mut context);
        members.text("resourceId", &resource.id);
        members.text("resourcePath", &resource.path);
        members.text("accountId", &stage.account_id);
        members.text("stage", &stage.stage);
        // A tested method is of no deployment.
        if !stage.deployment_id.is_empty() {
            members.text("deploymentId", &stage.deployment_id);
        }
        members.text("apiId", &stage.api_id);
        Self {
            resource: json(&*resource.path).into(),
            stage_variables: variables.to_event().to_string().into(),
            context: context.into(),
        }
    }

    /// The event of one request.
    #[must_use]
    pub fn render(&self, of: &EventRequest<'_>) -> Bytes {
        let request = of.context.request;
        let mut out = String::with_capacity(2048 + of.body.len());
        out.push('{');
        let mut members = Members::new(&mut out);
        members.raw("resource", &self.resource);
        members.text("path", &request.event_path());
        members.text("httpMethod", request.method.as_str());
        let headers = headers(of, request);
        members.map("headers", &headers, |values| json(values.last().map_or("", |last| &**last)));
        members.map("multiValueHeaders", &headers, json);
        let query = query(request);
        members.map("queryStringParameters", &query, |values| json(values.last().map_or("", |last| &**last)));
        members.map("multiValueQueryStringParameters", &query, json);
        let path: IndexMap<Cow<'_, str>, &str> =
            of.path.iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect();
        members.map("pathParameters", &path, json);
        members.raw("stageVariables", &self.stage_variables);
        members.raw("requestContext", &self.request_context(&of.context));
        match (of.body, of.binary) {
            ([], _) => members.raw("body", "null"),
            (body, true) => {
                let encoded = payload::encoded(body);
                members.text("body", &String::from_utf8_lossy(&encoded));
            }
            (body, false) => members.text("body", &String::from_utf8_lossy(body)),
        }
        members.raw("isBase64Encoded", if of.binary && !of.body.is_empty() { "true" } else { "false" });
        out.push('}');
        out.into()
    }

    /// The event of a REQUEST authorizer: the same without the body, and what is absent is an
    /// empty object here (recorded from AWS).
    #[must_use]
    pub fn render_for_authorizer(&self, of: &EventRequest<'_>, method_arn: &str) -> Bytes {
        let request = of.context.request;
        let mut out = String::from("{");
        let mut members = Members::new(&mut out);
        members.text("type", "REQUEST");
        members.text("methodArn", method_arn);
        members.raw("resource", &self.resource);
        members.text("path", &request.event_path());
        members.text("httpMethod", request.method.as_str());
        let headers = headers(of, request);
        let query = query(request);
        let last = |all: &IndexMap<Cow<'_, str>, Vec<Cow<'_, str>>>| {
            json(&all.iter().map(|(name, values)| (name, values.last())).collect::<IndexMap<_, _>>())
        };
        members.raw("headers", &last(&headers));
        members.raw("multiValueHeaders", &json(&headers));
        members.raw("queryStringParameters", &last(&query));
        members.raw("multiValueQueryStringParameters", &json(&query));
        members.raw("pathParameters", &json(&of.path.iter().collect::<IndexMap<_, _>>()));
        let none = &*self.stage_variables == "null";
        members.raw("stageVariables", if none { "{}" } else { &self.stage_variables });
        members.raw("requestContext", &self.request_context(&of.context));
        out.push('}');
        out.into()
    }

    fn request_context(&self, context: &Context<'_>) -> String {
        let request = context.request;
        let mut out = String::with_capacity(768);
        out.push('{');
        out.push_str(&self.context);
        let mut members = Members::after_others(&mut out);
        members.text("httpMethod", request.method.as_str());
        members.text("extendedRequestId", request.ids.extended_request_id());
        members.variable("requestTime", Variable::RequestTime, context);
        members.variable("path", Variable::Path, context);
        members.text("protocol", request.protocol());
        members.text("domainPrefix", request.domain_prefix());
        members.raw("requestTimeEpoch", &request.received.as_millis().to_string());
        members.text("requestId", request.ids.request_id());
        if let Some(said) = &context.caller.authorizer {
            members.raw("authorizer", &authorizer(said));
        }
        members.raw("identity", &identity(context));
        members.text("domainName", request.domain_name());
        out.push('}');
        out
    }
}

/// What an authorizer has said of the caller (API Gateway developer guide, "Input format of a
/// Lambda function for proxy integration").
fn authorizer(said: &Authorized) -> String {
    let mut out = String::from("{");
    let mut members = Members::new(&mut out);
    let own = ["principalId", "integrationLatency"];
    for (name, value) in said.context.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
        members.raw(name, &value.to_string());
    }
    if let Some(id) = &said.principal_id {
        members.text("principalId", id);
    }
    if let Some(latency) = said.latency_millis {
        members.raw("integrationLatency", &latency.to_string());
    }
    out.push('}');
    out
}

/// Who calls.
fn identity(context: &Context<'_>) -> String {
    let Context { request, caller, .. } = context;
    let mut out = String::with_capacity(320);
    out.push('{');
    let mut members = Members::new(&mut out);
    for unknown in [
        "cognitoIdentityPoolId",
        "cognitoIdentityId",
        "principalOrgId",
        "cognitoAuthenticationType",
        "cognitoAuthenticationProvider",
    ] {
        members.raw(unknown, "null");
    }
    members.text("sourceIp", &request.source.to_string());
    // Events of private APIs have these two, as AWS's users show them.
    if let Some(via) = &request.via {
        if let Some(vpc) = &via.endpoint.vpc {
            members.text("vpcId", vpc);
        }
        members.text("vpceId", &via.endpoint.id);
    }
    if let Some(key) = &caller.api_key {
        members.text("apiKey", &key.value);
        members.text("apiKeyId", &key.id);
    }
    match &caller.identity {
        Some(identity) => {
            members.text("accountId", &identity.account_id);
            members.text("caller", &identity.user_id);
            members.text("accessKey", &identity.access_key_id);
            members.text("userArn", &identity.user_arn);
            members.text("user", &identity.user_id);
        }
        None => {
            for unknown in ["accountId", "caller", "accessKey", "userArn", "user"] {
                members.raw(unknown, "null");
            }
        }
    }
    if let Some(certificate) = &request.client_certificate {
        members.raw("clientCert", &client_certificate(certificate));
    }
    match request.user_agent.as_ref() {
        Some(agent) => members.text("userAgent", &String::from_utf8_lossy(agent.as_bytes())),
        None => members.raw("userAgent", "null"),
    }
    out.push('}');
    out
}

/// The client's certificate (API Gateway developer guide, "Input format of a Lambda function for proxy
/// integration").
fn client_certificate(certificate: &ClientCertificate) -> String {
    let mut validity = String::from("{");
    let mut members = Members::new(&mut validity);
    members.text("notBefore", &certificate.not_before);
    members.text("notAfter", &certificate.not_after);
    validity.push('}');
    let mut out = String::from("{");
    let mut members = Members::new(&mut out);
    members.text("clientCertPem", &certificate.pem);
    members.text("subjectDN", &certificate.subject_dn);
    members.text("issuerDN", &certificate.issuer_dn);
    members.text("serialNumber", &certificate.serial_number);
    members.raw("validity", &validity);
    out.push('}');
    out
}

/// The headers that the function sees, named as the client named them, with all their values.
pub(crate) fn headers<'a>(
    of: &EventRequest<'a>,
    request: &'a Request,
) -> IndexMap<Cow<'a, str>, Vec<Cow<'a, str>>> {
    let mut seen: IndexMap<Cow<'a, str>, Vec<Cow<'a, str>>> = IndexMap::new();
    let tested = request.source.tester().is_some();
    let added = [TRACE_ID, FORWARDED_FOR, FORWARDED_PORT, FORWARDED_PROTO];
    for name in of.headers.keys() {
        let values: Vec<_> = of
            .headers
            .get_all(name)
            .filter(|value| !is_dropped_for_lambda(name, value))
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        if !values.is_empty() && (tested || !added.contains(name)) {
            seen.insert(Cow::Borrowed(of.header_names.as_sent(name, 0)), values);
        }
    }
    if tested {
        // Recorded from AWS: a tested function sees what the tester gave, and nothing else.
        return seen;
    }
    if !of.headers.contains_key(HOST) {
        seen.insert("Host".into(), vec![request.domain_name().into()]);
    }
    seen.insert("X-Amzn-Trace-Id".into(), vec![of.trace.into()]);
    seen.insert("X-Forwarded-For".into(), vec![forwarded_for(of.headers, &request.source).into()]);
    seen.insert("X-Forwarded-Port".into(), vec![request.local_port.to_string().into()]);
    seen.insert("X-Forwarded-Proto".into(), vec![request.scheme().into()]);
    seen
}

/// `X-Forwarded-For` with the client's address behind those that were there.
pub(crate) fn forwarded_for(headers: &Headers, source: &Source) -> String {
    let mut out = String::with_capacity(16);
    for earlier in headers.get_all(&FORWARDED_FOR) {
        if let Ok(earlier) = earlier.to_str()
            && !earlier.is_empty()
        {
            out.push_str(earlier);
            out.push_str(", ");
        }
    }
    out.push_str(source.as_str());
    out
}

/// The parameters of the query that the function sees, with all their values.
pub(crate) fn query(request: &Request) -> IndexMap<Cow<'_, str>, Vec<Cow<'_, str>>> {
    let mut seen: IndexMap<Cow<'_, str>, Vec<Cow<'_, str>>> = IndexMap::new();
    for (name, value) in Query(request.query()).parameters() {
        seen.entry(name).or_default().push(value);
    }
    seen
}

fn json(value: &(impl Serialize + ?Sized)) -> String {
    // Texts, lists and maps of texts always are JSON.
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// Writes the members of an object.
struct Members<'a> {
    out: &'a mut String,
    first: bool,
}

impl<'a> Members<'a> {
    const fn new(out: &'a mut String) -> Self {
        Self { out, first: true }
    }

    const fn after_others(out: &'a mut String) -> Self {
        Self { out, first: false }
    }

    fn raw(&mut self, name: &str, value: &str) {
        if !std::mem::take(&mut self.first) {
            self.out.push(',');
        }
        self.out.push_str(&json(name));
        self.out.push(':');
        self.out.push_str(value);
    }

    fn text(&mut self, name: &str, value: &str) {
        self.raw(name, &json(value));
    }

    fn variable(&mut self, name: &str, variable: Variable, context: &Context<'_>) {
        let mut value = String::new();
        variable.write(context, &mut value);
        self.text(name, &value);
    }

    /// An object, or `null` if it would be empty (recorded from AWS).
    fn map<V>(&mut self, name: &str, map: &IndexMap<Cow<'_, str>, V>, value: impl Fn(&V) -> String) {
        if map.is_empty() {
            return self.raw(name, "null");
        }
        let mut object = String::from("{");
        let mut members = Members::new(&mut object);
        for (key, entry) in map {
            members.raw(key, &value(entry));
        }
        object.push('}');
        self.raw(name, &object);
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use serde_json::{Value, json};

    use super::*;
    use crate::exchange::NOBODY;
    use crate::exchange::request::tests::request;

    struct Given<'a> {
        target: &'a str,
        head: &'static str,
        body: &'a [u8],
        binary: bool,
        names: Vec<Box<str>>,
        places: Vec<(usize, usize)>,
        variables: StageVariables,
    }

    impl Default for Given<'_> {
        fn default() -> Self {
            Self {
                target: "/prod/test-path/",
                head: "GET / HTTP/1.1\r\nHost: abc123.execute-api.us-west-2.localhost:4566\r\n\r\n",
                body: b"",
                binary: false,
                names: vec!["proxy".into()],
                places: vec![(1, 10)],
                variables: StageVariables::default(),
            }
        }
    }

    fn event(given: &Given<'_>) -> Value {
        let request = request(given.target, "prod");
        let mut headers = Headers::new();
        for line in given.head.lines().skip(1).filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").unwrap();
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_static(value));
        }
        let stage = StageFacts {
            account_id: "000000000000".into(),
            region: "us-west-2".into(),
            api_id: "abc123".into(),
            stage: "prod".into(),
            deployment_id: "d1d2d3".into(),
            endpoint_type: None,
            is_canary: None,
        };
        let resource = ResourceFacts { id: "r1r2r3".into(), path: "/{proxy+}".into() };
        let path = PathParameters::new(&given.names, given.places.clone(), request.path());
        let rendered = ProxyEvent::new(&stage, &resource, &given.variables).render(&EventRequest {
            context: Context {
                request: &request,
                stage: &stage,
                resource: Some(&resource),
                route_key: None,
                caller: &NOBODY,
                trace: None,
                outcome: None,
            },
            headers: &headers,
            header_names: &HeaderNames::of_head(Bytes::from_static(given.head.as_bytes())),
            path: &path,
            trace: "Root=1-66980ecb-000000000000000000000001",
            body: given.body,
            binary: given.binary,
        });
        serde_json::from_slice(&rendered).unwrap()
    }

    #[test]
    fn an_event_has_awss_members_and_nulls() {
        let mut event = event(&Given::default());
        let context = event["requestContext"].as_object_mut().unwrap();
        assert_eq!(context["requestId"].as_str().unwrap().len(), 36);
        assert_eq!(context["extendedRequestId"].as_str().unwrap().len(), 16);
        context.remove("requestId");
        context.remove("extendedRequestId");
        let host = "abc123.execute-api.us-west-2.localhost:4566";
        assert_eq!(
            event,
            json!({
                "resource": "/{proxy+}",
                "path": "/test-path/",
                "httpMethod": "GET",
                "headers": {
                    "Host": host,
                    "X-Amzn-Trace-Id": "Root=1-66980ecb-000000000000000000000001",
                    "X-Forwarded-For": "127.0.0.1",
                    "X-Forwarded-Port": "4566",
                    "X-Forwarded-Proto": "http"
                },
                "multiValueHeaders": {
                    "Host": [host],
                    "X-Amzn-Trace-Id": ["Root=1-66980ecb-000000000000000000000001"],
                    "X-Forwarded-For": ["127.0.0.1"],
                    "X-Forwarded-Port": ["4566"],
                    "X-Forwarded-Proto": ["http"]
                },
                "queryStringParameters": null,
                "multiValueQueryStringParameters": null,
                "pathParameters": {"proxy": "test-path"},
                "stageVariables": null,
                "requestContext": {
                    "resourceId": "r1r2r3",
                    "resourcePath": "/{proxy+}",
                    "accountId": "000000000000",
                    "stage": "prod",
                    "deploymentId": "d1d2d3",
                    "apiId": "abc123",
                    "httpMethod": "GET",
                    "requestTime": "17/Jul/2024:18:34:51 +0000",
                    "path": "/prod/test-path/",
                    "protocol": "HTTP/1.1",
                    "domainPrefix": "abc123",
                    "requestTimeEpoch": 1_721_241_291_500_i64,
                    "identity": {
                        "cognitoIdentityPoolId": null,
                        "accountId": null,
                        "cognitoIdentityId": null,
                        "caller": null,
                        "sourceIp": "127.0.0.1",
                        "principalOrgId": null,
                        "accessKey": null,
                        "cognitoAuthenticationType": null,
                        "cognitoAuthenticationProvider": null,
                        "userArn": null,
                        "userAgent": "curl/8.0",
                        "user": null
                    },
                    "domainName": host
                },
                "body": null,
                "isBase64Encoded": false
            })
        );
    }

    #[test]
    fn header_names_keep_the_clients_casing_and_repeated_ones_their_values() {
        let event = event(&Given {
            head: "GET / HTTP/1.1\r\ntEsT-HEADeR: aValUE\r\nHost: a\r\nX-Two: 1\r\nX-Two: 2\r\nConnection: close\r\n\
                   X-Forwarded-For: 10.0.0.1\r\nx-forwarded-proto: gopher\r\nAuthorization: AWS4-HMAC-SHA256 x\r\n\r\n",
            ..Given::default()
        });
        assert_eq!(event["headers"]["tEsT-HEADeR"], "aValUE");
        assert_eq!(event["headers"]["X-Two"], "2");
        assert_eq!(event["multiValueHeaders"]["X-Two"], json!(["1", "2"]));
        assert_eq!(event["headers"]["X-Forwarded-For"], "10.0.0.1, 127.0.0.1");
        assert_eq!(event["headers"]["X-Forwarded-Proto"], "http");
        for absent in ["Connection", "Authorization", "x-forwarded-proto"] {
            assert_eq!(event["headers"].get(absent), None, "{absent}");
        }
    }

    #[test]
    fn query_values_are_decoded_and_path_values_are_not() {
        let event = event(&Given {
            target: "/prod/user/test%2Balias@gmail.com?email=test%2Balias@gmail.com&plus=a+b&price=10&price=30",
            places: vec![(1, 28)],
            ..Given::default()
        });
        assert_eq!(event["path"], "/user/test%2Balias@gmail.com");
        assert_eq!(event["pathParameters"]["proxy"], "user/test%2Balias@gmail.com");
        assert_eq!(
            event["queryStringParameters"],
            json!({"email": "test+alias@gmail.com", "plus": "a b", "price": "30"})
        );
        assert_eq!(event["multiValueQueryStringParameters"]["price"], json!(["10", "30"]));
    }

    #[test]
    fn bodies_are_texts_or_base_64() {
        let text = event(&Given { body: b"{\"a\": \"\xc3\xa4\"}\n", ..Given::default() });
        assert_eq!((&text["body"], &text["isBase64Encoded"]), (&json!("{\"a\": \"ä\"}\n"), &json!(false)));
        let binary = event(&Given { body: b"\x89PNG", binary: true, ..Given::default() });
        assert_eq!((&binary["body"], &binary["isBase64Encoded"]), (&json!("iVBORw=="), &json!(true)));
        let broken = event(&Given { body: b"\x89PNG", ..Given::default() });
        assert_eq!(broken["body"], "\u{FFFD}PNG");
        let nothing = event(&Given { binary: true, ..Given::default() });
        assert_eq!((&nothing["body"], &nothing["isBase64Encoded"]), (&Value::Null, &json!(false)));
    }

    #[test]
    fn stage_variables_are_an_object() {
        let event = event(&Given {
            variables: StageVariables::new([("color".to_owned(), "bl\"ue".to_owned())]),
            names: Vec::new(),
            places: Vec::new(),
            ..Given::default()
        });
        assert_eq!(event["stageVariables"], json!({"color": "bl\"ue"}));
        assert_eq!(event["pathParameters"], Value::Null);
    }
}
