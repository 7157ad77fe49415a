//! `/v2/apis/{id}/exports/{specification}`: an HTTP API as an OpenAPI document. How the document looks is
//! the business of the crate `openapi`.

use api::apigatewayv2::operations as op;
use api::apigatewayv2::{ExportApiRequest, ExportApiRequestOutputType, ExportApiResponse, ProtocolType};
use documents::apigateway::within;
use documents::apigatewayv2::SnapshotDocument;
use openapi::export::{to_json, to_yaml};
use openapi::{HttpDefinition, HttpExport, export_http};

use super::super::refusals::{bad_request, unknown};
use super::{deployments, find, stages};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry.read(op::ExportApi, export_api);
}

/// Of a stage, or of the API as it is defined now.
fn export_api(call: &mut Call<'_, '_>, input: &ExportApiRequest) -> Outcome<ExportApiResponse> {
    let api = find(call, &input.api_id)?;
    if api.protocol_type != ProtocolType::Http {
        return Err(bad_request("Only HTTP APIs can be exported"));
    }
    if input.export_version.as_deref().is_some_and(|version| version != "1.0") {
        return Err(bad_request("Invalid export version specified. It must be 1.0"));
    }
    let stage = input.stage_name.as_deref().filter(|name| !name.is_empty());
    let snapshot = match stage {
        None => deployments::snapshot(call, &input.api_id)?,
        Some(name) => {
            let stage = stages::get(call, &input.api_id, name)?;
            let deployment = stage.deployment_id.ok_or_else(|| bad_request("The stage has no deployment"))?;
            let key = within(&input.api_id, &deployment);
            call.tx
                .get::<SnapshotDocument>(&call.context.scope, &key)?
                .ok_or_else(|| unknown("Deployment"))?
        }
    };
    let SnapshotDocument { api, routes, integrations, authorizers, .. } = snapshot;
    let definition = HttpDefinition {
        name: api.name,
        description: api.description,
        // As exports of version 1 have it: the moment of the API's making, if it has no version.
        version: api.version.or_else(|| api.created_date.map(|date| date.iso8601())),
        cors: api.cors_configuration,
        disable_execute_api_endpoint: api.disable_execute_api_endpoint,
        tags: api.tags.unwrap_or_default(),
        integrations: integrations.into_iter().map(|document| document.integration).collect(),
        authorizers,
        routes: routes.into_iter().map(|document| document.route).collect(),
    };
    let document = export_http(&HttpExport {
        definition: &definition,
        host: &format!("{}.execute-api.{}.amazonaws.com", input.api_id, call.scope().region()),
        stage: stage.filter(|name| *name != "$default"),
        extensions: input.include_extensions.unwrap_or(true),
    });
    let text = match input.output_type {
        ExportApiRequestOutputType::Json => to_json(&document),
        ExportApiRequestOutputType::Yaml => to_yaml(&document),
    };
    Ok(ExportApiResponse { body: Some(text.into_bytes().into()) })
}
