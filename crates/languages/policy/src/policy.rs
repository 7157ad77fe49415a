//! A policy: read from JSON, checked, and compiled into statements that can be asked.

use serde_json::{Map, Value};

use crate::condition::Condition;
use crate::error::PolicyError;
use crate::glob::Glob;
use crate::json::{self, object, one_or_many, text, texts};
use crate::limits::{MAX_DOCUMENT_BYTES, MAX_STATEMENTS};
use crate::principals::Principals;
use crate::text::Pattern;

/// A compiled policy. Asking it needs no parsing and, unless it has variables, no memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub(crate) statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    pub(crate) sid: Option<Box<str>>,
    pub(crate) deny: bool,
    /// `None` in identity policies, which are about those they are attached to.
    pub(crate) principals: Option<Principals>,
    pub(crate) actions: Actions,
    /// `None` in trust policies, which are about the role they belong to.
    pub(crate) resources: Option<Resources>,
    pub(crate) conditions: Vec<Condition>,
    /// The first resource that is neither an ARN nor `*`, if there is one.
    pub(crate) odd_resource: Option<Box<str>>,
}

/// What a statement lets, or does not let, be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Actions {
    Listed(Vec<Glob>),
    AllBut(Vec<Glob>),
}

/// To what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Resources {
    Listed(Vec<Pattern>),
    AllBut(Vec<Pattern>),
}

impl Policy {
    /// Reads a policy document.
    ///
    /// A missing `Version` is 2008-10-17, in which there are no variables. `Statement` may be
    /// one statement, and wherever the language has a list there may be one value.
    ///
    /// # Errors
    /// If the document is no policy: the element, and what is wrong with it. A policy that
    /// cannot be read must be taken to deny.
    pub fn parse(document: &str) -> Result<Self, PolicyError> {
        Self::of(&json::read(document)?)
    }

    /// Reads a policy document that has been read as JSON. Prefer [`Policy::parse`] where the
    /// text is at hand: it notices names that come twice.
    ///
    /// # Errors
    /// As [`Policy::parse`].
    pub fn from_value(document: &Value) -> Result<Self, PolicyError> {
        let mut room = Room(MAX_DOCUMENT_BYTES);
        serde_json::to_writer(&mut room, document).map_err(|_| PolicyError::TooLong)?;
        Self::of(document)
    }

    fn of(document: &Value) -> Result<Self, PolicyError> {
        let elements = object(document, "the policy")?;
        only(elements, &["Version", "Id", "Statement"], "the policy")?;
        let variables = match elements.get("Version") {
            None => false,
            Some(version) => match text(version, "Version")? {
                "2012-10-17" => true,
                "2008-10-17" => false,
                other => {
                    return Err(PolicyError::Value {
                        at: "Version".into(),
                        value: other.into(),
                        expected: "2012-10-17 or 2008-10-17",
                    });
                }
            },
        };
        if let Some(id) = elements.get("Id") {
            text(id, "Id")?;
        }
        let statements = elements
            .get("Statement")
            .ok_or_else(|| PolicyError::Missing { at: "the policy".into(), element: "Statement" })?;
        let statements = one_or_many(statements);
        if statements.len() > MAX_STATEMENTS {
            return Err(PolicyError::TooManyStatements);
        }
        let statements = statements
            .iter()
            .enumerate()
            .map(|(index, statement)| Statement::parse(statement, variables, &format!("Statement[{index}]")))
            .collect::<Result<_, _>>()?;
        Ok(Self { statements })
    }

    /// Whether the policy says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }
}

impl std::str::FromStr for Policy {
    type Err = PolicyError;

    fn from_str(document: &str) -> Result<Self, PolicyError> {
        Self::parse(document)
    }
}

impl Statement {
    fn parse(value: &Value, variables: bool, at: &str) -> Result<Self, PolicyError> {
        const ELEMENTS: [&str; 9] = [
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        let elements = object(value, at)?;
        only(elements, &ELEMENTS, at)?;
        let under = |element: &str| format!("{at}.{element}");

        let sid = match elements.get("Sid") {
            Some(sid) => Some(text(sid, &under("Sid"))?.into()),
            None => None,
        };
        let effect = elements
            .get("Effect")
            .ok_or_else(|| PolicyError::Missing { at: at.into(), element: "Effect" })?;
        let deny = match text(effect, &under("Effect"))? {
            "Allow" => false,
            "Deny" => true,
            other => {
                return Err(PolicyError::Value {
                    at: under("Effect"),
                    value: other.into(),
                    expected: "Allow or Deny",
                });
            }
        };
        let principals = match either(elements, "Principal", "NotPrincipal", at)? {
            None => None,
            Some(Either::Plain(value)) => {
                Some(Principals::Listed(Principals::parse(value, &under("Principal"))?))
            }
            Some(Either::Not(value)) => {
                let named = Principals::parse(value, &under("NotPrincipal"))?;
                Some(Principals::AllBut(not_empty(named, under("NotPrincipal"))?))
            }
        };
        let actions = match either(elements, "Action", "NotAction", at)? {
            None => return Err(PolicyError::Missing { at: at.into(), element: "Action or NotAction" }),
            Some(Either::Plain(value)) => Actions::Listed(actions(value, &under("Action"))?),
            Some(Either::Not(value)) => {
                let actions = actions(value, &under("NotAction"))?;
                Actions::AllBut(not_empty(actions, under("NotAction"))?)
            }
        };
        let mut odd_resource = None;
        let resources = match either(elements, "Resource", "NotResource", at)? {
            None => None,
            Some(Either::Plain(value)) => {
                Some(Resources::Listed(resources(value, variables, &under("Resource"), &mut odd_resource)?))
            }
            Some(Either::Not(value)) => {
                let at = under("NotResource");
                let resources = resources(value, variables, &at, &mut odd_resource)?;
                Some(Resources::AllBut(not_empty(resources, at)?))
            }
        };
        let conditions = match elements.get("Condition") {
            Some(value) => Condition::parse_all(value, variables, &under("Condition"))?,
            None => Vec::new(),
        };
        Ok(Self { sid, deny, principals, actions, resources, conditions, odd_resource })
    }
}

/// An element or its negation.
enum Either<'v> {
    Plain(&'v Value),
    Not(&'v Value),
}

fn either<'v>(
    elements: &'v Map<String, Value>,
    one: &'static str,
    other: &'static str,
    at: &str,
) -> Result<Option<Either<'v>>, PolicyError> {
    match (elements.get(one), elements.get(other)) {
        (None, None) => Ok(None),
        (Some(value), None) => Ok(Some(Either::Plain(value))),
        (None, Some(value)) => Ok(Some(Either::Not(value))),
        (Some(_), Some(_)) => Err(PolicyError::Both { at: at.into(), one, other }),
    }
}

/// An element that is not known may be a misspelled restriction.
fn only(elements: &Map<String, Value>, known: &[&str], at: &str) -> Result<(), PolicyError> {
    match elements.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(PolicyError::Unknown { at: at.into(), element: name.clone() }),
        None => Ok(()),
    }
}

/// A negated list that is empty would cover everything, which nobody means.
fn not_empty<T>(list: Vec<T>, at: String) -> Result<Vec<T>, PolicyError> {
    if list.is_empty() { Err(PolicyError::Empty { at }) } else { Ok(list) }
}

fn actions(value: &Value, at: &str) -> Result<Vec<Glob>, PolicyError> {
    texts(value, at)?
        .into_iter()
        .map(|text| {
            let named =
                text.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
            if named || text == "*" {
                return Ok(Glob::parse(text));
            }
            Err(PolicyError::Value { at: at.into(), value: text.into(), expected: "service:Action, or *" })
        })
        .collect()
}

fn resources(
    value: &Value,
    variables: bool,
    at: &str,
    odd: &mut Option<Box<str>>,
) -> Result<Vec<Pattern>, PolicyError> {
    texts(value, at)?
        .into_iter()
        .map(|text| {
            if text != "*" && !text.starts_with("arn:") && odd.is_none() {
                *odd = Some(text.into());
            }
            Pattern::parse(&completed(text), variables).map_err(|expected| PolicyError::Value {
                at: at.into(),
                value: text.into(),
                expected,
            })
        })
        .collect()
}

/// `arn:aws:sqs` is `arn:aws:sqs:*:*:*`: AWS completes ARNs of fewer than six parts (IAM user
/// guide, "IAM JSON policy elements: Resource", incomplete ARNs).
fn completed(text: &str) -> String {
    let colons = text.bytes().filter(|c| *c == b':').count();
    if text.starts_with("arn:") && !text.contains("${") && colons < 5 {
        return text.to_owned() + &":*".repeat(5 - colons);
    }
    text.to_owned()
}

/// Counts what is written and refuses more than there is room for.
struct Room(usize);

impl std::io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
