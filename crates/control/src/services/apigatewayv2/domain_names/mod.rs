//! `/v2/domainnames`: custom domain names, and which requests they lead to which API.

mod api_mappings;
mod names;
mod routing_rules;
mod targets;

use api::apigatewayv2::operations as op;

use crate::Registry;

/// To be called after the APIs' own registration, which it follows.
pub(super) fn register(registry: &mut Registry) {
    names::register(registry);
    api_mappings::register(registry);
    routing_rules::register(registry);
    registry
        .after(op::DeleteStage, targets::check_stage_unmapped)
        .after(op::DeleteApi, targets::check_api_unmapped);
}
