//! References: `$a`, `$!a`, `${a}`, `$!{a}`, with properties, calls and indices.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use super::Parser;
use crate::ast::{Expression, Method, Reference, Step};
use crate::error::TemplateFault;
use crate::lexer::{Fault, Kind};
use crate::path::Path;
use crate::value::Value;

/// What the first token of a reference says of it.
struct Opening {
    prefix: String,
    escapes: String,
    escaped: bool,
    quiet: bool,
    void: Option<String>,
    /// The token without its escapes and what stands in front of its `$`.
    image: String,
}

impl Parser<'_> {
    /// A reference that is printed or used.
    pub(super) fn reference(&mut self) -> Result<Reference, Fault> {
        self.nested(|parser| parser.reference_and_key().map(|(reference, _)| reference))
    }

    /// A reference, and the name that `#set` and `#define` give to a variable for it: the
    /// first token without its first character. Of `${a}` that is `{`, as in Velocity.
    pub(super) fn reference_and_key(&mut self) -> Result<(Reference, Arc<str>), Fault> {
        let first = self.peek_token(0)?.clone();
        let opening = opening(self.image(&first));
        let formal = first.kind == Kind::FormalOpen;
        if formal {
            self.read()?;
        }
        let named = self.take(Kind::Identifier)?;
        let name = if formal { self.image(&named) } else { opening.image.trim_start_matches(['$', '!']) };
        let steps = self.steps(name)?;
        if formal {
            self.take(Kind::FormalClose)?;
        }
        let key = opening.image.get(1..).unwrap_or_default();
        // What was read behind the first token, and that without its escapes.
        let behind = self.behind(first.end);
        let source: Arc<str> = format!("{}{}{behind}", first.stray, opening.image).into();
        let literal = match &opening.void {
            Some(void) => void.as_str().into(),
            None if opening.quiet && !opening.escaped => "".into(),
            None => source.clone(),
        };
        let context = context_path(name, &steps);
        let reference = Reference {
            name: name.into(),
            steps,
            prefix: format!("{}{}", opening.escapes, opening.prefix).into(),
            escapes: opening.escapes.into(),
            escaped: opening.escaped,
            literal,
            source,
            context,
            void: opening.void.is_some(),
        };
        Ok((reference, key.into()))
    }

    /// What was read from `start` on, as the tokens have it.
    fn behind(&self, start: usize) -> Cow<'_, str> {
        let text = self.text.get(start..self.read_to).unwrap_or_default();
        let mut kept = Cow::Borrowed(text);
        for lost in self.lost.iter().rev().take_while(|lost| lost.start >= start) {
            kept.to_mut().replace_range(lost.start - start..lost.end - start, "");
        }
        kept
    }

    fn steps(&mut self, name: &str) -> Result<Box<[Step]>, Fault> {
        let mut steps = Vec::new();
        self.indices(&mut steps)?;
        while self.kind()? == Kind::Dot && self.peek(1)? == Kind::Identifier {
            self.read()?;
            let host = name == "input" && steps.is_empty();
            let property = self.read()?;
            let property = self.image(&property);
            if self.kind()? == Kind::ParenOpen && self.call_follows()? {
                steps.push(self.method(property, host)?);
            } else {
                steps.push(Step::Property(property.into()));
            }
            self.indices(&mut steps)?;
        }
        Ok(steps.into())
    }

    /// Whether what stands behind the parenthesis can be an argument or closes it.
    fn call_follows(&mut self) -> Result<bool, Fault> {
        let kind = self.peek(1)?;
        Ok(kind == Kind::CallClose || kind == Kind::Blank || super::expressions::starts_value(kind))
    }

    fn method(&mut self, name: &str, host: bool) -> Result<Step, Fault> {
        self.take(Kind::ParenOpen)?;
        let mut arguments = Vec::new();
        if self.kind()? != Kind::CallClose {
            arguments.push(self.parameter()?);
            while self.kind()? == Kind::Comma {
                self.read()?;
                arguments.push(self.parameter()?);
            }
        }
        self.take(Kind::CallClose)?;
        let path = match arguments.as_slice() {
            [Expression::Constant(Value::Text(path))] if host && matches!(name, "json" | "path") => {
                Some(Path::compile(path))
            }
            _ => None,
        };
        let arguments = arguments.into();
        Ok(Step::Method(Box::new(Method { name: name.into(), arguments, path, pattern: OnceLock::new() })))
    }

    fn indices(&mut self, steps: &mut Vec<Step>) -> Result<(), Fault> {
        while self.kind()? == Kind::IndexOpen {
            self.read()?;
            self.skip_blank()?;
            let index = match self.kind()? {
                Kind::StringLiteral => self.string()?,
                Kind::Integer => self.integer()?,
                Kind::True | Kind::False => self.truth()?,
                Kind::Identifier | Kind::FormalOpen => Expression::Reference(self.reference()?),
                _ => return Err(self.unexpected()),
            };
            self.skip_blank()?;
            self.take(Kind::IndexClose)?;
            if steps.len() >= 256 {
                return Err((self.read_to, TemplateFault::TooDeep { limit: 256 }));
            }
            steps.push(Step::Index(index));
        }
        Ok(())
    }
}

/// `a.b` of `$context.a.b`. Overrides are no part of it: templates set them.
fn context_path(name: &str, steps: &[Step]) -> Option<Box<str>> {
    if name != "context" || steps.is_empty() {
        return None;
    }
    let mut path = String::new();
    for step in steps {
        let Step::Property(property) = step else { return None };
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(property);
    }
    let overrides = path.starts_with("requestOverride") || path.starts_with("responseOverride");
    (!overrides).then(|| path.into())
}

/// Takes the backslashes and stray signs off the first token of a reference.
fn opening(image: &str) -> Opening {
    let mut opening = Opening {
        prefix: String::new(),
        escapes: String::new(),
        escaped: false,
        quiet: false,
        void: None,
        image: image.to_owned(),
    };
    if image.contains("\\!") {
        // `$\!name`: one of the backslashes behind the `$` goes, and nothing is looked up.
        let dollar = image.find('$').unwrap_or(0);
        let escape = image.get(dollar..).and_then(|rest| rest.find('\\')).map(|at| dollar + at);
        let mut void = image.to_owned();
        if let Some(escape) = escape {
            void.remove(escape);
        }
        opening.void = Some(void);
        return opening;
    }
    let unescaped = image.trim_start_matches('\\');
    let escapes = image.len() - unescaped.len();
    opening.escaped = !escapes.is_multiple_of(2);
    opening.escapes = "\\".repeat(escapes / 2);
    let (before, reference) = unescaped.split_at(unescaped.rfind('$').unwrap_or(0));
    opening.prefix = before.to_owned();
    opening.image = reference.to_owned();
    if reference.starts_with("$!") {
        opening.quiet = true;
    } else if !reference.starts_with('$') {
        opening.void = Some(reference.to_owned());
    }
    opening
}
