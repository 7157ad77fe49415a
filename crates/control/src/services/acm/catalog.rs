//! The certificates of an account in a region: describe, get, list, delete.

use api::Empty;
use api::acm::errors::{INVALID_ARGS_EXCEPTION, RESOURCE_IN_USE_EXCEPTION};
use api::acm::operations as op;
use api::acm::{
    CertificateDetail, CertificateExport, CertificateStatus, CertificateSummary, DeleteCertificateRequest,
    DescribeCertificateRequest, DescribeCertificateResponse, Filters, GetCertificateRequest,
    GetCertificateResponse, KeyAlgorithm, ListCertificatesRequest, ListCertificatesResponse,
    RenewalEligibility, SortOrder,
};
use base::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use documents::acm::CertificateDocument;
use store::Key;
use wire::ServiceError;

use super::{find, place_of};
use crate::Registry;
use crate::call::{Call, Failure, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .read(op::DescribeCertificate, describe_certificate)
        .read(op::GetCertificate, get_certificate)
        .read(op::ListCertificates, list_certificates)
        .write(op::DeleteCertificate, delete_certificate);
}

/// Certificates a page if the caller does not say (ACM API reference, `ListCertificates`: "returns
/// up to 1000 items").
const PAGE: usize = 1_000;

/// Names that a summary shows (ACM API reference, `CertificateSummary`).
const SUMMARIZED_NAMES: usize = 100;

fn describe_certificate(
    call: &mut Call<'_, '_>,
    input: &DescribeCertificateRequest,
) -> Outcome<DescribeCertificateResponse> {
    let document = find(call, &input.certificate_arn)?;
    Ok(DescribeCertificateResponse { certificate: Some(shown(document.detail, call.now())) })
}

/// The certificate and its chain; the key never leaves.
fn get_certificate(
    call: &mut Call<'_, '_>,
    input: &GetCertificateRequest,
) -> Outcome<GetCertificateResponse> {
    let identity = find(call, &input.certificate_arn)?.identity;
    Ok(GetCertificateResponse { certificate: Some(identity.certificate), certificate_chain: identity.chain })
}

fn delete_certificate(call: &mut Call<'_, '_>, input: &DeleteCertificateRequest) -> Outcome<Empty> {
    let arn = &input.certificate_arn;
    let document = find(call, arn)?;
    if is_used(&document.detail) {
        let account = call.scope().account();
        let text = format!("Certificate {arn} in account {account} is in use.");
        return Err(ServiceError::new(&RESOURCE_IN_USE_EXCEPTION, text).into());
    }
    if let Some((scope, id)) = place_of(arn) {
        call.tx.delete::<CertificateDocument>(&scope, &Key::new([id]))?;
    }
    Ok(Empty {})
}

/// The certificates that the filters let through, newest first unless asked otherwise. ACM's own
/// order is not recorded.
fn list_certificates(
    call: &mut Call<'_, '_>,
    input: &ListCertificatesRequest,
) -> Outcome<ListCertificatesResponse> {
    let refuse = |text: &str| Failure::from(ServiceError::new(&INVALID_ARGS_EXCEPTION, text));
    if input.sort_by.is_some() != input.sort_order.is_some() {
        // ACM API reference, `ListCertificates`; the text is not recorded.
        return Err(refuse("SortBy and SortOrder must be specified together."));
    }
    let now = call.now();
    let filters = input.includes.clone().unwrap_or_default();
    let all = call.tx.list::<CertificateDocument>(&call.context.scope, &Key::root())?;
    let mut details: Vec<CertificateDetail> =
        all.into_iter().map(|(_, document)| shown(document.detail, now)).collect();
    details.retain(|detail| wanted(detail, input.certificate_statuses.as_deref(), &filters));
    details.sort_by_cached_key(place);
    if input.sort_order != Some(SortOrder::Ascending) {
        details.reverse();
    }
    if let Some(token) = input.next_token.as_deref() {
        let last = decode(token).ok_or_else(|| refuse("The next token is invalid."))?;
        let ascending = input.sort_order == Some(SortOrder::Ascending);
        details.retain(|detail| if ascending { place(detail) > last } else { place(detail) < last });
    }
    let size = input.max_items.and_then(|size| usize::try_from(size).ok()).unwrap_or(PAGE).min(PAGE);
    let more = details.len() > size;
    details.truncate(size);
    let next_token = details.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(place(last)));
    let list = details.into_iter().map(summary).collect();
    Ok(ListCertificatesResponse { next_token, certificate_summary_list: Some(list) })
}

/// A certificate's place in lists, which no other has: when it was made, and its ARN.
fn place(detail: &CertificateDetail) -> String {
    let created = detail.created_at.unwrap_or_default().as_millis();
    format!("{created:020}{}", detail.certificate_arn.as_deref().unwrap_or_default())
}

fn decode(token: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}

/// Whether the filters let a certificate through. Without a filter of key types only RSA keys of
/// 1,024 and 2,048 bits are listed (ACM user guide, "Certificate import problems").
fn wanted(detail: &CertificateDetail, statuses: Option<&[CertificateStatus]>, filters: &Filters) -> bool {
    const LISTED: &[KeyAlgorithm] = &[KeyAlgorithm::Rsa1024, KeyAlgorithm::Rsa2048];
    fn among<T: PartialEq>(wanted: Option<&[T]>, has: impl Iterator<Item = T>) -> bool {
        let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else { return true };
        has.into_iter().any(|one| wanted.contains(&one))
    }
    let usages = detail.key_usages.iter().flatten().filter_map(|usage| usage.name);
    let extended = detail.extended_key_usages.iter().flatten().filter_map(|usage| usage.name);
    let types = filters.key_types.as_deref().filter(|types| !types.is_empty()).unwrap_or(LISTED);
    among(statuses, detail.status.into_iter())
        && among(filters.key_usage.as_deref(), usages)
        && among(filters.extended_key_usage.as_deref(), extended)
        && among(Some(types), detail.key_algorithm.into_iter())
        && filters.export_option.is_none_or(|wanted| export(detail) == wanted)
        && filters.managed_by.is_none_or(|wanted| detail.managed_by == Some(wanted))
}

fn export(detail: &CertificateDetail) -> CertificateExport {
    let options = detail.options.as_ref();
    options.and_then(|options| options.export).unwrap_or(CertificateExport::Disabled)
}

fn is_used(detail: &CertificateDetail) -> bool {
    detail.in_use_by.as_ref().is_some_and(|users| !users.is_empty())
}

fn summary(detail: CertificateDetail) -> CertificateSummary {
    let (in_use, export_option) = (is_used(&detail), export(&detail));
    let mut names = detail.subject_alternative_names.unwrap_or_default();
    let more = names.len() > SUMMARIZED_NAMES;
    names.truncate(SUMMARIZED_NAMES);
    CertificateSummary {
        certificate_arn: detail.certificate_arn,
        domain_name: detail.domain_name,
        subject_alternative_name_summaries: Some(names),
        has_additional_subject_alternative_names: Some(more),
        status: detail.status,
        r#type: detail.r#type,
        key_algorithm: detail.key_algorithm,
        key_usages: detail.key_usages.map(|all| all.into_iter().filter_map(|usage| usage.name).collect()),
        extended_key_usages: detail
            .extended_key_usages
            .map(|all| all.into_iter().filter_map(|usage| usage.name).collect()),
        export_option: Some(export_option),
        in_use: Some(in_use),
        exported: None,
        renewal_eligibility: detail.renewal_eligibility,
        not_before: detail.not_before,
        not_after: detail.not_after,
        created_at: detail.created_at,
        issued_at: detail.issued_at,
        imported_at: detail.imported_at,
        revoked_at: detail.revoked_at,
        managed_by: detail.managed_by,
    }
}

/// A certificate as it is answered now: one whose time is over has expired, and one of ACM's that
/// is used may be renewed.
fn shown(mut detail: CertificateDetail, now: Timestamp) -> CertificateDetail {
    if detail.not_after.is_some_and(|end| now > end) {
        detail.status = Some(CertificateStatus::Expired);
    }
    let is_own = detail.r#type == Some(api::acm::CertificateType::AmazonIssued);
    if is_own && is_used(&detail) {
        detail.renewal_eligibility = Some(RenewalEligibility::Eligible);
    }
    detail
}
