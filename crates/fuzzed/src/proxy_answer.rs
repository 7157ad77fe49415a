//! Any bytes as what the function of an AWS_PROXY integration answers.

use gateway::integration::lambda::decode;
use gateway::message::MOST_LINES;

pub(crate) fn run(input: &[u8]) {
    let Ok(answer) = decode(input) else { return };
    assert!(!answer.status.is_informational(), "{}", answer.status);
    assert!(answer.headers.len() <= MOST_LINES, "{} headers", answer.headers.len());
    // All of it comes from the answer's text, in which no character is shorter than in the body.
    assert!(answer.body.len() <= input.len());
}
