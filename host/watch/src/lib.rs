//! Tells that something in a set of folders may have changed, and when it is time to look.
//!
//! A ring of the [`Bell`] says no more than "look": it names no file, and whoever hears it
//! finds out what is different. So a queue that overflows, a rename in the middle of one, a
//! folder that was deleted and made anew lose nothing: each is one more ring. This crate
//! knows folders and times; it deliberately does not know what an input is, nor runs.

#[cfg(target_os = "linux")]
mod bell;
#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
mod bell;
mod deaf;
mod pace;

pub use bell::{Bell, Waker};
pub use deaf::Deaf;
pub use pace::Pace;

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// Something in the folders may have changed.
    Folder,
    /// A [`Waker`] was used, now or before.
    Waker,
    /// The time is up.
    TimeUp,
}

/// What came of listening to a set of folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heed {
    /// How many folders are listened to.
    pub folders: usize,
    /// Whether a folder is among them that was not listened to before: what was in it when
    /// that began has rung no bell.
    pub fresh: bool,
    /// Why some change may ring no bell, if one may.
    pub deaf: Option<Deaf>,
}
