//! From the integration's answer to the client's.

use http::Method;

use super::http_proxy::strip_answer;
use super::lambda_answer::decode;
use super::limits::PAYLOAD_BYTES;
use super::steps::{Answered, Client};
use super::values::View;
use crate::exchange::{Body, EndpointResponse, IntegrationFault, Refusal, Reply, read_whole};
use crate::integration::http::call::unusable;
use crate::message::Headers;

/// Makes the client's answer, changed as the route says for its status.
///
/// # Errors
/// If none can be made of what the integration answered.
pub(super) async fn respond(answered: Answered<'_>, client: &Client<'_>) -> Result<Reply, Refusal> {
    let mut reply = match answered {
        Answered::Http(answer) => {
            let EndpointResponse { status, mut headers, body, subject: _ } = answer;
            strip_answer(&mut headers, client.matched.request.method == Method::HEAD);
            Reply { status, headers, body: body.within(PAYLOAD_BYTES).map_err(unusable)? }
        }
        Answered::Lambda(proxy, payload, _) => decode(&payload, proxy.format)
            .map_err(|why| Refusal::IntegrationFailure(IntegrationFault::MalformedProxyResponse { why }))?,
    };
    let mappings = &client.matched.route.response;
    if !mappings.change(reply.status) {
        return Ok(reply);
    }
    let mut payload = bytes::Bytes::new();
    if mappings.reads_answer_body(reply.status) {
        payload = read_whole(reply.body, PAYLOAD_BYTES).await.map_err(unusable)?;
        reply.body = Body::from(payload.clone());
    }
    let own: Headers = reply.headers.clone();
    let view = View { answer: Some((&own, &payload)), ..client.matched.view(&client.payload) };
    mappings.apply(&view, &mut reply.status, &mut reply.headers)?;
    Ok(reply)
}
