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
    /// Lambda, but nothing that invokes a function.
    #[error("{uri} does not invoke a Lambda function")]
    NotAnInvocation {
        /// As given.
        uri: String,
    },
    /// Lambda, but its answer would not come in the manner in which it is handed on.
    #[error("{uri} is not the URI of the response transfer mode {}", .manner.transfer_mode())]
    OtherManner {
        /// As given.
        uri: String,
        /// The manner that is wanted.
        manner: Manner,
    },
}

/// How a URI invokes its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// `Invoke`: the answer comes whole.
    Whole,
    /// `InvokeWithResponseStream`: the answer is streamed.
    Streaming,
}

impl Manner {
    /// What stands before and behind the function in paths.
    fn around(self) -> (&'static str, &'static str) {
        match self {
            Self::Whole => ("2015-03-31/functions/", "/invocations"),
            Self::Streaming => ("2021-11-15/functions/", "/response-streaming-invocations"),
        }
    }

    /// `responseTransferMode`.
    fn transfer_mode(self) -> &'static str {
        match self {
            Self::Whole => "BUFFERED",
            Self::Streaming => "STREAM",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Whole => Self::Streaming,
            Self::Streaming => Self::Whole,
        }
    }

    /// The path that invokes `function`.
    #[must_use]
    pub fn path(self, function: &str) -> String {
        let (before, behind) = self.around();
        format!("{before}{function}{behind}")
    }
}

/// The function that `uri` invokes, in this manner. `uri` has its stage variables replaced:
/// `arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations`, or
/// `…/2021-11-15/functions/{function}/response-streaming-invocations` if the answer is streamed,
/// where the function is an ARN, a part of one, or a name, each with or without a version
/// or alias. What a part leaves out is the integration's region and `account`.
///
/// # Errors
/// If it does not invoke a Lambda function, or in another manner.
pub fn function(uri: &str, account: &str, manner: Manner) -> Result<FunctionRef, FunctionUriError> {
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
    // Recorded from AWS: a doubled slash is accepted here.
    let path =
        arn.resource.strip_prefix("path").map(|path| path.trim_start_matches('/')).ok_or_else(other)?;
    let in_manner = |manner: Manner| {
        let (before, behind) = manner.around();
        path.strip_prefix(before)?.strip_suffix(behind)
    };
    let Some(named) = in_manner(manner) else {
        return Err(match in_manner(manner.other()) {
            Some(_) => FunctionUriError::OtherManner { uri: uri.to_owned(), manner },
            None => other(),
        });
    };
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
        found_in(path, Manner::Whole)
    }

    fn found_in(path: &str, manner: Manner) -> Result<String, FunctionUriError> {
        function(&format!("arn:aws:apigateway:us-west-2:lambda:{path}"), "000000000000", manner).map(
            |function| {
                let scope = function.scope;
                let qualifier =
                    function.qualifier.map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
                format!("{}/{}/{}{qualifier}", scope.account(), scope.region(), function.name)
            },
        )
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
    fn what_streams_has_a_path_of_its_own() {
        let streaming = Manner::Streaming.path("orders:live");
        assert_eq!(streaming, "2021-11-15/functions/orders:live/response-streaming-invocations");
        let path = format!("path/{streaming}");
        assert_eq!(found_in(&path, Manner::Streaming).as_deref(), Ok("000000000000/us-west-2/orders:live"));
        let path = format!("path/{}", Manner::Whole.path("orders"));
        let error = found_in(&path, Manner::Streaming).unwrap_err();
        let path = "arn:aws:apigateway:us-west-2:lambda:path/2015-03-31/functions/orders/invocations";
        assert_eq!(error.to_string(), format!("{path} is not the URI of the response transfer mode STREAM"));
        let error = found("path/2021-11-15/functions/orders/response-streaming-invocations").unwrap_err();
        assert!(error.to_string().ends_with("of the response transfer mode BUFFERED"), "{error}");
    }

    #[test]
    fn what_invokes_no_function_is_refused() {
        for path in [
            "path/2015-03-31/functions//invocations",
            "path/2015-03-31/functions/orders",
            "path/2015-03-31/functions/a b/invocations",
            "path/2015-03-31/functions/a:b:c:d:e/invocations",
            "path/2015-03-31/functions/orders:/invocations",
            "action/Invoke",
        ] {
            assert!(matches!(found(path), Err(FunctionUriError::NotAnInvocation { .. })), "{path}");
        }
        assert_eq!(
            function("arn:aws:apigateway:us-west-2:s3:path/b/k", "000000000000", Manner::Whole),
            Err(FunctionUriError::OtherService {
                uri: "arn:aws:apigateway:us-west-2:s3:path/b/k".into(),
                service: "s3".into()
            })
        );
        for uri in ["", "http://a/", "arn:aws:lambda:us-west-2:000000000000:function:orders"] {
            assert_eq!(
                function(uri, "000000000000", Manner::Whole),
                Err(FunctionUriError::NotAnIntegration { uri: uri.to_owned() })
            );
        }
    }
}
