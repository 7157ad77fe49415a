//! AWS services: AWS integrations whose URI names an action or a path of a service. The request is
//! made as for HTTP integrations (templates, parameters, passthrough), signed with Signature
//! Version 4 under the integration's role, and sent to where the operator says that the service is.

mod endpoints;
mod services;
mod sessions;
mod uri;

use std::sync::Arc;
use std::time::{Duration, Instant};

use base::Scope;
use http::{HeaderName, HeaderValue};
use ports::credentials::CredentialError;
pub use sigv4::Credentials;

pub use endpoints::{AwsEndpoints, NoEndpoint, ServicePlace};
pub use sessions::{Role, RoleSessions};
pub use uri::{ServiceApi, ServiceUri, ServiceUriError};

use crate::exchange::{ConfigurationFault, EndpointResponse, IntegrationFault, Refusal};
use crate::integration::http::Upstreams;
use crate::integration::http::call::{HttpCall, Outgoing, send, timeout};
use crate::integration::http::endpoint::{Encoding, Endpoint, EndpointError};
use services::Protocol;

/// `X-Amz-Target`.
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// An AWS integration with a service.
#[derive(Clone, Debug)]
pub struct ServiceCall {
    /// The request and its answer, unsigned.
    pub http: HttpCall,
    /// What it is signed with.
    pub signature: Signature,
}

/// What requests of an integration are signed with.
#[derive(Clone, Debug)]
pub struct Signature {
    region: Box<str>,
    service: Box<str>,
    signer: Signer,
}

/// Whose credentials a request is signed with.
#[derive(Clone, Debug)]
enum Signer {
    /// A session's of a role.
    Role {
        role: Role,
        /// In place of the session's; the role has to be one that trusts API Gateway all the same.
        keys: Option<Arc<Credentials>>,
    },
    /// Those that the client's request was signed with.
    Caller,
}

/// By whose right a service is called.
#[derive(Clone, Copy, Debug)]
pub enum Right<'a> {
    /// That of the role of this ARN.
    Role(&'a str),
    /// That of whoever has signed the client's request.
    Caller,
}

/// A service's address and what it is called with, compiled.
#[derive(Debug)]
pub struct Service {
    /// Where it is.
    pub endpoint: Endpoint,
    /// What it is signed with.
    pub signature: Signature,
    /// The headers by which it knows what is called, unless others are mapped.
    pub implied: Vec<(HeaderName, HeaderValue)>,
}

/// A service that cannot be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// Nobody has said where it is.
    #[error(transparent)]
    NoEndpoint(#[from] NoEndpoint),
    /// What is called makes no URL.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// It is at AWS, where nobody knows the credentials that are good here.
    #[error("{service} is at AWS, where the caller's credentials are not known")]
    Stranger {
        /// The service.
        service: String,
    },
}

impl Signature {
    /// Whether it is made with the credentials of whoever has signed the client's request.
    #[must_use]
    pub fn is_by_signer(&self) -> bool {
        matches!(self.signer, Signer::Caller)
    }
}

impl Service {
    /// What `uri` calls, by a right in the account of `scope`.
    ///
    /// # Errors
    /// If nobody has said where the service is, what is called makes no URL, or nobody there knows
    /// whose right it would be.
    pub fn of(
        uri: &ServiceUri,
        endpoints: &AwsEndpoints,
        scope: &Scope,
        right: Right<'_>,
    ) -> Result<Self, ServiceError> {
        let found = endpoints.find(uri)?;
        let mut implied = Vec::new();
        let (path, encoding) = match &uri.api {
            ServiceApi::Path(path) => {
                let bucket = uri.subdomain.as_ref().filter(|_| found.path_style && uri.service == "s3");
                let bucket = bucket.map(|bucket| format!("{bucket}/")).unwrap_or_default();
                // S3 reads an encoded slash as a slash, and signatures for it are made so.
                let encoding =
                    if uri.service == "s3" { Encoding::StrictWithSlashes } else { Encoding::Strict };
                (format!("/{bucket}{path}"), encoding)
            }
            ServiceApi::Action { name, parameters } => {
                let mut query = format!("Action={name}");
                match services::protocol(&uri.service) {
                    Protocol::Json { target, version } => {
                        implied.push((
                            http::header::CONTENT_TYPE,
                            HeaderValue::from_static(version.media_type()),
                        ));
                        if let Ok(target) = HeaderValue::from_str(&format!("{target}.{name}")) {
                            implied.push((TARGET, target));
                        }
                    }
                    // Which version AWS asks for is not recorded; services take any of theirs.
                    Protocol::Query { version: Some(version) } if !has(parameters, "Version") => {
                        query.push_str("&Version=");
                        query.push_str(version);
                    }
                    Protocol::Query { .. } => {}
                }
                if !parameters.is_empty() {
                    query.push('&');
                    query.push_str(parameters);
                }
                (format!("/?{query}"), Encoding::Strict)
            }
        };
        let endpoint = Endpoint::encoded(&format!("{}{path}", found.origin), encoding)?;
        let global = services::is_global(&uri.service);
        let region = if global { services::GLOBAL_REGION } else { uri.region.as_str() };
        let signature = Signature {
            region: region.into(),
            service: services::signing_name(&uri.service).into(),
            signer: match (right, found.keys) {
                (Right::Role(role), keys) => {
                    Signer::Role { role: Role::new(scope, role), keys: keys.map(Arc::new) }
                }
                (Right::Caller, None) => Signer::Caller,
                (Right::Caller, Some(_)) => {
                    return Err(ServiceError::Stranger { service: uri.service.clone() });
                }
            },
        };
        Ok(Self { endpoint, signature, implied })
    }
}

/// Whether a query has the parameter `name`.
fn has(query: &str, name: &str) -> bool {
    query.split('&').any(|pair| pair.split('=').next() == Some(name))
}

/// Signs a request, with `callers` credentials where the caller's right is asked for, and sends it; all
/// of that within `limit`.
///
/// # Errors
/// What the client gets if there is no answer.
pub async fn call(
    signature: &Signature,
    mut outgoing: Outgoing,
    callers: Option<&Credentials>,
    limit: Duration,
    sessions: &RoleSessions,
    upstreams: &Upstreams,
) -> Result<EndpointResponse, Refusal> {
    let started = Instant::now();
    let Signature { region, service, signer } = signature;
    let session;
    let credentials = match signer {
        Signer::Role { role, keys } => {
            let issued = tokio::time::timeout(limit, sessions.credentials(role)).await;
            session = issued.map_err(|_| timeout(limit))?.map_err(no_credentials)?;
            keys.as_ref().unwrap_or(&session)
        }
        Signer::Caller => callers.ok_or_else(|| {
            let why = "nobody has signed the request by whose right the service would be called".to_owned();
            Refusal::ApiConfigurationError(ConfigurationFault::Role { why })
        })?,
    };
    outgoing.sign(credentials, region, service, sessions.now()).map_err(|error| {
        Refusal::ApiConfigurationError(ConfigurationFault::Endpoint { why: error.to_string() })
    })?;
    let signed = Instant::now();
    let left = limit.saturating_sub(signed.saturating_duration_since(started));
    send(upstreams, outgoing, signed, left, true).await.map_err(|refusal| match refusal {
        Refusal::IntegrationTimeout { .. } => timeout(limit),
        refusal => refusal,
    })
}

fn no_credentials(error: CredentialError) -> Refusal {
    match error {
        CredentialError::UnknownRole { .. } | CredentialError::NotTrusted { .. } => {
            Refusal::ApiConfigurationError(ConfigurationFault::Role { why: error.to_string() })
        }
        CredentialError::Store { .. } => {
            Refusal::IntegrationFailure(IntegrationFault::Unavailable { why: error.to_string() })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::mapping::source::Value;

    const ROLE: &str = "arn:aws:iam::000000000000:role/r";

    fn service(rest: &str) -> Result<Service, ServiceError> {
        let uri: ServiceUri = format!("arn:aws:apigateway:us-west-2:{rest}").parse().unwrap();
        let at = ServicePlace::At("http://127.0.0.1:9324".parse().unwrap());
        let endpoints = AwsEndpoints::new(HashMap::new(), Some(at), None);
        Service::of(&uri, &endpoints, &Scope::new("000000000000", "us-west-2"), Right::Role(ROLE))
    }

    fn sent(rest: &str) -> Result<String, EndpointError> {
        let value = |name: &str| match name {
            "encoded" => Some(Value::Encoded("a%2Bb@c%2fd&e")),
            "text" => Some(Value::Plain("x y/?z=1\r\nä".into())),
            "up" => Some(Value::Plain("../other".into())),
            "hidden" => Some(Value::Encoded("%2e%2E")),
            "dot" => Some(Value::Encoded(".")),
            "slashed" => Some(Value::Encoded("a%2F..%2Fb")),
            _ => None,
        };
        let endpoint = match service(rest) {
            Ok(service) => service.endpoint,
            Err(ServiceError::Endpoint(error)) => return Err(error),
            Err(error) => panic!("{error}"),
        };
        Ok(endpoint.path_and_query(&value, String::new())?.to_string())
    }

    fn implied(rest: &str) -> Vec<String> {
        let implied = service(rest).unwrap().implied;
        implied.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
    }

    #[test]
    fn actions_go_by_query_and_target() {
        for (rest, expected) in [
            ("dynamodb:action/PutItem", "/?Action=PutItem"),
            ("sqs:action/SendMessage", "/?Action=SendMessage&Version=2012-11-05"),
            (
                "sns:action/Publish&TopicArn={text}",
                "/?Action=Publish&Version=2010-03-31&TopicArn=x%20y%2F%3Fz%3D1%0D%0A%C3%A4",
            ),
            ("ec2:action/DescribeVpcs&Version=2015-10-01", "/?Action=DescribeVpcs&Version=2015-10-01"),
        ] {
            assert_eq!(sent(rest).as_deref(), Ok(expected), "{rest}");
        }
        let json = |target, version| {
            [format!("content-type: application/x-amz-json-{version}"), format!("x-amz-target: {target}")]
        };
        assert_eq!(implied("dynamodb:action/PutItem"), json("DynamoDB_20120810.PutItem", "1.0"));
        assert_eq!(implied("kinesis:action/PutRecord"), json("Kinesis_20131202.PutRecord", "1.1"));
        assert_eq!(implied("events:action/PutEvents"), json("AWSEvents.PutEvents", "1.1"));
        assert_eq!(implied("sqs:action/SendMessage"), [""; 0]);
        assert_eq!(implied("dynamodb:path/x"), [""; 0]);
    }

    /// What a signature covers has one spelling on the wire too.
    #[test]
    fn paths_have_one_spelling() {
        for (rest, expected) in [
            ("sqs:path/000000000000/orders", "/000000000000/orders"),
            ("s3:path/b/{encoded}", "/b/a%2Bb%40c/d%26e"),
            ("iotdata:path/b/{encoded}", "/b/a%2Bb%40c%2Fd%26e"),
            ("s3:path/b/{text}", "/b/x%20y/%3Fz%3D1%0D%0A%C3%A4"),
            ("s3:path/b?prefix={text}", "/b?prefix=x%20y%2F%3Fz%3D1%0D%0A%C3%A4"),
            ("s3:path/b?prefix={encoded}", "/b?prefix=a%2Bb%40c%2Fd%26e"),
            ("pictures.s3:path/{encoded}", "/pictures/a%2Bb%40c/d%26e"),
            ("s3:path/b/a(1)!*'", "/b/a%281%29%21%2A%27"),
        ] {
            assert_eq!(sent(rest).as_deref(), Ok(expected), "{rest}");
        }
    }

    #[test]
    fn nobody_climbs_out_of_a_path() {
        for rest in [
            "s3:path/b/{up}",
            "s3:path/b/{hidden}/c",
            "s3:path/b/{dot}",
            "s3:path/b/{slashed}",
            "s3:path/b/../c",
            "s3:path/b/.{dot}",
            "sqs:path/{up}",
            "sqs:path/a/{hidden}",
            // Whoever decodes it has a slash.
            "iotdata:path/{slashed}",
        ] {
            assert!(matches!(sent(rest), Err(EndpointError::DotSegment(_))), "{rest}: {:?}", sent(rest));
        }
        assert_eq!(sent("s3:path/b/...").as_deref(), Ok("/b/..."));
    }

    #[test]
    fn services_sign_in_their_region_and_global_ones_in_one() {
        for (rest, expected) in [
            ("sqs:action/SendMessage", "us-west-2 sqs"),
            ("streams.dynamodb:action/ListStreams", "us-west-2 dynamodb"),
            ("iam:action/GetUser", "us-east-1 iam"),
        ] {
            let Signature { region, service, signer } = service(rest).unwrap().signature;
            assert_eq!(format!("{region} {service}"), expected);
            let Signer::Role { role, keys: None } = signer else { panic!("{signer:?}") };
            assert_eq!(role.arn(), ROLE);
        }
    }
}
