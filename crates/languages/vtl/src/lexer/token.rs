//! The tokens of Velocity 1.7, under its own names.

/// What a token is. The order is Velocity's: of two that match equally long the first wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    End,
    IndexOpen,
    IndexClose,
    BracketOpen,
    BracketClose,
    Comma,
    DoubleDot,
    Colon,
    BraceOpen,
    BraceClose,
    ParenOpen,
    /// `)` of a directive, with the blanks and the line end behind it.
    ParenClose,
    /// `)` of a method call.
    CallClose,
    EscapedDirective,
    /// `#set(`, with the blanks in front of it.
    Set,
    LineComment,
    DoubleEscape,
    Escape,
    Text,
    LineCommentEnd,
    BlockComment,
    TextBlock,
    Blank,
    StringLiteral,
    True,
    False,
    Newline,
    Minus,
    Plus,
    Multiply,
    Divide,
    Modulus,
    And,
    Or,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    Not,
    Assign,
    EndDirective,
    If,
    ElseIf,
    Else,
    Integer,
    Float,
    Word,
    BracedWord,
    Identifier,
    Dot,
    /// `{` of a reference.
    FormalOpen,
    /// `}` of a reference.
    FormalClose,
    EmptyIndex,
}

/// A token: where its text stands, and what stood in front of it that is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// `$`, `#` and backslashes that turned out to be plain text. Only text prints them.
    pub(crate) stray: String,
}
