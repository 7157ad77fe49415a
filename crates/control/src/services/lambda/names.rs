//! The forms in which a function is named: `name`, `name:qualifier`, `account:function:name`,
//! and the ARN, each with or without a qualifier (Lambda API reference, `FunctionName`).

use base::{Arn, Scope};

use super::invalid;
use crate::call::Outcome;

/// A function as a caller named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FunctionName {
    region: Option<String>,
    account: Option<String>,
    pub(super) name: String,
    pub(super) qualifier: Option<String>,
}

impl FunctionName {
    /// Reads `text`; `qualifier` is the one that was given beside it.
    pub(super) fn parse(text: &str, qualifier: Option<&str>) -> Outcome<Self> {
        let (region, account, rest) = match text.parse::<Arn>() {
            Ok(arn) => {
                let Some(rest) = arn.resource.strip_prefix("function:") else { return Err(unreadable(text)) };
                (Some(arn.region), Some(arn.account), rest.to_owned())
            }
            Err(_) => match text.split_once(":function:") {
                Some((account, rest)) => (None, Some(account.to_owned()), rest.to_owned()),
                None => (None, None, text.to_owned()),
            },
        };
        let (name, inner) = match rest.split_once(':') {
            Some((name, inner)) => (name.to_owned(), Some(inner.to_owned())),
            None => (rest, None),
        };
        if name.is_empty() || name.contains(':') {
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
        let qualifier = qualifier.filter(|qualifier| qualifier != "$LATEST");
        Ok(Self { region, account, name, qualifier })
    }

    /// Whether the function is the scope's own.
    pub(super) fn is_within(&self, scope: &Scope) -> bool {
        self.account.as_deref().is_none_or(|account| account == scope.account())
            && self.region.as_deref().is_none_or(|region| region == scope.region())
    }

    /// The ARN, seen from `scope`, with the qualifier if there is one.
    pub(super) fn arn(&self, scope: &Scope) -> String {
        let region = self.region.as_deref().unwrap_or(scope.region());
        let account = self.account.as_deref().unwrap_or(scope.account());
        let arn = format!("arn:aws:lambda:{region}:{account}:function:{}", self.name);
        match &self.qualifier {
            Some(qualifier) => format!("{arn}:{qualifier}"),
            None => arn,
        }
    }
}

fn unreadable(text: &str) -> crate::call::Failure {
    invalid(format!("{text} is not the name or the ARN of a function."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_names_the_same_function() {
        let scope = Scope::new("000000000000", "us-west-2");
        for text in [
            "orders",
            "000000000000:function:orders",
            "arn:aws:lambda:us-west-2:000000000000:function:orders",
        ] {
            let name = FunctionName::parse(text, None).unwrap();
            assert_eq!(name.arn(&scope), "arn:aws:lambda:us-west-2:000000000000:function:orders", "{text}");
            assert!(name.is_within(&scope), "{text}");
            let name = FunctionName::parse(&format!("{text}:live"), None).unwrap();
            assert_eq!(name.qualifier.as_deref(), Some("live"), "{text}");
        }
    }

    #[test]
    fn others_functions_are_not_within() {
        let scope = Scope::new("000000000000", "us-west-2");
        for text in [
            "arn:aws:lambda:us-west-2:111111111111:function:orders",
            "arn:aws:lambda:eu-west-1:000000000000:function:orders",
            "111111111111:function:orders",
        ] {
            assert!(!FunctionName::parse(text, None).unwrap().is_within(&scope), "{text}");
        }
    }

    #[test]
    fn qualifiers_must_agree_and_latest_is_none() {
        assert!(FunctionName::parse("orders:live", Some("dev")).is_err());
        assert_eq!(
            FunctionName::parse("orders:live", Some("live")).unwrap().qualifier.as_deref(),
            Some("live")
        );
        assert_eq!(FunctionName::parse("orders", Some("$LATEST")).unwrap().qualifier, None);
        assert!(FunctionName::parse("arn:aws:lambda:us-west-2:000000000000:layer:x", None).is_err());
    }
}
