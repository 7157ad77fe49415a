//! `UpdateCertificateOptions`: whether certificate transparency logs are told of a certificate. No
//! log is told of those that are issued here, whatever the option says.

use api::Empty;
use api::acm::errors::INVALID_STATE_EXCEPTION;
use api::acm::operations as op;
use api::acm::{CertificateExport, CertificateType, UpdateCertificateOptionsRequest};
use wire::ServiceError;

use super::{find, put};
use crate::Registry;
use crate::call::{Call, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry.write(op::UpdateCertificateOptions, update_certificate_options);
}

fn update_certificate_options(
    call: &mut Call<'_, '_>,
    input: &UpdateCertificateOptionsRequest,
) -> Outcome<Empty> {
    let mut document = find(call, &input.certificate_arn)?;
    let refuse = |text: String| Err(ServiceError::new(&INVALID_STATE_EXCEPTION, text).into());
    if document.detail.r#type == Some(CertificateType::Imported) {
        // The text is not recorded.
        return refuse(format!(
            "The options of the imported certificate {} are fixed.",
            input.certificate_arn
        ));
    }
    let options = document.detail.options.get_or_insert_default();
    if let Some(export) = input.options.export
        && export != options.export.unwrap_or(CertificateExport::Disabled)
    {
        // ACM user guide, "Exportable public certificates": it is decided once, when the certificate is
        // requested. The text is not recorded.
        return refuse("The export option of a certificate cannot be changed.".to_owned());
    }
    options.certificate_transparency_logging_preference = input
        .options
        .certificate_transparency_logging_preference
        .or(options.certificate_transparency_logging_preference);
    put(call.tx, &document)?;
    Ok(Empty {})
}
