//! Small files and links on a host: each is there whole, or as it was before.

use crate::command::{Command, Ran};
use crate::connection::Connection;
use crate::lost::{Loss, Lost};

const WRITE: &str = include_str!("write.sh");
const LINK: &str = include_str!("link.sh");

impl Connection {
    /// Writes a file with such a mode (as in `0o644`) under a temporary name beside it, and
    /// renames it when it lies on the disk. Folders above it are made.
    pub fn write(&self, path: &str, contents: &[u8], mode: u32, as_root: bool) -> Result<(), Lost> {
        check_path(path)?;
        let (mode, bytes) = (format!("{mode:o}"), contents.len().to_string());
        let command = Command::script(WRITE, &[path, &mode, &bytes])
            .input(contents)
            .as_root(as_root);
        self.succeed(command, &format!("write `{path}`")).map(drop)
    }

    /// Makes the symbolic link `name` lead to `to`, also where it led elsewhere: at no moment is
    /// there none. What is there and is no link stays, and is an error.
    pub fn link(&self, name: &str, to: &str, as_root: bool) -> Result<(), Lost> {
        check_path(name)?;
        let command = Command::script(LINK, &[name, to]).as_root(as_root);
        self.succeed(command, &format!("link `{name}`")).map(drop)
    }

    /// Removes a file, or a folder with all that is in it; one that is not there is no error.
    pub fn remove(&self, path: &str, as_root: bool) -> Result<(), Lost> {
        check_path(path)?;
        let command = Command::new(&["env", "LC_ALL=C", "rm", "-rf", "--", path]).as_root(as_root);
        self.succeed(command, &format!("remove `{path}`")).map(drop)
    }

    /// Runs a command that must succeed; `doing` is what for, as the end of "could not".
    pub(crate) fn succeed(&self, command: Command<'_>, doing: &str) -> Result<Ran, Lost> {
        let ran = self.run(command)?;
        if ran.code == 0 {
            return Ok(ran);
        }
        let message = format!(
            "`{}`: could not {doing}: {}",
            self.address(),
            ran.last_words()
        );
        let is_full = ["No space left on device", "Disk quota exceeded"]
            .iter()
            .any(|words| ran.stderr.contains(words));
        Err(match is_full {
            true => Lost::new(Loss::DiskFull, message)
                .hint("free some space there: `df -h` and `df -i` show where there is none"),
            false => Lost::new(Loss::Failed, message),
        })
    }
}

/// Refuses what depends on a folder that nobody named, and what would hit the whole machine.
pub(crate) fn check_path(path: &str) -> Result<(), Lost> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let is_odd = parts.iter().any(|part| matches!(*part, "." | ".."));
    if path.starts_with('/') && !parts.is_empty() && !is_odd {
        return Ok(());
    }
    Err(Lost::new(
        Loss::Internal,
        format!("`{}` is no absolute path of a file", path.escape_debug()),
    ))
}
