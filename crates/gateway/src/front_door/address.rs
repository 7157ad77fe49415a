//! Whose is a request? The URL forms that reach an API, told from everything else, which is a
//! call of an AWS API.
//!
//! | form | example |
//! |---|---|
//! | host | `http://{api}.execute-api.{region}.localhost:4566/{stage}/path`, any domain behind it |
//! | path | `/_aws/execute-api/{api}/{stage}/path` |
//! | older path | `/restapis/{api}/{stage}/_user_request_/path` |
//! | portal's host | `http://p-{portal}.apigw-portal.{region}.localhost:4566/`, any domain behind it |
//! | portal's path | `/_aws/portals/{portal}/` |
//!
//! A host that is a custom domain name is not looked at here: `domains.rs`.
//!
//! Slashes are never merged and paths never normalised, but for the slashes in front of the
//! stage (recorded from AWS: `//stage/x` is served like `/stage/x`).

use std::ops::Range;

use http::header;
use memchr::memchr;

use crate::exchange::Address;
use crate::message::{Headers, RequestParts};

const PATH_FORM: &str = "/_aws/execute-api/";
const PORTAL_FORM: &str = "/_aws/portals/";
const OLDER_FORM: &str = "/restapis/";
const USER_REQUEST: &str = "_user_request_";

/// Where a request wants to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination<'a> {
    /// To an API, which may not exist.
    Api {
        /// Its id.
        api: &'a str,
        /// The region that the host names.
        region: Option<&'a str>,
        /// The places of the stage and of what is behind it. The stage may be empty.
        address: Address,
    },
    /// To a developer portal, which may not exist.
    Portal {
        /// Its id.
        id: &'a str,
        /// What is behind it: a path, or nothing.
        path: &'a str,
        /// Whether the path names it, not the host.
        by_path: bool,
    },
    /// To an AWS API.
    AwsCall,
}

/// Tells where a request with this head wants to go; `host` is its host, with or without a
/// port.
pub(crate) fn destination<'a>(head: &'a RequestParts, host: &'a str) -> Destination<'a> {
    let path = head.uri.path();
    if let Some((api, region)) = of_host(host) {
        return Destination::Api { api, region, address: address(path, 0) };
    }
    if let Some(id) = portal_of_host(host) {
        return Destination::Portal { id, path, by_path: false };
    }
    if let Some(rest) = path.strip_prefix(PORTAL_FORM) {
        let id = first_segment(rest);
        let path = rest.get(id.len()..).unwrap_or_default();
        return Destination::Portal { id, path, by_path: true };
    }
    if let Some(rest) = path.strip_prefix(PATH_FORM) {
        let api = first_segment(rest);
        let address = address(path, PATH_FORM.len() + api.len());
        return Destination::Api { api, region: None, address };
    }
    match path.strip_prefix(OLDER_FORM).and_then(|rest| of_older_path(rest, &head.headers)) {
        Some((api, stage, rest)) => {
            let at = OLDER_FORM.len();
            let stage = stage.start + at..stage.end + at;
            let address = Address { base_path: None, stage, rest: rest + at };
            Destination::Api { api, region: None, address }
        }
        None => Destination::AwsCall,
    }
}

/// The API and the region of `{api}.execute-api.{region}.…`.
pub(super) fn of_host(host: &str) -> Option<(&str, Option<&str>)> {
    let (api, behind) = before_label(host, "execute-api")?;
    let region = behind.get(1..).and_then(|labels| labels.split(['.', ':']).next());
    (!api.is_empty()).then_some((api, region.filter(|label| is_region(label))))
}

/// The portal of `p-{id}.apigw-portal.{region}.…` (API Gateway developer guide, "Create a portal in API
/// Gateway").
pub(super) fn portal_of_host(host: &str) -> Option<&str> {
    let (first, _) = before_label(host, "apigw-portal")?;
    first.strip_prefix("p-").filter(|id| !id.is_empty())
}

/// The host's first label, and what is behind its second, if that is this. Asked for every request.
fn before_label<'a>(host: &'a str, second: &str) -> Option<(&'a str, &'a str)> {
    let (first, rest) = host.split_at_checked(memchr(b'.', host.as_bytes())?)?;
    let (label, behind) = rest.get(1..)?.split_at_checked(second.len())?;
    let ends = behind.is_empty() || behind.starts_with(['.', ':']);
    (ends && label.eq_ignore_ascii_case(second)).then_some((first, behind))
}

/// Whether a host's label is a region's name: `us-west-2`, `us-gov-east-1`.
fn is_region(label: &str) -> bool {
    let Some((area, number)) = label.rsplit_once('-') else { return false };
    area.contains('-')
        && area.bytes().all(|c| c.is_ascii_lowercase() || c == b'-')
        && !number.is_empty()
        && number.bytes().all(|c| c.is_ascii_digit())
}

/// The API, the stage's place and the rest's, of `{api}/{stage}/_user_request_…`.
///
/// `GetStage` for a stage of that odd name is signed for `apigateway`; traffic never is.
fn of_older_path<'a>(rest: &'a str, headers: &Headers) -> Option<(&'a str, Range<usize>, usize)> {
    let (api, behind_api) = rest.split_once('/')?;
    let (stage, behind_stage) = behind_api.split_once('/')?;
    let behind = behind_stage.strip_prefix(USER_REQUEST)?;
    if !(behind.is_empty() || behind.starts_with('/')) || is_control_call(headers) {
        return None;
    }
    let stage_at = api.len() + 1;
    let stage = stage_at..stage_at + stage.len();
    let rest = stage.end + 1 + USER_REQUEST.len();
    Some((api, stage, rest))
}

fn is_control_call(headers: &Headers) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("/apigateway/aws4_request"))
}

/// The stage and the rest of `path` from `from` on, where a slash or the path's end is.
pub(super) fn address(path: &str, from: usize) -> Address {
    let rest = path.get(from..).unwrap_or_default();
    let start = from + rest.bytes().take_while(|c| *c == b'/').count();
    let end = start + first_segment(path.get(start..).unwrap_or_default()).len();
    Address { base_path: None, stage: start..end, rest: end }
}

fn first_segment(path: &str) -> &str {
    memchr(b'/', path.as_bytes()).and_then(|slash| path.get(..slash)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::proptest;

    use super::*;
    use crate::message::RequestParts;

    /// `{api} {region} {stage} {rest}` of where a request goes, or nothing for an AWS call.
    fn goes(host: &str, target: &str) -> Option<String> {
        let head = RequestParts { uri: target.parse().unwrap(), ..RequestParts::default() };
        match destination(&head, host) {
            Destination::Api { api, region, address } => {
                let path = head.uri.path();
                let (stage, rest) = (&path[address.stage], &path[address.rest..]);
                Some(format!("{api} {} [{stage}] [{rest}]", region.unwrap_or("-")))
            }
            Destination::Portal { id, path, .. } => Some(format!("portal {id} [{path}]")),
            Destination::AwsCall => None,
        }
    }

    #[test]
    fn portals_have_hosts_and_paths() {
        for (host, target, expected) in [
            ("p-abc.apigw-portal.us-west-2.on.aws", "/x", Some("portal abc [/x]")),
            ("p-abc.Apigw-Portal.localhost:4566", "/", Some("portal abc [/]")),
            ("127.0.0.1", "/_aws/portals/abc/x/y", Some("portal abc [/x/y]")),
            ("127.0.0.1", "/_aws/portals/abc", Some("portal abc []")),
            ("abc.apigw-portal.us-west-2.on.aws", "/x", None),
            ("p-.apigw-portal.us-west-2.on.aws", "/x", None),
            ("p-abc.apigw-portals.us-west-2.on.aws", "/x", None),
        ] {
            assert_eq!(goes(host, target).as_deref(), expected, "{host} {target}");
        }
    }

    #[test]
    fn hosts_name_apis_whatever_the_domain() {
        for (host, expected) in [
            ("abc.execute-api.us-west-2.localhost:4566", "abc us-west-2 [prod] [/x]"),
            ("abc.execute-api.us-gov-east-1.amazonaws.com", "abc us-gov-east-1 [prod] [/x]"),
            ("abc.execute-api.localhost.localstack.cloud:4566", "abc - [prod] [/x]"),
            ("abc.execute-api.localhost:4566", "abc - [prod] [/x]"),
            ("abc.Execute-API.test", "abc - [prod] [/x]"),
            ("abc.execute-api", "abc - [prod] [/x]"),
        ] {
            assert_eq!(goes(host, "/prod/x").as_deref(), Some(expected), "{host}");
        }
        for host in [
            "localhost:4566",
            "execute-api.us-west-2.amazonaws.com",
            ".execute-api.x",
            "abc.execute-apis.x",
            "",
            "127.0.0.1",
        ] {
            assert_eq!(goes(host, "/prod/x"), None, "{host}");
        }
    }

    #[test]
    fn the_stage_is_the_first_segment_of_a_hosts_path() {
        for (target, expected) in [
            ("/prod", "abc - [prod] []"),
            ("/prod/", "abc - [prod] [/]"),
            ("//prod/x", "abc - [prod] [/x]"),
            ("/prod//x", "abc - [prod] [//x]"),
            ("/prod/x/../y?z=/w", "abc - [prod] [/x/../y]"),
            ("/", "abc - [] []"),
            ("/restapis/d/e/_user_request_/f", "abc - [restapis] [/d/e/_user_request_/f]"),
            ("/_aws/execute-api/d/e", "abc - [_aws] [/execute-api/d/e]"),
        ] {
            assert_eq!(goes("abc.execute-api.test", target).as_deref(), Some(expected), "{target}");
        }
    }

    #[test]
    fn paths_name_apis() {
        for (target, expected) in [
            ("/_aws/execute-api/abc/prod/x/y", "abc - [prod] [/x/y]"),
            ("/_aws/execute-api/abc/prod", "abc - [prod] []"),
            ("/_aws/execute-api/abc//prod//x", "abc - [prod] [//x]"),
            ("/_aws/execute-api/abc", "abc - [] []"),
            ("/_aws/execute-api/", " - [] []"),
            ("/restapis/abc/prod/_user_request_/x", "abc - [prod] [/x]"),
            ("/restapis/abc/prod/_user_request_", "abc - [prod] []"),
            ("/restapis/abc/prod/_user_request_//x", "abc - [prod] [//x]"),
            ("/restapis/abc//_user_request_/x", "abc - [] [/x]"),
        ] {
            assert_eq!(goes("localhost:4566", target).as_deref(), Some(expected), "{target}");
        }
    }

    #[test]
    fn everything_else_is_an_aws_call() {
        for target in [
            "/",
            "/restapis",
            "/restapis/abc",
            "/restapis/abc/stages/prod",
            "/restapis/abc/prod/_user_request_x",
            "/restapis/abc/prod/x/_user_request_/",
            "/restapis/abc/_user_request_",
            "/_aws/execute-apis/abc",
            "//_aws/execute-api/abc/prod",
            "/2015-03-31/functions/orders/invocations",
        ] {
            assert_eq!(goes("localhost:4566", target), None, "{target}");
        }
    }

    #[test]
    fn a_signed_control_call_is_never_traffic() {
        let signed = |service: &str| {
            let value =
                format!("AWS4-HMAC-SHA256 Credential=AKIA/20240717/us-west-2/{service}/aws4_request, …");
            let uri = http::Uri::from_static("/restapis/abc/stages/_user_request_");
            let mut head = RequestParts { uri, ..RequestParts::default() };
            head.headers
                .insert(header::AUTHORIZATION, HeaderValue::from_str(&value.replace('…', "x")).unwrap());
            destination(&head, "localhost") == Destination::AwsCall
        };
        assert!(signed("apigateway"));
        assert!(!signed("execute-api"));
    }

    proptest! {
        #[test]
        fn no_target_panics(host in "[a-c.:-]{0,8}(execute-api)?[a-z0-9.:-]{0,12}", path in "(/|/_aws/execute-api/|/restapis/)[a-z/_%]{0,20}") {
            let head = RequestParts { uri: path.parse().unwrap(), ..RequestParts::default() };
            if let Destination::Api { address, .. } = destination(&head, &host) {
                assert!(path.get(address.stage).is_some() && path.get(address.rest..).is_some());
            }
        }
    }
}
