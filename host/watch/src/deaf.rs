//! Why a change may ring no bell, so that somebody has to look now and then.

/// Why a change may ring no bell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deaf {
    /// The kernel listens to no more folders for this user.
    Full,
    /// The kernel gives no more bells to this user.
    TooMany,
    /// The kernel gives no bell at all; its own words.
    Refused(String),
    /// Others than this kernel write there.
    Remote,
    /// This system has no bell that is known here.
    Unknown,
}

impl Deaf {
    /// What is wrong, for a message.
    pub fn why(&self) -> String {
        match self {
            Deaf::Full => "the kernel reports changes in no more folders to this user".to_owned(),
            Deaf::TooMany => "too many programs of this user wait for changes of files".to_owned(),
            Deaf::Refused(why) => format!("the kernel reports no changes of files: {why}"),
            Deaf::Remote => "this file system does not report what others change".to_owned(),
            Deaf::Unknown => "this system reports no changes of files".to_owned(),
        }
    }

    /// What the user can do about it.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Deaf::Full => Some("as root: `sysctl -w fs.inotify.max_user_watches=1048576`"),
            Deaf::TooMany => Some("as root: `sysctl -w fs.inotify.max_user_instances=1024`"),
            Deaf::Refused(_) | Deaf::Remote | Deaf::Unknown => None,
        }
    }
}
