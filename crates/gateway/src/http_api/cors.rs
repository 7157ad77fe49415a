//! Cross-origin resource sharing, as an API configures it: preflight requests are answered here, and
//! what backends say of origins is replaced (API Gateway developer guide, "Configure CORS for HTTP APIs
//! in API Gateway").

use api::apigatewayv2::Cors as Stored;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderName, HeaderValue, ORIGIN, VARY,
};
use http::{Method, StatusCode};

use crate::exchange::{Body, Reply};
use crate::message::Headers;

/// How headers of the mechanism begin.
const FAMILY: &str = "access-control-";

const ANY: &str = "*";

/// What an API says of other origins.
#[derive(Clone, Debug, Default)]
pub(super) struct Cors {
    origins: Vec<Allowed>,
    credentials: bool,
    methods: Option<HeaderValue>,
    headers: Option<HeaderValue>,
    exposed: Option<HeaderValue>,
    max_age: Option<HeaderValue>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Allowed {
    Any,
    /// `https://*`: all that begin so.
    Beginning(Box<str>),
    One(Box<str>),
}

impl Cors {
    /// Of what is stored; nothing if that says nothing. What is no header's value is left out.
    pub(super) fn compile(stored: Option<&Stored>) -> Option<Self> {
        let stored = stored?;
        let listed = |list: Option<&Vec<String>>| {
            let list = list.filter(|list| !list.is_empty())?;
            HeaderValue::from_str(&list.join(",")).ok()
        };
        let origins = stored.allow_origins.iter().flatten().map(|origin| Allowed::named(origin)).collect();
        let cors = Self {
            origins,
            credentials: stored.allow_credentials == Some(true),
            methods: listed(stored.allow_methods.as_ref()),
            headers: listed(stored.allow_headers.as_ref()),
            exposed: listed(stored.expose_headers.as_ref()),
            max_age: stored.max_age.map(HeaderValue::from),
        };
        let says = !cors.origins.is_empty()
            || cors.credentials
            || [&cors.methods, &cors.headers, &cors.exposed, &cors.max_age].iter().any(|part| part.is_some());
        says.then_some(cors)
    }

    /// Whether a request only asks whether another may be sent (Fetch standard, "CORS-preflight
    /// request").
    pub(super) fn is_preflight(method: &Method, headers: &Headers) -> bool {
        *method == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// The answer to such a request. It says nothing to origins that are not allowed.
    pub(super) fn preflight(&self, origin: Option<&HeaderValue>) -> Reply {
        let mut headers = Headers::new();
        if self.allow(origin, &mut headers) {
            for (name, value) in [
                (ACCESS_CONTROL_ALLOW_METHODS, &self.methods),
                (ACCESS_CONTROL_ALLOW_HEADERS, &self.headers),
                (ACCESS_CONTROL_MAX_AGE, &self.max_age),
            ] {
                if let Some(value) = value {
                    headers.insert(name, value.clone());
                }
            }
        }
        Reply { status: StatusCode::NO_CONTENT, headers, body: Body::Empty }
    }

    /// Puts into an answer what the API says of the request's origin, in place of what is there.
    pub(super) fn mark(&self, origin: Option<&HeaderValue>, headers: &mut Headers) {
        let foreign: Vec<HeaderName> =
            headers.keys().filter(|name| name.as_str().starts_with(FAMILY)).cloned().collect();
        for name in foreign {
            headers.remove(name);
        }
        if self.allow(origin, headers)
            && let Some(exposed) = &self.exposed
        {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed.clone());
        }
    }

    /// Whether the origin is allowed; then `headers` say so.
    fn allow(&self, origin: Option<&HeaderValue>, headers: &mut Headers) -> bool {
        let Some(origin) = origin else { return false };
        let any = self.origins.contains(&Allowed::Any) && !self.credentials;
        if !any {
            // What is answered depends on who asks, and caches have to know.
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
        let text = origin.to_str().unwrap_or_default();
        if !self.origins.iter().any(|allowed| allowed.is(text)) {
            return false;
        }
        let allowed = if any { HeaderValue::from_static(ANY) } else { origin.clone() };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if self.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        true
    }
}

impl Allowed {
    fn named(origin: &str) -> Self {
        match origin.strip_suffix(ANY) {
            Some("") => Self::Any,
            Some(beginning) => Self::Beginning(beginning.to_ascii_lowercase().into()),
            None => Self::One(origin.trim_end_matches('/').to_ascii_lowercase().into()),
        }
    }

    /// Schemes and hosts are the same in any case.
    fn is(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Beginning(beginning) => {
                let begin = origin.get(..beginning.len());
                begin.is_some_and(|begin| begin.eq_ignore_ascii_case(beginning))
            }
            Self::One(one) => origin.eq_ignore_ascii_case(one),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cors(origins: &[&str], credentials: bool) -> Cors {
        let texts = |list: &[&str]| Some(list.iter().map(|text| (*text).to_owned()).collect());
        Cors::compile(Some(&Stored {
            allow_origins: texts(origins),
            allow_credentials: Some(credentials),
            allow_methods: texts(&["GET", "POST"]),
            allow_headers: texts(&["authorization", "x-own"]),
            expose_headers: texts(&["date", "x-api-id"]),
            max_age: Some(300),
        }))
        .unwrap()
    }

    fn lines(headers: &Headers) -> Vec<String> {
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
    }

    #[test]
    fn an_api_that_says_nothing_has_none() {
        assert!(Cors::compile(None).is_none());
        assert!(Cors::compile(Some(&Stored::default())).is_none());
    }

    /// The example values of the developer guide.
    #[test]
    fn origins_are_one_any_or_begin_so() {
        let answered = |origins: &[&str], credentials: bool, origin: &'static str| {
            let reply = cors(origins, credentials).preflight(Some(&HeaderValue::from_static(origin)));
            let allowed = reply.headers.get(ACCESS_CONTROL_ALLOW_ORIGIN);
            allowed.map(|value| value.to_str().unwrap().to_owned())
        };
        let one = ["https://www.example.com"];
        assert_eq!(answered(&one, false, "https://www.example.com").as_deref(), Some(one[0]));
        assert_eq!(
            answered(&one, false, "HTTPS://WWW.example.com").as_deref(),
            Some("HTTPS://WWW.example.com")
        );
        for other in
            ["https://www.example.com.evil", "http://www.example.com", "https://example.com", "null", ""]
        {
            assert_eq!(answered(&one, false, other), None, "{other}");
        }
        assert_eq!(answered(&["*"], false, "https://a.example").as_deref(), Some("*"));
        assert_eq!(answered(&["*"], true, "https://a.example").as_deref(), Some("https://a.example"));
        assert_eq!(
            answered(&["https://*"], false, "https://a.example").as_deref(),
            Some("https://a.example")
        );
        assert_eq!(answered(&["https://*"], false, "http://a.example"), None);
        assert_eq!(
            answered(&["http://a.example", "https://*"], false, "http://a.example").as_deref(),
            Some("http://a.example")
        );
    }

    #[test]
    fn a_preflight_is_told_what_may_be_sent() {
        let origin = HeaderValue::from_static("https://a.example");
        let reply = cors(&["https://a.example"], true).preflight(Some(&origin));
        assert_eq!(reply.status, 204);
        assert_eq!(
            lines(&reply.headers),
            [
                "vary: Origin",
                "access-control-allow-origin: https://a.example",
                "access-control-allow-credentials: true",
                "access-control-allow-methods: GET,POST",
                "access-control-allow-headers: authorization,x-own",
                "access-control-max-age: 300",
            ]
        );
        let stranger = HeaderValue::from_static("https://b.example");
        assert_eq!(
            lines(&cors(&["https://a.example"], true).preflight(Some(&stranger)).headers),
            ["vary: Origin"]
        );
    }

    /// "API Gateway ignores CORS headers returned from your backend integration."
    #[test]
    fn what_a_backend_says_of_origins_is_replaced() {
        let backends = || {
            let mut headers = Headers::new();
            headers.insert("etag", HeaderValue::from_static("e"));
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("https://evil.example"));
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("DELETE"));
            headers
        };
        let mut headers = backends();
        cors(&["*"], false).mark(Some(&HeaderValue::from_static("https://a.example")), &mut headers);
        assert_eq!(
            lines(&headers),
            ["etag: e", "access-control-allow-origin: *", "access-control-expose-headers: date,x-api-id"]
        );
        let mut headers = backends();
        cors(&["*"], false).mark(None, &mut headers);
        assert_eq!(lines(&headers), ["etag: e"]);
    }

    #[test]
    fn a_preflight_names_origin_and_method() {
        let is = |method: Method, names: &[&'static str]| {
            let headers =
                names.iter().map(|name| (HeaderName::from_static(name), HeaderValue::from_static("x")));
            Cors::is_preflight(&method, &headers.collect())
        };
        let both = ["origin", "access-control-request-method"];
        assert!(is(Method::OPTIONS, &both));
        assert!(!is(Method::GET, &both));
        assert!(!is(Method::OPTIONS, &both[..1]));
        assert!(!is(Method::OPTIONS, &both[1..]));
    }
}
