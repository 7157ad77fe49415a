//! From the client's request to the integration's: parameters mapped, events built.

use bytes::Bytes;
use ports::functions::InvocationType;

use super::event::Told;
use super::integrations::Integration;
use super::limits::PAYLOAD_BYTES;
use super::parameters::Altered;
use super::steps::{Admitted, Call, Client, Matched, Prepared};
use crate::exchange::{Body, Refusal, Trace, read_whole};
use crate::mapping::headers::TRACE_ID;
use crate::message::Headers;
use crate::rest::measure::unreadable;

/// Makes the integration's request. Reads the body only if something needs it whole.
///
/// # Errors
/// What the client gets if there is no such request.
pub(super) async fn prepare<'r>(admitted: Admitted<'r>) -> Result<Prepared<'r>, Refusal> {
    let Admitted(mut matched) = admitted;
    let route = matched.route;
    let trace = Trace::continued(
        matched.headers.get(TRACE_ID),
        matched.request.received,
        matched.request.ids.trace(),
    );
    let reads = route.request.read_body()
        || route.response.read_body()
        || match &route.integration {
            Integration::Lambda(_) => true,
            Integration::Service(service) => service.reads_body(),
            Integration::Http(_) => false,
            Integration::Unusable(fault) => return Err(Refusal::ApiConfigurationError(fault.clone())),
        };
    let body = std::mem::take(&mut matched.body);
    let (payload, body) = if reads {
        let payload = read_whole(body, PAYLOAD_BYTES).await.map_err(unreadable)?;
        (payload.clone(), Body::from(payload))
    } else {
        (Bytes::new(), body)
    };
    let client = Client { matched, payload, trace };
    let call = match &route.integration {
        Integration::Http(proxy) => {
            let headers = proxy.headers(client.matched.request, client.matched.headers.clone());
            let altered = altered(&client, headers)?;
            let Matched { request, variables, .. } = &client.matched;
            let outgoing = proxy.outgoing(request, variables, altered, body, client.trace.header())?;
            Call::Http(Box::new(outgoing))
        }
        Integration::Lambda(lambda) => {
            let Altered { headers, query, path } = altered(&client, client.matched.headers.clone())?;
            let Matched { request, stage, variables, caller, .. } = &client.matched;
            let told = Told {
                request,
                stage: &stage.facts,
                stage_variables: &stage.variables,
                route_key: &route.key,
                variables,
                caller,
                headers: &headers,
                query: &query,
                path: path.as_deref(),
                trace: client.trace.header(),
                body: &client.payload,
            };
            let event = told.event(lambda.format);
            let (kind, trace) = (InvocationType::RequestResponse, client.trace.header());
            let request = lambda.invocation.request(caller, event, kind, trace, None)?;
            Call::Lambda(lambda, Box::new(request))
        }
        Integration::Service(service) => {
            let outgoing = service.outgoing(&client.matched.view(&client.payload))?;
            Call::Service(service, Box::new(outgoing))
        }
        Integration::Unusable(fault) => return Err(Refusal::ApiConfigurationError(fault.clone())),
    };
    Ok(Prepared { client, call })
}

/// The request as the route's mapped parameters change it; `headers` are those that it has before.
fn altered(client: &Client<'_>, headers: Headers) -> Result<Altered, Refusal> {
    let Matched { request, route, .. } = &client.matched;
    let mut altered = Altered { headers, query: request.query().to_owned(), path: None };
    route.request.apply(&client.matched.view(&client.payload), &mut altered)?;
    Ok(altered)
}
