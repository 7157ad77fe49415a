//! What mappings lead to: APIs and stages stay for as long as domain names lead to them.

use api::apigateway::{DeleteRestApiRequest, DeleteStageRequest, EndpointType, UpdateRestApiRequest};
use documents::apigateway::RestApiDocument;
use documents::apigateway_domain_names::{BasePathMappingDocument, RoutingRuleDocument};
use store::Key;

use super::super::refusals::bad_request;
use crate::{Call, Outcome};

/// Seen in reports of AWS's users.
pub(super) fn check_stage_unmapped(call: &mut Call<'_, '_>, input: &DeleteStageRequest) -> Outcome<()> {
    let domains = domains_leading_to(call, &input.rest_api_id, Some(&input.stage_name))?;
    still_mapped(&domains, &format!("stage {}", input.stage_name), "stage")
}

/// Seen in reports of AWS's users.
pub(super) fn check_api_unmapped(call: &mut Call<'_, '_>, input: &DeleteRestApiRequest) -> Outcome<()> {
    let domains = domains_leading_to(call, &input.rest_api_id, None)?;
    still_mapped(&domains, &format!("RestApi {}", input.rest_api_id), "RestApi")
}

pub(in super::super::super) fn still_mapped(domains: &[String], what: &str, kind: &str) -> Outcome<()> {
    if domains.is_empty() {
        return Ok(());
    }
    Err(bad_request(format!(
        "Deleting {what} failed. Please remove all base path mappings related to the {kind} in your domains: {}",
        domains.join(", ")
    )))
}

/// An API that a private domain name leads to stays private (API Gateway developer guide, "Custom
/// domain names for private APIs"), and so one that a public one leads to stays public. The text is
/// not recorded.
pub(super) fn check_endpoint_type(call: &mut Call<'_, '_>, input: &UpdateRestApiRequest) -> Outcome<()> {
    let key = Key::new([&input.rest_api_id]);
    let api = call.tx.get::<RestApiDocument>(&call.context.scope, &key)?;
    let types = api.and_then(|api| api.rest_api.endpoint_configuration).and_then(|endpoints| endpoints.types);
    let private = types.is_some_and(|types| types.contains(&EndpointType::Private));
    let mappings = call.tx.list::<BasePathMappingDocument>(&call.context.scope, &Key::root())?;
    let broken = mappings.iter().any(|(key, document)| {
        let is_to_it = document.mapping.rest_api_id.as_ref() == Some(&input.rest_api_id);
        is_to_it && (key.part(1) == Some("")) == private
    });
    match broken {
        true => Err(bad_request(
            "The endpoint type of an API that is mapped to a custom domain name cannot be changed to or from \
             PRIVATE.",
        )),
        false => Ok(()),
    }
}

/// The domain names whose mappings or rules lead to the API, or to one stage of it, each once. That rules
/// hold what they lead to is not recorded: else they would lead nowhere, and to whoever makes a stage of
/// the name next.
pub(in super::super::super) fn domains_leading_to(
    call: &mut Call<'_, '_>,
    api: &str,
    stage: Option<&str>,
) -> Outcome<Vec<String>> {
    let mappings = call.tx.list::<BasePathMappingDocument>(&call.context.scope, &Key::root())?;
    let leading = mappings.iter().filter(|(_, document)| {
        let mapping = &document.mapping;
        mapping.rest_api_id.as_deref() == Some(api) && (stage.is_none() || mapping.stage.as_deref() == stage)
    });
    let name = |key: &Key| key.part(0).map(str::to_owned);
    let mut names: Vec<String> = leading.filter_map(|(key, _)| name(key)).collect();
    let rules = call.tx.list::<RoutingRuleDocument>(&call.context.scope, &Key::root())?;
    names.extend(rules.iter().filter_map(|(key, document)| {
        let mut targets = document.rule.actions.iter().flatten().map(|action| &action.invoke_api);
        let leads = targets.any(|to| to.api_id == api && stage.is_none_or(|stage| to.stage == stage));
        if leads { name(key) } else { None }
    }));
    names.sort();
    names.dedup();
    Ok(names)
}
