//! `RequestCertificate`: a certificate that is issued here. There is no domain whose owner could
//! be asked, so every validation has succeeded when the request is answered.

use std::time::Duration;

use api::acm::errors::INVALID_DOMAIN_VALIDATION_OPTIONS_EXCEPTION;
use api::acm::operations as op;
use api::acm::{
    CertificateDetail, CertificateExport, CertificateOptions, CertificateTransparencyLoggingPreference,
    CertificateType, DomainStatus, DomainValidation, KeyAlgorithm, RecordType, RenewalEligibility,
    RequestCertificateRequest, RequestCertificateResponse, ResourceRecord, ValidationMethod,
};
use base::{Scope, Timestamp, ids};
use documents::acm::{CertificateDocument, RequestToken, TlsIdentity};
use indexmap::IndexMap;
use store::Key;
use wire::ServiceError;

use super::import::described;
use super::{certificate_arn, check_room, invalid, put, self_signed, tags};
use crate::Registry;
use crate::call::{Call, CallContext, Failure, Outcome, Plane};
use crate::certificates::{self, Facts};
use crate::pipeline;

pub(super) fn register(registry: &mut Registry) {
    registry.wait(op::RequestCertificate, request_certificate);
}

/// How long an idempotency token is known (ACM API reference, `RequestCertificate`).
const TOKEN_LIFE: Duration = Duration::from_secs(60 * 60);

/// Names of a certificate (ACM user guide, "Quotas": 10, which may be raised up to 100).
const NAMES: usize = 100;

/// A domain name, in characters, and its first part, which the certificate's subject holds (ACM
/// API reference, `RequestCertificate`).
const NAME: usize = 253;
const FIRST_NAME: usize = 64;

/// Whose mail boxes are asked to approve (ACM user guide, "Email validation").
const MAIL_BOXES: &[&str] = &["administrator", "webmaster", "hostmaster", "postmaster", "admin"];

async fn request_certificate(
    plane: Plane,
    context: CallContext,
    input: RequestCertificateRequest,
) -> Outcome<RequestCertificateResponse> {
    let algorithm = algorithm(&input)?;
    let names = names(&input)?;
    check_validation(&input, &names)?;
    tags::add(&mut IndexMap::new(), input.tags.as_deref().unwrap_or_default())?;
    let known = {
        let (context, input, plane_again) = (context.clone(), input.clone(), plane.clone());
        let read = move |tx: &mut store::Transaction<'_>| {
            asked_before(&mut Call { plane: &plane_again, context: &context, tx }, &input)
        };
        plane.store.read(read).await?
    };
    if let Some(arn) = known {
        return Ok(RequestCertificateResponse { certificate_arn: Some(arn) });
    }
    let mut serial = [0; 16];
    plane.random.fill(&mut serial);
    let (now, all) = (context.now, names.clone());
    let issue = move || self_signed::issue(&all, algorithm, &serial, now);
    let identity = match tokio::task::spawn_blocking(issue).await {
        Ok(Ok(identity)) => identity,
        Ok(Err(why)) => return Err(failed(&why.to_string())),
        Err(why) => return Err(failed(&why.to_string())),
    };
    let facts = certificates::read_own(&identity.certificate).map_err(|fault| failed(&fault.to_string()))?;
    pipeline::write(&plane, &context, move |call| put_new(call, &input, &names, &identity, &facts)).await
}

fn failed(why: &str) -> Failure {
    tracing::error!(why, "a certificate could not be issued");
    ServiceError::internal_failure().into()
}

/// What public certificates may be signed with (ACM user guide, "ACM certificate characteristics");
/// the text is not recorded.
fn algorithm(input: &RequestCertificateRequest) -> Outcome<KeyAlgorithm> {
    if input.certificate_authority_arn.is_some() {
        return Err(invalid("CertificateAuthorityArn: Private certificate authorities are not built yet."));
    }
    if input.managed_by.is_some() {
        return Err(invalid("ManagedBy: Certificates that CloudFront manages are not built yet."));
    }
    match input.key_algorithm.unwrap_or(KeyAlgorithm::Rsa2048) {
        algorithm @ (KeyAlgorithm::Rsa2048 | KeyAlgorithm::EcPrime256v1 | KeyAlgorithm::EcSecp384r1) => {
            Ok(algorithm)
        }
        other => {
            Err(invalid(format!("The key algorithm {other} is not supported for requested certificates.")))
        }
    }
}

/// The names of the certificate, each once, the domain name first.
fn names(input: &RequestCertificateRequest) -> Outcome<Vec<String>> {
    let mut names = vec![input.domain_name.clone()];
    for name in input.subject_alternative_names.iter().flatten() {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let bad = names.iter().find(|name| name.len() > NAME);
    if let Some(bad) = bad {
        // The text is not recorded.
        return Err(invalid(format!("The domain name {bad} is too long.")));
    }
    if input.domain_name.len() > FIRST_NAME {
        return Err(invalid(
            "The first domain name can be no longer than 64 characters. Additional domain names can be longer.",
        ));
    }
    if names.len() > NAMES {
        let text = format!("A certificate can have at most {NAMES} domain names.");
        return Err(ServiceError::new(&api::acm::errors::LIMIT_EXCEEDED_EXCEPTION, text).into());
    }
    Ok(names)
}

fn check_validation(input: &RequestCertificateRequest, names: &[String]) -> Outcome<()> {
    if input.validation_method == Some(ValidationMethod::Http) {
        return Err(invalid("ValidationMethod: Validation by HTTP is not built yet."));
    }
    for option in input.domain_validation_options.iter().flatten() {
        let (name, domain) = (&option.domain_name, &option.validation_domain);
        // ACM API reference, `DomainValidationOption`; the text is not recorded.
        let is_above = name == domain || name.ends_with(&format!(".{domain}"));
        if !names.contains(name) || !is_above {
            let text = format!("The validation domain {domain} is not a superdomain of {name}.");
            return Err(ServiceError::new(&INVALID_DOMAIN_VALIDATION_OPTIONS_EXCEPTION, text).into());
        }
    }
    Ok(())
}

/// The certificate that the same token has asked for within the hour.
fn asked_before(call: &mut Call<'_, '_>, input: &RequestCertificateRequest) -> Outcome<Option<String>> {
    let Some(token) = &input.idempotency_token else { return Ok(None) };
    let now = call.now();
    let all = call.tx.list::<CertificateDocument>(&call.context.scope, &Key::root())?;
    let known = all.into_iter().find(|(_, document)| {
        let request = document.request.as_ref();
        request.is_some_and(|request| request.token == *token && now.since(request.used) < TOKEN_LIFE)
            && document.detail.domain_name.as_ref() == Some(&input.domain_name)
    });
    Ok(known.and_then(|(_, document)| document.detail.certificate_arn))
}

fn put_new(
    call: &mut Call<'_, '_>,
    input: &RequestCertificateRequest,
    names: &[String],
    identity: &TlsIdentity,
    facts: &Facts,
) -> Outcome<RequestCertificateResponse> {
    // Once more, inside the transaction: two calls may have come this far together.
    if let Some(arn) = asked_before(call, input)? {
        return Ok(RequestCertificateResponse { certificate_arn: Some(arn) });
    }
    check_room(call)?;
    let mut given = IndexMap::new();
    tags::add(&mut given, input.tags.as_deref().unwrap_or_default())?;
    let arn = certificate_arn(call.scope(), &ids::uuid(&call.plane.random));
    let validations = names.iter().map(|name| validation(call.scope(), input, name)).collect();
    let detail = detail(&arn, input, validations, facts, call.now());
    let now = call.now();
    let request = input.idempotency_token.clone().map(|token| RequestToken { token, used: now });
    put(call.tx, &CertificateDocument { detail, identity: identity.clone(), tags: given, request })?;
    Ok(RequestCertificateResponse { certificate_arn: Some(arn) })
}

fn detail(
    arn: &str,
    input: &RequestCertificateRequest,
    validations: Vec<DomainValidation>,
    facts: &Facts,
    now: Timestamp,
) -> CertificateDetail {
    let asked = input.options.clone().unwrap_or_default();
    CertificateDetail {
        domain_validation_options: Some(validations),
        created_at: Some(now),
        issued_at: Some(now),
        r#type: Some(CertificateType::AmazonIssued),
        // A certificate is renewed for those who use it or have exported it (ACM API reference,
        // `CertificateDetail`).
        renewal_eligibility: Some(RenewalEligibility::Ineligible),
        options: Some(CertificateOptions {
            certificate_transparency_logging_preference: Some(
                asked
                    .certificate_transparency_logging_preference
                    .unwrap_or(CertificateTransparencyLoggingPreference::Enabled),
            ),
            export: Some(asked.export.unwrap_or(CertificateExport::Disabled)),
        }),
        ..described(arn, facts)
    }
}

/// How the owner of a domain has been asked. Without a method that is by mail (ACM API reference,
/// `RequestCertificate`).
fn validation(scope: &Scope, input: &RequestCertificateRequest, name: &str) -> DomainValidation {
    let mut options = input.domain_validation_options.iter().flatten();
    let asked = options.find(|option| option.domain_name == name).map(|option| &option.validation_domain);
    let by_dns = input.validation_method == Some(ValidationMethod::Dns);
    let domain = asked.cloned().unwrap_or_else(|| name.to_owned());
    let mails = || {
        let domain = domain.strip_prefix("*.").unwrap_or(&domain);
        MAIL_BOXES.iter().map(|mail_box| format!("{mail_box}@{domain}")).collect()
    };
    DomainValidation {
        domain_name: name.to_owned(),
        validation_emails: (!by_dns).then(mails),
        validation_domain: Some(domain.clone()),
        validation_status: Some(DomainStatus::Success),
        resource_record: by_dns.then(|| record(scope, name)),
        http_redirect: None,
        validation_method: Some(if by_dns { ValidationMethod::Dns } else { ValidationMethod::Email }),
    }
}

/// The record that shows whose a domain is: the same for all requests of an account, and for a
/// domain and its wildcard (ACM user guide, "DNS validation").
fn record(scope: &Scope, name: &str) -> ResourceRecord {
    let domain = name.strip_prefix("*.").unwrap_or(name).to_ascii_lowercase();
    let digest = |what: &str| {
        let text = format!("{what} {} {domain}", scope.account());
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        digest.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    ResourceRecord {
        name: format!("_{}.{domain}.", digest("name")),
        r#type: RecordType::Cname,
        value: format!("_{}.acm-validations.aws.", digest("value")),
    }
}
