//! `/tags/{arn}`: tags of APIs and of what else has an ARN, which are part of their documents.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{GetTagsRequest, TagResourceRequest, Tags, UntagResourceRequest};
use base::Arn;
use documents::apigateway::RestApiDocument;
use indexmap::IndexMap;
use store::Key;

use super::domain_names::unknown_domain_name;
use super::refusals::{bad_request, unknown_rest_api};
use super::restapis::stages;
use super::{access_associations, api_keys, client_certificates, domain_names, usage_plans, vpc_links};
use crate::{Call, Outcome, Registry, tags};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::TagResource, tag_resource)
        .write(op::UntagResource, untag_resource)
        .read(op::GetTags, get_tags);
}

/// What an ARN names.
enum Target {
    RestApi(String),
    Stage(String, String),
    ClientCertificate(String),
    ApiKey(String),
    UsagePlan(String),
    VpcLink(String),
    DomainName(String, Option<String>),
    AccessAssociation(String),
}

pub(super) fn tag_resource(call: &mut Call<'_, '_>, input: &TagResourceRequest) -> Outcome<Empty> {
    let target = target(call, &input.resource_arn)?;
    let mut tags = read(call, &target)?;
    tags::add(&mut tags, &input.tags)?;
    write(call, &target, tags)
}

fn untag_resource(call: &mut Call<'_, '_>, input: &UntagResourceRequest) -> Outcome<Empty> {
    let target = target(call, &input.resource_arn)?;
    let mut tags = read(call, &target)?;
    tags.retain(|key, _| !input.tag_keys.contains(key));
    write(call, &target, tags)
}

/// All tags: `limit` and `position` have no effect (API Gateway API reference, `GetTags`:
/// "Not currently supported").
pub(super) fn get_tags(call: &mut Call<'_, '_>, input: &GetTagsRequest) -> Outcome<Tags> {
    let target = target(call, &input.resource_arn)?;
    Ok(Tags { tags: Some(read(call, &target)?) })
}

/// Reads `arn:aws:apigateway:{region}::/restapis/{id}`, `…/stages/{name}`, `/apikeys/{id}`,
/// `/clientcertificates/{id}`, `/usageplans/{id}`, `/vpclinks/{id}` and `/domainnames/{name}`, and
/// with the account `/domainnames/{name}+{id}` and `/domainnameaccessassociations/…`. Refusals are
/// not recorded; they are worded like those that are.
fn target(call: &Call<'_, '_>, text: &str) -> Outcome<Target> {
    let malformed = || bad_request("Invalid ARN specified in the request");
    let arn: Arn = text.parse().map_err(|_| malformed())?;
    if arn.service != "apigateway" || arn.region != call.scope().region() {
        return Err(malformed());
    }
    let segments: Vec<&str> = arn.resource.trim_start_matches('/').split('/').collect();
    match segments.as_slice() {
        ["restapis", api] => Ok(Target::RestApi((*api).to_owned())),
        ["restapis", api, "stages", stage] => Ok(Target::Stage((*api).to_owned(), (*stage).to_owned())),
        ["apikeys", key] => Ok(Target::ApiKey((*key).to_owned())),
        ["usageplans", plan] => Ok(Target::UsagePlan((*plan).to_owned())),
        ["vpclinks", link] => Ok(Target::VpcLink((*link).to_owned())),
        ["clientcertificates", id] => Ok(Target::ClientCertificate((*id).to_owned())),
        ["domainnames", name] => match name.split_once('+') {
            Some((name, id)) if arn.account == call.scope().account() => {
                Ok(Target::DomainName(name.to_owned(), Some(id.to_owned())))
            }
            Some(_) => Err(unknown_domain_name()),
            None => Ok(Target::DomainName((*name).to_owned(), None)),
        },
        ["domainnameaccessassociations", ..] => Ok(Target::AccessAssociation(text.to_owned())),
        _ => Err(malformed()),
    }
}

fn read(call: &mut Call<'_, '_>, target: &Target) -> Outcome<IndexMap<String, String>> {
    let tags = match target {
        Target::RestApi(api) => rest_api(call, api)?.rest_api.tags,
        Target::Stage(api, name) => stages::get(call, api, name)?.tags,
        Target::ClientCertificate(id) => client_certificates::get(call, id)?.client_certificate.tags,
        Target::ApiKey(key) => api_keys::find(call, key)?.api_key.tags,
        Target::UsagePlan(plan) => usage_plans::find(call, plan)?.usage_plan.tags,
        Target::VpcLink(link) => vpc_links::find(call, link)?.vpc_link.tags,
        Target::DomainName(name, id) => domain_names::find(call, name, id.as_deref())?.domain_name.tags,
        Target::AccessAssociation(arn) => access_associations::find(call, arn)?.1.association.tags,
    };
    Ok(tags.unwrap_or_default())
}

fn write(call: &mut Call<'_, '_>, target: &Target, tags: IndexMap<String, String>) -> Outcome<Empty> {
    match target {
        Target::RestApi(api) => {
            let mut document = rest_api(call, api)?;
            document.rest_api.tags = Some(tags);
            call.tx.put(&call.context.scope, &Key::new([api]), &document)?;
        }
        Target::Stage(api, name) => {
            let mut stage = stages::get(call, api, name)?;
            stage.tags = Some(tags).filter(|tags| !tags.is_empty());
            stages::put(call, api, &stage)?;
        }
        Target::ClientCertificate(id) => {
            let mut document = client_certificates::get(call, id)?;
            document.client_certificate.tags = Some(tags).filter(|tags| !tags.is_empty());
            client_certificates::put(call, &document)?;
        }
        Target::ApiKey(key) => {
            let mut document = api_keys::find(call, key)?;
            document.api_key.tags = Some(tags);
            api_keys::put(call, &document)?;
        }
        Target::UsagePlan(plan) => {
            let mut document = usage_plans::find(call, plan)?;
            document.usage_plan.tags = Some(tags);
            usage_plans::put(call, &document)?;
        }
        Target::VpcLink(link) => {
            let mut document = vpc_links::find(call, link)?;
            document.vpc_link.tags = Some(tags);
            vpc_links::put(call, &document)?;
        }
        Target::DomainName(name, id) => {
            let mut document = domain_names::find(call, name, id.as_deref())?;
            document.domain_name.tags = Some(tags);
            domain_names::put(call, &document)?;
        }
        Target::AccessAssociation(arn) => {
            let (place, mut document) = access_associations::find(call, arn)?;
            document.association.tags = Some(tags);
            call.tx.put(&place.scope, &place.key(), &document)?;
        }
    }
    Ok(Empty {})
}

fn rest_api(call: &mut Call<'_, '_>, api: &str) -> Outcome<RestApiDocument> {
    let document = call.tx.get(&call.context.scope, &Key::new([api]))?;
    document.ok_or_else(|| unknown_rest_api(&call.context.scope, api))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::restapis::{get_rest_apis, stages};
    use super::super::test_frame::{Frame, bad_request, not_found, text};
    use super::*;

    #[test]
    fn things_are_tagged_by_their_arns() {
        let frame = Frame::new();
        let (api, _) = frame.deployable();
        let deployment = frame.deployment(&api);
        frame.ok(
            stages::create_stage,
            json!({"restApiId": api, "stageName": "dev", "deploymentId": deployment, "tags": {"a": "0"}}),
        );
        let key = frame.ok(api_keys::create_api_key, json!({"tags": {"a": "0"}}));
        let plan = frame.ok(usage_plans::create_usage_plan, json!({"name": "p"}));
        let nlb = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/a/b";
        let link = frame.ok(vpc_links::create_vpc_link, json!({"name": "l", "targetArns": [nlb]}));
        for (arn, before) in [
            (format!("arn:aws:apigateway:us-east-1::/vpclinks/{}", text(&link, "id")), json!({})),
            (format!("arn:aws:apigateway:us-east-1::/apikeys/{}", text(&key, "id")), json!({"a": "0"})),
            (format!("arn:aws:apigateway:us-east-1::/usageplans/{}", text(&plan, "id")), json!({})),
            (format!("arn:aws:apigateway:us-east-1::/restapis/{api}"), json!({})),
            (format!("arn:aws:apigateway:us-east-1::/restapis/{api}/stages/dev"), json!({"a": "0"})),
        ] {
            let tags = || frame.ok(get_tags, json!({"resourceArn": arn}))["tags"].clone();
            assert_eq!(tags(), before);
            let given = json!({"a": "1", "b": ""});
            frame.ok(tag_resource, json!({"resourceArn": arn, "tags": given}));
            assert_eq!(tags(), given);
            frame.ok(untag_resource, json!({"resourceArn": arn, "tagKeys": ["a", "nope"]}));
            assert_eq!(tags(), json!({"b": ""}));
        }
        let listed = frame.ok(get_rest_apis, json!({}));
        assert_eq!(listed["items"][0]["tags"], json!({"b": ""}));
        let stage = frame.ok(stages::get_stage, json!({"restApiId": api, "stageName": "dev"}));
        assert_eq!(stage["tags"], json!({"b": ""}));
    }

    #[test]
    fn a_stage_without_tags_has_no_member() {
        let frame = Frame::new();
        let (api, _) = frame.deployable();
        let deployment = frame.deployment(&api);
        let stage =
            json!({"restApiId": api, "stageName": "dev", "deploymentId": deployment, "tags": {"a": "0"}});
        frame.ok(stages::create_stage, stage);
        let arn = format!("arn:aws:apigateway:us-east-1::/restapis/{api}/stages/dev");
        frame.ok(untag_resource, json!({"resourceArn": arn, "tagKeys": ["a"]}));
        let stage = frame.ok(stages::get_stage, json!({"restApiId": api, "stageName": "dev"}));
        assert_eq!((text(&stage, "stageName"), stage["tags"].clone()), ("dev".to_owned(), Value::Null));
    }

    #[test]
    fn other_arns_are_refused() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let check = |arn: &str, expected: String| {
            assert_eq!(frame.refused(get_tags, json!({"resourceArn": arn})), expected, "{arn}");
        };
        let malformed = || bad_request("Invalid ARN specified in the request");
        check("x", malformed());
        check(&format!("arn:aws:apigateway:eu-west-1::/restapis/{api}"), malformed());
        check(&format!("arn:aws:execute-api:us-east-1::/restapis/{api}"), malformed());
        check(&format!("arn:aws:apigateway:us-east-1::/restapis/{api}/resources/x"), malformed());
        check(
            "arn:aws:apigateway:us-east-1::/restapis/nope",
            not_found("Invalid API identifier specified 000000000000:nope"),
        );
        check(
            &format!("arn:aws:apigateway:us-east-1::/restapis/{api}/stages/nope"),
            not_found("Invalid stage identifier specified"),
        );
        check(
            "arn:aws:apigateway:us-east-1::/domainnames/x",
            not_found("Invalid domain name identifier specified"),
        );
        check(
            "arn:aws:apigateway:us-east-1:000000000000:/domainnameaccessassociations/domainname/x+y/vpcesource/z",
            not_found("Invalid domain name access association identifier specified"),
        );
        check("arn:aws:apigateway:us-east-1::/apikeys/x", not_found("Invalid API Key identifier specified"));
        check("arn:aws:apigateway:us-east-1::/usageplans/x", not_found("Invalid Usage Plan ID specified"));
    }
}
