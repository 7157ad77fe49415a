//! Trying an endpoint from its page (API Gateway developer guide, "Enable try it for an API Gateway product
//! REST endpoint in your portal"): a form, a script that sends what is filled in from the reader's browser,
//! and a policy that lets the page reach that endpoint and no other. The API's owner allows it by CORS.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use documents::apigatewayv2_portals::{SiteEndpoint, SiteTryIt};
use http::Uri;

use super::html::escaped;
use super::visit::{Entrance, Visit};

/// The script, which all forms share.
pub(super) const SCRIPT: &str = include_str!("try-it.js");

/// Stands in a page for the address that is tried. Texts are escaped and Markdown makes no HTML of its
/// own, so that nobody else writes it.
pub(super) const PLACE: &str = "<?address?>";

/// Methods that send no body.
const WITHOUT_BODY: [&str; 2] = ["GET", "HEAD"];

/// What an endpoint of any method is tried with.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Where the requests of an endpoint's form go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// Where its author says.
    Shown { address: Box<str>, origin: Box<str> },
    /// To an API, which is reached as the portal is.
    Api { api: Box<str>, region: Box<str>, rest: Box<str> },
}

/// An address as a page and its policy name it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reached {
    /// With the path's parameters in braces.
    pub(super) address: String,
    /// What the policy allows.
    pub(super) source: String,
}

impl Tried {
    /// Where an endpoint is tried, if it can be.
    pub(super) fn of(endpoint: &SiteEndpoint) -> Option<Self> {
        match endpoint.try_it.as_ref()? {
            SiteTryIt::Shown => {
                let origin = origin(&endpoint.endpoint)?;
                Some(Self::Shown { address: endpoint.endpoint.as_str().into(), origin: origin.into() })
            }
            SiteTryIt::Api { api, region, stage } => Some(Self::Api {
                api: api.as_str().into(),
                region: region.as_str().into(),
                rest: format!("/{stage}{}", endpoint.path).into(),
            }),
        }
    }

    /// The address for a reader who came this way: under a name of the gateway's own the API is there
    /// too; else it is where AWS has it.
    pub(super) fn reached(&self, visit: &Visit<'_>) -> Reached {
        let (api, region, rest) = match self {
            Self::Shown { address, origin } => {
                return Reached { address: address.to_string(), source: origin.to_string() };
            }
            Self::Api { api, region, rest } => (api, region, rest),
        };
        if visit.entrance == Entrance::Path {
            return Reached {
                address: format!("/_aws/execute-api/{api}{rest}"),
                source: "'self'".to_owned(),
            };
        }
        let behind = visit.behind_default_name().filter(|name| !name.ends_with("on.aws"));
        let source = match behind {
            Some(name) => format!("{}://{api}.execute-api.{name}", visit.scheme()),
            None => format!("https://{api}.execute-api.{region}.amazonaws.com"),
        };
        Reached { address: format!("{source}{rest}"), source }
    }
}

/// `https://{host}`, as a policy names it.
fn origin(address: &str) -> Option<String> {
    // Parameters of the path are no part of a URI.
    let front = address.split('{').next().unwrap_or_default();
    let uri: Uri = front.parse().ok()?;
    let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let authority = uri.authority().map(http::uri::Authority::as_str)?;
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b':' | b'-');
    authority.bytes().all(plain).then(|| format!("{scheme}://{authority}"))
}

/// The form of an endpoint. Without its script it does nothing.
pub(super) fn form(endpoint: &SiteEndpoint) -> String {
    let any = [endpoint.method.as_str()];
    let methods = if endpoint.method == "ANY" { &METHODS[..] } else { &any[..] };
    let mut out = format!("<h2>Try it</h2>\n<form class=\"try-it\" data-address=\"{PLACE}\">\n");
    out.push_str("<label>Method <select name=\"method\">");
    for method in methods {
        let _ = write!(out, "<option>{}</option>", escaped(method));
    }
    out.push_str("</select></label>\n");
    let address = match endpoint.try_it {
        Some(SiteTryIt::Shown) => &endpoint.endpoint,
        _ => &endpoint.path,
    };
    for name in parameters(address) {
        let shown = escaped(name.strip_suffix('+').unwrap_or(name));
        let _ = writeln!(out, "<label>{shown} <input name=\"{{{}}}\" required></label>", escaped(name));
    }
    out.push_str(
        "<label>Query string <input name=\"query\" placeholder=\"name=value&amp;other=value\"></label>\n",
    );
    out.push_str(
        "<label>Headers <textarea name=\"headers\" rows=\"3\" placeholder=\"x-api-key: …\"></textarea></label>\n",
    );
    if methods.iter().any(|method| !WITHOUT_BODY.contains(method)) {
        out.push_str("<label>Body <textarea name=\"body\" rows=\"6\"></textarea></label>\n");
    }
    out.push_str(
        "<button>Try it</button>\n<output hidden><strong></strong><pre></pre><pre></pre></output>\n</form>\n<script \
         src=\"try-it.js\" defer></script>\n",
    );
    out
}

/// The parameters of a path, each once.
fn parameters(address: &str) -> BTreeSet<&str> {
    let parts = address.split('{').skip(1);
    parts.filter_map(|part| Some(part.split_once('}')?.0)).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use base::Timestamp;

    use super::super::visit::tests::visit;
    use super::*;
    use crate::message::Headers;

    fn endpoint(try_it: SiteTryIt, address: &str) -> SiteEndpoint {
        SiteEndpoint {
            method: "GET".to_owned(),
            path: "/pets/{id}".to_owned(),
            endpoint: address.to_owned(),
            try_it: Some(try_it),
            ..SiteEndpoint::default()
        }
    }

    #[test]
    fn an_endpoint_is_tried_where_the_reader_can_reach_it() {
        let headers = Headers::new();
        let by_name = visit("/", &headers, Timestamp::from_millis(0));
        let of = |api: &str| SiteTryIt::Api {
            api: api.to_owned(),
            region: "us-west-2".to_owned(),
            stage: "prod".to_owned(),
        };
        let tried = Tried::of(&endpoint(of("a1"), "https://ignored.example")).unwrap();
        let at_aws = "https://a1.execute-api.us-west-2.amazonaws.com";
        for (entrance, host, source, address) in [
            (
                Entrance::DefaultName,
                "p-abc.apigw-portal.us-west-2.on.aws",
                at_aws,
                format!("{at_aws}/prod/pets/{{id}}"),
            ),
            (Entrance::OwnName, "docs.example.com", at_aws, format!("{at_aws}/prod/pets/{{id}}")),
            (
                Entrance::DefaultName,
                "p-abc.apigw-portal.us-west-2.localhost:4566",
                "http://a1.execute-api.us-west-2.localhost:4566",
                "http://a1.execute-api.us-west-2.localhost:4566/prod/pets/{id}".to_owned(),
            ),
            (Entrance::Path, "localhost", "'self'", "/_aws/execute-api/a1/prod/pets/{id}".to_owned()),
        ] {
            let reached = tried.reached(&by_name.as_if(host, entrance));
            assert_eq!(reached, Reached { address, source: source.to_owned() }, "{host}");
        }
        let shown = Tried::of(&endpoint(SiteTryIt::Shown, "https://api.example.com:8443/v1/{id}")).unwrap();
        assert_eq!(shown.reached(&by_name).source, "https://api.example.com:8443");
        for address in ["javascript:alert(1)", "/pets", "https://a b/", "https://{host}/", "https://a'b/"] {
            assert_eq!(Tried::of(&endpoint(SiteTryIt::Shown, address)), None, "{address}");
        }
    }

    #[test]
    fn a_form_asks_for_what_the_path_needs() {
        let of = endpoint(SiteTryIt::Shown, "https://a.example/{b}/{a+}/{b}/{\"><script>}");
        let form = form(&of);
        assert_eq!(form.matches("name=\"{b}\"").count(), 1);
        assert!(form.contains("<label>a <input name=\"{a+}\" required>"), "{form}");
        assert!(!form.contains("<script>") && !form.contains("name=\"body\""), "{form}");
    }
}
