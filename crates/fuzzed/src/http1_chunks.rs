//! Any bytes as a chunked body. What is taken is the same in whatever pieces it comes, and the same for a
//! reader that checks nothing.

use gateway::http1::reading::chunked;

pub(crate) fn run(input: &[u8]) {
    let read = chunked(input, usize::MAX).ok();
    for piece in [1, 2, 7] {
        assert_eq!(chunked(input, piece).ok(), read, "in pieces of {piece}");
    }
    if let Some(Some((body, taken))) = read {
        assert_eq!(carelessly(input), Some((body, taken)));
    }
}

/// A body as the shortest reader has it: a size up to what is no digit, the line's rest, so many bytes and
/// a line end; behind the last chunk lines up to an empty one.
fn carelessly(input: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut body, mut rest) = (Vec::new(), input);
    loop {
        let size = line(&mut rest)?;
        let digits = size.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(size.len());
        let size = std::str::from_utf8(size.get(..digits)?).ok()?;
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            while !line(&mut rest)?.is_empty() {}
            return Some((body, input.len() - rest.len()));
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?;
        line(&mut rest)?;
    }
}

/// Takes a line, whose end is a line feed, or both.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let (line, behind) = (rest.get(..end)?, rest.get(end + 1..)?);
    *rest = behind;
    Some(line.strip_suffix(b"\r").unwrap_or(line))
}
