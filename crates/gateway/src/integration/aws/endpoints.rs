//! Where AWS services are: with the operator, with this gateway itself, or at AWS.

use std::collections::HashMap;

use sigv4::Credentials;

use super::services;
use super::uri::{ServiceApi, ServiceUri};
use crate::integration::http::Target;

/// Where the services are that integrations call. What is not named here is not called: an
/// integration with such a service is closed.
#[derive(Clone, Debug, Default)]
pub struct AwsEndpoints {
    named: HashMap<Box<str>, ServicePlace>,
    /// Of all services that are not named.
    otherwise: Option<ServicePlace>,
    /// Where this gateway answers AWS calls, and for which services.
    own: Option<(Target, &'static [&'static str])>,
    /// By what requests to AWS itself are signed. Credentials that this gateway issues are
    /// unknown there.
    keys: Option<Credentials>,
}

/// Where a service is.
#[derive(Clone, Debug)]
pub enum ServicePlace {
    /// At an address of the operator's.
    At(Target),
    /// At AWS.
    Aws,
}

/// The service of an integration, found.
#[derive(Debug)]
pub(super) struct Found {
    /// Scheme, host and port.
    pub(super) origin: String,
    /// Whether a bucket in front of the host has to go into the path: no name leads to it.
    pub(super) path_style: bool,
    /// The credentials, if they are not those of the integration's role.
    pub(super) keys: Option<Credentials>,
}

/// Nobody has said where a service is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no endpoint is configured for the AWS service {service}: name one under [aws_endpoints], {service} = \"http://…\" or default = \"aws\""
)]
pub struct NoEndpoint {
    /// The service.
    pub service: String,
}

impl AwsEndpoints {
    /// Of what an operator says: places by the prefix of a service's endpoint, the place of all
    /// others, and the keys for AWS itself.
    #[must_use]
    pub fn new(
        named: HashMap<Box<str>, ServicePlace>,
        otherwise: Option<ServicePlace>,
        keys: Option<Credentials>,
    ) -> Self {
        Self { named, otherwise, own: None, keys }
    }

    /// The same where `services`, unless they are named, are answered by this gateway at `own`.
    #[must_use]
    pub fn serving(mut self, own: Target, services: &'static [&'static str]) -> Self {
        self.own = Some((own, services));
        self
    }

    /// The service that `uri` calls.
    ///
    /// # Errors
    /// If nobody has said where it is.
    pub(super) fn find(&self, uri: &ServiceUri) -> Result<Found, NoEndpoint> {
        let at = |target: &Target| Found { origin: target.to_string(), path_style: true, keys: None };
        let service = uri.service.as_str();
        let with_subdomain = uri.subdomain.as_ref().map(|subdomain| format!("{subdomain}.{service}"));
        let named = with_subdomain.and_then(|name| self.named.get(&*name));
        let place = match (named.or_else(|| self.named.get(service)), &self.own) {
            (Some(place), _) => Some(place),
            (None, Some((own, services))) if services.contains(&service) => return Ok(at(own)),
            (None, _) => self.otherwise.as_ref(),
        };
        match place {
            Some(ServicePlace::At(target)) => Ok(at(target)),
            Some(ServicePlace::Aws) => {
                // The configuration has no place at AWS without keys for it.
                let keys = self.keys.clone().ok_or_else(|| NoEndpoint { service: service.to_owned() })?;
                Ok(Found { origin: aws(uri), path_style: false, keys: Some(keys) })
            }
            None => Err(NoEndpoint { service: service.to_owned() }),
        }
    }
}

/// Where AWS has the service.
fn aws(uri: &ServiceUri) -> String {
    let ServiceUri { partition, region, subdomain, service, api } = uri;
    let subdomain = subdomain.as_ref().map(|name| format!("{name}.")).unwrap_or_default();
    let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    // The one action with a host of its own (AWS Step Functions API reference).
    let synchronous = |name: &str| service == "states" && name == "StartSyncExecution";
    let prefix = match api {
        ServiceApi::Action { name, .. } if synchronous(name) => "sync-",
        ServiceApi::Action { .. } | ServiceApi::Path(_) => "",
    };
    if services::is_global(service) && partition == "aws" {
        return format!("https://{subdomain}{service}.{suffix}");
    }
    format!("https://{subdomain}{prefix}{service}.{region}.{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints() -> AwsEndpoints {
        let at = |url: &str| ServicePlace::At(url.parse().unwrap());
        let named = HashMap::from([
            ("sqs".into(), at("http://127.0.0.1:9324")),
            ("logs".into(), at("http://127.0.0.1:1")),
            ("special.iot".into(), at("http://127.0.0.1:2")),
            ("s3".into(), ServicePlace::Aws),
        ]);
        AwsEndpoints::new(named, None, Some(Credentials::new("AKIA", "secret")))
            .serving("http://127.0.0.1:4566".parse().unwrap(), &["iam", "logs"])
    }

    fn origin(endpoints: &AwsEndpoints, rest: &str) -> Result<String, NoEndpoint> {
        let uri = format!("arn:aws:apigateway:us-west-2:{rest}").parse().unwrap();
        endpoints.find(&uri).map(|found| found.origin)
    }

    #[test]
    fn the_operator_counts_before_the_gateway() {
        let endpoints = endpoints();
        for (rest, expected) in [
            ("sqs:action/SendMessage", "http://127.0.0.1:9324"),
            ("logs:action/PutLogEvents", "http://127.0.0.1:1"),
            ("iam:action/GetUser", "http://127.0.0.1:4566"),
            ("special.iot:path/topics/a", "http://127.0.0.1:2"),
            ("s3:path/bucket/key", "https://s3.us-west-2.amazonaws.com"),
        ] {
            assert_eq!(origin(&endpoints, rest).as_deref(), Ok(expected), "{rest}");
        }
    }

    #[test]
    fn nothing_is_sent_where_nobody_said() {
        let endpoints = endpoints();
        for rest in ["sns:action/Publish", "iot:path/topics/a"] {
            let service = rest.split(':').next().unwrap().to_owned();
            assert_eq!(origin(&endpoints, rest), Err(NoEndpoint { service }), "{rest}");
        }
        let keyless = AwsEndpoints::new(HashMap::new(), Some(ServicePlace::Aws), None);
        assert!(origin(&keyless, "sns:action/Publish").is_err());
    }

    #[test]
    fn aws_has_a_host_for_each_service_and_region() {
        let keys = Some(Credentials::new("AKIA", "secret"));
        let aws = AwsEndpoints::new(HashMap::new(), Some(ServicePlace::Aws), keys);
        for (rest, expected) in [
            ("dynamodb:action/Scan", "https://dynamodb.us-west-2.amazonaws.com"),
            ("pictures.s3:path/k", "https://pictures.s3.us-west-2.amazonaws.com"),
            ("states:action/StartExecution", "https://states.us-west-2.amazonaws.com"),
            ("states:action/StartSyncExecution", "https://sync-states.us-west-2.amazonaws.com"),
            ("streams.dynamodb:action/ListStreams", "https://streams.dynamodb.us-west-2.amazonaws.com"),
            ("iam:action/GetUser", "https://iam.amazonaws.com"),
        ] {
            assert_eq!(origin(&aws, rest).as_deref(), Ok(expected), "{rest}");
        }
        let china = "arn:aws-cn:apigateway:cn-north-1:sqs:action/SendMessage".parse().unwrap();
        assert_eq!(aws.find(&china).unwrap().origin, "https://sqs.cn-north-1.amazonaws.com.cn");
    }

    #[test]
    fn only_aws_itself_is_signed_for_with_the_operators_keys() {
        let endpoints = endpoints();
        let keys = |rest: &str| {
            let uri = format!("arn:aws:apigateway:us-west-2:{rest}").parse().unwrap();
            endpoints.find(&uri).unwrap().keys.map(|keys| keys.access_key_id)
        };
        assert_eq!(keys("s3:path/b/k").as_deref(), Some("AKIA"));
        assert_eq!(keys("sqs:action/SendMessage"), None);
        assert_eq!(keys("iam:action/GetUser"), None);
    }
}
