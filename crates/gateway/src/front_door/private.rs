//! Hosts that name a VPC endpoint (API Gateway developer guide, "Invoke a private API"):
//!
//! | form | example |
//! |---|---|
//! | an alias of the API | `{api}-{vpce}.execute-api.{region}.amazonaws.com` |
//! | the endpoint's own name | `{vpce}-{letters}.execute-api.{region}.vpce.amazonaws.com`, and the API in `x-apigw-api-id` |
//!
//! They lead to private APIs alone, and only for those who have come by that endpoint. A private
//! API's plain name does so too, whichever endpoint it was.

use http::HeaderName;

use super::address;
use crate::access::vpc_endpoints::Via;
use crate::exchange::{Refusal, Unreachable};
use crate::message::Headers;
use crate::rest::CompiledStage;

/// Names the API where the host does not.
const API_ID: HeaderName = HeaderName::from_static("x-apigw-api-id");

const ENDPOINT: &str = "vpce-";
const BEHIND_API: &str = "-vpce-";

/// What a host says of a VPC endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named<'a> {
    /// The endpoint's id, behind that of the API.
    Alias(&'a str),
    /// The endpoint's id, alone or with letters behind it that tell its names apart.
    Own(&'a str),
}

/// The API that a request is for, and the VPC endpoint that its host names, if it names one.
/// `label` is what stands where an API's id does.
pub(super) fn named<'a>(label: &'a str, headers: &'a Headers) -> (&'a str, Option<Named<'a>>) {
    // The ids of APIs have no dash.
    if !label.contains('-') {
        return (label, None);
    }
    let folded = label.to_ascii_lowercase();
    if folded.starts_with(ENDPOINT) {
        let mut ids = headers.get_all(API_ID);
        let id = ids.next().filter(|_| ids.next().is_none()).and_then(|id| id.to_str().ok());
        return (id.unwrap_or(label), Some(Named::Own(label)));
    }
    match folded.find(BEHIND_API) {
        Some(at) => (label.get(..at).unwrap_or(label), label.get(at + 1..).map(Named::Alias)),
        None => (label, None),
    }
}

/// Whether `name`, that of a TLS connection, is the own name of the VPC endpoint that it came by. A
/// private custom domain name may be asked for over it (API Gateway developer guide, "Invoke a private
/// API").
pub(super) fn is_of_endpoint(name: Option<&str>, via: Option<&Via>) -> bool {
    let Some((label, _)) = name.and_then(address::of_host) else { return false };
    via.is_some_and(|via| is_own(label, &via.endpoint.id))
}

/// Whether `label` is the endpoint's id, alone or with letters behind it.
fn is_own(label: &str, id: &str) -> bool {
    let behind = label.get(id.len()..).filter(|_| !id.is_empty());
    let begins = label.get(..id.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(id));
    begins && behind.is_some_and(|behind| behind.is_empty() || behind.starts_with('-'))
}

impl Named<'_> {
    /// Whether a request to `stage` that has come this way has come by the endpoint that its host
    /// names, and may.
    ///
    /// # Errors
    /// If not.
    pub(super) fn leads_to(self, stage: &CompiledStage, via: Option<&Via>) -> Result<(), Refusal> {
        let own = via.map(|via| &*via.endpoint.id).unwrap_or_default();
        let leads = match (self, &stage.private) {
            (_, None) => false,
            (Self::Alias(id), Some(private)) => {
                id.eq_ignore_ascii_case(own)
                    && private.endpoint_ids.iter().any(|known| known.eq_ignore_ascii_case(id))
            }
            (Self::Own(label), Some(_)) => is_own(label, own),
        };
        if leads { Ok(()) } else { Err(Refusal::Forbidden(Unreachable::OtherEndpoint)) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::HeaderValue;

    use super::*;
    use crate::access::vpc_endpoints::VpcEndpoint;
    use crate::rest::PrivateApi;
    use crate::rest::tests::empty_stage;

    #[test]
    fn hosts_name_apis_and_endpoints() {
        let none = Headers::new();
        let given = Headers::from_iter([(API_ID, HeaderValue::from_static("abc123"))]);
        let mut twice = given.clone();
        twice.append(API_ID, HeaderValue::from_static("other"));
        for (label, headers, expected) in [
            ("abc123", &given, ("abc123", None)),
            ("abc123-vpce-01", &given, ("abc123", Some(Named::Alias("vpce-01")))),
            ("ABC123-VPCE-01", &none, ("ABC123", Some(Named::Alias("VPCE-01")))),
            ("vpce-01-abcd", &given, ("abc123", Some(Named::Own("vpce-01-abcd")))),
            ("vpce-01-abcd", &none, ("vpce-01-abcd", Some(Named::Own("vpce-01-abcd")))),
            ("vpce-01-abcd", &twice, ("vpce-01-abcd", Some(Named::Own("vpce-01-abcd")))),
            ("abc123-vpc-01", &given, ("abc123-vpc-01", None)),
        ] {
            assert_eq!(named(label, headers), expected, "{label}");
        }
    }

    #[test]
    fn a_host_leads_only_by_its_own_endpoint() {
        let mut stage = empty_stage();
        let via = |id: &str| Via {
            endpoint: Arc::new(VpcEndpoint {
                id: id.into(),
                vpc: None,
                sources: Vec::new(),
                proxies: Vec::new(),
            }),
            direct: true,
        };
        let (own, other) = (via("vpce-01"), via("vpce-02"));
        for named in [Named::Alias("vpce-01"), Named::Own("vpce-01-abcd")] {
            assert!(named.leads_to(&stage, Some(&own)).is_err(), "a public API: {named:?}");
        }
        stage.private = Some(PrivateApi { endpoint_ids: vec!["vpce-01".to_owned()] });
        for (named, via, expected) in [
            (Named::Alias("vpce-01"), Some(&own), true),
            (Named::Alias("VPCE-01"), Some(&own), true),
            (Named::Alias("vpce-01"), Some(&other), false),
            (Named::Alias("vpce-02"), Some(&other), false),
            (Named::Alias("vpce-01"), None, false),
            (Named::Own("vpce-01"), Some(&own), true),
            (Named::Own("vpce-01-abcd"), Some(&own), true),
            (Named::Own("VPCE-01-abcd"), Some(&own), true),
            (Named::Own("vpce-012"), Some(&own), false),
            (Named::Own("vpce-0"), Some(&own), false),
            (Named::Own("vpce-01-abcd"), Some(&other), false),
            (Named::Own("vpce-01-abcd"), None, false),
        ] {
            assert_eq!(named.leads_to(&stage, via).is_ok(), expected, "{named:?} {via:?}");
        }
    }
}
