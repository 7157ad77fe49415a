//! Patterns with `*` (any characters, `/` and `:` among them, or none) and `?` (exactly one
//! character), split once so that matching is a few text searches.

/// Whether letters match regardless of case. Actions ignore it, all else does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Exact,
    Ignore,
}

/// A piece of a pattern before it is compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Literal(&'a str),
    /// `*`
    Any,
    /// `?`
    One,
}

/// A compiled pattern: what stands between the stars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob {
    /// From the start to the first star, or to the end if there is none.
    head: Chunk,
    /// Behind each star, in order; the last reaches to the end. Empty if there is no star.
    after_stars: Vec<Chunk>,
}

/// A part of a pattern without stars.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Chunk {
    Literal(Box<str>),
    /// Characters, `None` standing for any one.
    Holes(Box<[Option<char>]>),
}

impl Glob {
    /// A pattern in which `*` and `?` are what they look like.
    pub(crate) fn parse(text: &str) -> Self {
        Self::of(pieces(text))
    }

    /// A pattern of pieces that have been told apart before.
    pub(crate) fn of<'a>(pieces: impl IntoIterator<Item = Piece<'a>>) -> Self {
        let mut chunks = Vec::new();
        let mut current = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Any => chunks.push(Chunk::of(&std::mem::take(&mut current))),
                Piece::One => current.push(None),
                Piece::Literal(text) => current.extend(text.chars().map(Some)),
            }
        }
        chunks.push(Chunk::of(&current));
        let mut chunks = chunks.into_iter();
        let head = chunks.next().unwrap_or_else(|| Chunk::of(&[]));
        Self { head, after_stars: chunks.collect() }
    }

    /// Whether the whole of `text` is of this pattern. The time is that of searching the text
    /// once for each part of the pattern: no pattern makes it explode.
    pub(crate) fn matches(&self, text: &str, case: Case) -> bool {
        let Some(mut rest) = self.head.strip_from_start(text, case) else { return false };
        let Some((tail, middle)) = self.after_stars.split_last() else { return rest.is_empty() };
        for chunk in middle {
            // The first place will do: a later one leaves less for what follows.
            match chunk.find(rest, case) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        tail.is_at_end(rest, case)
    }
}

/// Tells stars and question marks from the text between them.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    text.split_inclusive(['*', '?']).flat_map(|part| {
        let (literal, wildcard) = if let Some(literal) = part.strip_suffix('*') {
            (literal, Some(Piece::Any))
        } else if let Some(literal) = part.strip_suffix('?') {
            (literal, Some(Piece::One))
        } else {
            (part, None)
        };
        [Some(Piece::Literal(literal)).filter(|_| !literal.is_empty()), wildcard].into_iter().flatten()
    })
}

impl Chunk {
    fn of(characters: &[Option<char>]) -> Self {
        match characters.iter().copied().collect::<Option<String>>() {
            Some(text) => Self::Literal(text.into()),
            None => Self::Holes(characters.into()),
        }
    }

    /// What follows the chunk in a text that starts with it.
    fn strip_from_start<'t>(&self, text: &'t str, case: Case) -> Option<&'t str> {
        match self {
            Self::Literal(literal) => {
                let (start, rest) = text.split_at_checked(literal.len())?;
                same(start, literal, case).then_some(rest)
            }
            Self::Holes(holes) => {
                let mut characters = text.chars();
                for hole in holes {
                    let found = characters.next()?;
                    if hole.is_some_and(|wanted| !same_character(found, wanted, case)) {
                        return None;
                    }
                }
                Some(characters.as_str())
            }
        }
    }

    /// What follows the first place at which the chunk is found.
    fn find<'t>(&self, text: &'t str, case: Case) -> Option<&'t str> {
        if let (Self::Literal(literal), Case::Exact) = (self, case) {
            let at = text.find(&**literal)?;
            return text.get(at + literal.len()..);
        }
        let starts = text.char_indices().map(|(index, _)| index).chain([text.len()]);
        starts.filter_map(|start| text.get(start..)).find_map(|rest| self.strip_from_start(rest, case))
    }

    /// Whether the text ends with the chunk.
    fn is_at_end(&self, text: &str, case: Case) -> bool {
        match self {
            Self::Literal(literal) => text
                .len()
                .checked_sub(literal.len())
                .and_then(|at| text.get(at..))
                .is_some_and(|end| same(end, literal, case)),
            Self::Holes(holes) => {
                let mut characters = text.chars().rev();
                holes.iter().rev().all(|hole| {
                    characters
                        .next()
                        .is_some_and(|found| hole.is_none_or(|wanted| same_character(found, wanted, case)))
                })
            }
        }
    }
}

fn same(a: &str, b: &str, case: Case) -> bool {
    match case {
        Case::Exact => a == b,
        Case::Ignore => a.eq_ignore_ascii_case(b),
    }
}

fn same_character(a: char, b: char, case: Case) -> bool {
    match case {
        Case::Exact => a == b,
        Case::Ignore => a.eq_ignore_ascii_case(&b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(Glob::parse(pattern).matches(text, Case::Exact), expected, "{pattern} {text}");
    }

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "a/b:c", true),
            ("**", "", true),
            ("?", "a", true),
            ("?", "", false),
            ("?", "ab", false),
            ("?", "é", true),
            ("??", "é", false),
            ("a", "a", true),
            ("a", "A", false),
            ("a*", "a", true),
            ("a*", "ba", false),
            ("*a", "ba", true),
            ("*a", "ab", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*c", "abc", true),
            ("a*b*c", "axxbxxc", true),
            ("a*b*c", "acb", false),
            ("*ab*ab", "ab", false),
            ("*ab*ab", "abab", true),
            ("*ab*ab", "xabyabzab", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*?c", "ac", false),
            ("a*?c", "abc", true),
            ("*?", "", false),
            ("*?", "é", true),
            ("?*?", "a", false),
            ("?*?", "ab", true),
            ("*a?b*", "xxaxbxx", true),
            ("*a?b*", "xxabxx", false),
            ("é*", "é!", true),
            ("e*", "é!", false),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false),
            ("a+b", "a+b", true),
            ("a.b", "axb", false),
        ] {
            check(pattern, text, expected);
        }
    }

    #[test]
    fn case_is_ignored_only_where_asked() {
        let glob = Glob::parse("s3:Get*Tag?ing*");
        assert!(glob.matches("S3:GETObjecttagGING", Case::Ignore));
        assert!(!glob.matches("S3:GETObjecttagGING", Case::Exact));
    }

    #[test]
    fn long_patterns_are_not_slow() {
        // Would take longer than anyone waits if every star tried every place.
        let glob = Glob::parse(&"*a".repeat(1_000));
        assert!(!glob.matches(&"a".repeat(999), Case::Exact));
        assert!(glob.matches(&"a".repeat(20_000), Case::Exact));
        let glob = Glob::parse(&format!("{}b", "*a?".repeat(300)));
        assert!(!glob.matches(&"a".repeat(10_000), Case::Exact));
    }

    /// The definition, without any cleverness.
    fn reference(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, _) => text.is_empty(),
            (Some(('*', rest)), None) => reference(rest, text),
            (Some(('*', rest)), Some((_, tail))) => reference(rest, text) || reference(pattern, tail),
            (Some(_), None) => false,
            (Some(('?', rest)), Some((_, tail))) => reference(rest, tail),
            (Some((wanted, rest)), Some((found, tail))) => wanted == found && reference(rest, tail),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[abé*?]{0,8}", text in "[abé]{0,10}") {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            let expected = reference(&characters(&pattern), &characters(&text));
            prop_assert_eq!(Glob::parse(&pattern).matches(&text, Case::Exact), expected);
            prop_assert_eq!(Glob::parse(&pattern).matches(&text, Case::Ignore), expected);
        }
    }
}
