//! Why a template was refused, and why it could not be rendered.

/// A template that cannot be compiled, and where in it the reason stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct TemplateError {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in that line, counted from 1.
    pub column: usize,
    /// What stands there.
    pub what: TemplateFault,
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// Something else has to stand here.
    #[error("{found:?} is not expected here")]
    Unexpected {
        /// What stands here.
        found: String,
    },
    /// The template ends before a directive or a reference does.
    #[error("the template ends inside {0:?}")]
    EndsInside(String),
    /// The template ends before a block does.
    #[error("the template ends where #end, or more of an expression, is expected")]
    Ends,
    /// A directive with other arguments than it takes.
    #[error("the directive #{0} does not take these arguments")]
    Arguments(String),
    /// `#include` or `#parse`: API Gateway has no files.
    #[error("the directive #{0} reads files, of which there are none")]
    Files(String),
    /// Expressions or blocks stand too deep inside each other.
    #[error("more than {limit} levels of nesting")]
    TooDeep {
        /// The most that are taken.
        limit: usize,
    },
    /// The template is longer than API Gateway takes.
    #[error("the template has {size} bytes, more than the {limit} that are allowed")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The most that is taken.
        limit: usize,
    },
}

/// Why a compiled template could not be rendered. API Gateway answers 500 then; the text is
/// for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// It prints more than it may.
    #[error("the template prints more than {limit} bytes")]
    OutputTooLong {
        /// The most that it may print.
        limit: usize,
    },
    /// It does more than one rendering may.
    #[error("the template does more than one request may")]
    TooMuchWork,
    /// Blocks, macros or values stand too deep inside each other.
    #[error("more than {limit} levels of nesting while the template is rendered")]
    TooDeep {
        /// The most that are allowed.
        limit: usize,
    },
    /// Macros call each other too deep.
    #[error("the macro #{name} is called more than {limit} levels deep")]
    MacroDepth {
        /// The macro.
        name: String,
        /// The most levels.
        limit: usize,
    },
    /// A method fails on these arguments, as it would in Java.
    #[error("{method} fails: {why}")]
    Method {
        /// The method's name.
        method: &'static str,
        /// Why.
        why: String,
    },
    /// The payload is needed as JSON and is none.
    #[error("the payload is not JSON: {why}")]
    NotJson {
        /// The parser's words.
        why: String,
    },
    /// A JSONPath that cannot be compiled, or asks for what cannot be had.
    #[error("a JSONPath cannot be read: {why}")]
    JsonPath {
        /// The compiler's words.
        why: String,
    },
    /// `#evaluate` of a text that is no template.
    #[error("#evaluate: {0}")]
    Evaluate(Box<TemplateError>),
    /// `#break` with something else than a loop.
    #[error("#break takes a loop's $foreach")]
    Break,
    /// A macro is called with something that is no value.
    #[error("the macro #{0} does not take these arguments")]
    MacroArguments(String),
    /// An index below zero, counted from the end of something that has none.
    #[error("an index below zero needs a list")]
    NegativeIndex,
    /// A parameter, header or status is overridden more than once (API Gateway developer
    /// guide, "Override your API's request and response parameters": answered 5XX).
    #[error("$context.{0} is overridden more than once")]
    OverriddenTwice(String),
}
