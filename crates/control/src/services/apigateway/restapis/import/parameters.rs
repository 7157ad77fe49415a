//! The parameters of an import: `basepath`, `endpointConfigurationTypes`, `ignore=documentation` and
//! `vpcEndpointIds` (API Gateway API reference, `ImportRestApi`; Terraform sends the last).

use api::apigateway::EndpointType;
use indexmap::IndexMap;
use openapi::BasePath;

use super::super::super::refusals::bad_request;
use crate::Outcome;

#[derive(Debug, PartialEq)]
pub(super) struct Parameters {
    pub(super) base_path: BasePath,
    pub(super) documentation: bool,
    pub(super) endpoint_types: Option<Vec<EndpointType>>,
    pub(super) vpc_endpoint_ids: Option<Vec<String>>,
}

impl Parameters {
    /// Parameters of other names have no meaning. Texts are not recorded.
    pub(super) fn read(given: Option<&IndexMap<String, String>>) -> Outcome<Self> {
        let mut parameters = Self {
            base_path: BasePath::Ignore,
            documentation: true,
            endpoint_types: None,
            vpc_endpoint_ids: None,
        };
        for (name, value) in given.into_iter().flatten() {
            match name.to_ascii_lowercase().as_str() {
                "basepath" => {
                    parameters.base_path = match value.to_ascii_lowercase().as_str() {
                        "ignore" => BasePath::Ignore,
                        "prepend" => BasePath::Prepend,
                        "split" => BasePath::Split,
                        _ => {
                            return Err(bad_request(
                                "Invalid basepath specified. Valid options are ignore,prepend,split",
                            ));
                        }
                    };
                }
                "ignore" => parameters.documentation &= !list(value).any(|what| what == "documentation"),
                "endpointconfigurationtypes" => {
                    let types = list(value).map(|kind| {
                        kind.to_ascii_uppercase().parse().map_err(|_| {
                            // Recorded from AWS for `UpdateRestApi`.
                            bad_request(
                                "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
                            )
                        })
                    });
                    parameters.endpoint_types = Some(types.collect::<Outcome<_>>()?);
                }
                "vpcendpointids" => {
                    parameters.vpc_endpoint_ids = Some(list(value).map(str::to_owned).collect());
                }
                _ => {}
            }
        }
        Ok(parameters)
    }
}

fn list(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty())
}
