//! What mappings, events and logs tell of a client's certificate: `$context.identity.clientCert`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::time::ASN1Time;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// Characters of a line of PEM (RFC 7468).
const PEM_LINE: usize = 64;

/// A client's certificate, as text. The forms of serial number and times are those of API Gateway's
/// developer guide ("Input format of a Lambda function for proxy integration"); names are written as
/// RFC 2253 says, which the guide leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// PEM.
    pub pem: Box<str>,
    /// Whose it is: `CN=name,O=organisation`.
    pub subject_dn: Box<str>,
    /// Who signed it.
    pub issuer_dn: Box<str>,
    /// `a1:a1:…`.
    pub serial_number: Box<str>,
    /// `May 28 12:30:02 2019 GMT`.
    pub not_before: Box<str>,
    /// The same for its end.
    pub not_after: Box<str>,
}

impl ClientCertificate {
    pub(super) fn new(der: &CertificateDer<'_>, parsed: &X509Certificate<'_>) -> Self {
        Self {
            pem: pem(der).into(),
            subject_dn: name(parsed.subject()).into(),
            issuer_dn: name(parsed.issuer()).into(),
            serial_number: parsed.raw_serial_as_string().into(),
            not_before: moment(&parsed.validity().not_before).into(),
            not_after: moment(&parsed.validity().not_after).into(),
        }
    }
}

pub(super) fn pem(der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in encoded.as_bytes().chunks(PEM_LINE) {
        text.push_str(std::str::from_utf8(line).unwrap_or_default());
        text.push('\n');
    }
    text + "-----END CERTIFICATE-----"
}

/// A distinguished name, the most particular part first (RFC 2253, section 2).
fn name(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> =
        name.iter_rdn().map(|part| part.iter().map(attribute).collect::<Vec<_>>().join("+")).collect();
    parts.reverse();
    parts.join(",")
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let kind = attribute.attr_type();
    let kind = oid2abbrev(kind, oid_registry()).map_or_else(|_| kind.to_id_string(), str::to_owned);
    match attribute.as_str() {
        Ok(value) => format!("{kind}={}", escaped(value)),
        // Of a kind of text that is not read: its bytes.
        Err(_) => {
            let hex: String = attribute.as_slice().iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{kind}=#{hex}")
        }
    }
}

/// RFC 2253, section 2.4.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (at, c) in value.chars().enumerate() {
        let special = matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';')
            || (c == '#' && at == 0)
            || (c == ' ' && (at == 0 || at == last));
        if special {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn moment(time: &ASN1Time) -> String {
    let time = time.to_datetime();
    let month = time.month().to_string();
    format!(
        "{} {:>2} {:02}:{:02}:{:02} {} GMT",
        month.get(..3).unwrap_or(&month),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.year()
    )
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::FromDer as _;

    use super::super::samples::{authority, described};
    use super::*;

    #[test]
    fn a_certificate_tells_who_it_is() {
        let root = authority("Example, Inc.");
        let made = described(&root);
        let (_, parsed) = X509Certificate::from_der(&made.der).unwrap();
        let der = CertificateDer::from(made.der.clone());
        let told = ClientCertificate::new(&der, &parsed);
        assert_eq!(&*told.subject_dn, "CN=device 7,OU=\\#1,O=A\\+B\\; C,C=NZ");
        assert_eq!(&*told.issuer_dn, "CN=Example\\, Inc.");
        assert_eq!(&*told.serial_number, "01:a1:ff");
        assert_eq!(&*told.not_before, "May  8 12:30:02 2019 GMT");
        assert_eq!(&*told.not_after, "Aug 25 09:06:04 2031 GMT");
        assert_eq!(format!("{}\n", told.pem), made.pem);
    }
}
