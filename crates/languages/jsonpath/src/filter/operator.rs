//! The operators of filters.

/// An operator between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    /// `===`: of one type, and equal.
    SameAndEqual,
    NotSameAndEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `=~`
    Matches,
    In,
    NotIn,
    Contains,
    Size,
    Empty,
    SubsetOf,
    AnyOf,
    NoneOf,
    /// `exists`: does the value on the left equal the boolean on the right?
    Exists,
    /// `all`, `type` and `matches` take what only code can give them, and are true of nothing
    /// that can be written in a path.
    OfCodeOnly,
}

impl Operator {
    /// The operator that is written so; words in any case.
    pub(crate) fn named(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "==" => Self::Equal,
            "!=" => Self::NotEqual,
            "===" => Self::SameAndEqual,
            "!==" => Self::NotSameAndEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "=~" => Self::Matches,
            "in" => Self::In,
            "nin" => Self::NotIn,
            "contains" => Self::Contains,
            "size" => Self::Size,
            "empty" => Self::Empty,
            "subsetof" => Self::SubsetOf,
            "anyof" => Self::AnyOf,
            "noneof" => Self::NoneOf,
            "exists" => Self::Exists,
            "all" | "type" | "matches" => Self::OfCodeOnly,
            _ => return None,
        })
    }
}
