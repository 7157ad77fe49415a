//! What each step of the pipeline writes.

use std::borrow::Cow;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use ports::functions::{FunctionRef, InvokeRequest, Invoker};

use super::wording::{BINARY, body, client_headers, headers, map, text};
use super::{Detail, ExecutionLog, failures};
use crate::exchange::{
    Answered, Body, Call, Client, EndpointResponse, Matched, Measured, Refusal, Reply, read_whole,
};
use crate::integration::http::call::unusable;
use crate::integration::lambda::{Manner, StreamedAnswer};
use crate::mapping::media::BinaryTypes;
use crate::mapping::query::Query;
use crate::rest::limits::PAYLOAD_BYTES;
use crate::rest::measure::unreadable;

impl ExecutionLog {
    /// The request has come to a method.
    pub(crate) fn matched(&mut self, matched: &Matched<'_>) {
        if self.is_test() {
            return;
        }
        let request = matched.request;
        self.write(Detail::Steps, || format!("Extended Request Id: {}", request.ids.extended_request_id()));
    }

    /// The method begins to be executed. The body is read if the log is to show it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) async fn executing<'r>(&mut self, measured: Measured<'r>) -> Result<Measured<'r>, Refusal> {
        let Measured(mut matched) = measured;
        let request = matched.request;
        self.write(Detail::Steps, || format!("Starting execution for request: {}", request.ids.request_id()));
        self.write(Detail::Steps, || {
            format!("HTTP Method: {}, Resource Path: {}", request.method, request.path())
        });
        self.hide_secrets_of(&matched.headers, request.query());
        if self.at(Detail::Data).is_none() {
            return Ok(Measured(matched));
        }
        matched.body = read_whole(matched.body, PAYLOAD_BYTES).await.map(Body::from).map_err(unreadable)?;
        self.write(Detail::Data, || {
            let path = matched.path.iter().map(|(name, value)| (name, Cow::Borrowed(value)));
            format!("Method request path: {}", map(path))
        });
        self.write(Detail::Data, || {
            let mut query: indexmap::IndexMap<Cow<'_, str>, Cow<'_, str>> = indexmap::IndexMap::new();
            query.extend(Query(request.query()).parameters());
            format!("Method request query string: {}", map(query))
        });
        self.write(Detail::Data, || {
            format!("Method request headers: {}", client_headers(&matched.headers, &matched.header_names))
        });
        self.write(Detail::Data, || {
            let shown = shown(&matched.body, &matched.headers, &matched.stage.binary);
            format!("Method request body before transformations: {shown}")
        });
        Ok(Measured(matched))
    }

    /// The integration's request is made and about to be sent.
    pub(crate) fn prepared(&mut self, client: &Client<'_>, call: &Call<'_>) {
        if self.at(Detail::Steps).is_none() {
            return;
        }
        match call {
            Call::Mock(..) => {}
            // The log shows the request without its signature.
            Call::Http(_, outgoing) | Call::Service(_, outgoing, _) => {
                let uri = outgoing.url();
                self.write(Detail::Data, || format!("Endpoint request URI: {uri}"));
                self.write(Detail::Data, || {
                    format!("Endpoint request headers: {}", headers(outgoing.headers()))
                });
                self.write(Detail::Data, || {
                    let shown = shown(outgoing.body(), outgoing.headers(), &client.matched.stage.binary);
                    format!("Endpoint request body after transformations: {shown}")
                });
                self.write(Detail::Steps, || format!("Sending request to {uri}"));
            }
            Call::LambdaProxy(_, invoke) | Call::Lambda(_, invoke) => {
                let (id, api) = (client.matched.request.ids.request_id(), &client.matched.stage.facts.api_id);
                let manner = match call {
                    Call::LambdaProxy(proxy, _) if proxy.streams.is_some() => Manner::Streaming,
                    _ => Manner::Whole,
                };
                self.invoking(id, api, invoke, manner, client.matched.headers.get(CONTENT_TYPE));
            }
        }
    }

    /// A function is about to be invoked. The log shows the request that AWS would send to
    /// Lambda, without the signature that is not needed here. A caller's `Content-Type` is passed
    /// on (recorded from AWS).
    pub(crate) fn invoking(
        &mut self,
        request_id: &str,
        api_id: &str,
        invoke: &InvokeRequest,
        manner: Manner,
        content_type: Option<&HeaderValue>,
    ) {
        let uri = invocation_uri(&invoke.function, manner);
        self.write(Detail::Data, || format!("Endpoint request URI: {uri}"));
        self.write(Detail::Data, || {
            let mut sent: Vec<(&str, Cow<'_, str>)> = vec![
                ("x-amzn-lambda-integration-tag", request_id.into()),
                ("x-amzn-apigateway-api-id", api_id.into()),
            ];
            if let Invoker::Service { source_arn, .. } = &invoke.invoker {
                sent.push(("X-Amz-Source-Arn", source_arn.into()));
            }
            sent.push(("Accept", "application/json".into()));
            sent.push(("User-Agent", format!("AmazonAPIGateway_{api_id}").into()));
            if let Some(trace) = &invoke.trace_id {
                sent.push(("X-Amzn-Trace-Id", trace.into()));
            }
            let content_type = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()));
            sent.push(("Content-Type", content_type.unwrap_or("application/json".into())));
            format!("Endpoint request headers: {}", map(sent))
        });
        self.write(Detail::Data, || {
            format!("Endpoint request body after transformations: {}", text(&invoke.payload))
        });
        self.write(Detail::Steps, || format!("Sending request to {uri}"));
    }

    /// The integration has answered. The body is read if the log is to show it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) async fn answered<'r>(
        &mut self,
        mut answered: Answered<'r>,
        latency: Duration,
        binary: &BinaryTypes,
    ) -> Result<Answered<'r>, Refusal> {
        if self.at(Detail::Steps).is_none() || matches!(answered, Answered::Mock(..)) {
            return Ok(answered);
        }
        // What is streamed is not held up: the log shows nothing of its body.
        let streams = match &answered {
            Answered::Http(call, _) => call.streams.is_some(),
            Answered::LambdaStream(_) => true,
            Answered::Mock(..) | Answered::Lambda(..) | Answered::LambdaProxy(_) => false,
        };
        let answer = answer(&mut answered);
        let (status, latency) = (answer.status.as_u16(), latency.as_millis());
        self.write(Detail::Steps, || {
            format!("Received response. Status: {status}, Integration latency: {latency} ms")
        });
        if self.at(Detail::Data).is_some() {
            if !streams {
                let read = read_whole(std::mem::take(&mut answer.body), PAYLOAD_BYTES).await;
                answer.body = read.map(Body::from).map_err(unusable)?;
            }
            self.write(Detail::Data, || format!("Endpoint response headers: {}", headers(&answer.headers)));
            self.write(Detail::Data, || {
                let shown = shown(&answer.body, &answer.headers, binary);
                format!("Endpoint response body before transformations: {shown}")
            });
        }
        Ok(answered)
    }

    /// The client's answer is made.
    pub(crate) fn replied(&mut self, reply: &Reply, binary: &BinaryTypes) {
        self.write(Detail::Data, || {
            let shown = shown(&reply.body, &reply.headers, binary);
            format!("Method response body after transformations: {shown}")
        });
        self.write(Detail::Data, || format!("Method response headers: {}", headers(&reply.headers)));
        self.write(Detail::Steps, || "Successfully completed execution".to_owned());
    }

    /// The request is at its end, with or without a refusal.
    pub(crate) fn completed(&mut self, status: StatusCode, refusal: Option<&Refusal>) {
        let detail = if refusal.is_some() { Detail::Errors } else { Detail::Steps };
        if let Some(refusal) = refusal {
            self.write(Detail::Errors, || failures::line(refusal).into_owned());
        }
        self.write(detail, || format!("Method completed with status: {}", status.as_u16()));
    }

    pub(super) fn is_test(&mut self) -> bool {
        self.at(Detail::Test).is_some()
    }
}

/// Where AWS sends an invocation of `function`.
fn invocation_uri(function: &FunctionRef, manner: Manner) -> String {
    let FunctionRef { scope, name, qualifier } = function;
    let (region, account) = (scope.region(), scope.account());
    let qualifier = qualifier.as_ref().map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
    let path = manner.path(&format!("arn:aws:lambda:{region}:{account}:function:{name}{qualifier}"));
    format!("https://lambda.{region}.amazonaws.com/{path}")
}

fn answer<'a>(answered: &'a mut Answered<'_>) -> &'a mut EndpointResponse {
    match answered {
        Answered::Mock(_, answer)
        | Answered::Http(_, answer)
        | Answered::LambdaProxy(answer)
        | Answered::Lambda(_, answer)
        | Answered::LambdaStream(StreamedAnswer { answer, .. }) => answer,
    }
}

fn shown<'a>(of: &'a Body, headers: &crate::message::Headers, binary: &BinaryTypes) -> Cow<'a, str> {
    let content_type = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !matches!(of, Body::Empty) && binary.are_sent_by(content_type) { BINARY.into() } else { body(of) }
}

#[cfg(test)]
mod tests {
    use base::Scope;

    use super::*;

    #[test]
    fn functions_have_the_addresses_that_aws_calls() {
        let function = |qualifier: Option<&str>| FunctionRef {
            scope: Scope::new("111122223333", "us-west-2"),
            name: "orders".to_owned(),
            qualifier: qualifier.map(str::to_owned),
        };
        assert_eq!(
            invocation_uri(&function(None), Manner::Whole),
            "https://lambda.us-west-2.amazonaws.com/2015-03-31/functions/arn:aws:lambda:us-west-2:111122223333:\
             function:orders/invocations"
        );
        let live = function(Some("live"));
        assert!(invocation_uri(&live, Manner::Whole).ends_with(":function:orders:live/invocations"));
        let streaming = invocation_uri(&live, Manner::Streaming);
        assert!(streaming.contains("/2021-11-15/functions/arn:"), "{streaming}");
    }
}
