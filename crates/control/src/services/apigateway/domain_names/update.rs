//! PATCH of a domain name. Operations only set what they name; whether it fits together is asked
//! when all of them went through, so that their order does not matter.

use api::apigateway::{
    DomainName, EndpointAccessMode, EndpointType, IpAddressType, MutualTlsAuthentication, Op, RoutingMode,
    SecurityPolicy, UpdateDomainNameRequest,
};

use documents::apigateway_domain_names::DomainNameDocument;

use super::super::refusals::bad_request;
use super::{certificates, endpoints, find, names, policies, put, settings, sharing, shown};
use crate::patch::{Patch, Table, Wording, row};
use crate::{Call, Outcome};

/// Added, replaced and removed.
const ANY: &[Op] = &[Op::Add, Op::Replace, Op::Remove];

/// What may be patched (API Gateway API reference, "Patch Operations"; that types are replaced by
/// their index is what terraform sends).
const TABLE: Table = Table {
    wording: Wording::Listed,
    rows: &[
        row("/certificateName", ANY),
        row("/certificateArn", ANY),
        row("/endpointConfiguration/types", &[Op::Add, Op::Remove]),
        row("/endpointConfiguration/types/{type}", &[Op::Replace, Op::Remove]),
        row("/endpointConfiguration/ipAddressType", &[Op::Replace]),
        row("/endpointAccessMode", &[Op::Replace]),
        row("/managementPolicy", &[Op::Replace]),
        row("/mutualTlsAuthentication/truststoreUri", ANY),
        row("/mutualTlsAuthentication/truststoreVersion", ANY),
        row("/policy", &[Op::Replace]),
        row("/regionalCertificateName", ANY),
        row("/regionalCertificateArn", ANY),
        row("/routingMode", &[Op::Replace]),
        row("/securityPolicy", &[Op::Replace]),
        row("/ownershipVerificationCertificateArn", ANY),
    ],
};

/// Changes a domain name, at once.
pub(super) fn update_domain_name(
    call: &mut Call<'_, '_>,
    input: &UpdateDomainNameRequest,
) -> Outcome<DomainName> {
    let mut document = find(call, &input.domain_name, input.domain_name_id.as_deref())?;
    let earlier = document.domain_name.clone();
    let domain = &mut document.domain_name;
    for patch in TABLE.read(&input.patch_operations) {
        apply(domain, &patch?)?;
    }
    change(call, document, &earlier).map(shown)
}

/// Stores a domain name that was `earlier`, if what it is now fits together.
pub(in super::super::super) fn change(
    call: &mut Call<'_, '_>,
    mut document: DomainNameDocument,
    earlier: &DomainName,
) -> Outcome<DomainName> {
    let domain = &mut document.domain_name;
    if domain.certificate_arn != earlier.certificate_arn
        || domain.regional_certificate_arn != earlier.regional_certificate_arn
    {
        domain.certificate_upload_date = Some(call.context.now);
    }
    let edge = endpoints::has(domain, EndpointType::Edge);
    if !edge || domain.certificate_arn.is_some() {
        document.uploaded = None;
    }
    if edge && !endpoints::has(earlier, EndpointType::Edge) {
        names::check_free_at_the_edge(call, &document.domain_name)?;
    }
    settings::check(call, &document)?;
    let domain = &mut document.domain_name;
    endpoints::address(&call.plane.random, &call.context.scope, domain);
    let policy = domain.management_policy.clone();
    certificates::detach_all(call, earlier)?;
    certificates::attach_all(call, &document.domain_name)?;
    sharing::share(call, earlier, policy.as_deref())?;
    put(call, &document)?;
    Ok(document.domain_name)
}

fn apply(domain: &mut DomainName, patch: &Patch<'_>) -> Outcome<()> {
    // An empty value clears as a removal does: what terraform sends.
    let value = if patch.op == Op::Remove { None } else { patch.non_empty() };
    match patch.segments().as_slice() {
        ["certificateName"] => domain.certificate_name = value,
        ["certificateArn"] => domain.certificate_arn = value,
        ["regionalCertificateName"] => domain.regional_certificate_name = value,
        ["regionalCertificateArn"] => domain.regional_certificate_arn = value,
        ["ownershipVerificationCertificateArn"] => domain.ownership_verification_certificate_arn = value,
        ["policy"] => domain.policy = policies::read(patch.value)?,
        ["managementPolicy"] => domain.management_policy = policies::read(patch.value)?,
        ["routingMode"] => domain.routing_mode = Some(one_of(patch, RoutingMode::ALL)?),
        ["securityPolicy"] => domain.security_policy = Some(one_of(patch, SecurityPolicy::ALL)?),
        ["endpointAccessMode"] => domain.endpoint_access_mode = Some(one_of(patch, EndpointAccessMode::ALL)?),
        ["endpointConfiguration", "ipAddressType"] => {
            let kind = patch.text().parse::<IpAddressType>();
            // Recorded from AWS, for APIs.
            let kind = kind.map_err(|_| bad_request("ipAddressType must be either ipv4 or dualstack."))?;
            domain.endpoint_configuration.get_or_insert_default().ip_address_type = Some(kind);
        }
        ["endpointConfiguration", "types", segment @ ..] => {
            patch_types(domain, patch, segment.first().copied())?;
        }
        ["mutualTlsAuthentication", member] => patch_mutual_tls(domain, member, value),
        _ => {}
    }
    Ok(())
}

/// Private ones stay what they are, and no others become private (API Gateway developer guide, "Custom
/// domain names for private APIs"; the text is seen in reports of AWS's users).
fn patch_types(domain: &mut DomainName, patch: &Patch<'_>, segment: Option<&str>) -> Outcome<()> {
    let types = domain.endpoint_configuration.get_or_insert_default().types.get_or_insert_default();
    let named = match patch.op {
        Op::Remove => segment.unwrap_or(patch.text()),
        _ => patch.text(),
    };
    let invalid = || bad_request(format!("{} Invalid request input", patch.path));
    let kind: EndpointType = named.parse().map_err(|_| invalid())?;
    if kind == EndpointType::Private || types.contains(&EndpointType::Private) {
        return if types.as_slice() == [kind] && patch.op == Op::Replace { Ok(()) } else { Err(invalid()) };
    }
    match patch.op {
        Op::Add if !types.contains(&kind) => types.push(kind),
        Op::Remove => types.retain(|known| *known != kind),
        Op::Replace => *types = vec![kind],
        Op::Add | Op::Move | Op::Copy | Op::Test => {}
    }
    if types.is_empty() {
        // Recorded from AWS, for APIs.
        let text = "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.";
        return Err(bad_request(text));
    }
    Ok(())
}

/// Without a truststore there is no mutual TLS (API Gateway developer guide, "Configuring mutual TLS
/// authentication for a REST API").
fn patch_mutual_tls(domain: &mut DomainName, member: &str, value: Option<String>) {
    let mut mutual: MutualTlsAuthentication = domain.mutual_tls_authentication.take().unwrap_or_default();
    match member {
        "truststoreUri" if value.is_none() => return,
        "truststoreUri" => mutual.truststore_uri = value,
        _ => mutual.truststore_version = value,
    }
    let set = mutual.truststore_uri.is_some() || mutual.truststore_version.is_some();
    domain.mutual_tls_authentication = set.then_some(mutual);
}

/// One of an enumeration's values; the refusal is worded like those of AWS that are recorded.
fn one_of<T: std::str::FromStr + std::fmt::Display>(patch: &Patch<'_>, all: &[T]) -> Outcome<T> {
    patch.text().parse().map_err(|_| {
        let options: Vec<String> = all.iter().map(ToString::to_string).collect();
        let member = patch.path.trim_start_matches('/');
        bad_request(format!("Invalid {member} specified. Valid options are {}", options.join(",")))
    })
}
