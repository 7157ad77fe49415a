//! From text to tokens, exactly as Velocity 1.7 does it.
//!
//! Velocity's lexer is a machine with states: what a character means depends on the state,
//! tokens switch states, and states lie on a stack. Nearly every oddity of the language comes
//! from it (what blanks a directive swallows, where a reference ends, when a backslash
//! escapes), so this follows it state by state instead of imitating its effects.

mod scan;
mod token;

pub(crate) use token::{Kind, Token};

use crate::error::TemplateFault;

/// Velocity's lexical states, under its own names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reference,
    RefModifier,
    RefIndex,
    Directive,
    RefMod2,
    Default,
    TextBlock,
    BlockComment,
    LineComment,
    PreDirective,
}

/// A state on the stack, with its count of parentheses.
#[derive(Clone, Copy, Debug)]
struct Saved {
    state: State,
    opened: usize,
    closed: usize,
}

/// What a match does: it is a token, the beginning of one, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Match {
    Token(Kind),
    /// The token goes on behind it.
    Dollar,
    Hash,
    TextBlockOpen,
    FormalCommentOpen,
    BlockCommentOpen,
    /// A character inside a text block.
    Inside,
    /// A character inside a comment.
    Skip,
    /// The character behind a reference or a `#`, which is given back.
    Terminator,
}

/// The lexer.
#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    state: State,
    stack: Vec<Saved>,
    opened: usize,
    closed: usize,
    in_comment: bool,
    in_set: bool,
    /// Where the backslashes end that begin here or further on: counted once.
    escapes_end: usize,
}

/// Where the text is no template, and why.
pub(crate) type Fault = (usize, TemplateFault);

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            state: State::Default,
            stack: Vec::new(),
            opened: 0,
            closed: 0,
            in_comment: false,
            in_set: false,
            escapes_end: 0,
        }
    }

    /// The parser has read the name of a directive.
    pub(crate) fn enter_directive(&mut self) {
        self.state = State::Directive;
    }

    /// The directive has no parentheses: it was text.
    pub(crate) fn leave_directive(&mut self) {
        self.pop();
    }

    /// The parser has read a whole `#set(…)`.
    pub(crate) fn leave_set(&mut self) {
        self.in_set = false;
    }

    /// Whether a parenthesis opens here, behind blanks and line ends.
    pub(crate) fn at_parenthesis(&self) -> bool {
        let rest = self.rest();
        rest.get(scan::blank_space(rest)) == Some(&b'(')
    }

    /// The next token; at the end of the text [`Kind::End`], again and again.
    ///
    /// # Errors
    /// If no token of the present state stands here.
    pub(crate) fn next(&mut self) -> Result<Token, Fault> {
        let mut stray = String::new();
        'token: loop {
            let start = self.at;
            if self.rest().is_empty() {
                return Ok(Token { kind: Kind::End, start, end: start, stray });
            }
            loop {
                if self.at >= self.escapes_end {
                    self.escapes_end = self.at + scan::escapes(self.rest());
                }
                let (found, length) = self.longest();
                if length == 0 {
                    let what = if self.rest().is_empty() {
                        TemplateFault::EndsInside(self.slice(start).to_owned())
                    } else {
                        TemplateFault::Unexpected { found: first_character(self.rest_text()) }
                    };
                    return Err((self.at, what));
                }
                match found {
                    Match::Token(kind) => {
                        self.at += length;
                        return Ok(self.token(kind, start, stray));
                    }
                    Match::Terminator => {
                        let seen = self.text.get(start..self.at + length).unwrap_or_default();
                        stray.push_str(&kept_of(seen));
                        self.pop();
                        continue 'token;
                    }
                    Match::Skip => {
                        self.at += length;
                        continue 'token;
                    }
                    Match::Inside => self.at += length,
                    Match::Dollar | Match::Hash => {
                        self.at += length;
                        self.opening(found);
                    }
                    Match::TextBlockOpen | Match::FormalCommentOpen | Match::BlockCommentOpen => {
                        self.at += length;
                        self.comment(found);
                    }
                }
            }
        }
    }

    /// `$` and `#`: the reference before it ends, and another thing begins.
    fn opening(&mut self, found: Match) {
        if self.in_comment {
            return;
        }
        let ends = match found {
            Match::Dollar => self.state == State::Reference,
            _ => matches!(self.state, State::Reference | State::RefModifier),
        };
        if ends {
            self.pop();
        }
        self.push();
        self.state = if found == Match::Dollar { State::Reference } else { State::PreDirective };
    }

    fn comment(&mut self, found: Match) {
        if self.in_comment {
            return;
        }
        if found == Match::FormalCommentOpen {
            // The character behind `#**` was only looked at.
            self.at = self.at.saturating_sub(last_length(self.text, self.at));
        }
        self.in_comment = true;
        self.push();
        self.state = if found == Match::TextBlockOpen { State::TextBlock } else { State::BlockComment };
    }

    /// What a token does to the state.
    fn token(&mut self, kind: Kind, start: usize, stray: String) -> Token {
        match kind {
            Kind::IndexOpen => {
                self.push();
                self.state = State::RefIndex;
            }
            Kind::IndexClose | Kind::FormalClose | Kind::EndDirective | Kind::Else => {
                self.pop();
            }
            Kind::ParenOpen => {
                self.opened += usize::from(!self.in_comment);
                if self.state == State::RefModifier {
                    self.state = State::RefMod2;
                }
            }
            Kind::ParenClose => self.close(),
            Kind::CallClose => self.state = State::Reference,
            Kind::Set if !self.in_comment => {
                self.push();
                self.in_set = true;
                self.state = State::Directive;
                self.opened += 1;
            }
            Kind::LineComment => {
                if self.state == State::Reference {
                    self.pop();
                }
                self.in_comment = true;
                self.push();
                self.state = State::LineComment;
            }
            Kind::LineCommentEnd | Kind::BlockComment | Kind::TextBlock => {
                self.in_comment = false;
                self.pop();
            }
            Kind::StringLiteral if self.state == State::Directive && !self.in_set && self.opened == 0 => {
                self.pop();
            }
            Kind::Newline => {
                self.pop();
                self.in_set = false;
            }
            Kind::If | Kind::ElseIf => self.state = State::Directive,
            Kind::Integer => {
                if self.slice(start).ends_with("..") {
                    self.at -= 2;
                }
                let inside = matches!(self.state, State::RefMod2 | State::RefIndex);
                if self.opened == 0 && !self.in_set && !inside {
                    self.pop();
                }
            }
            Kind::Float if self.opened == 0 && !self.in_set && self.state != State::RefMod2 => {
                self.pop();
            }
            Kind::Dot => {
                // The letter behind the dot was only looked at.
                self.at -= 1;
                self.state = State::RefModifier;
            }
            _ => {}
        }
        Token { kind, start, end: self.at, stray }
    }

    fn push(&mut self) {
        self.stack.push(Saved { state: self.state, opened: self.opened, closed: self.closed });
        self.opened = 0;
    }

    /// Back to the state below; answers whether there was one.
    fn pop(&mut self) -> bool {
        match self.stack.pop() {
            Some(saved) => {
                (self.state, self.opened, self.closed) = (saved.state, saved.opened, saved.closed);
                true
            }
            None => {
                self.opened = 0;
                self.state = State::Default;
                false
            }
        }
    }

    /// `)` of a directive: drops to the state that the parenthesis was opened in.
    fn close(&mut self) {
        if self.in_comment {
            return;
        }
        loop {
            if self.opened > 0 {
                if self.opened == self.closed + 1 {
                    self.pop();
                } else {
                    self.closed += 1;
                }
                return;
            }
            if !self.pop() {
                return;
            }
        }
    }

    /// The longest match here; of equally long ones the first in Velocity's order.
    fn longest(&self) -> (Match, usize) {
        let rest = self.rest();
        let mut best = (Match::Skip, 0);
        let mut consider = |found: Match, length: usize| {
            if length > best.1 {
                best = (found, length);
            }
        };
        for (kind, length) in self.tokens_before_openings(rest) {
            consider(Match::Token(kind), length);
        }
        let starts = |prefix: &[u8]| if rest.starts_with(prefix) { prefix.len() } else { 0 };
        let verbatim = matches!(self.state, State::LineComment | State::BlockComment | State::TextBlock);
        if verbatim {
            // A character as any other, but that the text may not end with it.
            consider(Match::Inside, starts(b"$"));
            consider(Match::Inside, scan::dollar_bang(rest, 0));
        } else {
            consider(Match::Dollar, scan::dollar(rest, self.escapes()));
            consider(Match::Dollar, scan::dollar_bang(rest, self.escapes()));
        }
        if rest.first() == Some(&b'#') {
            consider(Match::TextBlockOpen, starts(b"#[["));
            consider(Match::FormalCommentOpen, formal_comment(self.rest_text()));
            consider(Match::BlockCommentOpen, starts(b"#*"));
            consider(Match::Hash, 1);
            if !verbatim && !matches!(self.state, State::RefModifier | State::RefMod2 | State::RefIndex) {
                consider(Match::Token(Kind::LineComment), starts(b"##"));
            }
        }
        for (kind, length) in self.tokens_after_openings(rest) {
            consider(Match::Token(kind), length);
        }
        let any = self.rest_text().chars().next().map_or(0, char::len_utf8);
        match self.state {
            State::LineComment | State::BlockComment => consider(Match::Skip, any),
            State::TextBlock => consider(Match::Inside, any),
            State::Reference | State::RefModifier | State::PreDirective => consider(Match::Terminator, any),
            _ => {}
        }
        best
    }

    /// The tokens that are declared before `$` and `#`.
    fn tokens_before_openings(&self, rest: &[u8]) -> impl Iterator<Item = (Kind, usize)> {
        let state = self.state;
        let symbol = |kind, text: &[u8]| (kind, if rest.starts_with(text) { text.len() } else { 0 });
        let none = (Kind::End, 0);
        let mut found = [none; 4];
        match state {
            State::Reference | State::RefModifier => {
                found = [
                    symbol(Kind::IndexOpen, b"["),
                    if state == State::RefModifier { symbol(Kind::ParenOpen, b"(") } else { none },
                    (Kind::Set, scan::set(rest)),
                    none,
                ];
            }
            State::RefIndex => found = [symbol(Kind::IndexClose, b"]"), none, none, none],
            State::Directive | State::RefMod2 => {
                let punctuation = match rest {
                    [b'[', ..] => (Kind::BracketOpen, 1),
                    [b']', ..] => (Kind::BracketClose, 1),
                    [b',', ..] => (Kind::Comma, 1),
                    [b'.', b'.', ..] => (Kind::DoubleDot, 2),
                    [b':', ..] => (Kind::Colon, 1),
                    [b'{', ..] => (Kind::BraceOpen, 1),
                    [b'}', ..] => (Kind::BraceClose, 1),
                    _ => none,
                };
                found = if state == State::Directive {
                    let close = (Kind::ParenClose, scan::with_line_end(rest, b")"));
                    [punctuation, symbol(Kind::ParenOpen, b"("), close, none]
                } else {
                    [punctuation, symbol(Kind::CallClose, b")"), (Kind::Set, scan::set(rest)), none]
                };
            }
            State::Default => {
                let escaped = (Kind::EscapedDirective, scan::escaped_directive(rest, self.escapes()));
                found = [escaped, (Kind::Set, scan::set(rest)), none, none];
            }
            State::TextBlock | State::BlockComment | State::LineComment | State::PreDirective => {}
        }
        found.into_iter()
    }

    /// The tokens that are declared behind `$` and `#`.
    fn tokens_after_openings(&self, rest: &[u8]) -> impl Iterator<Item = (Kind, usize)> {
        let symbol = |kind, text: &[u8]| (kind, if rest.starts_with(text) { text.len() } else { 0 });
        let truth = || [symbol(Kind::True, b"true"), symbol(Kind::False, b"false")];
        let literals = || [(Kind::Blank, scan::blank_space(rest)), (Kind::StringLiteral, scan::string(rest))];
        let numbers = || [(Kind::Integer, scan::integer(rest)), (Kind::Float, scan::float(rest))];
        let names = || {
            let dot = matches!(rest, [b'.', c, ..] if c.is_ascii_alphabetic());
            [(Kind::Identifier, scan::identifier(rest)), (Kind::Dot, if dot { 2 } else { 0 })]
        };
        let formal = || [symbol(Kind::FormalOpen, b"{"), symbol(Kind::FormalClose, b"}")];
        let empty_index = || (Kind::EmptyIndex, scan::one_of(rest, &[b"$[", b"$![", b"$\\![", b"$."]));
        let mut found = Found::default();
        match self.state {
            State::Default => {
                found.add([symbol(Kind::DoubleEscape, b"\\\\"), symbol(Kind::Escape, b"\\")]);
                let text = rest.iter().take_while(|c| !matches!(c, b'$' | b'#' | b'\\')).count();
                found.add([(Kind::Text, text), empty_index()]);
            }
            State::LineComment => found.add([(Kind::LineCommentEnd, scan::line_end(rest))]),
            State::BlockComment => found.add([symbol(Kind::BlockComment, b"*#")]),
            State::TextBlock => found.add([symbol(Kind::TextBlock, b"]]#")]),
            State::Directive => {
                found.add(literals());
                found.add(truth());
                found.add([(Kind::Newline, scan::line_end(rest)), operator(rest)]);
                found.add(numbers());
                found.add([(Kind::Word, scan::word(rest)), (Kind::BracedWord, scan::braced_word(rest))]);
            }
            State::RefMod2 => {
                found.add(literals());
                found.add(truth());
                found.add(numbers());
                found.add(names());
            }
            State::RefIndex => {
                found.add(literals());
                found.add(truth());
                found.add(numbers());
            }
            State::PreDirective => {
                found.add([control(rest)]);
                found.add(numbers());
                found.add([(Kind::Word, scan::word(rest)), (Kind::BracedWord, scan::braced_word(rest))]);
            }
            State::Reference | State::RefModifier => {
                found.add(truth());
                found.add(names());
                found.add(formal());
                if self.state == State::Reference {
                    found.add([empty_index()]);
                }
            }
        }
        found.into_iter()
    }

    /// How many backslashes stand here.
    fn escapes(&self) -> usize {
        self.escapes_end.saturating_sub(self.at)
    }

    fn rest(&self) -> &'a [u8] {
        self.rest_text().as_bytes()
    }

    fn rest_text(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn slice(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }
}

/// A few matches, in their order.
#[derive(Default)]
struct Found {
    matches: [Option<(Kind, usize)>; 12],
    count: usize,
}

impl Found {
    fn add<const N: usize>(&mut self, more: [(Kind, usize); N]) {
        for one in more {
            if let Some(slot) = self.matches.get_mut(self.count) {
                *slot = Some(one);
                self.count += 1;
            }
        }
    }

    fn into_iter(self) -> impl Iterator<Item = (Kind, usize)> {
        self.matches.into_iter().flatten()
    }
}

/// An operator of expressions: the longest.
fn operator(rest: &[u8]) -> (Kind, usize) {
    const OPERATORS: &[(Kind, &[&[u8]])] = &[
        (Kind::Minus, &[b"-"]),
        (Kind::Plus, &[b"+"]),
        (Kind::Multiply, &[b"*"]),
        (Kind::Divide, &[b"/"]),
        (Kind::Modulus, &[b"%"]),
        (Kind::And, &[b"&&", b"and"]),
        (Kind::Or, &[b"||", b"or"]),
        (Kind::Less, &[b"<", b"lt"]),
        (Kind::LessEqual, &[b"<=", b"le"]),
        (Kind::Greater, &[b">", b"gt"]),
        (Kind::GreaterEqual, &[b">=", b"ge"]),
        (Kind::Equal, &[b"==", b"eq"]),
        (Kind::NotEqual, &[b"!=", b"ne"]),
        (Kind::Not, &[b"!", b"not"]),
        (Kind::Assign, &[b"="]),
    ];
    let mut best = (Kind::End, 0);
    for (kind, forms) in OPERATORS {
        let length = scan::one_of(rest, forms);
        if length > best.1 {
            best = (*kind, length);
        }
    }
    best
}

/// `if`, `else` and `end` behind their `#`: the longest.
fn control(rest: &[u8]) -> (Kind, usize) {
    let end = scan::with_line_end(rest, b"end").max(scan::with_line_end(rest, b"{end}"));
    let otherwise = scan::with_line_end(rest, b"else").max(scan::with_line_end(rest, b"{else}"));
    let mut best = (Kind::EndDirective, end);
    for (kind, length) in [
        (Kind::If, scan::one_of(rest, &[b"if", b"{if}"])),
        (Kind::ElseIf, scan::one_of(rest, &[b"elseif", b"{elseif}"])),
        (Kind::Else, otherwise),
    ] {
        if length > best.1 {
            best = (kind, length);
        }
    }
    best
}

/// `#**` and a character that is no `#`.
fn formal_comment(text: &str) -> usize {
    let behind = text.strip_prefix("#**").and_then(|rest| rest.chars().next());
    behind.filter(|c| *c != '#').map_or(0, |c| 3 + c.len_utf8())
}

/// What is printed of text that was taken for the beginning of something: `$` and `#`, and
/// backslashes in front of a `$`.
fn kept_of(seen: &str) -> String {
    let mut kept = String::new();
    let mut rest = seen;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        if matches!(c, '$' | '#') {
            kept.push(c);
        } else if c == '\\' {
            let after = rest.trim_start_matches('\\');
            if after.starts_with('$') {
                length = rest.len() - after.len() + 1;
                kept.push_str(rest.get(..length).unwrap_or_default());
                // Velocity leaves out one more character here.
                length += after.chars().nth(1).map_or(0, char::len_utf8);
            }
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    kept
}

fn first_character(text: &str) -> String {
    text.chars().take(1).collect()
}

fn last_length(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.chars().next_back()).map_or(0, char::len_utf8)
}
