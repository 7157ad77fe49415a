//! `/clientcertificates`: certificates by which the gateway shows backends who calls them. Each is
//! a key pair of its own; the private key is stored and never answered.

use std::time::Duration;

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    ClientCertificate, ClientCertificates, DeleteClientCertificateRequest, GenerateClientCertificateRequest,
    GetClientCertificateRequest, GetClientCertificatesRequest, Op, UpdateClientCertificateRequest,
};
use base::{Secret, Timestamp, ids};
use documents::apigateway::{ClientCertificateDocument, StageDocument};
use indexmap::IndexMap;
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256,
    RsaKeySize, SerialNumber, date_time_ymd,
};
use store::Key;
use wire::ServiceError;

use super::limits;
use super::refusals::{bad_request, description, limit_exceeded, not_found};
use crate::paginate::{Page, page};
use crate::patch::{Table, Wording, row};
use crate::{Call, CallContext, Failure, Outcome, Plane, Registry, pipeline, tags};

pub(super) fn register(registry: &mut Registry) {
    registry
        .wait(op::GenerateClientCertificate, generate_client_certificate)
        .read(op::GetClientCertificate, get_client_certificate)
        .read(op::GetClientCertificates, get_client_certificates)
        .write(op::UpdateClientCertificate, update_client_certificate)
        .write(op::DeleteClientCertificate, delete_client_certificate);
}

/// What may be patched (API Gateway API reference, "Patch Operations").
const TABLE: Table = Table { wording: Wording::Listed, rows: &[row("/description", &[Op::Replace])] };

/// How long a certificate is valid (API Gateway developer guide, "Generate and configure an SSL
/// certificate for backend authentication": 365 days).
const VALIDITY: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A certificate and its private key, both PEM.
#[derive(Clone)]
struct Pair {
    certificate: String,
    private_key: Secret,
}

/// Makes a key pair, outside of the store's transaction, because it takes long.
async fn generate_client_certificate(
    plane: Plane,
    context: CallContext,
    input: GenerateClientCertificateRequest,
) -> Outcome<ClientCertificate> {
    check(&input)?;
    let (now, random) = (context.now, plane.random.clone());
    let mut serial = [0; 16];
    random.fill(&mut serial);
    let made = tokio::task::spawn_blocking(move || pair(now, &serial)).await;
    let pair = match made {
        Ok(Ok(pair)) => pair,
        Ok(Err(why)) => return Err(failed(&why.to_string())),
        Err(why) => return Err(failed(&why.to_string())),
    };
    pipeline::write(&plane, &context, move |call| put_new(call, &input, &pair)).await
}

/// A self-signed certificate of a new RSA key. The serial number is the caller's, so that no two
/// are the same.
fn pair(now: Timestamp, serial: &[u8; 16]) -> Result<Pair, rcgen::Error> {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, "ApiGateway");
    params.serial_number = Some(SerialNumber::from_slice(serial));
    let elapsed = Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or_default());
    params.not_before = date_time_ymd(1970, 1, 1) + elapsed;
    params.not_after = params.not_before + VALIDITY;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.self_signed(&key)?;
    Ok(Pair { certificate: certificate.pem(), private_key: Secret::new(key.serialize_pem()) })
}

fn failed(why: &str) -> Failure {
    tracing::error!(why, "a client certificate could not be made");
    ServiceError::internal_failure().into()
}

fn check(input: &GenerateClientCertificateRequest) -> Outcome<Option<IndexMap<String, String>>> {
    description(input.description.as_deref())?;
    let mut given = IndexMap::new();
    if let Some(tags) = &input.tags {
        tags::add(&mut given, tags)?;
    }
    Ok(Some(given).filter(|tags| !tags.is_empty()))
}

fn put_new(
    call: &mut Call<'_, '_>,
    input: &GenerateClientCertificateRequest,
    pair: &Pair,
) -> Outcome<ClientCertificate> {
    if all(call)?.len() >= limits::CLIENT_CERTIFICATES {
        // The text is not recorded.
        return Err(limit_exceeded(
            "Maximum number of Client Certificates has been reached. Please contact AWS if you need additional \
             Client Certificates.",
        ));
    }
    let client_certificate = ClientCertificate {
        client_certificate_id: Some(ids::part_id(&call.plane.random)),
        description: description(input.description.as_deref())?,
        pem_encoded_certificate: Some(pair.certificate.clone()),
        created_date: Some(call.now()),
        expiration_date: Some(call.now().plus(VALIDITY)),
        tags: check(input)?,
    };
    let private_key = pair.private_key.clone();
    put(call, &ClientCertificateDocument { client_certificate: client_certificate.clone(), private_key })?;
    Ok(shown(client_certificate))
}

fn get_client_certificate(
    call: &mut Call<'_, '_>,
    input: &GetClientCertificateRequest,
) -> Outcome<ClientCertificate> {
    Ok(shown(get(call, &input.client_certificate_id)?.client_certificate))
}

fn get_client_certificates(
    call: &mut Call<'_, '_>,
    input: &GetClientCertificatesRequest,
) -> Outcome<ClientCertificates> {
    // Oldest first.
    let place = |certificate: &ClientCertificate| {
        let created = certificate.created_date.unwrap_or_default().as_millis();
        format!("{created:020}{}", certificate.client_certificate_id.as_deref().unwrap_or_default())
    };
    let Page { items, position } = page(all(call)?, place, input.position.as_deref(), input.limit)?;
    Ok(ClientCertificates { position, items: Some(items.into_iter().map(shown).collect()) })
}

fn update_client_certificate(
    call: &mut Call<'_, '_>,
    input: &UpdateClientCertificateRequest,
) -> Outcome<ClientCertificate> {
    let mut document = get(call, &input.client_certificate_id)?;
    for patch in TABLE.read(&input.patch_operations) {
        document.client_certificate.description = description(patch?.value)?;
    }
    put(call, &document)?;
    Ok(shown(document.client_certificate))
}

fn delete_client_certificate(
    call: &mut Call<'_, '_>,
    input: &DeleteClientCertificateRequest,
) -> Outcome<Empty> {
    let id = &input.client_certificate_id;
    get(call, id)?;
    let stages = call.tx.list::<StageDocument>(&call.context.scope, &Key::root())?;
    if stages.iter().any(|(_, document)| document.stage.client_certificate_id.as_ref() == Some(id)) {
        // Worded like the refusal of deployments; this one is not recorded.
        return Err(bad_request("Active stages using this client certificate must be updated or deleted"));
    }
    call.tx.delete::<ClientCertificateDocument>(&call.context.scope, &Key::new([id]))?;
    Ok(Empty {})
}

/// The certificate `id` with its private key.
pub(super) fn get(call: &mut Call<'_, '_>, id: &str) -> Outcome<ClientCertificateDocument> {
    let found = if id.is_empty() || id.len() > limits::NAME {
        None
    } else {
        call.tx.get::<ClientCertificateDocument>(&call.context.scope, &Key::new([id]))?
    };
    // The text is not recorded.
    found.ok_or_else(|| not_found("Invalid Client Certificate identifier specified"))
}

/// Stores a certificate.
pub(super) fn put(call: &mut Call<'_, '_>, document: &ClientCertificateDocument) -> Outcome<()> {
    let id = document.client_certificate.client_certificate_id.as_deref().unwrap_or_default();
    call.tx.put(&call.context.scope, &Key::new([id]), document)?;
    Ok(())
}

fn all(call: &mut Call<'_, '_>) -> Outcome<Vec<ClientCertificate>> {
    let documents = call.tx.list::<ClientCertificateDocument>(&call.context.scope, &Key::root())?;
    Ok(documents.into_iter().map(|(_, document)| document.client_certificate).collect())
}

fn shown(mut certificate: ClientCertificate) -> ClientCertificate {
    certificate.created_date = certificate.created_date.map(Timestamp::truncated_to_secs);
    certificate.expiration_date = certificate.expiration_date.map(Timestamp::truncated_to_secs);
    certificate
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::{Value, json};

    use super::super::restapis::stage_update::update_stage;
    use super::super::restapis::stages::create_stage;
    use super::super::tags::{get_tags, tag_resource};
    use super::super::test_frame::{Frame, STARTED, bad_request, not_found, patch, text, with};
    use super::*;

    fn at(id: &str) -> Value {
        json!({"clientCertificateId": id})
    }

    /// What is stored of a new certificate, without the time it takes to make a real one.
    fn generate(
        call: &mut Call<'_, '_>,
        input: &GenerateClientCertificateRequest,
    ) -> Outcome<ClientCertificate> {
        let pair = Pair { certificate: "a certificate".to_owned(), private_key: Secret::new("a key") };
        put_new(call, input, &pair)
    }

    fn bytes(pem: &str) -> Vec<u8> {
        let lines = pem.lines().filter(|line| !line.starts_with("-----"));
        STANDARD.decode(lines.collect::<String>()).unwrap()
    }

    fn contains(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }

    /// The parts of the certificate as X.509 writes them (RFC 5280).
    #[test]
    fn a_pair_is_a_real_one() {
        let now = Timestamp::from_millis(1_795_421_083_120);
        let pair = pair(now, &[7; 16]).unwrap();
        assert!(pair.certificate.starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(pair.private_key.expose().starts_with("-----BEGIN PRIVATE KEY-----"));
        let certificate = bytes(&pair.certificate);
        assert!(contains(&certificate, b"ApiGateway"));
        assert!(contains(&certificate, &[7; 16]));
        assert!(contains(&certificate, b"261123080443Z") && contains(&certificate, b"271123080443Z"));
        // An RSA key of 2048 bits: its modulus follows its length, with a leading zero byte.
        let key = bytes(pair.private_key.expose());
        let at = key.windows(4).position(|window| window == [0x02, 0x82, 0x01, 0x01]).unwrap();
        assert!(contains(&certificate, &key[at + 4..at + 4 + 257]));
        assert_eq!(format!("{:?}", pair.private_key), "***");
    }

    #[test]
    fn a_certificate_lasts_a_year() {
        let mut frame = Frame::new();
        let created = frame.ok(generate, json!({"description": "for us", "tags": {"env": "demo"}}));
        let id = text(&created, "clientCertificateId");
        assert_eq!(
            created,
            json!({
                "clientCertificateId": id, "description": "for us", "pemEncodedCertificate": "a certificate",
                "createdDate": STARTED, "expirationDate": STARTED + 365 * 86_400_000, "tags": {"env": "demo"},
            })
        );
        assert_eq!(id.len(), 6);
        assert_eq!(frame.ok(get_client_certificate, at(&id)), created);
        frame.after(Duration::from_millis(1));
        let second = frame.ok(generate, json!({}));
        let listed = frame.ok(get_client_certificates, json!({}));
        assert_eq!(listed, json!({"items": [created, second]}));
        let first = frame.ok(get_client_certificates, json!({"limit": 1}));
        assert_eq!(first["items"], json!([created]));
        let document = frame.document::<ClientCertificateDocument>(Key::new([&id])).unwrap();
        assert_eq!(document.private_key.expose(), "a key");
    }

    #[test]
    fn the_description_and_the_tags_can_be_changed() {
        let frame = Frame::new();
        let id = text(&frame.ok(generate, json!({})), "clientCertificateId");
        let update = |path: &str, value: &str| {
            with(at(&id), json!({"patchOperations": patch("replace", path, Some(value))}))
        };
        assert_eq!(frame.ok(update_client_certificate, update("/description", "d"))["description"], "d");
        assert_eq!(
            frame.ok(update_client_certificate, update("/description", ""))["description"],
            json!(null)
        );
        assert_eq!(
            frame.refused(update_client_certificate, update("/x", "d")),
            bad_request(
                "Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/description]"
            )
        );
        let arn = format!("arn:aws:apigateway:us-east-1::/clientcertificates/{id}");
        frame.ok(tag_resource, json!({"resourceArn": arn, "tags": {"a": "1"}}));
        assert_eq!(frame.ok(get_tags, json!({"resourceArn": arn})), json!({"tags": {"a": "1"}}));
        assert_eq!(frame.ok(get_client_certificate, at(&id))["tags"], json!({"a": "1"}));
    }

    #[test]
    fn a_certificate_in_use_is_not_deleted() {
        let frame = Frame::new();
        let id = text(&frame.ok(generate, json!({})), "clientCertificateId");
        let (api, _) = frame.deployable();
        let deployment = frame.deployment(&api);
        let stage = json!({"restApiId": api, "stageName": "dev"});
        frame.ok(create_stage, with(stage.clone(), json!({"deploymentId": deployment})));
        let set = |value: &str| {
            let operations = patch("replace", "/clientCertificateId", Some(value));
            with(stage.clone(), json!({"patchOperations": operations}))
        };
        let unknown = not_found("Invalid Client Certificate identifier specified");
        assert_eq!(frame.refused(update_stage, set("nope")), unknown);
        assert_eq!(frame.ok(update_stage, set(&id))["clientCertificateId"], id.as_str());
        assert_eq!(
            frame.refused(delete_client_certificate, at(&id)),
            bad_request("Active stages using this client certificate must be updated or deleted")
        );
        assert_eq!(frame.ok(update_stage, set(""))["clientCertificateId"], json!(null));
        frame.ok(delete_client_certificate, at(&id));
        assert_eq!(frame.refused(get_client_certificate, at(&id)), unknown);
        assert_eq!(frame.refused(delete_client_certificate, at(&id)), unknown);
        assert_eq!(frame.refused(update_client_certificate, at(&id)), unknown);
    }

    /// "Amazon API Gateway quotas": 60 certificates of an account in a region.
    #[test]
    fn sixty_fit() {
        let frame = Frame::new();
        for _ in 0..60 {
            frame.ok(generate, json!({}));
        }
        assert_eq!(
            frame.refused(generate, json!({})),
            "429 LimitExceededException \"Maximum number of Client Certificates has been reached. Please contact \
             AWS if you need additional Client Certificates.\""
        );
        frame.in_scope("000000000000", "eu-west-1").ok(generate, json!({}));
    }
}
