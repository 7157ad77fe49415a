//! Certificate Manager, as far as custom domain names need it: certificates are imported, or
//! requested and issued at once, described, tagged, and kept for as long as something uses them.
//!
//! Operations follow the ACM API reference; texts without a remark are those that users of ACM
//! report. What uses certificates goes through `uses`.

mod catalog;
mod import;
mod options;
mod request;
mod self_signed;
mod tags;
pub(crate) mod uses;

#[cfg(test)]
mod tests;

use api::acm::errors::{RESOURCE_NOT_FOUND_EXCEPTION, VALIDATION_EXCEPTION};
use base::{Arn, Scope};
use documents::acm::CertificateDocument;
use store::{Key, Transaction};
use wire::ServiceError;

use crate::Registry;
use crate::call::{Call, Failure, Outcome};

pub(super) fn register(registry: &mut Registry) {
    catalog::register(registry);
    import::register(registry);
    options::register(registry);
    request::register(registry);
    tags::register(registry);
}

/// Certificates of an account in a region (ACM user guide, "Quotas").
const CERTIFICATES: usize = 2_500;

fn invalid(text: impl Into<String>) -> Failure {
    ServiceError::new(&VALIDATION_EXCEPTION, text).into()
}

fn not_found(scope: &Scope, arn: &str) -> Failure {
    let text = format!("Could not find certificate {arn} in account {}.", scope.account());
    ServiceError::new(&RESOURCE_NOT_FOUND_EXCEPTION, text).into()
}

/// `arn:aws:acm:{region}:{account}:certificate/{id}`.
fn certificate_arn(scope: &Scope, id: &str) -> String {
    Arn::aws("acm", scope.region(), scope.account(), format!("certificate/{id}")).to_string()
}

/// The scope and the id that an ARN of a certificate names; `None` if it is another kind of ARN,
/// or none.
fn place_of(arn: &str) -> Option<(Scope, String)> {
    let arn: Arn = arn.parse().ok()?;
    let id = arn.resource.strip_prefix("certificate/").filter(|id| !id.is_empty())?.to_owned();
    (arn.service == "acm").then(|| (Scope::new(&arn.account, &arn.region), id))
}

/// The caller's certificate of this ARN.
fn find(call: &mut Call<'_, '_>, arn: &str) -> Outcome<CertificateDocument> {
    match place_of(arn) {
        Some((scope, id)) if scope == *call.scope() => {
            get(call.tx, &scope, &id)?.ok_or_else(|| not_found(&scope, arn))
        }
        Some(_) | None => Err(not_found(call.scope(), arn)),
    }
}

fn get(tx: &mut Transaction<'_>, scope: &Scope, id: &str) -> Outcome<Option<CertificateDocument>> {
    Ok(tx.get(scope, &Key::new([id]))?)
}

/// Stores a certificate, where its ARN says.
fn put(tx: &mut Transaction<'_>, document: &CertificateDocument) -> Outcome<()> {
    let arn = document.detail.certificate_arn.as_deref().unwrap_or_default();
    if let Some((scope, id)) = place_of(arn) {
        tx.put(&scope, &Key::new([id]), document)?;
    }
    Ok(())
}

/// Refuses one certificate more than there may be.
fn check_room(call: &mut Call<'_, '_>) -> Outcome<()> {
    let all = call.tx.list::<CertificateDocument>(&call.context.scope, &Key::root())?;
    if all.len() < CERTIFICATES {
        return Ok(());
    }
    let text = "You have reached the maximum number of certificates. Delete certificates that are not in use, \
                or contact AWS Support to request an increase.";
    Err(ServiceError::new(&api::acm::errors::LIMIT_EXCEEDED_EXCEPTION, text).into())
}
