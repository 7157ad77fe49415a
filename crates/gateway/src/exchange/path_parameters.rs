//! The values of a path's variables.

/// The variables of the matched resource with their values, still percent-encoded, as
/// places in the request's path.
#[derive(Clone, Debug)]
pub struct PathParameters<'a> {
    names: &'a [Box<str>],
    places: Vec<(usize, usize)>,
    path: &'a str,
}

impl<'a> PathParameters<'a> {
    /// Variables named `names`, in order, at `places` (from, to) of `path`.
    #[must_use]
    pub const fn new(names: &'a [Box<str>], places: Vec<(usize, usize)>, path: &'a str) -> Self {
        Self { names, places, path }
    }

    /// There are none.
    #[must_use]
    pub const fn none() -> Self {
        Self { names: &[], places: Vec::new(), path: "" }
    }

    /// The names and values in the order of the path.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.names
            .iter()
            .zip(&self.places)
            .map(|(name, (from, to))| (&**name, self.path.get(*from..*to).unwrap_or_default()))
    }

    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}
