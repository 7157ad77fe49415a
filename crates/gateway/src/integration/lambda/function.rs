//! Which function an integration's URI names.

use base::{Arn, Scope};
use ports::functions::FunctionRef;

/// Not the URI of a Lambda function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FunctionUriError {
    /// Not `arn:aws:apigateway:{region}:{service}:path/…` or `…:action/…`.
    #[error("{uri} is not the ARN of an AWS service integration")]
    NotAnIntegration {
        /// As given.
        uri: String,
    },
    /// Another service than Lambda.
    #[error("{uri} is an integration with {service}")]
    OtherService {
        /// As given.
        uri: String,
        /// The service.
        service: String,
    },
    /// Lambda, but nothing that invokes a function and waits for its whole answer.
    #[error("{uri} does not invoke a Lambda function")]
    NotAnInvocation {
        /// As given.
        uri: String,
    },
}

/// The function that `uri` invokes. `uri` has its stage variables replaced:
/// `arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations`,
/// where the function is an ARN, a part of one, or a name, each with or without a version
/// or alias. What a part leaves out is the integration's region and `account`.
///
/// # Errors
/// If it does not invoke a Lambda function.
pub fn function(uri: &str, account: &str) -> Result<FunctionRef, FunctionUriError> {
    let arn: Arn = uri.parse().map_err(|_| FunctionUriError::NotAnIntegration { uri: uri.to_owned() })?;
    if arn.service != "apigateway" {
        return Err(FunctionUriError::NotAnIntegration { uri: uri.to_owned() });
    }
    // In these ARNs the account's place holds the service.
    if arn.account != "lambda" {
        let service = arn.account;
        return Err(FunctionUriError::OtherService { uri: uri.to_owned(), service });
    }
    let other = || FunctionUriError::NotAnInvocation { uri: uri.to_owned() };
    let named = arn
        .resource
        .strip_prefix("path")
        // Recorded from AWS: a doubled slash is accepted here.
        .map(|path| path.trim_start_matches('/'))
        .and_then(|path| path.strip_prefix("2015-03-31/functions/"))
        .and_then(|path| path.strip_suffix("/invocations"))
        .ok_or_else(other)?;
    of_name(named, account, &arn.region).ok_or_else(other)
}

fn of_name(named: &str, account: &str, region: &str) -> Option<FunctionRef> {
    let parts: Vec<&str> = named.split(':').collect();
    let (account, region, name, qualifier) = match parts.as_slice() {
        ["arn", _, "lambda", region, account, "function", name] => (*account, *region, *name, None),
        ["arn", _, "lambda", region, account, "function", name, qualifier] => {
            (*account, *region, *name, Some(*qualifier))
        }
        [account, "function", name] if is_account(account) => (*account, region, *name, None),
        [account, "function", name, qualifier] if is_account(account) => {
            (*account, region, *name, Some(*qualifier))
        }
        ["function", name] => (account, region, *name, None),
        ["function", name, qualifier] => (account, region, *name, Some(*qualifier)),
        [name] => (account, region, *name, None),
        [name, qualifier] => (account, region, *name, Some(*qualifier)),
        _ => return None,
    };
    let known = |text: &str| {
        !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'$'))
    };
    if !known(name) || !qualifier.is_none_or(known) || account.is_empty() || region.is_empty() {
        return None;
    }
    let qualifier = qualifier.filter(|qualifier| *qualifier != "$LATEST").map(str::to_owned);
    Some(FunctionRef { scope: Scope::new(account, region), name: name.to_owned(), qualifier })
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> Result<String, FunctionUriError> {
        function(&format!("arn:aws:apigateway:us-west-2:lambda:{path}"), "000000000000").map(|function| {
            let scope = function.scope;
            let qualifier = function.qualifier.map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
            format!("{}/{}/{}{qualifier}", scope.account(), scope.region(), function.name)
        })
    }

    #[test]
    fn each_form_names_its_function() {
        for (named, expected) in [
            ("arn:aws:lambda:eu-west-1:111111111111:function:orders", "111111111111/eu-west-1/orders"),
            (
                "arn:aws:lambda:eu-west-1:111111111111:function:orders:live",
                "111111111111/eu-west-1/orders:live",
            ),
            (
                "arn:aws:lambda:eu-west-1:111111111111:function:orders:$LATEST",
                "111111111111/eu-west-1/orders",
            ),
            ("arn:aws-cn:lambda:eu-west-1:111111111111:function:orders:3", "111111111111/eu-west-1/orders:3"),
            ("111111111111:function:orders", "111111111111/us-west-2/orders"),
            ("111111111111:function:orders:live", "111111111111/us-west-2/orders:live"),
            ("function:orders", "000000000000/us-west-2/orders"),
            ("orders", "000000000000/us-west-2/orders"),
            ("orders:live", "000000000000/us-west-2/orders:live"),
        ] {
            let path = format!("path/2015-03-31/functions/{named}/invocations");
            assert_eq!(found(&path).as_deref(), Ok(expected), "{named}");
        }
        assert_eq!(
            found("path//2015-03-31/functions/orders/invocations").as_deref(),
            Ok("000000000000/us-west-2/orders")
        );
    }

    #[test]
    fn what_invokes_no_function_is_refused() {
        for path in [
            "path/2015-03-31/functions//invocations",
            "path/2015-03-31/functions/orders",
            "path/2021-11-15/functions/orders/response-streaming-invocations",
            "path/2015-03-31/functions/a b/invocations",
            "path/2015-03-31/functions/a:b:c:d:e/invocations",
            "path/2015-03-31/functions/orders:/invocations",
            "action/Invoke",
        ] {
            assert!(matches!(found(path), Err(FunctionUriError::NotAnInvocation { .. })), "{path}");
        }
        assert_eq!(
            function("arn:aws:apigateway:us-west-2:s3:path/b/k", "000000000000"),
            Err(FunctionUriError::OtherService {
                uri: "arn:aws:apigateway:us-west-2:s3:path/b/k".into(),
                service: "s3".into()
            })
        );
        for uri in ["", "http://a/", "arn:aws:lambda:us-west-2:000000000000:function:orders"] {
            assert_eq!(
                function(uri, "000000000000"),
                Err(FunctionUriError::NotAnIntegration { uri: uri.to_owned() })
            );
        }
    }
}
