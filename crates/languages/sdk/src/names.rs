//! Names made from what people write: letters and digits of ASCII, and no two the same.

use std::collections::HashSet;

/// The words of a text: its runs of ASCII letters and digits.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

/// `word` with a capital first letter.
pub(crate) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// `word` with a small first letter.
fn small(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// `PetsPetId` of `/pets/{petId}`. Empty if there is no letter or digit; `N2` of `2`.
pub(crate) fn pascal(text: &str) -> String {
    let name: String = words(text).map(capital).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("N{name}") } else { name }
}

/// `petsPetId` of `/pets/{petId}`. Empty if there is no letter or digit; `n2` of `2`.
pub(crate) fn camel(text: &str) -> String {
    small(&pascal(text))
}

/// Gives out names, each once. Names that differ only in case are the same: some file systems
/// think so.
#[derive(Default)]
pub(crate) struct Distinct(HashSet<String>);

impl Distinct {
    /// Names that nobody gets.
    pub(crate) fn reserving(names: &[&str]) -> Self {
        Self(names.iter().map(|name| name.to_ascii_lowercase()).collect())
    }

    /// Whether `name` is still free; it no longer is.
    pub(crate) fn take(&mut self, name: &str) -> bool {
        self.0.insert(name.to_ascii_lowercase())
    }

    /// `name`, with the first number behind it that makes it new if it is not.
    pub(crate) fn give(&mut self, name: &str) -> String {
        if self.take(name) {
            return name.to_owned();
        }
        let mut number = 2_usize;
        loop {
            let numbered = format!("{name}{number}");
            if self.take(&numbered) {
                return numbered;
            }
            number += 1;
        }
    }
}
