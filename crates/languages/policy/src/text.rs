//! Values with policy variables: `home/${aws:username}/*` (IAM user guide, "IAM policy
//! elements: Variables and tags").

use std::borrow::Cow;

use crate::glob::{Case, Glob, Piece, pieces};
use crate::request::Context;

/// How a policy's text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// `${…}` is a variable: in policies of version 2012-10-17.
    pub(crate) variables: bool,
    /// `*` and `?` are wildcards.
    pub(crate) wildcards: bool,
}

/// A part of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(Box<str>),
    Any,
    One,
    /// `${key}` or `${key, 'default'}`; the key in lower case.
    Variable {
        key: Box<str>,
        default: Option<Box<str>>,
    },
}

/// Takes a value apart. `Err` holds what a malformed variable should be.
pub(crate) fn parts(text: &str, reading: Reading) -> Result<Vec<Part>, &'static str> {
    let mut out = Vec::new();
    let mut rest = text;
    while reading.variables
        && let Some((before, inside)) = rest.split_once("${")
    {
        push_literal(&mut out, before, reading);
        let (inside, after) = inside.split_once('}').ok_or("a variable that ends with }")?;
        out.push(match inside {
            "*" | "?" | "$" => Part::Literal(inside.into()),
            _ => variable(inside)?,
        });
        rest = after;
    }
    push_literal(&mut out, rest, reading);
    Ok(out)
}

fn push_literal(out: &mut Vec<Part>, text: &str, reading: Reading) {
    if !reading.wildcards {
        if !text.is_empty() {
            out.push(Part::Literal(text.into()));
        }
        return;
    }
    out.extend(pieces(text).map(|piece| match piece {
        Piece::Literal(text) => Part::Literal(text.into()),
        Piece::Any => Part::Any,
        Piece::One => Part::One,
    }));
}

fn variable(inside: &str) -> Result<Part, &'static str> {
    let (key, default) = match inside.split_once(',') {
        None => (inside, None),
        Some((key, default)) => {
            let quoted = default.trim().strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
            (key, Some(quoted.ok_or("a variable with its default in single quotes")?.into()))
        }
    };
    let key = key.trim();
    if key.is_empty() || key.contains("${") {
        return Err("a variable with a name");
    }
    Ok(Part::Variable { key: key.to_ascii_lowercase().into(), default })
}

/// Puts the request's values in the variables' places; they stand for themselves, stars and
/// all. `None` if one has no value and no default, or several values.
fn resolve<'p>(parts: &'p [Part], context: &'p Context<'_>) -> Option<Vec<Piece<'p>>> {
    parts
        .iter()
        .map(|part| {
            Some(match part {
                Part::Literal(text) => Piece::Literal(text),
                Part::Any => Piece::Any,
                Part::One => Piece::One,
                Part::Variable { key, default } => {
                    Piece::Literal(context.single(key).or(default.as_deref())?)
                }
            })
        })
        .collect()
}

fn has_variables(parts: &[Part]) -> bool {
    parts.iter().any(|part| matches!(part, Part::Variable { .. }))
}

fn as_pieces(parts: &[Part]) -> impl Iterator<Item = Piece<'_>> {
    parts.iter().filter_map(|part| match part {
        Part::Literal(text) => Some(Piece::Literal(text)),
        Part::Any => Some(Piece::Any),
        Part::One => Some(Piece::One),
        Part::Variable { .. } => None,
    })
}

/// A pattern that may have variables: of a resource, or of `StringLike`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    Fixed(Glob),
    Variable(Vec<Part>),
}

impl Pattern {
    pub(crate) fn parse(text: &str, variables: bool) -> Result<Self, &'static str> {
        let parts = parts(text, Reading { variables, wildcards: true })?;
        Ok(if has_variables(&parts) {
            Self::Variable(parts)
        } else {
            Self::Fixed(Glob::of(as_pieces(&parts)))
        })
    }

    /// Whether the text is of this pattern; `None` if a variable has no value.
    pub(crate) fn matches(&self, text: &str, context: &Context<'_>) -> Option<bool> {
        match self {
            Self::Fixed(glob) => Some(glob.matches(text, Case::Exact)),
            Self::Variable(parts) => Some(Glob::of(resolve(parts, context)?).matches(text, Case::Exact)),
        }
    }
}

/// A text that may have variables but no wildcards: of `StringEquals`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Exact {
    Fixed(Box<str>),
    Variable(Vec<Part>),
}

impl Exact {
    pub(crate) fn parse(text: &str, variables: bool) -> Result<Self, &'static str> {
        let parts = parts(text, Reading { variables, wildcards: false })?;
        Ok(if has_variables(&parts) {
            Self::Variable(parts)
        } else {
            Self::Fixed(as_pieces(&parts).filter_map(literal).collect::<String>().into())
        })
    }

    /// The text; `None` if a variable has no value.
    pub(crate) fn resolve<'p>(&'p self, context: &'p Context<'_>) -> Option<Cow<'p, str>> {
        match self {
            Self::Fixed(text) => Some(Cow::Borrowed(text)),
            Self::Variable(parts) => {
                Some(resolve(parts, context)?.into_iter().filter_map(literal).collect::<String>().into())
            }
        }
    }
}

fn literal<'a>(piece: Piece<'a>) -> Option<&'a str> {
    if let Piece::Literal(text) = piece { Some(text) } else { None }
}

/// A pattern of an ARN, for the Arn operators: each of the six parts between the colons is
/// matched for itself, so that a star does not reach beyond its part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ArnPattern {
    /// `*` alone.
    Any,
    Fixed(Box<[Glob; 6]>),
    Variable(Vec<Part>),
}

impl ArnPattern {
    pub(crate) fn parse(text: &str, variables: bool) -> Result<Self, &'static str> {
        let parts = parts(text, Reading { variables, wildcards: true })?;
        if parts == [Part::Any] {
            return Ok(Self::Any);
        }
        if has_variables(&parts) {
            return Ok(Self::Variable(parts));
        }
        let segments = segments(as_pieces(&parts)).ok_or("an ARN of six parts, or *")?;
        Ok(Self::Fixed(Box::new(segments)))
    }

    /// Whether the ARN is of this pattern; `None` if it is no ARN, or a variable has no value.
    pub(crate) fn matches(&self, arn: &str, context: &Context<'_>) -> Option<bool> {
        let resolved;
        let patterns = match self {
            Self::Any => return Some(true),
            Self::Fixed(patterns) => patterns.as_ref(),
            Self::Variable(parts) => {
                resolved = segments(resolve(parts, context)?)?;
                &resolved
            }
        };
        let mut found = arn.splitn(6, ':');
        let mut all = true;
        for pattern in patterns {
            all &= pattern.matches(found.next()?, Case::Exact);
        }
        Some(all)
    }
}

/// Cuts a pattern at its first five colons. If it ends earlier, and with a star, the star
/// stands for all that is missing.
fn segments<'a>(pieces: impl IntoIterator<Item = Piece<'a>>) -> Option<[Glob; 6]> {
    let mut segments: Vec<Vec<Piece<'a>>> = vec![Vec::new()];
    for piece in pieces {
        let mut rest = match piece {
            Piece::Literal(text) => text,
            wildcard => {
                segments.last_mut()?.push(wildcard);
                continue;
            }
        };
        while segments.len() < 6
            && let Some((before, after)) = rest.split_once(':')
        {
            segments.last_mut()?.push(Piece::Literal(before));
            segments.push(Vec::new());
            rest = after;
        }
        segments.last_mut()?.push(Piece::Literal(rest));
    }
    if segments.len() > 1 && segments.len() < 6 && segments.last()?.last() == Some(&Piece::Any) {
        segments.resize(6, vec![Piece::Any]);
    }
    let globs: Vec<Glob> = segments.into_iter().map(Glob::of).collect();
    globs.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> Context<'static> {
        let mut context = Context::new();
        context.add("aws:username", "ann*e");
        context.add("aws:PrincipalTag/Team", "red");
        context.add_all("aws:TagKeys", ["a", "b"]);
        context.add("aws:PrincipalArn", "arn:aws:iam::111122223333:user/anne");
        context
    }

    #[test]
    fn variables_stand_for_the_requests_values() {
        for (pattern, text, expected) in [
            ("home/${aws:username}/*", "home/ann*e/x", Some(true)),
            // A star in a value is a star, not a wildcard.
            ("home/${aws:username}/*", "home/annxe/x", Some(false)),
            ("${AWS:UserName}", "ann*e", Some(true)),
            ("${aws:principaltag/team}", "red", Some(true)),
            ("${ aws:username }", "ann*e", Some(true)),
            ("${aws:PrincipalTag/none}", "", None),
            ("${aws:PrincipalTag/none, 'blue'}", "blue", Some(true)),
            ("${aws:PrincipalTag/none,''}x", "x", Some(true)),
            ("${aws:PrincipalTag/team, 'blue'}", "blue", Some(false)),
            ("${aws:TagKeys}", "a", None),
            ("a${*}b", "a*b", Some(true)),
            ("a${*}b", "axb", Some(false)),
            ("a${?}b", "a?b", Some(true)),
            ("${$}{x}", "${x}", Some(true)),
            ("$x", "$x", Some(true)),
            ("${aws:username}${aws:PrincipalTag/team}", "ann*ered", Some(true)),
        ] {
            assert_eq!(
                Pattern::parse(pattern, true).unwrap().matches(text, &context()),
                expected,
                "{pattern}"
            );
        }
    }

    #[test]
    fn without_variables_dollars_are_dollars() {
        let pattern = Pattern::parse("${aws:username}", false).unwrap();
        assert_eq!(pattern.matches("${aws:username}", &context()), Some(true));
        assert_eq!(pattern.matches("ann*e", &context()), Some(false));
        assert_eq!(Pattern::parse("${", false).unwrap().matches("${", &context()), Some(true));
    }

    #[test]
    fn malformed_variables_are_errors() {
        for text in
            ["${", "a${aws:username", "${}", "${ }", "${a, b}", "${a, 'b}", "${, 'b'}", "${a${b}}", "${a,'}"]
        {
            assert!(Pattern::parse(text, true).is_err(), "{text}");
            assert!(Exact::parse(text, true).is_err(), "{text}");
        }
    }

    #[test]
    fn exact_texts_have_no_wildcards() {
        let resolved =
            |text: &str| Exact::parse(text, true).unwrap().resolve(&context()).map(|text| text.into_owned());
        assert_eq!(resolved("a*b?"), Some("a*b?".into()));
        assert_eq!(resolved("${*}-${aws:PrincipalTag/team}"), Some("*-red".into()));
        assert_eq!(resolved("${aws:missing}"), None);
        assert_eq!(resolved(""), Some(String::new()));
    }

    #[test]
    fn arns_match_part_by_part() {
        let arn = "arn:aws:execute-api:us-east-1:111122223333:api/prod/GET/a:b";
        for (pattern, expected) in [
            (arn, Some(true)),
            ("*", Some(true)),
            ("arn:aws:execute-api:us-east-1:111122223333:*", Some(true)),
            ("arn:aws:execute-api:*:111122223333:api/*", Some(true)),
            ("arn:*:*:*:*:*", Some(true)),
            ("arn:aws:execute-api:*", Some(true)),
            ("arn:aws:execute-api:*:444455556666:*", Some(false)),
            // A star that would have to cross a colon.
            ("arn:aws:*:111122223333:api/prod/GET/a:b:", Some(false)),
            ("arn:aws:execute-api:us-east-?:111122223333:api/prod/*/a:b", Some(true)),
            ("ARN:aws:execute-api:us-east-1:111122223333:*", Some(false)),
            ("arn:aws:lambda:*", Some(false)),
        ] {
            assert_eq!(
                ArnPattern::parse(pattern, true).unwrap().matches(arn, &context()),
                expected,
                "{pattern}"
            );
        }
        for text in ["", "arn", "arn:aws:s3", "api/prod", "prod*"] {
            assert!(ArnPattern::parse(text, true).is_err(), "{text}");
        }
        let pattern = ArnPattern::parse("arn:aws:s3:::*", true).unwrap();
        assert_eq!(pattern.matches("bucket", &context()), None);
        assert_eq!(pattern.matches("arn:aws:s3:::bucket", &context()), Some(true));
        let variable = ArnPattern::parse("${aws:PrincipalArn}", true).unwrap();
        assert_eq!(variable.matches("arn:aws:iam::111122223333:user/anne", &context()), Some(true));
        assert_eq!(variable.matches("arn:aws:iam::111122223333:user/bob", &context()), Some(false));
        assert_eq!(ArnPattern::parse("${aws:missing}", true).unwrap().matches(arn, &context()), None);
    }
}
