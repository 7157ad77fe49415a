//! Who calls, as events tell it.

use super::object::{Object, json};
use crate::exchange::{Authorized, Caller, Request};
use crate::tls::ClientCertificate;

/// What is known of the caller, by the kind of authorizer that found it out.
pub(super) fn authorizer_of_v2(caller: &Caller) -> Option<String> {
    if let Some(identity) = &caller.identity {
        let iam = Object::new()
            .text("accessKey", &identity.access_key_id)
            .text("accountId", &identity.account_id)
            .text("callerId", &identity.user_id)
            .raw("cognitoIdentity", "null")
            .raw("principalOrgId", "null")
            .text("userArn", &identity.user_arn)
            .text("userId", &identity.user_id)
            .end();
        return Some(Object::new().raw("iam", &iam).end());
    }
    let said = caller.authorizer.as_deref()?;
    Some(match &said.jwt {
        Some(scopes) => {
            let jwt = Object::new().raw("claims", &claims(said)).value("scopes", scopes).end();
            Object::new().raw("jwt", &jwt).end()
        }
        None => Object::new().value("lambda", &said.context).end(),
    })
}

pub(super) fn authorizer_of_v1(caller: &Caller) -> String {
    match caller.authorizer.as_deref() {
        None => Object::new().raw("claims", "null").raw("scopes", "null").end(),
        Some(said @ Authorized { jwt: Some(scopes), .. }) => {
            Object::new().raw("claims", &claims(said)).value("scopes", scopes).end()
        }
        Some(said) => {
            let own = said.context.iter().filter(|(name, _)| *name != "principalId");
            let object = own.fold(Object::new(), |object, (name, value)| object.value(name, value));
            object.maybe("principalId", said.principal_id.as_ref().map(|id| json(&**id))).end()
        }
    }
}

fn claims(said: &Authorized) -> String {
    said.context.get("claims").map_or_else(|| "{}".to_owned(), ToString::to_string)
}

pub(super) fn identity(request: &Request, caller: &Caller) -> String {
    let own = caller.identity.as_deref();
    let known = |value: Option<&str>| value.map_or_else(|| "null".to_owned(), json);
    let certificate = request.client_certificate.as_deref().map(client_certificate);
    Object::new()
        .raw("accessKey", &known(own.map(|own| &*own.access_key_id)))
        .raw("accountId", &known(own.map(|own| &*own.account_id)))
        .raw("caller", &known(own.map(|own| &*own.user_id)))
        .raw("cognitoAuthenticationProvider", "null")
        .raw("cognitoAuthenticationType", "null")
        .raw("cognitoIdentityId", "null")
        .raw("cognitoIdentityPoolId", "null")
        .raw("principalOrgId", "null")
        .text("sourceIp", &request.source.to_string())
        .raw("user", &known(own.map(|own| &*own.user_id)))
        .text("userAgent", &user_agent(request))
        .raw("userArn", &known(own.map(|own| &*own.user_arn)))
        .maybe("clientCert", certificate)
        .end()
}

pub(super) fn client_certificate(certificate: &ClientCertificate) -> String {
    let validity = Object::new()
        .text("notBefore", &certificate.not_before)
        .text("notAfter", &certificate.not_after)
        .end();
    Object::new()
        .text("clientCertPem", &certificate.pem)
        .text("subjectDN", &certificate.subject_dn)
        .text("issuerDN", &certificate.issuer_dn)
        .text("serialNumber", &certificate.serial_number)
        .raw("validity", &validity)
        .end()
}

/// `User-Agent`; empty if there is none.
pub(super) fn user_agent(request: &Request) -> String {
    let agent = request.user_agent.as_ref();
    agent.map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned()).unwrap_or_default()
}
