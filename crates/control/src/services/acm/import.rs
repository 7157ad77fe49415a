//! `ImportCertificate`: a certificate of somebody else's making, or a newer one in its place.

use api::acm::errors::RESOURCE_NOT_FOUND_EXCEPTION;
use api::acm::operations as op;
use api::acm::{
    CertificateDetail, CertificateOptions, CertificateStatus, CertificateTransparencyLoggingPreference,
    CertificateType, ExtendedKeyUsage, ExtendedKeyUsageName, ImportCertificateRequest,
    ImportCertificateResponse, KeyUsage, KeyUsageName, RenewalEligibility,
};
use base::{Timestamp, ids};
use documents::acm::{CertificateDocument, TlsIdentity};
use indexmap::IndexMap;
use wire::ServiceError;

use super::{certificate_arn, check_room, find, invalid, put, tags};
use crate::Registry;
use crate::call::{Call, CallContext, Failure, Outcome, Plane};
use crate::certificates::{self, CertificateFault, Facts};
use crate::pipeline;

pub(super) fn register(registry: &mut Registry) {
    registry.wait(op::ImportCertificate, import_certificate);
}

/// A certificate as it was handed in, read.
#[derive(Clone)]
struct Handed {
    identity: TlsIdentity,
    facts: Facts,
}

/// Reads the certificate outside of the store's transaction, because checking signatures takes
/// its time.
async fn import_certificate(
    plane: Plane,
    context: CallContext,
    input: ImportCertificateRequest,
) -> Outcome<ImportCertificateResponse> {
    let (now, given) = (context.now, input.clone());
    let read = move || {
        let chain = given.certificate_chain.as_ref().map(AsRef::as_ref);
        certificates::read(given.certificate.as_ref(), given.private_key.as_ref(), chain, now)
    };
    let read: Result<_, CertificateFault> = tokio::task::spawn_blocking(read).await.map_err(|why| {
        tracing::error!(%why, "a certificate could not be read");
        Failure::from(ServiceError::internal_failure())
    })?;
    let (identity, facts) = read.map_err(|fault| invalid(fault.to_string()))?;
    let handed = Handed { identity, facts };
    pipeline::write(&plane, &context, move |call| match input.certificate_arn.as_deref() {
        None => put_new(call, &input, &handed),
        Some(arn) => put_again(call, arn, &input, &handed),
    })
    .await
}

fn put_new(
    call: &mut Call<'_, '_>,
    input: &ImportCertificateRequest,
    handed: &Handed,
) -> Outcome<ImportCertificateResponse> {
    let mut given = IndexMap::new();
    tags::add(&mut given, input.tags.as_deref().unwrap_or_default())?;
    check_room(call)?;
    let arn = certificate_arn(call.scope(), &ids::uuid(&call.plane.random));
    let detail = detail(&arn, &handed.facts, call.now());
    let identity = handed.identity.clone();
    put(call.tx, &CertificateDocument { detail, identity, tags: given, request: None })?;
    Ok(ImportCertificateResponse { certificate_arn: Some(arn) })
}

/// Puts a certificate in the place of one that was imported before: who uses that uses this one
/// from now on (ACM user guide, "Reimport a certificate").
fn put_again(
    call: &mut Call<'_, '_>,
    arn: &str,
    input: &ImportCertificateRequest,
    handed: &Handed,
) -> Outcome<ImportCertificateResponse> {
    if input.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
        // ACM API reference, `ImportCertificate`: not with an ARN. The text is not recorded.
        return Err(invalid("Tags cannot be set when a certificate is reimported."));
    }
    let earlier = find(call, arn).map_err(|failure| match failure {
        // Here the account is not named.
        Failure::Service(_) => {
            let text = format!("Could not find certificate {arn}.");
            ServiceError::new(&RESOURCE_NOT_FOUND_EXCEPTION, text).into()
        }
        fault @ Failure::Store(_) => fault,
    })?;
    if earlier.detail.r#type != Some(CertificateType::Imported) {
        // The text is not recorded.
        return Err(invalid(format!("Certificate {arn} was not imported and cannot be reimported.")));
    }
    check_replaceable(&earlier.detail, &handed.facts)?;
    let mut detail = detail(arn, &handed.facts, call.now());
    detail.created_at = earlier.detail.created_at;
    detail.in_use_by = earlier.detail.in_use_by;
    let identity = handed.identity.clone();
    put(call.tx, &CertificateDocument { detail, identity, tags: earlier.tags, request: None })?;
    Ok(ImportCertificateResponse { certificate_arn: Some(arn.to_owned()) })
}

/// A certificate that is in use keeps its names; another may come with whatever names (ACM user
/// guide, "Reimport a certificate": "You can't remove the domain name or subject alternative names
/// that are in use"). The text is not recorded.
fn check_replaceable(earlier: &CertificateDetail, newer: &Facts) -> Outcome<()> {
    let used = earlier.in_use_by.as_ref().is_some_and(|users| !users.is_empty());
    let lost = earlier.subject_alternative_names.iter().flatten().find(|name| !newer.names.contains(name));
    match lost {
        Some(name) if used => Err(invalid(format!(
            "The certificate is in use and the new certificate does not contain the domain name {name}."
        ))),
        Some(_) | None => Ok(()),
    }
}

fn detail(arn: &str, facts: &Facts, now: Timestamp) -> CertificateDetail {
    CertificateDetail {
        domain_validation_options: None,
        created_at: Some(now),
        imported_at: Some(now),
        r#type: Some(CertificateType::Imported),
        renewal_eligibility: Some(RenewalEligibility::Ineligible),
        ..described(arn, facts)
    }
}

/// What the certificate itself says.
pub(super) fn described(arn: &str, facts: &Facts) -> CertificateDetail {
    let first = facts.names.first().or(facts.common_name.as_ref());
    // A certificate that does not limit its key says so by ANY and NONE (ACM API reference,
    // `CertificateDetail`).
    let usages = match facts.key_usages.as_slice() {
        [] => vec![KeyUsage { name: Some(KeyUsageName::Any) }],
        usages => usages.to_vec(),
    };
    let extended = match facts.extended_key_usages.as_slice() {
        [] => vec![ExtendedKeyUsage { name: Some(ExtendedKeyUsageName::None), oid: None }],
        usages => usages.to_vec(),
    };
    CertificateDetail {
        certificate_arn: Some(arn.to_owned()),
        domain_name: Some(first.cloned().unwrap_or_default()),
        subject_alternative_names: Some(facts.names.clone()),
        serial: Some(facts.serial.clone()),
        subject: Some(facts.subject.clone()),
        issuer: Some(facts.issuer.clone()),
        status: Some(CertificateStatus::Issued),
        not_before: Some(facts.not_before),
        not_after: Some(facts.not_after),
        key_algorithm: Some(facts.key_algorithm),
        signature_algorithm: Some(facts.signature_algorithm.clone()),
        in_use_by: Some(Vec::new()),
        key_usages: Some(usages),
        extended_key_usages: Some(extended),
        options: Some(CertificateOptions {
            certificate_transparency_logging_preference: Some(
                CertificateTransparencyLoggingPreference::Disabled,
            ),
            export: None,
        }),
        ..CertificateDetail::default()
    }
}
