//! What is said when the file cannot be used.

use std::path::Path;

use orch_model::Fault;
use rusqlite::{Error, ErrorCode};

use crate::schema::{STEPS, Unfit};

/// What SQLite could not do to the file, as a fault that says what to do.
pub(crate) fn of(doing: &str, path: &Path, error: &Error) -> Fault {
    if is_odd_content(error) {
        return damaged(path, &error.to_string());
    }
    let fault = Fault::internal(format!(
        "could not {doing} the history `{}`: {error}",
        path.display()
    ));
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            damaged(path, &error.to_string())
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            fault.hint("another program holds it: wait until that `orch` or `sqlite3` has ended")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            fault.hint("check the permissions of the file and of its folder; both must be writable")
        }
        Some(ErrorCode::DiskFull) => fault.hint("free some space (`df -h`) or files (`df -i`)"),
        Some(ErrorCode::SystemIoFailure) => {
            fault.hint("the disk could not do it: see the system's log")
        }
        _ => fault,
    }
}

/// A file or folder that the system does not let be used.
pub(crate) fn io(path: &Path, error: &std::io::Error) -> Fault {
    Fault::internal(format!(
        "could not open the history `{}`: {error}",
        path.display()
    ))
    .hint("check that its folder can be made and written")
}

/// A file of a version that is not ours, or not ours at all.
pub(crate) fn unfit(path: &Path, unfit: &Unfit) -> Fault {
    let shown = path.display();
    match unfit {
        Unfit::Newer(version) => Fault::usage(format!(
            "the history `{shown}` is of a newer `orch`: it has version {version}, and this one \
             reads up to {}",
            STEPS.len()
        ))
        .hint(format!(
            "use that `orch`, or rename the file to `{shown}.newer` to begin a new history"
        )),
        Unfit::Foreign => Fault::usage(format!(
            "`{shown}` is a database of another program, not a history of `orch`"
        ))
        .hint("move it elsewhere; `orch` begins a new history in its place"),
    }
}

/// A file that is not whole. It is left as it is: some of it can still be rescued.
pub(crate) fn damaged(path: &Path, how: &str) -> Fault {
    let shown = path.display();
    Fault::internal(format!("the history `{shown}` is damaged: {how}")).hint(format!(
        "rename it to `{shown}.damaged` to set it aside, and its `-journal` too; `orch` then \
         begins a new history, and `sqlite3 {shown}.damaged .recover` prints what can be read"
    ))
}

/// Whether a column holds what no `orch` wrote.
fn is_odd_content(error: &Error) -> bool {
    matches!(
        error,
        Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::Utf8Error(..)
            | Error::InvalidColumnType(..)
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rusqlite::ffi;

    use super::*;

    /// What SQLite says beside its code is its own affair; the hint is ours.
    fn hint_for(code: i32) -> Option<String> {
        let error = Error::SqliteFailure(ffi::Error::new(code), None);
        of("read", Path::new("h"), &error).hint
    }

    #[test]
    fn every_failure_that_a_person_can_end_has_a_hint() {
        let codes = [
            ffi::SQLITE_BUSY,
            ffi::SQLITE_READONLY,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_FULL,
            ffi::SQLITE_IOERR,
        ];
        for code in codes {
            assert!(hint_for(code).is_some(), "{code}");
        }
        assert!(
            hint_for(ffi::SQLITE_CORRUPT)
                .unwrap()
                .contains("`h.damaged`")
        );
        assert!(
            hint_for(ffi::SQLITE_NOTADB)
                .unwrap()
                .contains("`h.damaged`")
        );
        assert_eq!(hint_for(ffi::SQLITE_NOMEM), None);
    }
}
