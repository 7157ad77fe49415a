//! No template panics, hangs, or grows without bound.

use std::time::{Duration, Instant};

use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;

use super::{Request, rendered};
use crate::{Overrides, Template};

const PARTS: &[&str] = &[
    "$",
    "#",
    "\\",
    "{",
    "}",
    "!",
    "(",
    ")",
    "'",
    "\"",
    ".",
    "[",
    "]",
    "*",
    "\n",
    " ",
    ",",
    ":",
    "..",
    "é",
    "1",
    "-",
    "+",
    "/",
    "=",
    "==",
    "<",
    "&&",
    "input",
    "body",
    "params",
    "json",
    "path",
    "context",
    "util",
    "x",
    "$x",
    "$input.path('$')",
    "$context",
    "#set($x = ",
    "#if(",
    "#else",
    "#elseif(",
    "#end",
    "#foreach($x in ",
    "#macro(m",
    "#m(",
    "#@m(",
    "#define($x)",
    "#evaluate(",
    "#break",
    "#stop",
    "#[[",
    "]]#",
    "##",
    "#*",
    "*#",
    ".put(",
    ".add($x)",
    ".toString()",
    ".replaceAll(",
    ".split(",
    ".substring(",
    "[$x]",
    "[1..9]",
    "{'a':",
    "true",
    "false",
    "null",
    ".requestOverride",
    ".header",
    "$foreach.",
    "index",
    "parent",
];

fn check(text: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    let started = Instant::now();
    if let Ok(template) = Template::compile(text) {
        let mut out = String::new();
        let request = Request { body: r#"{"a": [1, {"b": null}], "s": "x"}"# };
        let rendered = template.render(&request, &mut Overrides::default(), 1_000, &mut out);
        if rendered.is_ok() {
            prop_assert!(out.len() <= 1_000);
        }
    }
    prop_assert!(started.elapsed() < Duration::from_secs(10));
    Ok(())
}

proptest! {
    #[test]
    fn no_text_panics(text in "(?s).{0,60}") {
        check(&text)?;
    }

    #[test]
    fn no_template_like_text_panics(parts in proptest::collection::vec(select(PARTS), 0..30)) {
        check(&parts.concat())?;
    }

    #[test]
    fn text_without_special_characters_is_itself(text in any::<String>()) {
        let text = text.replace(['$', '#', '\\'], "");
        let template = Template::compile(&text).unwrap();
        prop_assert_eq!(template.as_constant(), Some(text.as_str()));
    }

    #[test]
    fn numbers_are_calculated_as_in_java(left in any::<i32>(), right in any::<i32>()) {
        let (wide_left, wide_right) = (i64::from(left), i64::from(right));
        let template = format!("#set($a = {left})#set($b = {right})#set($r = $a * $b)$r#set($r = $a - $b) $r");
        let expected = format!("{} {}", wide_left * wide_right, wide_left - wide_right);
        prop_assert_eq!(rendered(&template, "").unwrap(), expected);
    }
}
