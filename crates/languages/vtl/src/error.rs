//! Why a template was refused.

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
    /// A reference that Velocity would interpret and this engine does not know.
    #[error("the reference {0} is not supported yet")]
    UnsupportedReference(String),
    /// A directive or macro call that Velocity would run.
    #[error("the directive {0} is not supported yet")]
    UnsupportedDirective(String),
    /// A backslash in front of something that Velocity would interpret.
    #[error("escaping {0} with a backslash is not supported yet")]
    UnsupportedEscape(String),
    /// A `#*` without its `*#`.
    #[error("a comment is not closed")]
    UnclosedComment,
    /// The template is longer than API Gateway takes.
    #[error("the template has {size} bytes, more than the {limit} that are allowed")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The most that is taken.
        limit: usize,
    },
}
