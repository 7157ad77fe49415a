//! The texts with which a client goes on reading where it stopped.

use crate::LogFault;
use crate::event::Position;

/// Which way a token of GetLogEvents reads on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To later events: `f/…/s`.
    Forward,
    /// To earlier events: `b/…/s`.
    Backward,
}

/// A token of GetLogEvents, in CloudWatch Logs' form: a letter, 56 digits, `s` (recorded in
/// the API reference's examples). The digits are a time and a number.
pub(crate) fn of_stream(direction: Direction, position: Position) -> String {
    let letter = match direction {
        Direction::Forward => 'f',
        Direction::Backward => 'b',
    };
    format!("{letter}/{}/s", digits(position))
}

/// Reads a token of GetLogEvents.
pub(crate) fn read_of_stream(token: &str) -> Result<(Direction, Position), LogFault> {
    let (letter, rest) = token.split_once('/').ok_or(LogFault::InvalidToken)?;
    let direction = match letter {
        "f" => Direction::Forward,
        "b" => Direction::Backward,
        _ => return Err(LogFault::InvalidToken),
    };
    Ok((direction, read_digits(rest.strip_suffix("/s").ok_or(LogFault::InvalidToken)?)?))
}

/// A token of FilterLogEvents: the digits alone.
pub(crate) fn of_filter(position: Position) -> String {
    digits(position)
}

/// Reads a token of FilterLogEvents.
pub(crate) fn read_of_filter(token: &str) -> Result<Position, LogFault> {
    read_digits(token)
}

fn digits(position: Position) -> String {
    format!("{:020}{:036}", position.timestamp, position.number)
}

fn read_digits(text: &str) -> Result<Position, LogFault> {
    if text.len() != 56 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(LogFault::InvalidToken);
    }
    let number = |part: Option<&str>| part.and_then(|part| part.parse().ok()).ok_or(LogFault::InvalidToken);
    Ok(Position { timestamp: number(text.get(..20))?, number: number(text.get(20..))? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_tokens_have_cloudwatchs_form_and_are_read_back() {
        let position = Position { timestamp: 1_795_421_083_120, number: 17 };
        let token = of_stream(Direction::Forward, position);
        assert_eq!(token, "f/00000001795421083120000000000000000000000000000000000017/s");
        assert_eq!(read_of_stream(&token), Ok((Direction::Forward, position)));
        for position in [Position::START, Position::END] {
            let token = of_stream(Direction::Backward, position);
            assert_eq!(read_of_stream(&token), Ok((Direction::Backward, position)));
            assert_eq!(read_of_filter(&of_filter(position)), Ok(position));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let digits = "0".repeat(56);
        for token in [
            "",
            "f",
            "f//s",
            "f/17/s",
            &format!("x/{digits}/s"),
            &format!("f/{digits}"),
            &format!("f/{digits}0/s"),
            &format!("f/-{}/s", "0".repeat(55)),
            &format!("f/{}/s", "9".repeat(56)),
            &format!("f/{}/s", "ü".repeat(28)),
        ] {
            assert_eq!(read_of_stream(token), Err(LogFault::InvalidToken), "{token}");
        }
    }
}
