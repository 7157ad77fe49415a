//! Who may read a portal: everybody, or the users of a Cognito user pool (API Gateway developer guide,
//! "Create a portal in API Gateway").

use std::net::Ipv4Addr;

use api::apigatewayv2::{Authorization, CognitoConfig, PortalSummary};
use base::{Arn, Scope, Secret};
use documents::apigatewayv2_portals::{PortalSessionKeyDocument, SiteSignIn};
use http::Uri;
use store::Key;

use super::super::refusals::bad_request;
use crate::{Call, Outcome};

const KEY_LENGTH: usize = 64;
const KEY_LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Refuses what nobody could sign in with.
pub(super) fn authorization(scope: &Scope, given: &Authorization) -> Outcome<Authorization> {
    match (&given.none, &given.cognito_config) {
        (Some(_), None) => Ok(given.clone()),
        (None, Some(config)) => checked(scope, config).map(|_| given.clone()),
        _ => Err(bad_request("A portal must have exactly one way of authorization")),
    }
}

/// Who may read the portal's site, if not everybody may.
pub(super) fn of_site(scope: &Scope, portal: &PortalSummary) -> Outcome<Option<SiteSignIn>> {
    portal.authorization.cognito_config.as_ref().map(|config| checked(scope, config)).transpose()
}

/// Makes what sessions of the portal `id` are authenticated with, unless there is one: whoever is signed
/// in stays so when the portal is published again.
pub(super) fn keep_session_key(call: &mut Call<'_, '_>, id: &str) -> Outcome<()> {
    let (scope, key) = (call.scope().clone(), Key::new([id]));
    if call.tx.get::<PortalSessionKeyDocument>(&scope, &key)?.is_none() {
        let made = Secret::new(call.plane.random.text(KEY_LENGTH, KEY_LETTERS));
        call.tx.put(&scope, &key, &PortalSessionKeyDocument { key: made })?;
    }
    Ok(())
}

fn checked(scope: &Scope, config: &CognitoConfig) -> Outcome<SiteSignIn> {
    let CognitoConfig { app_client_id, user_pool_arn, user_pool_domain } = config;
    let pool = user_pool_arn.parse::<Arn>().ok().filter(|arn| {
        arn.service == "cognito-idp"
            && arn.resource.strip_prefix("userpool/").is_some_and(|id| !id.is_empty())
    });
    let Some(pool) = pool else {
        return Err(bad_request(format!("Invalid user pool ARN specified: {user_pool_arn}")));
    };
    // "The user pool must be in the same Region as your portal" (same page).
    if pool.region != scope.region() {
        return Err(bad_request("The user pool must be in the same Region as the portal"));
    }
    let is_id = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'+' | b'-');
    if app_client_id.is_empty() || !app_client_id.bytes().all(is_id) {
        return Err(bad_request(format!("Invalid app client ID specified: {app_client_id}")));
    }
    let origin = origin(user_pool_domain)
        .ok_or_else(|| bad_request(format!("Invalid user pool domain specified: {user_pool_domain}")))?;
    Ok(SiteSignIn { user_pool_arn: user_pool_arn.clone(), origin, client_id: app_client_id.clone() })
}

/// Where a user pool's domain is: `pets.auth.us-east-1.amazoncognito.com`, with or without `https://`.
/// Codes and tokens pass there, so without TLS it can only be on this machine.
fn origin(domain: &str) -> Option<String> {
    let written = if domain.contains("://") { domain.to_owned() } else { format!("https://{domain}") };
    let uri: Uri = written.strip_suffix('/').unwrap_or(&written).parse().ok()?;
    let authority = uri.authority()?;
    let host = authority.host();
    let here = host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    let open = match uri.scheme_str()? {
        "https" => true,
        "http" => here,
        _ => false,
    };
    let bare =
        uri.path_and_query().is_none_or(|rest| rest.as_str() == "/") && !authority.as_str().contains('@');
    let good = open && bare && (host.contains('.') || here) && !host.starts_with('.');
    good.then(|| format!("{}://{authority}", uri.scheme_str().unwrap_or("https")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pools_domain_is_a_place_that_can_be_trusted() {
        for (domain, expected) in [
            ("pets.auth.us-east-1.amazoncognito.com", Some("https://pets.auth.us-east-1.amazoncognito.com")),
            ("https://login.example.com", Some("https://login.example.com")),
            ("https://login.example.com:8443/", Some("https://login.example.com:8443")),
            ("http://127.0.0.1:9229", Some("http://127.0.0.1:9229")),
            ("http://cognito.localhost:9229", Some("http://cognito.localhost:9229")),
            ("http://login.example.com", None),
            ("http://127.example.com", None),
            ("https://login.example.com/oauth2", None),
            ("https://login.example.com/?a=b", None),
            ("https://a@login.example.com", None),
            ("ftp://login.example.com", None),
            ("javascript://alert.example", None),
            ("a domain name of pools", None),
            ("pets", None),
            ("", None),
        ] {
            assert_eq!(origin(domain).as_deref(), expected, "{domain}");
        }
    }
}
