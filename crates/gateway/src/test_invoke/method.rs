//! `TestInvokeMethod`: the method is compiled as a stage of one method would be, and executed.
//!
//! Nobody is asked whether the caller may call it: authorization, API keys and the API's policy
//! are left out, as AWS's console says of its tests. Everything else is that of real traffic, so
//! a method that asks for request validation, which is not built, still refuses.

use std::sync::Arc;
use std::time::Duration;

use api::apigateway::{EndpointType, Stage};
use documents::apigateway::SnapshotDocument;
use http::header;
use ports::test_invoke::{MethodTest, MethodTested, TestInvokeError};

use super::request::{Made, made};
use super::{Bench, millis};
use crate::exchange::{Body, Refusal, Reply, TEST_STAGE, read_whole};
use crate::integration::backends::Backends;
use crate::integration::http::call::unusable;
use crate::mapping::headers::{EXTENDED_REQUEST_ID, REQUEST_ID};
use crate::message::Headers;
use crate::rest::limits::PAYLOAD_BYTES;
use crate::rest::pipeline;
use crate::rest::reply::render_refusal;
use crate::rest::settings::MethodSettings;
use crate::rest::{CompiledStage, Surroundings, compile_stage};
use crate::services::Services;
use crate::trail::execution_log::wording;

/// Compiles and executes a method.
///
/// # Errors
/// If the request is none, or the snapshot does not have the method.
pub(super) async fn run(test: MethodTest, bench: &Bench) -> Result<MethodTested, TestInvokeError> {
    let given = test.request.clone();
    let verb = test.verb.clone();
    let stage = compiled(test, &bench.doors.backends)?;
    let path = stage.methods.first().map(|method| &*method.resource.path).unwrap_or_default();
    let Made { request, headers, names } = made(&given, &verb, path, &bench.ids)?;
    let services = Services { doors: &bench.doors, ids: &bench.ids, worker: &bench.worker };
    let (result, log) =
        pipeline::test(&request, headers, names, Body::from(given.body), &stage, services).await;
    let Reply { status, headers, body } = result.unwrap_or_else(|refusal| refused(&refusal, &request.ids));
    let body = read_whole(body, PAYLOAD_BYTES).await.map_err(unusable);
    Ok(MethodTested {
        status: status.as_u16(),
        headers: wording::pairs(&headers),
        body: body.map_err(|_| TestInvokeError::CutShort)?,
        latency: Duration::from_millis(millis(request.started.elapsed())),
        log: log.into_text(),
    })
}

/// Recorded from AWS: of a refusal a test shows the kind of error and no other header.
fn refused(refusal: &Refusal, ids: &crate::exchange::RequestIds) -> Reply {
    let (head, body) = render_refusal(refusal, ids).into_parts();
    let mut headers: Headers = head.headers;
    for name in [header::CONTENT_TYPE, REQUEST_ID, EXTENDED_REQUEST_ID] {
        headers.remove(name);
    }
    Reply { status: head.status, headers, body }
}

fn compiled(test: MethodTest, backends: &Arc<Backends>) -> Result<CompiledStage, TestInvokeError> {
    let MethodTest { request, mut snapshot, resource_id, method, client_certificate, vpc_links, .. } = test;
    open(&mut snapshot, &resource_id, &method);
    let certificate = client_certificate.as_ref().map(|stored| &stored.client_certificate);
    let stage = Stage {
        stage_name: Some(TEST_STAGE.to_owned()),
        variables: Some(request.stage_variables),
        client_certificate_id: certificate.and_then(|shown| shown.client_certificate_id.clone()),
        ..Stage::default()
    };
    let backends = Arc::clone(backends);
    let surroundings = Surroundings { client_certificate, backends, vpc_links, ..Surroundings::default() };
    let (mut compiled, _) = compile_stage(&request.scope, &stage, &snapshot, surroundings)
        .map_err(|fault| TestInvokeError::Request(fault.to_string()))?;
    for method in &mut compiled.methods {
        method.settings = MethodSettings::of_test();
    }
    compiled.routes.set_otherwise(0);
    Ok(compiled)
}

/// Leaves of an API what the method needs, without what keeps callers out.
fn open(snapshot: &mut SnapshotDocument, resource_id: &str, verb: &str) {
    let api = &mut snapshot.rest_api;
    api.policy = None;
    api.disable_execute_api_endpoint = None;
    if let Some(types) = api.endpoint_configuration.as_mut().and_then(|of| of.types.as_mut()) {
        types.retain(|kind| *kind != EndpointType::Private);
    }
    snapshot.resources.retain(|resource| resource.id.as_deref() == Some(resource_id));
    for methods in snapshot.resources.iter_mut().filter_map(|resource| resource.resource_methods.as_mut()) {
        methods.retain(|own, _| own == verb);
        for method in methods.values_mut() {
            method.authorization_type = None;
            method.authorizer_id = None;
            method.api_key_required = None;
        }
    }
}
