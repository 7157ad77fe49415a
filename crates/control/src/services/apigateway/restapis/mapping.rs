//! What may stand in parameter mappings, as names on the left and expressions on the right, and
//! as content types of templates and models (API Gateway developer guide, "Amazon API Gateway
//! API request and response data mapping reference"). Refusals collect all faults of one kind,
//! in AWS's frame; the texts are recorded from AWS.

use api::apigateway::{Method, MethodResponse};
use indexmap::IndexMap;
use jsonpath::JsonPath;
use regex::RegexBuilder;

use super::super::limits;
use super::super::refusals::bad_request;
use crate::{Failure, Outcome};

/// Refuses declared parameters that do not name a place in a request, or share a name.
pub(super) fn check_method_parameters<'a>(parameters: impl Iterator<Item = &'a String>) -> Outcome<()> {
    let mut names = Vec::new();
    let mut faults = Vec::new();
    for parameter in parameters {
        match place(parameter, "method.request.", &REQUEST_PLACES) {
            Some(name) if !is_name(name) => faults.push(BAD_NAME.to_owned()),
            Some(name) if names.contains(&name) => {
                return Err(bad_request(
                    "Parameter names must be unique across querystring, header and path",
                ));
            }
            Some(name) => names.push(name),
            None => faults.push(bad_parameter(parameter)),
        }
    }
    none(faults)
}

/// Refuses declared response parameters that are no headers.
pub(super) fn check_response_headers<'a>(parameters: impl Iterator<Item = &'a String>) -> Outcome<()> {
    let faults = parameters
        .filter(|parameter| place(parameter, "method.response.", &["header"]).is_none())
        .map(|parameter| bad_parameter(parameter));
    none(faults.collect())
}

/// Refuses mappings into an integration's request that have a bad side, or take a parameter that
/// the method does not declare.
pub(super) fn check_request_mapping(mapping: &IndexMap<String, String>, method: &Method) -> Outcome<()> {
    let mut faults = Vec::new();
    for (target, expression) in mapping {
        if place(target, "integration.request.", &["header", "querystring", "path"]).is_none() {
            faults.push(bad_parameter(target));
        }
        match source(expression, "method.request.", &REQUEST_PLACES) {
            Some(Source::Parameter(at, name)) if !declares(method, at, name) => {
                faults.push(bad_parameter(expression));
            }
            Some(_) => {}
            None => faults.push(not_a_source(expression)),
        }
    }
    none(faults)
}

/// Refuses mappings into a method's response that have a bad side, or set a header that the
/// method does not declare for the status.
pub(super) fn check_response_mapping(
    mapping: &IndexMap<String, String>,
    response: Option<&MethodResponse>,
) -> Outcome<()> {
    if mapping.is_empty() {
        return Ok(());
    }
    let Some(response) = response else {
        return none(vec!["No method response exists for method.".to_owned()]);
    };
    let mut faults = Vec::new();
    for (target, expression) in mapping {
        let declared = response.response_parameters.as_ref().is_some_and(|known| known.contains_key(target));
        if !declared {
            faults.push(bad_parameter(target));
        }
        if source(expression, "integration.response.", &["header", "multivalueheader"]).is_none() {
            faults.push(not_a_source(expression));
        }
    }
    none(faults)
}

/// Refuses parameters of gateway responses that have a bad side. The body of the request is not
/// there for them.
pub(super) fn check_gateway_response_mapping(mapping: &IndexMap<String, String>) -> Outcome<()> {
    let places = ["header", "querystring", "path"];
    let mut faults = Vec::new();
    for (target, expression) in mapping {
        if place(target, "gatewayresponse.", &places).is_none() {
            faults.push(bad_parameter(target));
        }
        let body = expression.starts_with("method.request.body");
        if body || source(expression, "method.request.", &REQUEST_PLACES).is_none() {
            faults.push(not_a_source(expression));
        }
    }
    none(faults)
}

/// The refusal of an expression that takes nothing.
pub(super) fn bad_expression(expression: &str) -> Failure {
    bad_mapping(&[not_a_source(expression)])
}

/// Refuses keys of cached responses that are no parameter of the method or the integration.
pub(super) fn check_cache_keys(
    keys: &[String],
    method: &Method,
    mapping: Option<&IndexMap<String, String>>,
) -> Outcome<()> {
    let known = |key: &String| {
        method.request_parameters.as_ref().is_some_and(|declared| declared.contains_key(key))
            || mapping.is_some_and(|mapping| mapping.contains_key(key))
    };
    if keys.iter().all(known) { Ok(()) } else { Err(bad_request("Invalid cache key parameter specified")) }
}

/// Refuses what is no `type/subtype`.
pub(super) fn check_content_types<'a>(types: impl IntoIterator<Item = &'a String>) -> Outcome<()> {
    let faults: Vec<_> = types
        .into_iter()
        .filter(|content_type| !is_content_type(content_type))
        .map(|content_type| format!("Invalid content type specified: {content_type}"))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(bad_request(validation_result(&faults))) }
}

/// Templates as they are stored: an empty one is kept as null (recorded from AWS).
pub(super) fn templates(
    given: Option<&IndexMap<String, Option<String>>>,
) -> Outcome<Option<IndexMap<String, Option<String>>>> {
    let Some(given) = given.filter(|given| !given.is_empty()) else { return Ok(None) };
    check_content_types(given.keys())?;
    let mut templates = IndexMap::new();
    for (content_type, template) in given {
        templates.insert(content_type.clone(), self::template(content_type, template.as_deref())?);
    }
    Ok(Some(templates))
}

/// One template as it is stored.
pub(super) fn template(content_type: &str, text: Option<&str>) -> Outcome<Option<String>> {
    match text {
        None | Some("") => Ok(None),
        Some(text) if text.len() > limits::TEMPLATE => {
            // The text is not recorded.
            let limit = limits::TEMPLATE;
            Err(bad_request(format!("The template for {content_type} is larger than {limit} bytes.")))
        }
        Some(text) => Ok(Some(text.to_owned())),
    }
}

/// Refuses selection patterns that are no regular expressions of Java's.
pub(super) fn check_selection_pattern(pattern: &str) -> Outcome<()> {
    // What Java knows and Rust's engine does not: it is left to the deployment to refuse.
    const JAVA_ONLY: [&str; 9] = ["(?=", "(?!", "(?<=", "(?<!", "(?>", "*+", "++", "?+", "&&"];
    let compiles = RegexBuilder::new(pattern).size_limit(1 << 20).build().is_ok();
    let backreference = pattern.as_bytes().windows(2).any(|pair| matches!(pair, [b'\\', b'1'..=b'9']));
    if compiles || backreference || JAVA_ONLY.iter().any(|only| pattern.contains(only)) {
        return Ok(());
    }
    Err(bad_request("Invalid regex pattern specified"))
}

const REQUEST_PLACES: [&str; 5] =
    ["querystring", "path", "header", "multivaluequerystring", "multivalueheader"];

const BAD_NAME: &str = "Parameter name should match the following regular expression: ^[a-zA-Z0-9._$-]+$";

/// What the right side of a mapping takes.
enum Source<'a> {
    /// A parameter: where it is, and its name.
    Parameter(&'a str, &'a str),
    /// Something that needs no declaration.
    Other,
}

/// Reads the right side of a mapping; `prefix` and `places` say which parameters it may take.
fn source<'a>(expression: &'a str, prefix: &str, places: &[&str]) -> Option<Source<'a>> {
    let quoted = expression.len() >= 2 && expression.starts_with('\'') && expression.ends_with('\'');
    // Claims have names of any characters: `context.authorizer.claims.custom:team`.
    let context = expression.strip_prefix("context.");
    let context = context.is_some_and(|name| !name.is_empty() && !name.contains(char::is_whitespace));
    if quoted || context || expression.strip_prefix("stageVariables.").is_some_and(is_name) {
        return Some(Source::Other);
    }
    let rest = expression.strip_prefix(prefix)?;
    if rest == "body" || rest.strip_prefix("body.").is_some_and(|path| JsonPath::compile(path).is_ok()) {
        return Some(Source::Other);
    }
    let (at, name) = rest.split_once('.')?;
    (places.contains(&at) && is_name(name)).then_some(Source::Parameter(at, name))
}

/// The name in `{prefix}{place}.{name}`, if the place is one of `places`.
fn place<'a>(text: &'a str, prefix: &str, places: &[&str]) -> Option<&'a str> {
    let (at, name) = text.strip_prefix(prefix)?.split_once('.')?;
    (places.contains(&at) && !name.is_empty()).then_some(name)
}

/// Whether the method declares the parameter. One that is taken with all its values may be
/// declared as one with a single value.
fn declares(method: &Method, at: &str, name: &str) -> bool {
    let places = [at, at.strip_prefix("multivalue").unwrap_or(at)];
    method.request_parameters.as_ref().is_some_and(|declared| {
        places.iter().any(|at| declared.contains_key(&format!("method.request.{at}.{name}")))
    })
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"._$-".contains(&c))
}

fn is_content_type(text: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty() && part.bytes().all(|c| c.is_ascii_alphanumeric() || b"!#$&^_.+-*".contains(&c))
    };
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    essence.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

fn not_a_source(expression: &str) -> String {
    format!("Invalid mapping expression specified: {expression}")
}

fn bad_parameter(parameter: &str) -> String {
    format!("Invalid mapping expression parameter specified: {parameter}")
}

fn none(faults: Vec<String>) -> Outcome<()> {
    if faults.is_empty() { Ok(()) } else { Err(bad_mapping(&faults)) }
}

fn bad_mapping(faults: &[String]) -> Failure {
    bad_request(format!("Invalid mapping expression specified: {}", validation_result(faults)))
}

fn validation_result(faults: &[String]) -> String {
    format!("Validation Result: warnings : [], errors : [{}]", faults.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(outcome: Outcome<()>) -> String {
        match outcome {
            Ok(()) => String::new(),
            Err(Failure::Service(error)) => error.message().unwrap_or_default().to_owned(),
            Err(Failure::Store(fault)) => fault.to_string(),
        }
    }

    fn one(key: &str, value: &str) -> IndexMap<String, String> {
        IndexMap::from([(key.to_owned(), value.to_owned())])
    }

    fn method(declared: &[&str]) -> Method {
        let parameters = declared.iter().map(|name| ((*name).to_owned(), false)).collect();
        Method { request_parameters: Some(parameters), ..Method::default() }
    }

    const FRAME: &str = "Invalid mapping expression specified: Validation Result: warnings : [], errors : [";

    /// API Gateway developer guide, "Amazon API Gateway API request and response data mapping
    /// reference".
    #[test]
    fn a_request_is_mapped_from_these() {
        let method = method(&[
            "method.request.querystring.q",
            "method.request.path.id",
            "method.request.header.x-a",
            "method.request.multivaluequerystring.m",
        ]);
        for expression in [
            "method.request.querystring.q",
            "method.request.multivaluequerystring.q",
            "method.request.multivaluequerystring.m",
            "method.request.path.id",
            "method.request.header.x-a",
            "method.request.body",
            "method.request.body.$.a.b[0]",
            "stageVariables.x",
            "context.identity.sourceIp",
            "context.authorizer.claims.custom:team",
            "'static, quoted'",
            "''",
        ] {
            let mapping = one("integration.request.header.x", expression);
            assert_eq!(text(check_request_mapping(&mapping, &method)), "", "{expression}");
        }
    }

    /// Texts recorded from AWS.
    #[test]
    fn bad_request_mappings_are_refused() {
        let method = method(&["method.request.querystring.q"]);
        let check = |target: &str, expression: &str, expected: &str| {
            let refused = text(check_request_mapping(&one(target, expression), &method));
            assert_eq!(refused, format!("{FRAME}{expected}]"));
        };
        let header = "integration.request.header.x";
        for expression in [
            "true",
            "",
            "'",
            "method.request.cookie.x",
            "method.response.header.x",
            "context.",
            "body",
            "method.request.body.",
            "method.request.body.$.a..",
            "method.request.body.$[?(@.x =]",
        ] {
            check(header, expression, &format!("Invalid mapping expression specified: {expression}"));
        }
        check(
            header,
            "method.request.querystring.other",
            "Invalid mapping expression parameter specified: method.request.querystring.other",
        );
        for target in
            ["x", "integration.request.body", "integration.request.header.", "method.request.header.x"]
        {
            check(target, "'x'", &format!("Invalid mapping expression parameter specified: {target}"));
        }
        check(
            "x",
            "true",
            "Invalid mapping expression parameter specified: x, Invalid mapping expression specified: true",
        );
    }

    /// Texts recorded from AWS.
    #[test]
    fn a_response_maps_into_declared_headers() {
        let target = "method.response.header.x";
        let response = MethodResponse {
            response_parameters: Some(IndexMap::from([(target.to_owned(), false)])),
            ..MethodResponse::default()
        };
        for expression in [
            "integration.response.header.Location",
            "integration.response.multivalueheader.Set-Cookie",
            "integration.response.body",
            "integration.response.body.$.x",
            "stageVariables.x",
            "context.requestId",
            "'*'",
        ] {
            let refused = text(check_response_mapping(&one(target, expression), Some(&response)));
            assert_eq!(refused, "", "{expression}");
        }
        assert_eq!(
            text(check_response_mapping(&one(target, "true"), Some(&response))),
            format!("{FRAME}Invalid mapping expression specified: true]")
        );
        assert_eq!(
            text(check_response_mapping(&one("method.response.header.y", "'*'"), Some(&response))),
            format!("{FRAME}Invalid mapping expression parameter specified: method.response.header.y]")
        );
        assert_eq!(
            text(check_response_mapping(&one(target, "'*'"), None)),
            format!("{FRAME}No method response exists for method.]")
        );
        assert_eq!(text(check_response_mapping(&IndexMap::new(), None)), "");
    }

    /// Texts recorded from AWS.
    #[test]
    fn declared_parameters_name_a_place() {
        let check = |names: &[&str], expected: &str| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(text(check_method_parameters(names.iter())), expected, "{names:?}");
        };
        check(&["method.request.querystring.a", "method.request.path.b", "method.request.header.c"], "");
        check(&["method.request.multivalueheader.a", "method.request.multivaluequerystring.b"], "");
        check(
            &["method.request.body.a"],
            &format!("{FRAME}Invalid mapping expression parameter specified: method.request.body.a]"),
        );
        check(&["method.request.querystring.page[size]"], &format!("{FRAME}{BAD_NAME}]"));
        check(
            &["method.request.querystring.a", "method.request.path.a"],
            "Parameter names must be unique across querystring, header and path",
        );
    }

    /// The text is recorded from AWS.
    #[test]
    fn content_types_have_two_parts() {
        let check = |text_of: &str| text(check_content_types([&text_of.to_owned()]));
        for good in ["application/json", "application/vnd.api+json", "text/plain; charset=utf-8", "*/*"] {
            assert_eq!(check(good), "", "{good}");
        }
        for bad in ["123", "", "application/", "/json", "a b/c", "a/b/c"] {
            let expected =
                format!("Validation Result: warnings : [], errors : [Invalid content type specified: {bad}]");
            assert_eq!(check(bad), expected);
        }
    }

    #[test]
    fn patterns_are_javas() {
        for good in ["", r"4\d{2}", ".*four hundred.*", "(?!200).*", r"(a)\1", "a*+"] {
            assert_eq!(text(check_selection_pattern(good)), "", "{good}");
        }
        for bad in ["(", "[", "a)", "*"] {
            assert_eq!(text(check_selection_pattern(bad)), "Invalid regex pattern specified", "{bad}");
        }
    }

    #[test]
    fn templates_end_at_three_hundred_kilobytes() {
        let of = |size| template("a/b", Some(&"x".repeat(size)));
        assert_eq!(of(300 * 1024).unwrap().map(|text| text.len()), Some(300 * 1024));
        assert_eq!(text(of(300 * 1024 + 1).map(drop)), "The template for a/b is larger than 307200 bytes.");
    }
}
