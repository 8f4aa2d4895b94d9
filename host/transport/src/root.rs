//! Whether a user may become root without being asked for a password, and what to do if not.

use crate::command::Command;
use crate::connection::Connection;
use crate::lost::{Loss, Lost};

/// Tries it.
pub(crate) fn check(connection: &Connection) -> Result<(), Lost> {
    let words = ["env", "LC_ALL=C", "sudo", "-n", "--", "sh", "-c", ":"];
    let ran = connection.run(Command::new(&words))?;
    if ran.code == 0 {
        return Ok(());
    }
    let (address, user) = (connection.address(), &connection.user().name);
    // `env` exits with 127 where there is no such program.
    if ran.code == 127 {
        let message = format!("`{address}`: `{user}` is not root, and there is no `sudo`");
        return Err(Lost::new(Loss::NotRoot, message)
            .hint("install it there (`apt-get install sudo`), or log in as root"));
    }
    let why = match ran.stderr.contains("password is required") {
        true => "`sudo` asks for a password".to_owned(),
        false => ran.last_words(),
    };
    let message = format!("`{address}`: `{user}` cannot become root: {why}");
    Err(Lost::new(Loss::NotRoot, message).hint(format!(
        "put the line `{user} ALL=(root) NOPASSWD: ALL` into `/etc/sudoers.d/{user}` there \
         (`visudo -f /etc/sudoers.d/{user}`), or log in as root"
    )))
}
