//! The ARN of the method that a request has come to, as policies name it:
//! `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{verb}/{path}`.
//!
//! AWS asks for the path as it was sent. Paths that lead to the same resource can be written in
//! more than one way (escapes, doubled slashes, a slash at the end), so policies are asked for
//! the plainest writing too: what is said of the one is no way round what is said of the other.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use policy::Decision;

use super::Asking;
use crate::exchange::{Refusal, StageFacts};
use crate::rest::limits::METHOD_ARN_BYTES;

/// The ARN of a request's method, in both writings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MethodArn {
    /// With the path as it was sent.
    pub(super) sent: String,
    /// With the path in its plainest writing, if that is another one.
    plain: Option<String>,
}

impl MethodArn {
    /// Of the method that is asked for.
    pub(super) fn of(asking: Asking<'_>) -> Self {
        let Asking { stage: facts, verb, path, .. } = asking;
        let plain = plain(path);
        Self { sent: arn(facts, verb, path), plain: (plain != path).then(|| arn(facts, verb, &plain)) }
    }

    /// The same, for those who ask an authorizer or IAM.
    ///
    /// # Errors
    /// 414 if it is longer than AWS takes.
    pub(super) fn bounded(asking: Asking<'_>) -> Result<Self, Refusal> {
        let arn = Self::of(asking);
        if arn.sent.len() > METHOD_ARN_BYTES {
            return Err(Refusal::UriTooLong { what: "the method's ARN", limit: METHOD_ARN_BYTES });
        }
        Ok(arn)
    }

    /// What is said of both writings: they must both be allowed. For policies that people write.
    pub(super) fn of_all(&self, decide: impl Fn(&str) -> Decision) -> Decision {
        match (decide(&self.sent), self.plain.as_deref()) {
            (Decision::Allow, Some(plain)) => decide(plain),
            (Decision::NoMatch, Some(plain)) if decide(plain) == Decision::ExplicitDeny => {
                Decision::ExplicitDeny
            }
            (decision, _) => decision,
        }
    }

    /// What is said of the writing that was sent, unless the other is denied. For policies that
    /// authorizers make of the ARN that they were asked about.
    pub(super) fn of_sent(&self, decide: impl Fn(&str) -> Decision) -> Decision {
        match (decide(&self.sent), self.plain.as_deref()) {
            (Decision::Allow, Some(plain)) if decide(plain) == Decision::ExplicitDeny => {
                Decision::ExplicitDeny
            }
            (decision, _) => decision,
        }
    }

    /// As AWS shows it to those whom it refuses: with the last four digits of the account
    /// (`arn:aws:execute-api:us-west-2:********2543:vd2gh6uqw3/api/GET/`, as users quote it).
    pub(super) fn shown(&self) -> String {
        let mut parts: Vec<Cow<'_, str>> = self.sent.splitn(6, ':').map(Cow::from).collect();
        if let Some(account) = parts.get_mut(4) {
            let last = account.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
            *account = format!("********{}", account.get(last..).unwrap_or_default()).into();
        }
        parts.join(":")
    }
}

fn arn(of: &StageFacts, verb: &str, path: &str) -> String {
    let StageFacts { account_id, region, api_id, stage, .. } = of;
    format!("arn:aws:execute-api:{region}:{account_id}:{api_id}/{stage}/{verb}{path}")
}

/// A path without escapes, doubled slashes and a slash at its end.
fn plain(path: &str) -> Cow<'_, str> {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let doubled = decoded.contains("//");
    let ends = decoded.len() > 1 && decoded.ends_with('/');
    if !doubled && !ends {
        return decoded;
    }
    let mut plain = String::with_capacity(decoded.len());
    for part in decoded.split('/').filter(|part| !part.is_empty()) {
        plain.push('/');
        plain.push_str(part);
    }
    if plain.is_empty() {
        plain.push('/');
    }
    plain.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_plainest_writing() {
        for (path, expected) in [
            ("/", "/"),
            ("//", "/"),
            ("/a/b", "/a/b"),
            ("/a/b/", "/a/b"),
            ("/a//b", "/a/b"),
            ("/%61/b", "/a/b"),
            ("/a%2Fb", "/a/b"),
            ("/a%2F%2Fb%2F", "/a/b"),
        ] {
            assert_eq!(plain(path), expected, "{path}");
        }
    }

    #[test]
    fn both_writings_count() {
        use Decision::{Allow, ExplicitDeny, NoMatch};
        for (sent, plain, of_all, of_sent) in [
            (Allow, Allow, Allow, Allow),
            (Allow, NoMatch, NoMatch, Allow),
            (Allow, ExplicitDeny, ExplicitDeny, ExplicitDeny),
            (NoMatch, Allow, NoMatch, NoMatch),
            (NoMatch, NoMatch, NoMatch, NoMatch),
            (NoMatch, ExplicitDeny, ExplicitDeny, NoMatch),
            (ExplicitDeny, Allow, ExplicitDeny, ExplicitDeny),
        ] {
            let arn = MethodArn { sent: "sent".to_owned(), plain: Some("plain".to_owned()) };
            let decide = |which: &str| if which == "sent" { sent } else { plain };
            assert_eq!((arn.of_all(decide), arn.of_sent(decide)), (of_all, of_sent), "{sent:?} {plain:?}");
        }
    }

    #[test]
    fn most_of_the_account_is_hidden() {
        let shown = |sent: &str| MethodArn { sent: sent.to_owned(), plain: None }.shown();
        assert_eq!(
            shown("arn:aws:execute-api:us-west-2:111122223333:abc/prod/GET/a:b"),
            "arn:aws:execute-api:us-west-2:********3333:abc/prod/GET/a:b"
        );
        assert_eq!(
            shown("arn:aws:execute-api:r:12:abc/prod/GET/"),
            "arn:aws:execute-api:r:********12:abc/prod/GET/"
        );
    }
}
