//! What uses certificates: a certificate names its users, and is kept for as long as it has any.

use api::acm::{CertificateDetail, CertificateStatus};
use documents::acm::CertificateDocument;
use store::Transaction;

use super::{get, place_of, put};
use crate::call::Outcome;

/// What is known of a certificate that can be used, in whatever scope its ARN names.
pub(crate) fn usable(tx: &mut Transaction<'_>, arn: &str) -> Outcome<Option<CertificateDetail>> {
    let document = read(tx, arn)?.map(|document| document.detail);
    Ok(document.filter(|detail| detail.status == Some(CertificateStatus::Issued)))
}

/// Notes that the thing `user` uses the certificate.
pub(crate) fn attach(tx: &mut Transaction<'_>, arn: &str, user: &str) -> Outcome<()> {
    change(tx, arn, |users| {
        if !users.iter().any(|known| known == user) {
            users.push(user.to_owned());
        }
    })
}

/// Notes that it does not any more.
pub(crate) fn detach(tx: &mut Transaction<'_>, arn: &str, user: &str) -> Outcome<()> {
    change(tx, arn, |users| users.retain(|known| known != user))
}

fn change(tx: &mut Transaction<'_>, arn: &str, change: impl FnOnce(&mut Vec<String>)) -> Outcome<()> {
    let Some(mut document) = read(tx, arn)? else { return Ok(()) };
    change(document.detail.in_use_by.get_or_insert_default());
    put(tx, &document)
}

fn read(tx: &mut Transaction<'_>, arn: &str) -> Outcome<Option<CertificateDocument>> {
    match place_of(arn) {
        Some((scope, id)) => get(tx, &scope, &id),
        None => Ok(None),
    }
}
