//! Expressions, and the values that calls and lists take, which know no operators.

use super::Parser;
use crate::ast::{Comparison, Expression, Operands, Operator};
use crate::error::TemplateFault;
use crate::lexer::{Fault, Kind};
use crate::limits::OPERATORS;
use crate::value::{Value, float_of, integer_of};

/// Whether a value without operators can begin with such a token.
pub(super) fn starts_value(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::StringLiteral
            | Kind::Integer
            | Kind::Float
            | Kind::BracketOpen
            | Kind::BraceOpen
            | Kind::True
            | Kind::False
            | Kind::Identifier
            | Kind::FormalOpen
    )
}

impl Parser<'_> {
    /// An expression, down to `||`.
    pub(super) fn expression(&mut self) -> Result<Expression, Fault> {
        self.nested(|parser| {
            let mut left = parser.conjunction()?;
            let mut operators = 0;
            while parser.kind()? == Kind::Or {
                parser.operator(&mut operators)?;
                left = Expression::Or(Box::new((left, parser.conjunction()?)));
            }
            Ok(left)
        })
    }

    fn conjunction(&mut self) -> Result<Expression, Fault> {
        let mut left = self.equality()?;
        let mut operators = 0;
        while self.kind()? == Kind::And {
            self.operator(&mut operators)?;
            left = Expression::And(Box::new((left, self.equality()?)));
        }
        Ok(left)
    }

    fn equality(&mut self) -> Result<Expression, Fault> {
        let mut left = self.relation()?;
        let mut operators = 0;
        loop {
            let comparison = match self.kind()? {
                Kind::Equal => Comparison::Equal,
                Kind::NotEqual => Comparison::NotEqual,
                _ => return Ok(left),
            };
            self.operator(&mut operators)?;
            left = Expression::Compare(comparison, Box::new((left, self.relation()?)));
        }
    }

    fn relation(&mut self) -> Result<Expression, Fault> {
        let mut left = self.sum()?;
        let mut operators = 0;
        loop {
            let comparison = match self.kind()? {
                Kind::Less => Comparison::Less,
                Kind::LessEqual => Comparison::LessEqual,
                Kind::Greater => Comparison::Greater,
                Kind::GreaterEqual => Comparison::GreaterEqual,
                _ => return Ok(left),
            };
            self.operator(&mut operators)?;
            left = Expression::Compare(comparison, Box::new((left, self.sum()?)));
        }
    }

    fn sum(&mut self) -> Result<Expression, Fault> {
        let start = self.value_start()?;
        let mut left = self.product()?;
        let mut operators = 0;
        loop {
            let operator = match self.kind()? {
                Kind::Plus => Operator::Add,
                Kind::Minus => Operator::Subtract,
                _ => return Ok(left),
            };
            left = self.arithmetic(operator, left, start, &mut operators, Self::product)?;
        }
    }

    fn product(&mut self) -> Result<Expression, Fault> {
        let start = self.value_start()?;
        let mut left = self.unary()?;
        let mut operators = 0;
        loop {
            let operator = match self.kind()? {
                Kind::Multiply => Operator::Multiply,
                Kind::Divide => Operator::Divide,
                Kind::Modulus => Operator::Modulo,
                _ => return Ok(left),
            };
            left = self.arithmetic(operator, left, start, &mut operators, Self::unary)?;
        }
    }

    fn arithmetic(
        &mut self,
        operator: Operator,
        left: Expression,
        start: usize,
        operators: &mut usize,
        operand: fn(&mut Self) -> Result<Expression, Fault>,
    ) -> Result<Expression, Fault> {
        let left_text = self.source(start).trim_end().into();
        self.operator(operators)?;
        let start = self.value_start()?;
        let right = operand(self)?;
        let right_text = self.source(start).trim_end().into();
        Ok(Expression::Arithmetic(operator, Box::new(Operands { left, right, left_text, right_text })))
    }

    /// Reads an operator. Each makes the expression one level deeper.
    fn operator(&mut self, count: &mut usize) -> Result<(), Fault> {
        self.read()?;
        *count += 1;
        if self.depth + *count > OPERATORS {
            return Err((self.read_to, TemplateFault::TooDeep { limit: OPERATORS }));
        }
        Ok(())
    }

    fn unary(&mut self) -> Result<Expression, Fault> {
        let negated = match self.kind()? {
            Kind::Not => true,
            Kind::Blank => self.peek(1)? == Kind::Not,
            _ => false,
        };
        if !negated {
            return self.primary();
        }
        self.skip_blank()?;
        self.read()?;
        self.nested(|parser| Ok(Expression::Not(Box::new(parser.unary()?))))
    }

    fn primary(&mut self) -> Result<Expression, Fault> {
        self.skip_blank()?;
        let value = if self.kind()? == Kind::ParenOpen {
            self.read()?;
            let inner = self.expression()?;
            self.take(Kind::ParenClose)?;
            inner
        } else {
            self.value()?
        };
        self.skip_blank()?;
        Ok(value)
    }

    /// A value between blanks, as calls, lists and maps take it.
    pub(super) fn parameter(&mut self) -> Result<Expression, Fault> {
        self.skip_blank()?;
        let value = self.value()?;
        self.skip_blank()?;
        Ok(value)
    }

    /// A literal or a reference.
    pub(super) fn value(&mut self) -> Result<Expression, Fault> {
        match self.kind()? {
            Kind::StringLiteral => self.string(),
            Kind::Integer => self.integer(),
            Kind::Float => {
                let token = self.read()?;
                Ok(Expression::Constant(float_of(self.image(&token))))
            }
            Kind::True | Kind::False => self.truth(),
            Kind::Identifier | Kind::FormalOpen => Ok(Expression::Reference(self.reference()?)),
            Kind::BracketOpen => self.nested(Self::list_or_range),
            Kind::BraceOpen => self.nested(Self::map),
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn integer(&mut self) -> Result<Expression, Fault> {
        let token = self.read()?;
        let image = self.image(&token);
        match integer_of(image.trim_start_matches('#')) {
            Some(number) => Ok(Expression::Constant(number)),
            None => Err((token.start, TemplateFault::Unexpected { found: image.chars().take(40).collect() })),
        }
    }

    pub(super) fn truth(&mut self) -> Result<Expression, Fault> {
        let token = self.read()?;
        Ok(Expression::Constant(Value::Boolean(token.kind == Kind::True)))
    }

    /// `[a, b]` or `[1..5]`: which one shows behind the first value.
    fn list_or_range(&mut self) -> Result<Expression, Fault> {
        self.read()?;
        if self.kind()? == Kind::BracketClose {
            self.read()?;
            return Ok(Expression::List(Vec::new()));
        }
        self.skip_blank()?;
        let bound = matches!(self.kind()?, Kind::Identifier | Kind::FormalOpen | Kind::Integer);
        let first = self.value()?;
        self.skip_blank()?;
        if bound && self.kind()? == Kind::DoubleDot {
            self.read()?;
            self.skip_blank()?;
            let last = match self.kind()? {
                Kind::Integer => self.integer()?,
                Kind::Identifier | Kind::FormalOpen => Expression::Reference(self.reference()?),
                _ => return Err(self.unexpected()),
            };
            self.skip_blank()?;
            self.take(Kind::BracketClose)?;
            return Ok(Expression::Range(Box::new((first, last))));
        }
        let mut elements = vec![first];
        while self.kind()? == Kind::Comma {
            self.read()?;
            elements.push(self.parameter()?);
        }
        self.take(Kind::BracketClose)?;
        Ok(Expression::List(elements))
    }

    fn map(&mut self) -> Result<Expression, Fault> {
        self.read()?;
        let mut entries = Vec::new();
        let kind = self.kind()?;
        let empty = match kind {
            Kind::Blank => !starts_value(self.peek(1)?),
            kind => !starts_value(kind),
        };
        if empty {
            self.skip_blank()?;
        } else {
            loop {
                let key = self.parameter()?;
                self.take(Kind::Colon)?;
                entries.push((key, self.parameter()?));
                if self.kind()? != Kind::Comma {
                    break;
                }
                self.read()?;
            }
        }
        match self.kind()? {
            Kind::BraceClose | Kind::FormalClose => self.read()?,
            _ => return Err(self.unexpected()),
        };
        Ok(Expression::Map(entries))
    }

    /// Where the next token that is not blank begins.
    fn value_start(&mut self) -> Result<usize, Fault> {
        let token = self.peek_token(0)?;
        Ok(if token.kind == Kind::Blank { token.end } else { token.start })
    }
}
