//! `/v2/tags/{arn}`: tags of APIs and of what else has an ARN, which are part of their documents.

use api::Empty;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    GetTagsRequest, GetTagsResponse, TagResourceRequest, TagResourceResponse, UntagResourceRequest,
};
use base::Arn;
use indexmap::IndexMap;

use super::super::apigateway::domain_names;
use super::apis::{self, stages};
use super::refusals::bad_request;
use super::vpc_links;
use crate::{Call, Outcome, Registry, tags};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::TagResource, tag_resource)
        .write(op::UntagResource, untag_resource)
        .read(op::GetTags, get_tags);
}

/// What an ARN names.
enum Target {
    Api(String),
    Stage(String, String),
    VpcLink(String),
    DomainName(String),
}

fn tag_resource(call: &mut Call<'_, '_>, input: &TagResourceRequest) -> Outcome<TagResourceResponse> {
    let target = target(call, &input.resource_arn)?;
    let mut tags = read(call, &target)?;
    tags::add(&mut tags, input.tags.as_ref().unwrap_or(&IndexMap::new()))?;
    write(call, &target, tags)?;
    Ok(TagResourceResponse {})
}

fn untag_resource(call: &mut Call<'_, '_>, input: &UntagResourceRequest) -> Outcome<Empty> {
    let target = target(call, &input.resource_arn)?;
    let mut tags = read(call, &target)?;
    tags.retain(|key, _| !input.tag_keys.contains(key));
    write(call, &target, tags)?;
    Ok(Empty {})
}

fn get_tags(call: &mut Call<'_, '_>, input: &GetTagsRequest) -> Outcome<GetTagsResponse> {
    let target = target(call, &input.resource_arn)?;
    Ok(GetTagsResponse { tags: Some(read(call, &target)?) })
}

/// Reads `arn:aws:apigateway:{region}::/apis/{id}`, `…/stages/{name}`, `/vpclinks/{id}` and
/// `/domainnames/{name}`.
fn target(call: &Call<'_, '_>, text: &str) -> Outcome<Target> {
    let malformed = || bad_request("Invalid ARN specified in the request");
    let arn: Arn = text.parse().map_err(|_| malformed())?;
    if arn.service != "apigateway" || arn.region != call.scope().region() {
        return Err(malformed());
    }
    let segments: Vec<&str> = arn.resource.trim_start_matches('/').split('/').collect();
    match segments.as_slice() {
        ["apis", api] => Ok(Target::Api((*api).to_owned())),
        ["apis", api, "stages", stage] => Ok(Target::Stage((*api).to_owned(), (*stage).to_owned())),
        ["vpclinks", link] => Ok(Target::VpcLink((*link).to_owned())),
        ["domainnames", name] => Ok(Target::DomainName((*name).to_owned())),
        _ => Err(malformed()),
    }
}

fn read(call: &mut Call<'_, '_>, target: &Target) -> Outcome<IndexMap<String, String>> {
    let tags = match target {
        Target::Api(api) => apis::find(call, api)?.tags,
        Target::Stage(api, name) => stages::get(call, api, name)?.tags,
        Target::VpcLink(link) => vpc_links::find(call, link)?.tags,
        Target::DomainName(name) => domain_names::find(call, name, None)?.domain_name.tags,
    };
    Ok(tags.unwrap_or_default())
}

fn write(call: &mut Call<'_, '_>, target: &Target, tags: IndexMap<String, String>) -> Outcome<()> {
    match target {
        Target::Api(api) => {
            let mut stored = apis::find(call, api)?;
            stored.tags = Some(tags);
            apis::put(call, stored).map(drop)
        }
        Target::Stage(api, name) => {
            let mut stage = stages::get(call, api, name)?;
            stage.tags = Some(tags);
            stages::put(call, api, stage).map(drop)
        }
        Target::VpcLink(link) => {
            let mut link = vpc_links::find(call, link)?;
            link.tags = Some(tags);
            vpc_links::put(call, &link)
        }
        Target::DomainName(name) => {
            let mut document = domain_names::find(call, name, None)?;
            document.domain_name.tags = Some(tags);
            domain_names::put(call, &document)
        }
    }
}
