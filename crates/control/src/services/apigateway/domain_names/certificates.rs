//! The certificates of a domain name: ACM's, or one that was uploaded with it.

use api::acm::{CertificateDetail, CertificateType, KeyAlgorithm};
use api::apigateway::{CreateDomainNameRequest, DomainName, EndpointType};
use base::{Arn, Timestamp};
use documents::acm::TlsIdentity;
use documents::apigateway_domain_names::DomainNameDocument;

use super::super::refusals::bad_request;
use super::endpoints::has;
use crate::certificates::{covers, read};
use crate::services::acm::uses;
use crate::{Call, Outcome};

/// Where certificates of edge-optimized endpoints are.
const EDGE_REGION: &str = "us-east-1";

/// Key lengths that private endpoints take (API Gateway developer guide, "Custom domain names for
/// private APIs").
const PRIVATE_KEYS: &[KeyAlgorithm] =
    &[KeyAlgorithm::Rsa2048, KeyAlgorithm::EcPrime256v1, KeyAlgorithm::EcSecp384r1];

/// The certificate that a request brings along, for an edge-optimized endpoint: certificate, key and
/// name come together, and not with one of ACM's. Texts are not recorded.
pub(super) fn uploaded(input: &CreateDomainNameRequest, now: Timestamp) -> Outcome<Option<TlsIdentity>> {
    fn given(member: &Option<String>) -> Option<&str> {
        member.as_deref().filter(|text| !text.is_empty())
    }
    let (body, key) = (given(&input.certificate_body), given(&input.certificate_private_key));
    let chain = given(&input.certificate_chain);
    let (Some(body), Some(key)) = (body, key) else {
        return match body.or(key).or(chain) {
            None => Ok(None),
            Some(_) => Err(bad_request("A certificate body and a private key must be provided together.")),
        };
    };
    if given(&input.certificate_name).is_none() {
        return Err(bad_request("A name must be provided for the certificate."));
    }
    if given(&input.certificate_arn).is_some() {
        return Err(bad_request("A certificate body cannot be provided together with a certificate ARN."));
    }
    let (identity, facts) = read(body.as_bytes(), key.as_bytes(), chain.map(str::as_bytes), now)
        .map_err(|fault| bad_request(fault.to_string()))?;
    if !covers(&facts.names, &input.domain_name) {
        return Err(not_covered());
    }
    Ok(Some(identity))
}

/// Refuses certificates that the endpoints cannot use, endpoints that have none, and certificates of
/// endpoints that there are not.
pub(super) fn check(call: &mut Call<'_, '_>, document: &DomainNameDocument) -> Outcome<()> {
    let domain = &document.domain_name;
    let (edge, private) = (has(domain, EndpointType::Edge), has(domain, EndpointType::Private));
    let regional = has(domain, EndpointType::Regional);
    // Texts seen in reports of AWS's users.
    let unwanted = |kind: EndpointType, active: EndpointType| {
        bad_request(format!("Cannot import certificates for {kind} while {active} is active."))
    };
    let missing = |kind: EndpointType| {
        bad_request(format!("A certificate was not provided for the endpoint type {kind}."))
    };
    let has_own = domain.certificate_arn.is_some() || document.uploaded.is_some();
    if !edge && !private && (has_own || domain.certificate_name.is_some()) {
        return Err(unwanted(EndpointType::Edge, EndpointType::Regional));
    }
    if !regional && (domain.regional_certificate_arn.is_some() || domain.regional_certificate_name.is_some())
    {
        let active = if private { EndpointType::Private } else { EndpointType::Edge };
        return Err(unwanted(EndpointType::Regional, active));
    }
    if edge && !has_own {
        return Err(missing(EndpointType::Edge));
    }
    if private && domain.certificate_arn.is_none() {
        return Err(missing(EndpointType::Private));
    }
    if regional && domain.regional_certificate_arn.is_none() {
        return Err(missing(EndpointType::Regional));
    }
    check_of_acm(call, domain, edge)
}

/// Refuses what a portal's domain name cannot be served with: its certificate is CloudFront's, as that of
/// an edge-optimized endpoint is (API Gateway developer guide, "Create a portal in API Gateway").
pub(in super::super::super) fn check_of_portal(
    call: &mut Call<'_, '_>,
    arn: &str,
    name: &str,
) -> Outcome<()> {
    let certificate = look_up(call, arn, EDGE_REGION)?;
    if is_for(&certificate, name) { Ok(()) } else { Err(not_associated(arn, name)) }
}

fn check_of_acm(call: &mut Call<'_, '_>, domain: &DomainName, edge: bool) -> Outcome<()> {
    let name = domain.domain_name.as_deref().unwrap_or_default();
    let own_region = call.scope().region().to_owned();
    if let Some(arn) = &domain.certificate_arn {
        let region = if edge { EDGE_REGION } else { &own_region };
        let certificate = look_up(call, arn, region)?;
        if edge && !is_for(&certificate, name) {
            return Err(not_associated(arn, name));
        }
        if !edge && !certificate.key_algorithm.is_some_and(|key| PRIVATE_KEYS.contains(&key)) {
            // The text is not recorded.
            return Err(bad_request(
                "Only RSA certificates with a 2048-bit key length and ECDSA certificates with 256-bit and 384-bit \
                 key lengths are supported for private custom domain names.",
            ));
        }
        check_fitting(&certificate, name)?;
    }
    if let Some(arn) = &domain.regional_certificate_arn {
        let certificate = look_up(call, arn, &own_region)?;
        check_fitting(&certificate, name)?;
        check_owner(call, domain, &certificate)?;
    }
    Ok(())
}

/// The certificate that can be used in `region`. Texts seen in reports of AWS's users; which of the
/// last two AWS answers for a certificate that is nowhere is not recorded.
fn look_up(call: &mut Call<'_, '_>, text: &str, region: &str) -> Outcome<CertificateDetail> {
    let Ok(arn) = text.parse::<Arn>() else {
        return Err(bad_request("Invalid ARN specified in the request"));
    };
    if arn.service != "acm" || arn.region != region {
        return Err(bad_request(format!(
            "Invalid certificate ARN: {text}. Certificate must be in '{region}'."
        )));
    }
    if arn.account != call.scope().account() {
        return Err(bad_request("Cross-account certificate references are not allowed."));
    }
    let found = uses::usable(call.tx, text)?;
    found.ok_or_else(|| {
        bad_request("The certificate provided must be owned by the account creating the domain.")
    })
}

fn is_for(certificate: &CertificateDetail, name: &str) -> bool {
    covers(certificate.subject_alternative_names.as_deref().unwrap_or_default(), name)
}

/// A certificate must cover the name, and that of a wildcard must have been issued by ACM (API
/// Gateway developer guide, "Custom domain name for public REST APIs").
fn check_fitting(certificate: &CertificateDetail, name: &str) -> Outcome<()> {
    if !is_for(certificate, name) {
        return Err(not_covered());
    }
    if name.starts_with("*.") && certificate.r#type != Some(CertificateType::AmazonIssued) {
        // The text is not recorded.
        return Err(bad_request("A wildcard custom domain name requires a certificate issued by ACM."));
    }
    Ok(())
}

/// Who asks clients for certificates with a certificate that ACM has not issued shows by one that it
/// has that the domain is his (API Gateway developer guide, "Configuring mutual TLS authentication
/// for a REST API").
fn check_owner(call: &mut Call<'_, '_>, domain: &DomainName, certificate: &CertificateDetail) -> Outcome<()> {
    let region = call.scope().region().to_owned();
    let Some(arn) = &domain.ownership_verification_certificate_arn else {
        let needed = domain.mutual_tls_authentication.is_some()
            && certificate.r#type != Some(CertificateType::AmazonIssued);
        // Seen in reports of AWS's users.
        return if needed { Err(bad_request("Missing ownershipVerificationCertificate.")) } else { Ok(()) };
    };
    let owner = look_up(call, arn, &region)?;
    if owner.r#type != Some(CertificateType::AmazonIssued) {
        // The text is not recorded.
        return Err(bad_request("The ownershipVerificationCertificate must be issued by ACM."));
    }
    let name = domain.domain_name.as_deref().unwrap_or_default();
    if is_for(&owner, name) { Ok(()) } else { Err(not_covered()) }
}

/// The text is not recorded.
fn not_covered() -> crate::Failure {
    bad_request("The domain name to be created is not covered by the provided certificate.")
}

/// Seen in reports of AWS's users.
fn not_associated(arn: &str, name: &str) -> crate::Failure {
    bad_request(format!(
        "Unable to associate certificate {arn} with CloudFront. This error may prevent the domain name {name} \
         from being used in API Gateway for up to 40 minutes. Please ensure the certificate domain name matches \
         the requested domain name, and that this user has permission to call cloudfront:UpdateDistribution on \
         '*' resources."
    ))
}

/// Tells the certificates that the domain name uses them.
pub(super) fn attach_all(call: &mut Call<'_, '_>, domain: &DomainName) -> Outcome<()> {
    let user = domain.domain_name_arn.as_deref().unwrap_or_default();
    for arn in of(domain) {
        uses::attach(call.tx, arn, user)?;
    }
    Ok(())
}

/// Tells the certificates that it does not any more.
pub(super) fn detach_all(call: &mut Call<'_, '_>, domain: &DomainName) -> Outcome<()> {
    let user = domain.domain_name_arn.as_deref().unwrap_or_default();
    for arn in of(domain) {
        uses::detach(call.tx, arn, user)?;
    }
    Ok(())
}

fn of(domain: &DomainName) -> impl Iterator<Item = &String> {
    let all = [
        &domain.certificate_arn,
        &domain.regional_certificate_arn,
        &domain.ownership_verification_certificate_arn,
    ];
    all.into_iter().flatten()
}
