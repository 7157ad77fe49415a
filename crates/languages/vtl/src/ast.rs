//! What templates are compiled to.

use std::sync::{Arc, OnceLock};

use crate::path::Path;
use crate::value::{Pattern, Value};

/// Statements in their order. Shared: defined blocks and macros outlive the place where they
/// stand.
pub(crate) type Block = Arc<[Node]>;

/// A statement.
#[derive(Debug)]
pub(crate) enum Node {
    /// Prints itself.
    Text(Box<str>),
    /// Prints its value.
    Reference(Reference),
    /// `#set(…)`
    Set(Box<Set>),
    /// `#if … #elseif … #else`
    If(Box<If>),
    /// `#foreach(…)`
    Foreach(Box<Foreach>),
    /// `#define($name)`
    Define(Arc<Define>),
    /// `#name(…)`, which prints itself if there is no such macro.
    Call(Box<Call>),
    /// `#evaluate(…)`
    Evaluate(Box<Expression>),
    /// `#break`, of the innermost block or of the loop whose `$foreach` is given.
    Break(Option<Box<Expression>>),
    /// `#stop`
    Stop,
}

/// `#set($target = value)`
#[derive(Debug)]
pub(crate) struct Set {
    /// The name of the variable, if the target is one.
    pub(crate) variable: Arc<str>,
    pub(crate) target: Reference,
    pub(crate) value: Expression,
}

#[derive(Debug)]
pub(crate) struct If {
    pub(crate) branches: Vec<(Expression, Block)>,
    pub(crate) otherwise: Option<Block>,
}

#[derive(Debug)]
pub(crate) struct Foreach {
    pub(crate) variable: Arc<str>,
    pub(crate) elements: Expression,
    pub(crate) body: Block,
}

#[derive(Debug)]
pub(crate) struct Define {
    pub(crate) name: Arc<str>,
    pub(crate) body: Block,
}

/// `#macro(name $parameters…) body #end`
#[derive(Debug)]
pub(crate) struct Macro {
    pub(crate) name: Arc<str>,
    pub(crate) parameters: Vec<Arc<str>>,
    pub(crate) body: Block,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: Arc<str>,
    /// Shared with the macro's frame: they are evaluated where the macro uses them.
    pub(crate) arguments: Arc<[Expression]>,
    /// `#@name(…) body #end`
    pub(crate) body: Option<Block>,
    /// What is printed if there is no such macro.
    pub(crate) literal: Box<str>,
}

/// An expression.
#[derive(Debug)]
pub(crate) enum Expression {
    Constant(Value),
    /// A string in double quotes with references or directives in it; `chop` says that its
    /// last character is not part of it.
    Interpolated {
        body: Block,
        chop: bool,
    },
    Reference(Reference),
    List(Vec<Expression>),
    Map(Vec<(Expression, Expression)>),
    Range(Box<(Expression, Expression)>),
    Not(Box<Expression>),
    And(Box<(Expression, Expression)>),
    Or(Box<(Expression, Expression)>),
    Compare(Comparison, Box<(Expression, Expression)>),
    Arithmetic(Operator, Box<Operands>),
    /// A bare word as a macro's argument: no value.
    Word,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// Two operands and their texts, which stand for them where a text is added to nothing.
#[derive(Debug)]
pub(crate) struct Operands {
    pub(crate) left: Expression,
    pub(crate) right: Expression,
    pub(crate) left_text: Box<str>,
    pub(crate) right_text: Box<str>,
}

/// `$name.property.method(…)[index]`
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) name: Arc<str>,
    pub(crate) steps: Box<[Step]>,
    /// What is printed in front of the value: halved backslashes and stray signs.
    pub(crate) prefix: Box<str>,
    /// Of these the backslashes, which are not halved if there is no value.
    pub(crate) escapes: Box<str>,
    /// An odd number of backslashes: the reference itself is printed.
    pub(crate) escaped: bool,
    /// What is printed if there is no value: nothing of a quiet one.
    pub(crate) literal: Arc<str>,
    /// The reference as written, for macros that print their arguments.
    pub(crate) source: Arc<str>,
    /// `$context.a.b`: `a.b`, if the host can be asked for it as a whole.
    pub(crate) context: Option<Box<str>>,
    /// It is no reference after all and has no value (`$\!x`, and a name without `$`).
    pub(crate) void: bool,
}

#[derive(Debug)]
pub(crate) enum Step {
    Property(Arc<str>),
    Method(Box<Method>),
    Index(Expression),
}

#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) name: Box<str>,
    pub(crate) arguments: Box<[Expression]>,
    /// `$input.json` and `$input.path` with a literal path: the path.
    pub(crate) path: Option<Result<Path, String>>,
    /// The pattern of the first call, for those behind it.
    pub(crate) pattern: OnceLock<Pattern>,
}
