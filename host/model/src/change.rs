//! What somebody did to a file.

/// What somebody did to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It was not there.
    Added,
    /// It has another content, or another mode.
    Modified,
    /// It is there no more.
    Removed,
}

impl Change {
    /// From how something was to how it is; `None` where that is the same.
    pub fn between<T: PartialEq>(before: Option<&T>, now: Option<&T>) -> Option<Self> {
        match (before, now) {
            (None, Some(_)) => Some(Change::Added),
            (Some(_), None) => Some(Change::Removed),
            (before, now) => (before != now).then_some(Change::Modified),
        }
    }
}
