//! The forms in which a function is named (Lambda API reference, `FunctionName`): the name, the
//! whole ARN, and the ARN without its first parts; each with or without a qualifier.

use base::Scope;

use super::{invalid, not_found};
use crate::call::{CallContext, Outcome};

/// The qualifier of what is not published.
pub(crate) const LATEST: &str = "$LATEST";

/// A function as a caller named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionName {
    region: Option<String>,
    account: Option<String>,
    pub(crate) name: String,
    /// As it was given, `$LATEST` too: that is another thing than none to whoever deletes or
    /// permits.
    pub(crate) qualifier: Option<String>,
}

impl FunctionName {
    /// Reads `text`; `qualifier` is the one that was given beside it.
    pub(crate) fn parse(text: &str, qualifier: Option<&str>) -> Outcome<Self> {
        let mut parts = text.split(':').peekable();
        let is_arn = parts.next_if_eq(&"arn").is_some();
        if is_arn && (parts.next(), parts.next()) != (Some("aws"), Some("lambda")) {
            return Err(unreadable(text));
        }
        let mut rest: Vec<&str> = parts.collect();
        // Each of these may be left out, so that a name is read as one only if another follows.
        let mut lead = |is: fn(&str) -> bool| match rest.as_slice() {
            [first, _, ..] if is(first) => Some(rest.remove(0).to_owned()),
            _ => None,
        };
        let region = lead(is_region);
        let account = lead(is_account);
        let function = lead(|part| part == "function");
        let is_whole = region.is_some() && account.is_some() && function.is_some();
        let (name, inner) = match rest.as_slice() {
            [name] => (*name, None),
            [name, qualifier] => (*name, Some((*qualifier).to_owned())),
            _ => return Err(unreadable(text)),
        };
        if name.is_empty() || (is_arn && !is_whole) {
            return Err(unreadable(text));
        }
        let qualifier = match (inner, qualifier) {
            (Some(inner), Some(outer)) if inner != outer => {
                return Err(invalid(
                    "The derived qualifier from the function name does not match the specified qualifier.",
                ));
            }
            (inner, outer) => inner.or_else(|| outer.map(str::to_owned)),
        };
        Ok(Self { region, account, name: name.to_owned(), qualifier })
    }

    /// Reads `text` for an operation that is for whole functions.
    pub(super) fn unqualified(text: &str) -> Outcome<Self> {
        let name = Self::parse(text, None)?;
        if name.qualifier.is_some() {
            return Err(invalid(
                "This operation is permitted on Lambda functions only. Aliases and versions do not support \
                 this operation. Please specify either a function name or an unqualified function ARN.",
            ));
        }
        Ok(name)
    }

    /// The version or alias that is meant; `None` for what is not published.
    pub(crate) fn published(&self) -> Option<&str> {
        self.qualifier.as_deref().filter(|qualifier| *qualifier != LATEST)
    }

    /// Whether the function is the scope's own.
    pub(crate) fn is_within(&self, scope: &Scope) -> bool {
        self.account.as_deref().is_none_or(|account| account == scope.account())
            && self.region.as_deref().is_none_or(|region| region == scope.region())
    }

    /// Refuses other regions' and other accounts' functions. Those of other accounts could be
    /// opened to this one by their resource policies, which is not built for callers of Lambda's
    /// API: they stay closed.
    pub(super) fn require_within(&self, context: &CallContext) -> Outcome<()> {
        let scope = &context.scope;
        if let Some(region) = self.region.as_deref().filter(|region| *region != scope.region()) {
            return Err(not_found(format!(
                "Functions from '{region}' are not reachable in this region ('{}')",
                scope.region()
            )));
        }
        if !self.is_within(scope) {
            return Err(wire::ServiceError::access_denied(format!(
                "User: {} is not authorized to perform this operation on resource: {}",
                context.caller.arn(),
                self.arn(scope)
            ))
            .into());
        }
        Ok(())
    }

    /// The ARN, seen from `scope`, with the qualifier if there is one.
    pub(crate) fn arn(&self, scope: &Scope) -> String {
        match &self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}", self.unqualified_arn(scope)),
            None => self.unqualified_arn(scope),
        }
    }

    /// The ARN, seen from `scope`, of the function itself.
    pub(super) fn unqualified_arn(&self, scope: &Scope) -> String {
        let region = self.region.as_deref().unwrap_or(scope.region());
        let account = self.account.as_deref().unwrap_or(scope.account());
        format!("arn:aws:lambda:{region}:{account}:function:{}", self.name)
    }
}

/// `us-east-1`, `us-gov-west-1`: a region is told from a name by its form.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, .., last] = parts.as_slice() else { return false };
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_lowercase());
    let middle = parts.get(1..parts.len() - 1).unwrap_or_default();
    first.len() == 2
        && is_word(first)
        && matches!(last.as_bytes(), [digit] if digit.is_ascii_digit())
        && (1..=2).contains(&middle.len())
        && middle.iter().all(is_word)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit())
}

fn unreadable(text: &str) -> crate::call::Failure {
    invalid(format!("{text} is not the name or the ARN of a function."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: &str = "arn:aws:lambda:us-west-2:000000000000:function:orders";

    fn scope() -> Scope {
        Scope::new("000000000000", "us-west-2")
    }

    /// The forms that the pattern of the Lambda API reference, `FunctionName`, takes.
    #[test]
    fn every_form_names_the_same_function() {
        for text in [
            "orders",
            "function:orders",
            "000000000000:orders",
            "000000000000:function:orders",
            "us-west-2:000000000000:function:orders",
            ORDERS,
        ] {
            let name = FunctionName::parse(text, None).unwrap();
            assert_eq!(name.arn(&scope()), ORDERS, "{text}");
            assert!(name.is_within(&scope()), "{text}");
            for qualifier in ["live", "7", LATEST] {
                let name = FunctionName::parse(&format!("{text}:{qualifier}"), None).unwrap();
                assert_eq!(name.qualifier.as_deref(), Some(qualifier), "{text}");
                assert_eq!(name.arn(&scope()), format!("{ORDERS}:{qualifier}"), "{text}");
            }
        }
    }

    #[test]
    fn names_may_look_like_other_parts() {
        for text in ["function", "000000000000", "us-west-2"] {
            let name = FunctionName::parse(text, None).unwrap();
            assert_eq!((&*name.name, name.qualifier), (text, None));
        }
    }

    #[test]
    fn others_functions_are_not_within() {
        for text in [
            "arn:aws:lambda:us-west-2:111111111111:function:orders",
            "arn:aws:lambda:eu-west-1:000000000000:function:orders",
            "arn:aws:lambda:us-gov-west-1:000000000000:function:orders",
            "111111111111:function:orders",
        ] {
            assert!(!FunctionName::parse(text, None).unwrap().is_within(&scope()), "{text}");
        }
    }

    #[test]
    fn qualifiers_must_agree() {
        let parsed = |text, qualifier| FunctionName::parse(text, qualifier).map(|name| name.qualifier);
        assert!(parsed("orders:live", Some("dev")).is_err());
        assert_eq!(parsed("orders:live", Some("live")).unwrap().as_deref(), Some("live"));
        assert_eq!(parsed("orders", Some("live")).unwrap().as_deref(), Some("live"));
    }

    #[test]
    fn latest_is_not_published() {
        let published = |qualifier| {
            let name = FunctionName::parse("orders", qualifier).unwrap();
            name.published().map(str::to_owned)
        };
        assert_eq!(published(None), None);
        assert_eq!(published(Some(LATEST)), None);
        assert_eq!(published(Some("1")).as_deref(), Some("1"));
    }

    #[test]
    fn other_texts_name_nothing() {
        for text in [
            "",
            ":live",
            "a:b:c",
            "arn:aws:lambda:us-west-2:000000000000:layer:x",
            "arn:aws:s3:us-west-2:000000000000:function:orders",
            "arn:aws-cn:lambda:us-west-2:000000000000:function:orders",
            "arn:aws:lambda:orders",
            "arn:aws:lambda:us-west-2:000000000000:orders",
        ] {
            assert!(FunctionName::parse(text, None).is_err(), "{text}");
        }
    }
}
