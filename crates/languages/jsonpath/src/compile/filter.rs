//! The expression of a filter: `(@.a == 1 && !(@.b || @.c in [1,2]))`.

use regex::RegexBuilder;
use serde_json::Value;

use super::cursor::{Cursor, Patterns, unescape};
use super::{Nesting, compile_nested};
use crate::PathError;
use crate::decimal::Decimal;
use crate::filter::{Expression, Operand, Operator, Pattern};
use crate::limits::MAX_PATTERN_BYTES;
use crate::path::Path;

/// Compiles `text`, which begins with `(` and ends with `)`.
pub(super) fn compile(text: &str, nesting: Nesting) -> Result<Expression, PathError> {
    let mut reader = Reader { cursor: Cursor::new(text) };
    let expression = reader.any_of(nesting)?;
    reader.cursor.skip_blanks();
    match reader.cursor.current() {
        None => Ok(expression),
        Some(_) => Err(PathError::Expected { at: reader.cursor.at, expected: "the end of the filter" }),
    }
}

struct Reader {
    cursor: Cursor,
}

impl Reader {
    fn any_of(&mut self, nesting: Nesting) -> Result<Expression, PathError> {
        let first = self.all_of(nesting)?;
        let mut terms = vec![first];
        while self.cursor.take("||") {
            terms.push(self.all_of(nesting)?);
        }
        Ok(Expression::any_of(terms))
    }

    fn all_of(&mut self, nesting: Nesting) -> Result<Expression, PathError> {
        let first = self.term(nesting)?;
        let mut terms = vec![first];
        while self.cursor.take("&&") {
            terms.push(self.term(nesting)?);
        }
        Ok(Expression::all_of(terms))
    }

    fn term(&mut self, nesting: Nesting) -> Result<Expression, PathError> {
        self.cursor.skip_blanks();
        if self.cursor.current() == Some('!') {
            let behind = self.cursor.significant_after(self.cursor.at);
            // `!@.a` is read as a value: "there is no a".
            if !matches!(self.cursor.char_at(behind), Some('$' | '@')) {
                self.cursor.at += 1;
                return Ok(Expression::Not(Box::new(self.term(nesting.deeper()?)?)));
            }
        }
        if self.cursor.take("(") {
            let inner = self.any_of(nesting.deeper()?)?;
            return if self.cursor.take(")") { Ok(inner) } else { Err(self.expected("')'")) };
        }
        self.comparison(nesting)
    }

    fn comparison(&mut self, nesting: Nesting) -> Result<Expression, PathError> {
        let left = self.value(nesting)?;
        let behind_left = self.cursor.at;
        let why = match self.operator_and_right(nesting) {
            Ok((operator, right)) => return Ok(Expression::Compare { left: left.operand, operator, right }),
            Err(why) => why,
        };
        // Not a comparison, so a question whether the path is there.
        self.cursor.at = behind_left;
        match left.operand {
            Operand::Path(path) => Ok(Expression::Exists { path, wanted: !left.negated }),
            _ => Err(why),
        }
    }

    fn operator_and_right(&mut self, nesting: Nesting) -> Result<(Operator, Operand), PathError> {
        let operator = self.operator()?;
        Ok((operator, self.value(nesting)?.operand))
    }

    fn operator(&mut self) -> Result<Operator, PathError> {
        self.cursor.skip_blanks();
        let from = self.cursor.at;
        if self.cursor.current().is_some_and(is_operator_char) {
            while self.cursor.current().is_some_and(is_operator_char) {
                self.cursor.at += 1;
            }
        } else {
            while self.cursor.current().is_some_and(|char| char != ' ') {
                self.cursor.at += 1;
            }
        }
        let text = self.cursor.slice(from, self.cursor.at);
        Operator::named(&text).ok_or(PathError::Operator(text))
    }

    fn value(&mut self, nesting: Nesting) -> Result<Read, PathError> {
        self.cursor.skip_blanks();
        let negated = self.cursor.current() == Some('!');
        if negated {
            self.cursor.at += 1;
            self.cursor.skip_blanks();
            if !matches!(self.cursor.current(), Some('$' | '@')) {
                return Err(self.expected("a path behind the '!'"));
            }
        }
        let operand = match self.cursor.current() {
            Some('$' | '@') => Operand::Path(self.path(nesting)?),
            Some(quote @ ('\'' | '"')) => Operand::Text(self.text(quote)?),
            Some('t') => self.word("true", Operand::Boolean(true))?,
            Some('f') => self.word("false", Operand::Boolean(false))?,
            Some('n') => self.word("null", Operand::Null)?,
            Some('[') => self.json('[', ']')?,
            Some('{') => self.json('{', '}')?,
            Some('/') => Operand::Pattern(self.pattern()?),
            _ => Operand::Number(self.number()?),
        };
        Ok(Read { operand, negated })
    }

    /// A path ends at a blank, at an operator, and at the `)` that is not a function's.
    fn path(&mut self, nesting: Nesting) -> Result<Path, PathError> {
        let from = self.cursor.at;
        self.cursor.at += 1;
        while let Some(mut char) = self.cursor.current() {
            if char == '[' {
                let close = self.cursor.matching(self.cursor.at, '[', ']', Patterns::None)?;
                self.cursor.at = close.ok_or_else(|| self.expected("']'"))? + 1;
                match self.cursor.current() {
                    Some(next) => char = next,
                    None => break,
                }
            }
            if char == ' ' || is_operator_char(char) || (char == ')' && !self.closes_a_function(from)) {
                break;
            }
            self.cursor.at += 1;
        }
        compile_nested(&self.cursor.slice(from, self.cursor.at), nesting.deeper()?)
    }

    /// Is the `)` here that of a call without arguments, `.length()`?
    fn closes_a_function(&self, from: usize) -> bool {
        match self.cursor.significant_before() {
            Some((open, '(')) => (from + 1..open).any(|position| self.cursor.char_at(position) == Some('.')),
            _ => false,
        }
    }

    fn text(&mut self, quote: char) -> Result<String, PathError> {
        let close = self.cursor.unescaped_after(self.cursor.at, quote);
        let close = close.ok_or_else(|| self.expected("a quote that is closed"))?;
        let text = unescape(&self.cursor.slice(self.cursor.at + 1, close));
        self.cursor.at = close + 1;
        Ok(text)
    }

    fn word(&mut self, word: &'static str, operand: Operand) -> Result<Operand, PathError> {
        if self.cursor.take(word) { Ok(operand) } else { Err(self.expected(word)) }
    }

    fn json(&mut self, open: char, close: char) -> Result<Operand, PathError> {
        let from = self.cursor.at;
        let end = self.cursor.matching(from, open, close, Patterns::None)?;
        self.cursor.at = end.ok_or_else(|| self.expected("the end of the list or object"))? + 1;
        let text = self.cursor.slice(from, self.cursor.at);
        read_lenient_json(&text).map(Operand::Json).ok_or(PathError::Literal(text))
    }

    fn number(&mut self) -> Result<Decimal, PathError> {
        let from = self.cursor.at;
        while self.cursor.current().is_some_and(|char| matches!(char, '0'..='9' | '-' | '.' | 'e' | 'E')) {
            self.cursor.at += 1;
        }
        let text = self.cursor.slice(from, self.cursor.at);
        Decimal::parse(&text).ok_or(PathError::Literal(text))
    }

    /// `/expression/flags`
    fn pattern(&mut self) -> Result<Pattern, PathError> {
        let close = self.cursor.unescaped_after(self.cursor.at, '/');
        let close = close.ok_or_else(|| self.expected("a '/' that is closed"))?;
        let source = self.cursor.slice(self.cursor.at + 1, close);
        self.cursor.at = close + 1;
        // The whole text has to match, not a part of it.
        let mut builder = RegexBuilder::new(&format!(r"\A(?:{source})\z"));
        builder.size_limit(MAX_PATTERN_BYTES).dfa_size_limit(MAX_PATTERN_BYTES).unicode(true);
        while let Some(flag) = self.cursor.current() {
            match flag {
                'i' => builder.case_insensitive(true),
                'x' => builder.ignore_whitespace(true),
                'm' => builder.multi_line(true),
                's' => builder.dot_matches_new_line(true),
                // Unix lines and Unicode classes: how expressions are read here anyway.
                'd' | 'u' | 'U' => &mut builder,
                _ => break,
            };
            self.cursor.at += 1;
        }
        let expression = builder
            .build()
            .map_err(|why| PathError::Pattern { pattern: source.clone(), why: last_line(&why) })?;
        Ok(Pattern { source, expression })
    }

    fn expected(&self, expected: &'static str) -> PathError {
        PathError::Expected { at: self.cursor.at, expected }
    }
}

struct Read {
    operand: Operand,
    /// There was a `!` in front of the path.
    negated: bool,
}

fn is_operator_char(char: char) -> bool {
    matches!(char, '<' | '>' | '=' | '~' | '!')
}

/// JSON whose texts may stand in single quotes.
fn read_lenient_json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().or_else(|| serde_json::from_str(&with_double_quotes(text)?).ok())
}

fn with_double_quotes(text: &str) -> Option<String> {
    let cursor = Cursor::new(text);
    let mut out = String::with_capacity(text.len());
    let mut position = 0;
    while let Some(char) = cursor.char_at(position) {
        if char == '\'' || char == '"' {
            let close = cursor.unescaped_after(position, char)?;
            out.push_str(&Value::String(unescape(&cursor.slice(position + 1, close))).to_string());
            position = close;
        } else {
            out.push(char);
        }
        position += 1;
    }
    Some(out)
}

/// The reason; what comes before it shows the expression once more.
fn last_line(why: &regex::Error) -> String {
    why.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
