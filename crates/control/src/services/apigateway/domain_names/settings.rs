//! What the settings of a domain name ask of each other, whoever set them: a new one is checked as
//! one that was patched. Rules: API Gateway developer guide, the pages that are named; texts are not
//! recorded.

use api::apigateway::{
    DomainName, EndpointType, IpAddressType, MutualTlsAuthentication, MutualTlsAuthenticationInput,
    SecurityPolicy,
};
use documents::apigateway_domain_names::DomainNameDocument;

use super::super::refusals::bad_request;
use super::certificates;
use super::endpoints::has;
use crate::{Call, Outcome};

/// The policy of a domain name that does not say (AWS CLI command reference, `create-domain-name`).
pub(super) const DEFAULT_SECURITY_POLICY: SecurityPolicy = SecurityPolicy::Tls1_2;

/// Bytes of a truststore's address, and of its version.
const TRUSTSTORE_ADDRESS: usize = 2_048;

/// The setting as it is stored; no address stands for none.
pub(super) fn mutual_tls(given: Option<&MutualTlsAuthenticationInput>) -> Option<MutualTlsAuthentication> {
    let given = given?;
    let text = |member: &Option<String>| member.clone().filter(|text| !text.is_empty());
    let (truststore_uri, truststore_version) = (text(&given.truststore_uri), text(&given.truststore_version));
    let set = truststore_uri.is_some() || truststore_version.is_some();
    set.then_some(MutualTlsAuthentication { truststore_uri, truststore_version, truststore_warnings: None })
}

/// Refuses settings that cannot be together.
pub(super) fn check(call: &mut Call<'_, '_>, document: &DomainNameDocument) -> Outcome<()> {
    let domain = &document.domain_name;
    certificates::check(call, document)?;
    check_private(domain)?;
    check_security_policy(domain)?;
    check_mutual_tls(domain)
}

/// "Custom domain names for private APIs".
fn check_private(domain: &DomainName) -> Outcome<()> {
    let endpoints = domain.endpoint_configuration.as_ref();
    if !has(domain, EndpointType::Private) {
        return match (&domain.policy, &domain.management_policy) {
            (None, None) => Ok(()),
            (Some(_), _) => Err(bad_request("policy can only be specified with PRIVATE domain names.")),
            (None, Some(_)) => {
                Err(bad_request("managementPolicy can only be specified with PRIVATE domain names."))
            }
        };
    }
    if domain.domain_name.as_deref().is_some_and(|name| name.starts_with("*.")) {
        return Err(bad_request("Wildcard domain names are not supported for PRIVATE domain names."));
    }
    if endpoints.and_then(|endpoints| endpoints.ip_address_type) == Some(IpAddressType::Ipv4) {
        // Recorded from AWS, for APIs.
        return Err(bad_request("Only dualstack ipAddressType is supported for Private APIs."));
    }
    if domain.endpoint_access_mode.is_some() {
        return Err(bad_request("endpointAccessMode is not supported for PRIVATE domain names."));
    }
    Ok(())
}

/// "Security policies for REST APIs" and "Choose a security policy for your custom domain": those for
/// the edge say so by their names.
fn check_security_policy(domain: &DomainName) -> Outcome<()> {
    let Some(policy) = domain.security_policy else { return Ok(()) };
    let at_the_edge = policy.as_str().ends_with("_EDGE");
    let refused = |kind: EndpointType| {
        Err(bad_request(format!(
            "The security policy {policy} is not supported for the endpoint type {kind}."
        )))
    };
    let enhanced = !matches!(policy, SecurityPolicy::Tls1_0 | SecurityPolicy::Tls1_2);
    if has(domain, EndpointType::Private) && policy != SecurityPolicy::Tls1_2 {
        return refused(EndpointType::Private);
    }
    if has(domain, EndpointType::Edge) && enhanced && !at_the_edge {
        return refused(EndpointType::Edge);
    }
    if has(domain, EndpointType::Regional) && at_the_edge {
        return refused(EndpointType::Regional);
    }
    if enhanced && domain.endpoint_access_mode.is_none() {
        return Err(bad_request(format!(
            "endpointAccessMode must be specified with the security policy {policy}."
        )));
    }
    Ok(())
}

/// "Configuring mutual TLS authentication for a REST API": a regional domain name that speaks TLS 1.2
/// at least, and a truststore in S3. "Choose a security policy …": none of the enhanced policies.
fn check_mutual_tls(domain: &DomainName) -> Outcome<()> {
    let Some(mutual) = &domain.mutual_tls_authentication else {
        return match domain.ownership_verification_certificate_arn {
            None => Ok(()),
            Some(_) => Err(bad_request(
                "ownershipVerificationCertificateArn can only be specified with mutualTlsAuthentication.",
            )),
        };
    };
    let Some(uri) = &mutual.truststore_uri else {
        return Err(bad_request("truststoreVersion can only be specified with truststoreUri."));
    };
    let place = uri.strip_prefix("s3://").and_then(|place| place.split_once('/'));
    let good = place.is_some_and(|(bucket, key)| !bucket.is_empty() && !key.is_empty());
    let version = mutual.truststore_version.as_deref().unwrap_or_default();
    if !good || uri.len() > TRUSTSTORE_ADDRESS || version.len() > TRUSTSTORE_ADDRESS {
        return Err(bad_request(
            "Invalid truststoreUri specified. It must have the form s3://bucket-name/key-name.",
        ));
    }
    if has(domain, EndpointType::Edge) || has(domain, EndpointType::Private) {
        return Err(bad_request("mutualTlsAuthentication can only be specified with REGIONAL domain names."));
    }
    if domain.security_policy != Some(SecurityPolicy::Tls1_2) {
        return Err(bad_request("mutualTlsAuthentication requires the security policy TLS_1_2."));
    }
    Ok(())
}
