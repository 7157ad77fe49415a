//! The URI of an integration with an AWS service (API Gateway API reference, `Integration`, `uri`):
//! `arn:aws:apigateway:{region}:{subdomain.service|service}:{path|action}/{service_api}`.

use base::Arn;

use super::services;

/// Not the URI of an AWS service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceUriError {
    /// Not `arn:aws:apigateway:{region}:{service}:path/…` or `…:action/…`.
    #[error("{uri} is not the ARN of an AWS service integration")]
    NotAnIntegration {
        /// As given.
        uri: String,
    },
    /// The region, the service or its subdomain has characters that no host name has, such as a
    /// place for a path parameter: clients do not choose hosts.
    #[error("{uri} names no host")]
    NoHost {
        /// As given.
        uri: String,
    },
    /// Nothing that could be an action's name.
    #[error("{uri} names no action")]
    NoAction {
        /// As given.
        uri: String,
    },
}

/// Which service is called, and what of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceUri {
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// The service's region.
    pub region: String,
    /// What stands in front of the service's host: a bucket.
    pub subdomain: Option<String>,
    /// The prefix of the service's endpoint: `sqs`, `dynamodb`, `streams.dynamodb`.
    pub service: String,
    /// What is called.
    pub api: ServiceApi,
}

/// How a service is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceApi {
    /// By the name of an action.
    Action {
        /// `SendMessage`
        name: String,
        /// What follows it: `QueueUrl={url}&DelaySeconds=1`, with places for path parameters.
        parameters: String,
    },
    /// By path, and a query behind it, with places for path parameters; without the slash in
    /// front.
    Path(String),
}

impl std::str::FromStr for ServiceUri {
    type Err = ServiceUriError;

    /// Of a URI whose stage variables are replaced.
    fn from_str(text: &str) -> Result<Self, ServiceUriError> {
        let uri = || text.to_owned();
        let arn: Arn = text.parse().map_err(|_| ServiceUriError::NotAnIntegration { uri: uri() })?;
        if arn.service != "apigateway" {
            return Err(ServiceUriError::NotAnIntegration { uri: uri() });
        }
        let is_label = |label: &str| {
            let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            !label.is_empty() && label.bytes().all(inner)
        };
        // In these ARNs the account's place holds the service.
        let named = arn.account.as_str();
        if !is_label(&arn.region) || !named.split('.').all(is_label) {
            return Err(ServiceUriError::NoHost { uri: uri() });
        }
        let (subdomain, service) = match named.rsplit_once('.') {
            Some((subdomain, service)) if !services::is_listed(named) => {
                (Some(subdomain.to_owned()), service.to_owned())
            }
            _ => (None, named.to_owned()),
        };
        let api = match arn.resource.split_once('/') {
            Some(("action", call)) => {
                let (name, parameters) = call.split_once('&').unwrap_or((call, ""));
                if !is_label(name) {
                    return Err(ServiceUriError::NoAction { uri: uri() });
                }
                ServiceApi::Action { name: name.to_owned(), parameters: parameters.to_owned() }
            }
            // A doubled slash is accepted for functions (recorded from AWS); the same is done for
            // other services.
            Some(("path", path)) => ServiceApi::Path(path.trim_start_matches('/').to_owned()),
            _ => return Err(ServiceUriError::NotAnIntegration { uri: uri() }),
        };
        Ok(Self { partition: arn.partition, region: arn.region, subdomain, service, api })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rest: &str) -> Result<String, ServiceUriError> {
        let uri: ServiceUri = format!("arn:aws:apigateway:us-west-2:{rest}").parse()?;
        let ServiceUri { subdomain, service, api, .. } = uri;
        let subdomain = subdomain.map(|name| format!("{name} . ")).unwrap_or_default();
        Ok(match api {
            ServiceApi::Action { name, parameters } => {
                format!("{subdomain}{service} does {name} ({parameters})")
            }
            ServiceApi::Path(path) => format!("{subdomain}{service} at {path}"),
        })
    }

    /// The forms of behaviours recorded from AWS and of the API reference.
    #[test]
    fn each_form_is_read() {
        for (rest, expected) in [
            ("sqs:action/SendMessage", "sqs does SendMessage ()"),
            (
                "s3:action/GetObject&Bucket={bucket}&Key={key}",
                "s3 does GetObject (Bucket={bucket}&Key={key})",
            ),
            ("sqs:path/000000000000/orders", "sqs at 000000000000/orders"),
            ("sqs:path//000000000000/orders", "sqs at 000000000000/orders"),
            ("s3:path/{bucket}/{key}?versionId={v}", "s3 at {bucket}/{key}?versionId={v}"),
            ("pictures.s3:path/{key}", "pictures . s3 at {key}"),
            ("my.pictures.s3:path/a:b", "my.pictures . s3 at a:b"),
            ("streams.dynamodb:action/ListStreams", "streams.dynamodb does ListStreams ()"),
        ] {
            assert_eq!(read(rest).as_deref(), Ok(expected), "{rest}");
        }
    }

    #[test]
    fn clients_choose_no_hosts() {
        for rest in ["{bucket}.s3:path/k", "s3.evil.example/:path/k", ".s3:path/k", "s3@x:path/k", ":path/k"]
        {
            assert!(matches!(read(rest), Err(ServiceUriError::NoHost { .. })), "{rest}");
        }
        let region = "arn:aws:apigateway:{region}:s3:path/k".parse::<ServiceUri>();
        assert!(matches!(region, Err(ServiceUriError::NoHost { .. })));
    }

    #[test]
    fn other_texts_are_refused() {
        for rest in ["sqs:action/", "sqs:action/Send Message", "sqs:action/{action}", "sqs:action/&A=b"] {
            assert!(matches!(read(rest), Err(ServiceUriError::NoAction { .. })), "{rest}");
        }
        for rest in ["sqs:other/x", "sqs:path"] {
            assert!(matches!(read(rest), Err(ServiceUriError::NotAnIntegration { .. })), "{rest}");
        }
        for uri in ["", "http://a/", "arn:aws:sqs:us-west-2:000000000000:orders"] {
            let error = ServiceUriError::NotAnIntegration { uri: uri.to_owned() };
            assert_eq!(uri.parse::<ServiceUri>(), Err(error));
        }
    }
}
