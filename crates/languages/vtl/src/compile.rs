//! From text to pieces. What is a reference, a directive or plain text is decided as
//! Velocity 1.7 does (Apache Velocity user guide, "References", "Directives", "Comments");
//! where its reading depends on what is defined at run time, the template is refused.

use crate::template::Piece;
use crate::{MAXIMUM_TEMPLATE_BYTES, Reference, Template, TemplateError, TemplateFault};

/// The directives of Velocity. A name that begins with one of them is refused too: its
/// lexer takes the longest directive it finds (`#endif` is `#end` and `if`).
const DIRECTIVES: &[&str] = &[
    "set", "if", "elseif", "else", "end", "foreach", "include", "parse", "stop", "macro", "define",
    "evaluate", "break", "literal", "return",
];

pub(crate) fn compile(text: &str) -> Result<Template, TemplateError> {
    if text.len() > MAXIMUM_TEMPLATE_BYTES {
        let what = TemplateFault::TooLarge { size: text.len(), limit: MAXIMUM_TEMPLATE_BYTES };
        return Err(TemplateError { line: 1, column: 1, what });
    }
    let mut pieces = Pieces::default();
    let mut rest = text;
    while let Some(next) = rest.find(['$', '#', '\\']) {
        let (plain, special) = rest.split_at(next);
        pieces.text(plain);
        let fail = |what| place(text, text.len() - special.len(), what);
        rest = match special.as_bytes().first() {
            Some(b'$') => match reference(special).map_err(fail)? {
                Some((reference, after)) => {
                    pieces.reference(reference);
                    after
                }
                None => pieces.first_character(special),
            },
            Some(b'#') => match hash(special).map_err(fail)? {
                Hash::Comment(after) => after,
                Hash::Text => pieces.first_character(special),
            },
            // A backslash. Velocity takes it for an escape only in front of something that it
            // interprets, and whether it does so depends on what is defined.
            _ => {
                let after = special.trim_start_matches('\\');
                if let Some(escaped) = interpreted(after) {
                    return Err(fail(TemplateFault::UnsupportedEscape(escaped)));
                }
                pieces.text(special.get(..special.len() - after.len()).unwrap_or_default());
                after
            }
        };
    }
    pieces.text(rest);
    Ok(Template { pieces: pieces.finished() })
}

/// Neighbouring texts become one piece, so that a template without references is constant.
#[derive(Default)]
struct Pieces {
    done: Vec<Piece>,
    text: String,
}

impl Pieces {
    fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Takes the first (one-byte) character as text and answers what is behind it.
    fn first_character<'a>(&mut self, from: &'a str) -> &'a str {
        let (first, after) = from.split_at_checked(1).unwrap_or((from, ""));
        self.text(first);
        after
    }

    fn reference(&mut self, reference: Reference) {
        self.flush();
        self.done.push(Piece::Reference(reference));
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.done.push(Piece::Text(std::mem::take(&mut self.text).into_boxed_str()));
        }
    }

    fn finished(mut self) -> Vec<Piece> {
        self.flush();
        self.done
    }
}

/// Reads the reference at the start of `text`, which starts with `$`: the reference and
/// what is behind it, or `None` if the `$` is plain text.
fn reference(text: &str) -> Result<Option<(Reference, &str)>, TemplateFault> {
    let quiet = text.strip_prefix("$!").or_else(|| text.strip_prefix('$')).unwrap_or(text);
    let formal = quiet.strip_prefix('{');
    let named = formal.unwrap_or(quiet);
    let (name, mut after) = path(named);
    if name.is_empty() {
        return match formal {
            Some(_) => Err(unsupported_reference(text, named)),
            None => Ok(None),
        };
    }
    let reference = if let Some(variable) = name.strip_prefix("context.") {
        Reference::Context(variable.into())
    } else if let Some(variable) = name.strip_prefix("stageVariables.")
        && !variable.contains('.')
    {
        Reference::StageVariable(variable.into())
    } else if name == "input.body" {
        Reference::Body
    } else if name == "input.params"
        && let Some((parameter, behind)) = text_argument(after)
    {
        after = behind;
        Reference::Parameter(parameter.into())
    } else {
        return Err(unsupported_reference(text, after));
    };
    if formal.is_some() {
        match after.strip_prefix('}') {
            Some(behind) => after = behind,
            None => return Err(unsupported_reference(text, after)),
        }
    } else if after.starts_with(['(', '[']) || dotted(after) {
        // An index, a call, or a property of what the reference stands for.
        return Err(unsupported_reference(text, after));
    }
    Ok(Some((reference, after)))
}

/// The longest `identifier.identifier…` at the start of `text`, and what is behind it. A
/// full stop belongs to it only if an identifier follows.
fn path(text: &str) -> (&str, &str) {
    let mut end = identifier(text);
    if end == 0 {
        return ("", text);
    }
    while let Some(after) = text.get(end..)
        && dotted(after)
    {
        end += 1 + identifier(after.get(1..).unwrap_or_default());
    }
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn dotted(text: &str) -> bool {
    text.strip_prefix('.').is_some_and(|behind| identifier(behind) > 0)
}

/// The length of the identifier at the start of `text`: a letter or underscore, then
/// letters, digits, underscores and hyphens.
fn identifier(text: &str) -> usize {
    let bytes = text.as_bytes();
    if !bytes.first().is_some_and(|c| c.is_ascii_alphabetic() || *c == b'_') {
        return 0;
    }
    bytes.iter().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-')).count()
}

/// Reads `('x')` or `("x")`: the text between the quotes and what is behind the parenthesis.
/// Double quotes only around text that Velocity would not interpret.
fn text_argument(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('(')?.trim_start_matches([' ', '\t']);
    let (quote, quoted) = match inside.as_bytes().first()? {
        b'\'' => ('\'', inside.get(1..)?),
        b'"' => ('"', inside.get(1..)?),
        _ => return None,
    };
    let (value, behind) = quoted.split_once(quote)?;
    let behind = behind.trim_start_matches([' ', '\t']).strip_prefix(')')?;
    // A doubled quote is a quote inside the text; such names do not occur.
    if value.contains(['$', '#', '\\', '\n']) || behind.starts_with(quote) {
        return None;
    }
    Some((value, behind))
}

enum Hash<'a> {
    /// A comment, and what is behind it.
    Comment(&'a str),
    /// Plain text.
    Text,
}

/// Reads what stands at the start of `text`, which starts with `#`.
fn hash(text: &str) -> Result<Hash<'_>, TemplateFault> {
    let behind = text.get(1..).unwrap_or_default();
    if let Some(comment) = behind.strip_prefix('#') {
        // The comment takes its line's end with it.
        return Ok(Hash::Comment(comment.split_once('\n').map_or("", |(_, after)| after)));
    }
    if let Some(comment) = behind.strip_prefix('*') {
        let (_, after) = comment.split_once("*#").ok_or(TemplateFault::UnclosedComment)?;
        return Ok(Hash::Comment(after));
    }
    if behind.starts_with("[[") {
        return Err(TemplateFault::UnsupportedDirective("#[[".into()));
    }
    let named = behind.strip_prefix(['{', '@']).unwrap_or(behind);
    let name = named.get(..identifier(named)).unwrap_or_default();
    if name.is_empty() {
        return Ok(Hash::Text);
    }
    let after = named.get(name.len()..).unwrap_or_default();
    let directive = DIRECTIVES.iter().any(|directive| name.starts_with(directive));
    let call = after.trim_start_matches([' ', '\t']).starts_with('(');
    if directive || call || named.len() != behind.len() {
        return Err(TemplateFault::UnsupportedDirective(format!("#{name}")));
    }
    Ok(Hash::Text)
}

/// What Velocity would interpret at the start of `text`, in its own spelling.
fn interpreted(text: &str) -> Option<String> {
    match text.as_bytes().first()? {
        b'$' => match reference(text) {
            Ok(Some((_, after))) => Some(text.get(..text.len() - after.len())?.to_owned()),
            Ok(None) => None,
            Err(TemplateFault::UnsupportedReference(name)) => Some(name),
            Err(_) => Some("$".to_owned()),
        },
        b'#' => match hash(text) {
            Ok(Hash::Comment(_)) | Err(TemplateFault::UnclosedComment) => text.get(..2).map(str::to_owned),
            Ok(Hash::Text) => None,
            Err(TemplateFault::UnsupportedDirective(name)) => Some(name),
            Err(_) => Some("#".to_owned()),
        },
        _ => None,
    }
}

/// The unsupported reference that starts at `text`, as far as it was read and a little more.
fn unsupported_reference(text: &str, after: &str) -> TemplateFault {
    let mut shown: String = text.get(..text.len() - after.len()).unwrap_or(text).to_owned();
    if after.starts_with(['(', '[']) {
        let closing = after.find([')', ']', '\n']).map_or(after.len(), |at| at + 1);
        shown.push_str(after.get(..closing).unwrap_or_default().trim_end());
    }
    TemplateFault::UnsupportedReference(shown)
}

/// Puts a fault at the byte `at` of `text`.
fn place(text: &str, at: usize, what: TemplateFault) -> TemplateError {
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|c| *c == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    TemplateError { line, column, what }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;
    use crate::Scene;

    struct Tutorial;

    impl Scene for Tutorial {
        fn body(&self) -> &str {
            "{\"name\": \"Rex\"}"
        }
        fn parameter(&self, name: &str, out: &mut String) {
            if name == "petId" {
                out.push('7');
            }
        }
        fn context(&self, name: &str, out: &mut String) {
            if name == "stage" {
                out.push_str("prod");
            } else if name == "identity.sourceIp" {
                out.push_str("127.0.0.1");
            }
        }
        fn stage_variable(&self, name: &str, out: &mut String) {
            if name == "color" {
                out.push_str("blue");
            }
        }
    }

    struct Silence;

    impl Scene for Silence {
        fn body(&self) -> &str {
            ""
        }
        fn parameter(&self, _: &str, _: &mut String) {}
        fn context(&self, _: &str, _: &mut String) {}
        fn stage_variable(&self, _: &str, _: &mut String) {}
    }

    fn renders(template: &str, expected: &str) {
        let mut out = String::new();
        Template::compile(template).unwrap().render(&Tutorial, 1_000, &mut out).unwrap();
        assert_eq!(out, expected, "{template}");
    }

    fn refuses(template: &str, line: usize, column: usize, what: &str) {
        let error = Template::compile(template).unwrap_err();
        assert_eq!(
            (error.line, error.column, error.what.to_string().as_str()),
            (line, column, what),
            "{template}"
        );
    }

    #[test]
    fn plain_text_is_constant() {
        for text in [
            "",
            "{\"statusCode\": 200}",
            "price: $5, $, $$, $!, $ context, $.x",
            "# 1, #, #5, a#b, #fff, #top",
            "C:\\temp, \\\\, \\n, \\$5",
            "größer als ä",
        ] {
            assert_eq!(Template::compile(text).unwrap().as_constant(), Some(text));
        }
    }

    #[test]
    fn comments_vanish_with_their_line_ends() {
        renders("a## remark $foo #if\nb", "ab");
        renders("a## remark", "a");
        renders("a#* $foo\n#if *#b", "ab");
        assert_eq!(Template::compile("a##b\nc").unwrap().as_constant(), Some("ac"));
    }

    #[test]
    fn text_references_print_their_values() {
        renders("$input.body", "{\"name\": \"Rex\"}");
        renders(
            "$context.stage, ${context.stage}, $!context.stage, $!{context.stage}",
            "prod, prod, prod, prod",
        );
        renders("at $context.identity.sourceIp.", "at 127.0.0.1.");
        renders("\"$stageVariables.color\"", "\"blue\"");
        renders("$stageVariables.missing|$context.identity.caller|", "||");
        renders("id=$input.params('petId')&x=$input.params( \"other\" )", "id=7&x=");
        renders("${input.params('petId')}0", "70");
        renders("$$context.stage", "$prod");
    }

    #[test]
    fn an_empty_payload_prints_as_an_empty_object() {
        let mut out = String::new();
        Template::compile("$input.body").unwrap().render(&Silence, 2, &mut out).unwrap();
        assert_eq!(out, "{}");
    }

    #[test]
    fn other_references_are_refused_by_name() {
        refuses("a\n b $foo.bar", 2, 4, "the reference $foo.bar is not supported yet");
        refuses("$input.json('$.a')", 1, 1, "the reference $input.json('$.a') is not supported yet");
        refuses("$input.params()", 1, 1, "the reference $input.params() is not supported yet");
        refuses("$input.params($name)", 1, 1, "the reference $input.params($name) is not supported yet");
        refuses("$context", 1, 1, "the reference $context is not supported yet");
        refuses(
            "$context.stage.length()",
            1,
            1,
            "the reference $context.stage.length() is not supported yet",
        );
        refuses("$stageVariables['x']", 1, 1, "the reference $stageVariables['x'] is not supported yet");
        refuses("${foo|'x'}", 1, 1, "the reference ${foo is not supported yet");
        refuses("${}", 1, 1, "the reference ${ is not supported yet");
        refuses("$_x", 1, 1, "the reference $_x is not supported yet");
        refuses("$input.body.name", 1, 1, "the reference $input.body.name is not supported yet");
    }

    #[test]
    fn directives_are_refused_by_name() {
        refuses("#set($a = 1)", 1, 1, "the directive #set is not supported yet");
        refuses("x #if ($a)", 1, 3, "the directive #if is not supported yet");
        refuses("#{else}", 1, 1, "the directive #else is not supported yet");
        refuses("#foreach($x in $y)#end", 1, 1, "the directive #foreach is not supported yet");
        refuses("#end", 1, 1, "the directive #end is not supported yet");
        refuses("#endif", 1, 1, "the directive #endif is not supported yet");
        refuses("#own(1)", 1, 1, "the directive #own is not supported yet");
        refuses("#@own()", 1, 1, "the directive #own is not supported yet");
        refuses("#[[x]]#", 1, 1, "the directive #[[ is not supported yet");
        refuses("a #* b", 1, 3, "a comment is not closed");
    }

    #[test]
    fn escapes_of_what_is_interpreted_are_refused() {
        refuses("\\$context.stage", 1, 1, "escaping $context.stage with a backslash is not supported yet");
        refuses("\\\\$foo", 1, 1, "escaping $foo with a backslash is not supported yet");
        refuses("\\#if", 1, 1, "escaping #if with a backslash is not supported yet");
        refuses("\\##", 1, 1, "escaping ## with a backslash is not supported yet");
    }

    #[test]
    fn three_hundred_kilobytes_are_the_limit() {
        assert!(Template::compile(&"x".repeat(307_200)).is_ok());
        refuses(
            &"x".repeat(307_201),
            1,
            1,
            "the template has 307201 bytes, more than the 307200 that are allowed",
        );
    }

    #[test]
    fn the_output_has_a_limit() {
        let template = Template::compile("$context.stage$context.stage").unwrap();
        assert_eq!(template.render(&Tutorial, 8, &mut String::new()), Ok(()));
        let too_long = Err(crate::OutputTooLong { limit: 7 });
        assert_eq!(template.render(&Tutorial, 7, &mut String::new()), too_long);
    }

    #[test]
    fn references_can_be_listed() {
        let template = Template::compile("$context.stage$stageVariables.color").unwrap();
        let listed: Vec<_> = template.references().cloned().collect();
        assert_eq!(listed, [Reference::Context("stage".into()), Reference::StageVariable("color".into())]);
        assert_eq!(template.as_constant(), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(?s).{0,60}") {
            if let Ok(template) = Template::compile(&text) {
                let _ = template.render(&Tutorial, 1_000, &mut String::new());
            }
        }

        #[test]
        fn no_template_like_text_panics(
            parts in proptest::collection::vec(
                proptest::sample::select(vec![
                    "$", "#", "\\", "{", "}", "!", "(", ")", "'", "\"", ".", "[", "]", "*", "\n", "é",
                    "input", "body", "params", "context", "stageVariables", "if", "end", "x",
                ]),
                0..20,
            ),
        ) {
            if let Ok(template) = Template::compile(&parts.concat()) {
                let _ = template.render(&Tutorial, 1_000, &mut String::new());
            }
        }

        #[test]
        fn text_without_special_characters_is_itself(text in any::<String>()) {
            let text = text.replace(['$', '#', '\\'], "");
            let template = Template::compile(&text).unwrap();
            prop_assert_eq!(template.as_constant(), Some(text.as_str()));
        }
    }
}
