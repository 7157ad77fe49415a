//! `/v2/domainnames/{name}/routingrules`: by which headers and base paths requests of a custom domain
//! name are led to which REST API (API Gateway developer guide, "Routing rules to connect API stages to a
//! custom domain name for REST APIs"). Refusals are not recorded.

use api::Empty;
use api::apigateway::BasePathMapping;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    CreateRoutingRuleRequest, CreateRoutingRuleResponse, DeleteRoutingRuleRequest, GetRoutingRuleRequest,
    GetRoutingRuleResponse, ListRoutingRulesRequest, ListRoutingRulesResponse, PutRoutingRuleRequest,
    PutRoutingRuleResponse, RoutingRule, RoutingRuleAction, RoutingRuleCondition,
};
use base::{Arn, ids};
use documents::apigateway_domain_names::RoutingRuleDocument;
use store::Key;

use super::super::super::apigateway::base_path_mappings::{check_target, domain};
use super::super::limits;
use super::super::refusals::{bad_request, conflict, unknown};
use super::super::shapes::same;
use super::api_mappings::check_path;
use crate::paginate::{Page, page};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateRoutingRule, create_routing_rule)
        .read(op::GetRoutingRule, get_routing_rule)
        .read(op::ListRoutingRules, list_routing_rules)
        .write(op::PutRoutingRule, put_routing_rule)
        .write(op::DeleteRoutingRule, delete_routing_rule);
}

fn create_routing_rule(
    call: &mut Call<'_, '_>,
    input: &CreateRoutingRuleRequest,
) -> Outcome<CreateRoutingRuleResponse> {
    let id = ids::part_id(&call.plane.random);
    let given = Given {
        domain: (&input.domain_name, input.domain_name_id.as_deref()),
        id: &id,
        priority: input.priority,
        conditions: &input.conditions,
        actions: &input.actions,
    };
    same(&put(call, given)?)
}

fn get_routing_rule(
    call: &mut Call<'_, '_>,
    input: &GetRoutingRuleRequest,
) -> Outcome<GetRoutingRuleResponse> {
    let (_, key) = domain(call, &input.domain_name, input.domain_name_id.as_deref())?;
    same(&find(call, &key, &input.routing_rule_id)?)
}

/// In the order in which they are asked.
fn list_routing_rules(
    call: &mut Call<'_, '_>,
    input: &ListRoutingRulesRequest,
) -> Outcome<ListRoutingRulesResponse> {
    let (_, key) = domain(call, &input.domain_name, input.domain_name_id.as_deref())?;
    let place = |rule: &RoutingRule| format!("{:010}", rule.priority.unwrap_or_default());
    let Page { items, position } =
        page(all(call, &key)?, place, input.next_token.as_deref(), input.max_results)?;
    Ok(ListRoutingRulesResponse { next_token: position, routing_rules: Some(items) })
}

/// Puts a rule in place of the one of this id, or makes one.
fn put_routing_rule(
    call: &mut Call<'_, '_>,
    input: &PutRoutingRuleRequest,
) -> Outcome<PutRoutingRuleResponse> {
    if !(1..=limits::NAME).contains(&input.routing_rule_id.len())
        || !input.routing_rule_id.bytes().all(|c| c.is_ascii_alphanumeric())
    {
        return Err(unknown("RoutingRule"));
    }
    let given = Given {
        domain: (&input.domain_name, input.domain_name_id.as_deref()),
        id: &input.routing_rule_id,
        priority: input.priority,
        conditions: &input.conditions,
        actions: &input.actions,
    };
    same(&put(call, given)?)
}

fn delete_routing_rule(call: &mut Call<'_, '_>, input: &DeleteRoutingRuleRequest) -> Outcome<Empty> {
    let (_, key) = domain(call, &input.domain_name, input.domain_name_id.as_deref())?;
    find(call, &key, &input.routing_rule_id)?;
    call.tx.delete::<RoutingRuleDocument>(&call.context.scope, &key.with(input.routing_rule_id.as_str()))?;
    Ok(Empty {})
}

/// A rule as it is asked for.
struct Given<'a> {
    domain: (&'a str, Option<&'a str>),
    id: &'a str,
    priority: i32,
    conditions: &'a [RoutingRuleCondition],
    actions: &'a [RoutingRuleAction],
}

fn put(call: &mut Call<'_, '_>, given: Given<'_>) -> Outcome<RoutingRule> {
    let Given { domain: (name, domain_id), id, priority, conditions, actions } = given;
    let (domain, key) = domain(call, name, domain_id)?;
    if !limits::PRIORITIES.contains(&priority) {
        return Err(bad_request("Invalid priority specified. It must be between 1 and 1000000"));
    }
    conditions_hold(conditions)?;
    let [action] = actions else { return Err(bad_request("A routing rule must have exactly one action")) };
    let target = &action.invoke_api;
    let mapping = BasePathMapping {
        base_path: None,
        rest_api_id: Some(target.api_id.clone()),
        stage: Some(target.stage.clone()),
    };
    check_target(call, &domain, &mapping)?;
    let has_path = conditions.iter().any(|condition| condition.match_base_paths.is_some());
    if target.strip_base_path == Some(true) && !has_path {
        return Err(bad_request("StripBasePath needs a condition on base paths"));
    }
    let others = all(call, &key)?;
    let other = |rule: &&RoutingRule| rule.routing_rule_id.as_deref() != Some(id);
    if others.iter().filter(other).any(|rule| rule.priority == Some(priority)) {
        return Err(conflict(format!("A routing rule with the priority {priority} already exists")));
    }
    if others.iter().filter(other).count() >= limits::ROUTING_RULES {
        return Err(bad_request(format!(
            "Maximum number of routing rules for this domain name has been reached. The limit is {}.",
            limits::ROUTING_RULES
        )));
    }
    let of_domain = match &domain.domain_name_id {
        Some(domain_id) => format!("{name}+{domain_id}"),
        None => name.to_owned(),
    };
    let (region, account) = (call.scope().region(), call.scope().account());
    let resource = format!("/domainnames/{of_domain}/routingrules/{id}");
    let rule = RoutingRule {
        actions: Some(actions.to_vec()),
        conditions: Some(conditions.to_vec()),
        priority: Some(priority),
        routing_rule_arn: Some(Arn::aws("apigateway", region, account, resource).to_string()),
        routing_rule_id: Some(id.to_owned()),
    };
    let document = RoutingRuleDocument { rule };
    call.tx.put(&call.context.scope, &key.with(id), &document)?;
    Ok(document.rule)
}

/// "Up to two header conditions and one path condition."
fn conditions_hold(conditions: &[RoutingRuleCondition]) -> Outcome<()> {
    let (mut headers, mut paths) = (0, 0);
    for condition in conditions {
        match (&condition.match_headers, &condition.match_base_paths) {
            (Some(given), None) => {
                headers += 1;
                if given.any_of.is_empty() {
                    return Err(bad_request("A condition on headers must have a header"));
                }
                for value in &given.any_of {
                    if value.header.parse::<http::HeaderName>().is_err() {
                        return Err(bad_request(format!("Invalid header specified: {}", value.header)));
                    }
                    check_glob(&value.value_glob)?;
                }
            }
            (None, Some(given)) => {
                paths += 1;
                if given.any_of.is_empty() {
                    return Err(bad_request("A condition on base paths must have a base path"));
                }
                given.any_of.iter().try_for_each(|path| check_path(path))?;
            }
            _ => return Err(bad_request("A condition must be on headers or on base paths")),
        }
    }
    if headers > 2 || paths > 1 {
        return Err(bad_request("A routing rule can have two conditions on headers and one on base paths"));
    }
    Ok(())
}

/// "Wildcards must be `*prefix-match`, `suffix-match*` or `*contains*`."
fn check_glob(glob: &str) -> Outcome<()> {
    let inner = glob.strip_prefix('*').unwrap_or(glob);
    let inner = inner.strip_suffix('*').unwrap_or(inner);
    if glob.is_empty()
        || glob.len() > 128
        || inner.contains('*')
        || !inner.bytes().all(|c| (b' '..0x7f).contains(&c))
    {
        return Err(bad_request(format!("Invalid header value specified: {glob}")));
    }
    Ok(())
}

fn all(call: &mut Call<'_, '_>, domain: &Key) -> Outcome<Vec<RoutingRule>> {
    let documents = call.tx.list::<RoutingRuleDocument>(&call.context.scope, domain)?;
    Ok(documents.into_iter().map(|(_, document)| document.rule).collect())
}

fn find(call: &mut Call<'_, '_>, domain: &Key, id: &str) -> Outcome<RoutingRule> {
    let document = match id.len() <= limits::NAME {
        true => call.tx.get::<RoutingRuleDocument>(&call.context.scope, &domain.clone().with(id))?,
        false => None,
    };
    document.map(|document| document.rule).ok_or_else(|| unknown("RoutingRule"))
}
