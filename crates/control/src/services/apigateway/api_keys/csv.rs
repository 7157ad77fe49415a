//! Reads a table of comma-separated values: the format of API keys' files (API Gateway developer
//! guide, "API Gateway API key file format"). A field may stand in double or single quotes, and
//! then holds commas, line breaks and, doubled, its own quote; blanks around a field do not count.

/// The text is not a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CsvFault {
    /// A quote is opened and never closed.
    #[error("Row {0}: a quote is not closed.")]
    Unclosed(usize),
    /// Something other than a comma or a line's end follows a closing quote.
    #[error("Row {0}: text follows a closing quote.")]
    BehindQuote(usize),
}

/// The rows with something in them, the first of which names the columns.
pub(super) fn rows(text: &str) -> Result<Vec<Vec<String>>, CsvFault> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    while !rest.is_empty() {
        let (field, behind) = field(rest, rows.len() + 1)?;
        row.push(field);
        let mut chars = behind.chars();
        match chars.next() {
            Some(',') => {
                rest = chars.as_str();
                // A comma at the very end has one more field behind it.
                if rest.is_empty() {
                    row.push(String::new());
                }
            }
            _ => {
                rest = chars.as_str();
                finish(&mut rows, &mut row);
            }
        }
    }
    finish(&mut rows, &mut row);
    Ok(rows)
}

fn finish(rows: &mut Vec<Vec<String>>, row: &mut Vec<String>) {
    let row = std::mem::take(row);
    if row.iter().any(|field| !field.is_empty()) {
        rows.push(row);
    }
}

/// The field at the start of `text`, and the rest of the text: nothing, or a comma or a line
/// break and what is behind it.
fn field(text: &str, row: usize) -> Result<(String, &str), CsvFault> {
    let begun = text.trim_start_matches([' ', '\t']);
    let Some(quote) = begun.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        let end = text.find([',', '\n', '\r']).unwrap_or(text.len());
        let (field, behind) = text.split_at(end);
        return Ok((field.trim().to_owned(), behind));
    };
    let mut field = String::new();
    let mut chars = begun.chars();
    chars.next();
    loop {
        match chars.next() {
            None => return Err(CsvFault::Unclosed(row)),
            Some(c) if c != quote => field.push(c),
            Some(_) => {
                let behind = chars.as_str();
                if behind.starts_with(quote) {
                    field.push(quote);
                    chars.next();
                    continue;
                }
                let behind = behind.trim_start_matches([' ', '\t']);
                if !behind.is_empty() && !behind.starts_with([',', '\n', '\r']) {
                    return Err(CsvFault::BehindQuote(row));
                }
                return Ok((field.trim().to_owned(), behind));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&[&str]]) {
        assert_eq!(rows(text).unwrap(), expected, "{text:?}");
    }

    #[test]
    fn fields_are_told_apart_by_commas_and_rows_by_lines() {
        check("", &[]);
        check("a", &[&["a"]]);
        check("a,b\nc,d", &[&["a", "b"], &["c", "d"]]);
        check("a,b\r\nc,d\r\n", &[&["a", "b"], &["c", "d"]]);
        check("\u{feff} a , b\t\n\n ,,\n c d,", &[&["a", "b"], &["c d", ""]]);
        check("a,,b", &[&["a", "", "b"]]);
    }

    #[test]
    fn quotes_hold_commas() {
        check(r#"true,"c7y23b,glvrsr""#, &[&["true", "c7y23b,glvrsr"]]);
        check("'a,b' ,c\n", &[&["a,b", "c"]]);
        check(r#" "say ""hi""", it's"#, &[&[r#"say "hi""#, "it's"]]);
        check("\"two\nlines\",x", &[&["two\nlines", "x"]]);
        check("'',x", &[&["", "x"]]);
    }

    #[test]
    fn broken_quotes_are_refused_with_their_row() {
        assert_eq!(rows("a\n\"b"), Err(CsvFault::Unclosed(2)));
        assert_eq!(rows("'"), Err(CsvFault::Unclosed(1)));
        assert_eq!(rows("'a'b,c"), Err(CsvFault::BehindQuote(1)));
    }
}
