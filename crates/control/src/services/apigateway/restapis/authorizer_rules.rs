//! Which authorizers there may be (API Gateway API reference, `CreateAuthorizer`). Texts are not
//! recorded unless a comment says otherwise.

use api::apigateway::{Authorizer, AuthorizerType};
use base::Arn;

use super::super::limits;
use super::super::refusals::bad_request;
use super::{integration_rules, mapping};
use crate::{Failure, Outcome};

/// The rules that an authorizer alone can break; `account` is that of the caller.
pub(super) fn check(authorizer: &Authorizer, account: &str) -> Outcome<()> {
    let name = authorizer.name.as_deref().unwrap_or_default();
    if name.trim().is_empty() {
        return Err(bad_request("Authorizer name cannot be blank"));
    }
    if name.chars().count() > limits::NAME {
        let limit = limits::NAME;
        return Err(bad_request(format!("Invalid Authorizer name, can be at most {limit} characters.")));
    }
    let ttl = authorizer.authorizer_result_ttl_in_seconds;
    if ttl.is_some_and(|ttl| !limits::AUTHORIZER_TTL.contains(&ttl)) {
        return Err(bad_ttl());
    }
    let sources = authorizer.identity_source.as_deref();
    match authorizer.r#type {
        Some(AuthorizerType::CognitoUserPools) => {
            check_token_source(sources)?;
            check_providers(authorizer.provider_ar_ns.as_deref().unwrap_or_default())?;
        }
        Some(AuthorizerType::Request) => {
            check_uri(authorizer)?;
            let cached = ttl.unwrap_or(limits::DEFAULT_AUTHORIZER_TTL) > 0;
            check_request_sources(sources, cached)?;
        }
        Some(AuthorizerType::Token) | None => {
            check_uri(authorizer)?;
            check_token_source(sources)?;
        }
    }
    if let Some(expression) = &authorizer.identity_validation_expression {
        mapping::check_selection_pattern(expression)?;
    }
    integration_rules::check_credentials(authorizer.authorizer_credentials.as_deref(), account)
}

pub(super) fn bad_ttl() -> Failure {
    bad_request("Authorizer result TTL should be between 0 and 3600 seconds")
}

/// A Lambda function, called through API Gateway. The text is as users of AWS report it.
fn check_uri(authorizer: &Authorizer) -> Outcome<()> {
    let uri = authorizer.authorizer_uri.as_deref();
    let arn = uri.and_then(|uri| uri.parse::<Arn>().ok());
    let invokes = arn.is_some_and(|arn| {
        arn.service == "apigateway"
            && is_region(&arn.region)
            && arn.account == "lambda"
            && arn.resource.strip_prefix("path/").is_some_and(integration_rules::is_function)
    });
    if invokes {
        return Ok(());
    }
    Err(bad_request(format!(
        "Invalid Authorizer URI: {}. Authorizer URI should be a valid API Gateway ARN that represents a Lambda \
         function invocation.",
        uri.unwrap_or("null")
    )))
}

/// `us-east-1`, and not the word that stands for it in examples.
fn is_region(text: &str) -> bool {
    let mut parts = text.rsplit('-');
    let number = parts.next().unwrap_or_default();
    let words: Vec<&str> = parts.collect();
    let word = |word: &&str| !word.is_empty() && word.bytes().all(|c| c.is_ascii_lowercase());
    !number.is_empty()
        && number.bytes().all(|c| c.is_ascii_digit())
        && !words.is_empty()
        && words.iter().all(word)
}

/// One header. The text is as users of AWS report it.
fn check_token_source(source: Option<&str>) -> Outcome<()> {
    let name = source.and_then(|source| source.strip_prefix("method.request.header."));
    if name.is_some_and(is_source_name) {
        return Ok(());
    }
    Err(bad_request(format!(
        "Invalid token source expression: {}. The source must be a method request header, matching \
         'method.request.header.[a-zA-Z0-9._-]+'.",
        source.unwrap_or("null")
    )))
}

/// Headers, query string parameters, stage variables and context variables; one at least if
/// results are cached, because they are the key.
fn check_request_sources(sources: Option<&str>, cached: bool) -> Outcome<()> {
    let Some(sources) = sources else {
        // As users of AWS report it.
        return if cached { Err(bad_request("Invalid request input")) } else { Ok(()) };
    };
    const PLACES: [&str; 4] =
        ["method.request.header.", "method.request.querystring.", "stageVariables.", "context."];
    for source in sources.split(',').map(str::trim) {
        let named = |place: &&str| source.strip_prefix(*place).is_some_and(is_source_name);
        if !PLACES.iter().any(named) {
            return Err(mapping::bad_expression(source));
        }
    }
    Ok(())
}

fn is_source_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c))
}

fn check_providers(arns: &[String]) -> Outcome<()> {
    if arns.is_empty() {
        return Err(bad_request(
            "Provider ARNs must be specified for authorizers of type COGNITO_USER_POOLS",
        ));
    }
    let pool = |arn: &Arn| {
        let name = arn.resource.strip_prefix("userpool/");
        arn.service == "cognito-idp" && is_region(&arn.region) && name.is_some_and(|name| !name.is_empty())
    };
    match arns.iter().find(|arn| !arn.parse().is_ok_and(|arn| pool(&arn))) {
        Some(arn) => Err(bad_request(format!("Invalid Cognito User Pool ARN specified: {arn}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAMBDA: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\
                          arn:aws:lambda:us-east-1:000000000000:function:auth/invocations";

    fn of(kind: AuthorizerType) -> Authorizer {
        Authorizer {
            name: Some("a".to_owned()),
            r#type: Some(kind),
            authorizer_uri: Some(LAMBDA.to_owned()),
            identity_source: Some("method.request.header.X-Key".to_owned()),
            provider_ar_ns: Some(vec!["arn:aws:cognito-idp:eu-west-1:000000000000:userpool/x".to_owned()]),
            ..Authorizer::default()
        }
    }

    fn text(authorizer: &Authorizer) -> String {
        match check(authorizer, "000000000000") {
            Ok(()) => String::new(),
            Err(Failure::Service(error)) => error.message().unwrap_or_default().to_owned(),
            Err(Failure::Store(fault)) => fault.to_string(),
        }
    }

    #[test]
    fn each_type_can_be() {
        for kind in [AuthorizerType::Token, AuthorizerType::Request, AuthorizerType::CognitoUserPools] {
            assert_eq!(text(&of(kind)), "");
        }
    }

    /// The text is as users of AWS report it.
    #[test]
    fn the_uri_invokes_a_function() {
        let staged = LAMBDA.replace("function:auth", "function:${stageVariables.auth}");
        for (uri, taken) in [
            (Some(LAMBDA), true),
            (Some(staged.as_str()), true),
            (None, false),
            (Some("arn:aws:lambda:us-east-1:000000000000:function:auth"), false),
            (Some(&LAMBDA.replace("apigateway:us-east-1", "apigateway:region")), false),
            (Some(&LAMBDA.replace("/invocations", "")), false),
            (Some(&LAMBDA.replace("lambda:path", "s3:path")), false),
        ] {
            let mut authorizer = of(AuthorizerType::Token);
            authorizer.authorizer_uri = uri.map(str::to_owned);
            let expected = format!(
                "Invalid Authorizer URI: {}. Authorizer URI should be a valid API Gateway ARN that represents a \
                 Lambda function invocation.",
                uri.unwrap_or("null")
            );
            assert_eq!(text(&authorizer), if taken { "" } else { &expected });
        }
    }

    /// The first text and that of a missing source are as users of AWS report them.
    #[test]
    fn sources_belong_to_types() {
        let check = |kind, source: Option<&str>, ttl, expected: &str| {
            let authorizer = Authorizer {
                identity_source: source.map(str::to_owned),
                authorizer_result_ttl_in_seconds: ttl,
                ..of(kind)
            };
            assert_eq!(text(&authorizer), expected, "{source:?}");
        };
        let query = "method.request.querystring.key";
        let header = format!(
            "Invalid token source expression: {query}. The source must be a method request header, matching \
             'method.request.header.[a-zA-Z0-9._-]+'."
        );
        check(AuthorizerType::Token, Some(query), None, &header);
        check(AuthorizerType::CognitoUserPools, Some(query), None, &header);
        check(AuthorizerType::Token, None, None, &header.replace(query, "null"));
        check(AuthorizerType::Request, Some(query), None, "");
        let all = "method.request.header.a, method.request.querystring.b,stageVariables.c,context.d.e";
        check(AuthorizerType::Request, Some(all), None, "");
        check(AuthorizerType::Request, None, Some(0), "");
        check(AuthorizerType::Request, None, None, "Invalid request input");
        check(AuthorizerType::Request, None, Some(1), "Invalid request input");
        check(
            AuthorizerType::Request,
            Some("method.request.header.a,body"),
            None,
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping \
             expression specified: body]",
        );
    }

    #[test]
    fn both_sides_of_each_border() {
        let ttl = "Authorizer result TTL should be between 0 and 3600 seconds";
        for (seconds, expected) in [(0, ""), (3600, ""), (-1, ttl), (3601, ttl)] {
            let authorizer =
                Authorizer { authorizer_result_ttl_in_seconds: Some(seconds), ..of(AuthorizerType::Token) };
            assert_eq!(text(&authorizer), expected, "{seconds}");
        }
        for (name, expected) in [
            ("n".repeat(1024), ""),
            ("n".repeat(1025), "Invalid Authorizer name, can be at most 1024 characters."),
            (" ".to_owned(), "Authorizer name cannot be blank"),
        ] {
            let authorizer = Authorizer { name: Some(name), ..of(AuthorizerType::Token) };
            assert_eq!(text(&authorizer), expected);
        }
    }

    #[test]
    fn what_else_is_refused() {
        let token = of(AuthorizerType::Token);
        let bad = Authorizer { identity_validation_expression: Some("(".to_owned()), ..token.clone() };
        assert_eq!(text(&bad), "Invalid regex pattern specified");
        let credentials =
            |arn: &str| Authorizer { authorizer_credentials: Some(arn.to_owned()), ..token.clone() };
        assert_eq!(text(&credentials("arn:aws:iam::000000000000:role/r")), "");
        assert_eq!(
            text(&credentials("arn:aws:iam::111111111111:role/r")),
            "Cross-account pass role is not allowed."
        );
        assert_eq!(text(&credentials("x")), "Invalid ARN specified in the request");
        let pools = |arns: &[&str]| Authorizer {
            provider_ar_ns: Some(arns.iter().map(|arn| (*arn).to_owned()).collect()),
            ..of(AuthorizerType::CognitoUserPools)
        };
        assert_eq!(
            text(&pools(&[])),
            "Provider ARNs must be specified for authorizers of type COGNITO_USER_POOLS"
        );
        assert_eq!(
            text(&pools(&["arn:aws:s3:::x"])),
            "Invalid Cognito User Pool ARN specified: arn:aws:s3:::x"
        );
    }
}
