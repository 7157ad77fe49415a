//! A compiled path: the steps from the root of the document to the values.

use crate::filter::Expression;
use crate::functions::Function;

/// A path, in a path's own place or within a filter or a function's arguments.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    /// `$` stands for the document, `@` for the value that a filter is looking at.
    pub(crate) start: Start,
    pub(crate) steps: Vec<PlacedStep>,
    /// It names one value: every step is definite.
    pub(crate) definite: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Root,
    Current,
}

/// A step and what has to be known of its place.
#[derive(Clone, Debug)]
pub(crate) struct PlacedStep {
    pub(crate) step: Step,
    /// All steps before it are definite, so that what is missing here is missing for good.
    pub(crate) definite_before: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// `.a`, `['a']`
    Property(Box<str>),
    /// `['a','b']`: at the end of a path, one object of these properties; elsewhere, each.
    Properties(Vec<Box<str>>),
    /// `.*`, `[*]`
    Wildcard,
    /// `..`: the next step is taken on the value and on everything in it.
    Scan,
    /// `[0]`, `[-1]`
    Index(i32),
    /// `[0,1]`
    Indices(Vec<i32>),
    /// `[from:to]`
    Slice { from: Option<i32>, to: Option<i32> },
    /// `[?(…)]`
    Filter(Expression),
    /// `.length()`
    Function(Function),
}

impl Path {
    pub(crate) fn new(start: Start, steps: Vec<Step>) -> Self {
        let last = steps.len().saturating_sub(1);
        let mut definite = true;
        let steps = steps
            .into_iter()
            .enumerate()
            .map(|(position, step)| {
                let definite_before = definite;
                definite &= step.is_definite(position == last);
                PlacedStep { step, definite_before }
            })
            .collect();
        Self { start, steps, definite }
    }
}

impl Step {
    pub(crate) fn is_definite(&self, is_last: bool) -> bool {
        match self {
            Self::Property(_) | Self::Index(_) | Self::Function(_) => true,
            Self::Properties(_) => is_last,
            Self::Wildcard | Self::Scan | Self::Indices(_) | Self::Slice { .. } | Self::Filter(_) => false,
        }
    }
}
