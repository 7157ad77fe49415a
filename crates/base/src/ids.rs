//! Identifiers in the shapes that AWS gives them.

use crate::Random;

const LOWER_AND_DIGITS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const UPPER_AND_BASE32_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64_LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// An API's id: 10 lower-case letters and digits, a letter first so that it is a host label
/// that no client takes for a number.
#[must_use]
pub fn api_id(random: &Random) -> String {
    random.text(1, b"abcdefghijklmnopqrstuvwxyz") + &random.text(9, LOWER_AND_DIGITS)
}

/// The id of something inside an API (resource, deployment, authorizer): 6 lower-case
/// letters and digits.
#[must_use]
pub fn part_id(random: &Random) -> String {
    random.text(6, LOWER_AND_DIGITS)
}

/// A version 4 UUID from this source, lower case with hyphens.
#[must_use]
pub fn uuid(random: &Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// An IAM entity's unique id: its four-letter prefix (`AIDA` user, `AROA` role, `ANPA`
/// policy, `AKIA` access key, `ASIA` temporary key) and 17 base-32 characters, 21 in all;
/// access keys have 16 and are 20 in all.
#[must_use]
pub fn iam_id(random: &Random, prefix: &str) -> String {
    let length = if matches!(prefix, "AKIA" | "ASIA") { 16 } else { 17 };
    prefix.to_owned() + &random.text(length, UPPER_AND_BASE32_DIGITS)
}

/// A secret access key: 40 characters of the base-64 alphabet.
#[must_use]
pub fn secret_access_key(random: &Random) -> String {
    random.text(40, BASE64_LETTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_awss_shapes() {
        let random = Random::seeded(1);
        let api = api_id(&random);
        assert_eq!(api.len(), 10);
        assert!(api.starts_with(|c: char| c.is_ascii_lowercase()));
        assert_eq!(part_id(&random).len(), 6);
        assert_eq!(iam_id(&random, "AROA").len(), 21);
        assert_eq!(iam_id(&random, "AKIA").len(), 20);
        assert_eq!(secret_access_key(&random).len(), 40);
        let uuid = uuid(&random);
        assert_eq!((uuid.len(), uuid.as_bytes()[14]), (36, b'4'));
    }
}
