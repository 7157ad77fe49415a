//! API Gateway's PATCH: JSON Patch operations whose values are always texts and whose paths are
//! JSON pointers into a resource.
//!
//! A collection states what may be patched as a [`Table`]; reading operations through it checks
//! the path and the verb of each and words the refusals, of which AWS has two forms (see
//! [`Wording`]). What an operation does is written in the collection's own file. Nothing is
//! stored before all operations of a request went through, so a request is all or nothing.

use api::apigateway::errors::BAD_REQUEST_EXCEPTION;
use api::apigateway::{Op, PatchOperation};
use wire::ServiceError;

/// One operation: a verb that its path allows, and the path taken apart.
#[derive(Debug)]
pub(crate) struct Patch<'a> {
    /// The verb.
    pub(crate) op: Op,
    /// The path as it was sent.
    pub(crate) path: &'a str,
    /// The value; AWS sends all as text.
    pub(crate) value: Option<&'a str>,
    segments: Vec<String>,
}

impl Patch<'_> {
    /// The path's segments, `~1` and `~0` decoded.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// The value; none is the same as an empty one.
    pub(crate) fn text(&self) -> &str {
        self.value.unwrap_or_default()
    }

    /// The value, unless there is none or it is empty: the two ways to clear a member.
    pub(crate) fn non_empty(&self) -> Option<String> {
        self.value.filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// The value as a boolean.
    pub(crate) fn flag(&self) -> bool {
        flag(self.text())
    }
}

/// A text as a boolean: whatever is not "true" is false (recorded from AWS, `/apiKeyRequired`).
pub(crate) fn flag(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}

/// How a collection words its refusals. All are recorded from AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wording {
    /// `Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/a, /b]`
    Listed,
    /// `Invalid patch path /x`
    Brief,
    /// The same, for verbs that a path does not allow too.
    BriefPath,
}

/// A path that may be patched. A segment in braces stands for any one segment.
#[derive(Debug)]
pub(crate) struct Row {
    path: &'static str,
    ops: &'static [Op],
}

/// A path and the verbs it allows.
pub(crate) const fn row(path: &'static str, ops: &'static [Op]) -> Row {
    Row { path, ops }
}

/// What may be patched in a collection.
#[derive(Debug)]
pub(crate) struct Table {
    /// The form of the refusals.
    pub(crate) wording: Wording,
    /// The paths, in the order in which refusals list them.
    pub(crate) rows: &'static [Row],
}

impl Table {
    /// Reads the operations one by one, so that the first one that is refused, for whatever
    /// reason, is the one that is answered.
    pub(crate) fn read<'a>(
        &self,
        operations: &'a Option<Vec<PatchOperation>>,
    ) -> impl Iterator<Item = Result<Patch<'a>, ServiceError>> {
        operations.iter().flatten().map(|operation| self.check(operation))
    }

    fn check<'a>(&self, operation: &'a PatchOperation) -> Result<Patch<'a>, ServiceError> {
        let segments = operation.path.as_deref().and_then(pointer);
        let found =
            segments.as_ref().and_then(|segments| self.rows.iter().find(|row| matches(row.path, segments)));
        let (Some(path), Some(segments), Some(row)) = (operation.path.as_deref(), segments, found) else {
            return Err(self.unknown_path(operation));
        };
        let Some(op) = operation.op.filter(|op| row.ops.contains(op)) else {
            return Err(self.unsupported_op(operation, row));
        };
        Ok(Patch { op, path, value: operation.value.as_deref(), segments })
    }

    fn unknown_path(&self, operation: &PatchOperation) -> ServiceError {
        let path = operation.path.as_deref().unwrap_or("null");
        let text = match self.wording {
            Wording::Brief | Wording::BriefPath => format!("Invalid patch path {path}"),
            Wording::Listed => {
                let paths: Vec<_> = self.rows.iter().map(|row| row.path).collect();
                let op = name(operation.op);
                // Two blanks: recorded from AWS.
                format!(
                    "Invalid patch path  '{path}' specified for op '{op}'. Must be one of: [{}]",
                    paths.join(", ")
                )
            }
        };
        ServiceError::new(&BAD_REQUEST_EXCEPTION, text)
    }

    fn unsupported_op(&self, operation: &PatchOperation, row: &Row) -> ServiceError {
        let path = operation.path.as_deref().unwrap_or("null");
        let text = match self.wording {
            Wording::BriefPath => format!("Invalid patch path {path}"),
            Wording::Brief => {
                let ops: Vec<_> = row.ops.iter().map(|op| op.as_str()).collect();
                format!("Invalid patch operation specified. Must be one of: [{}]", ops.join(", "))
            }
            Wording::Listed => {
                let op = name(operation.op);
                format!(
                    "Invalid patch path  '{path}' specified for op '{op}'. Please choose supported operations"
                )
            }
        };
        ServiceError::new(&BAD_REQUEST_EXCEPTION, text)
    }
}

fn name(op: Option<Op>) -> &'static str {
    op.map_or("null", Op::as_str)
}

/// The segments of a JSON pointer (RFC 6901); `None` if the text is not one.
pub(crate) fn pointer(path: &str) -> Option<Vec<String>> {
    Some(path.strip_prefix('/')?.split('/').map(unescape).collect())
}

/// A segment's text: `~1` is a slash and `~0` a tilde.
pub(crate) fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

fn matches(pattern: &str, segments: &[String]) -> bool {
    let mut expected = pattern.trim_start_matches('/').split('/');
    let all = segments.iter().all(|segment| {
        expected.next().is_some_and(|expected| {
            if expected.starts_with('{') { !segment.is_empty() } else { expected == segment }
        })
    });
    all && expected.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: Table = Table {
        wording: Wording::Listed,
        rows: &[row("/parentId", &[Op::Replace]), row("/pathPart", &[Op::Replace])],
    };
    const BRIEF: Table = Table {
        wording: Wording::Brief,
        rows: &[
            row("/name", &[Op::Replace]),
            row("/requestModels/{content_type}", &[Op::Add, Op::Remove, Op::Replace]),
        ],
    };

    fn operation(op: Op, path: &str) -> PatchOperation {
        PatchOperation { op: Some(op), path: Some(path.into()), ..PatchOperation::default() }
    }

    fn refusal(table: &Table, operation: PatchOperation) -> String {
        table.check(&operation).unwrap_err().message().unwrap_or_default().to_owned()
    }

    /// Texts recorded from AWS.
    #[test]
    fn refusals_are_worded_in_the_two_forms_of_aws() {
        let check =
            |table, op, path, expected: &str| assert_eq!(refusal(table, operation(op, path)), expected);
        check(
            &LISTED,
            Op::Replace,
            "/invalid",
            "Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]",
        );
        check(
            &LISTED,
            Op::Add,
            "/pathPart",
            "Invalid patch path  '/pathPart' specified for op 'add'. Please choose supported operations",
        );
        check(&BRIEF, Op::Replace, "/wrong", "Invalid patch path /wrong");
        check(&BRIEF, Op::Add, "/name", "Invalid patch operation specified. Must be one of: [replace]");
        check(&BRIEF, Op::Add, "/requestModels", "Invalid patch path /requestModels");
        check(&BRIEF, Op::Add, "/requestModels/", "Invalid patch path /requestModels/");
        check(
            &BRIEF,
            Op::Add,
            "/requestModels/application/json",
            "Invalid patch path /requestModels/application/json",
        );
        check(&BRIEF, Op::Replace, "name", "Invalid patch path name");
        assert_eq!(refusal(&BRIEF, PatchOperation::default()), "Invalid patch path null");
    }

    #[test]
    fn pointers_are_decoded_slash_first() {
        let escaped = operation(Op::Add, "/requestModels/application~1json~01");
        let patch = BRIEF.check(&escaped).unwrap();
        assert_eq!(patch.segments(), ["requestModels", "application/json~1"]);
    }

    #[test]
    fn only_true_is_true() {
        for (text, expected) in
            [("true", true), ("True", true), ("false", false), ("yes", false), ("", false)]
        {
            assert_eq!(flag(text), expected, "{text}");
        }
    }
}
