//! The tables, their version, and how an older file gets there.

use rusqlite::{Connection, TransactionBehavior};

/// Marks a file as a history of `orch`: `orch` in ASCII.
const APPLICATION: i32 = i32::from_be_bytes(*b"orch");

/// What makes each version from the one before; a new file is version 0. A step that a release has
/// carried out somewhere is never changed: what is wrong with it is mended by the next.
pub(crate) const STEPS: &[&str] = &[include_str!("schema/1.sql")];

/// Why a file is not used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// A newer `orch` wrote it: the version that it has.
    Newer(i64),
    /// It is the database of another program.
    Foreign,
}

/// How far a file is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// As this `orch` writes it.
    Current,
    /// Older, or new and empty: it has this version.
    Behind(i64),
}

/// Looks at a file's marks, without a change.
pub(crate) fn state(
    connection: &Connection,
    steps: &[&str],
) -> rusqlite::Result<Result<State, Unfit>> {
    let mark = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let version = mark("user_version")?;
    let is_ours = mark("application_id")? == i64::from(APPLICATION);
    let tables = "SELECT count(*) FROM sqlite_schema";
    let is_empty = connection.query_row(tables, [], |row| row.get::<_, i64>(0))? == 0;
    Ok(if !is_ours && !is_empty {
        Err(Unfit::Foreign)
    } else if version > steps.len() as i64 {
        Err(Unfit::Newer(version))
    } else if version == steps.len() as i64 {
        Ok(State::Current)
    } else {
        Ok(State::Behind(version))
    })
}

/// Takes the steps that a file lacks: all or none of them. Of several that try at once, one does.
pub(crate) fn migrate(
    connection: &mut Connection,
    steps: &[&str],
) -> rusqlite::Result<Result<(), Unfit>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another may have been here since it was looked at.
    let version = match state(&transaction, steps)? {
        Ok(State::Behind(version)) => version,
        Ok(State::Current) => return Ok(Ok(())),
        Err(unfit) => return Ok(Err(unfit)),
    };
    let done = usize::try_from(version).unwrap_or(0);
    for step in &steps[done..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", steps.len() as i64)?;
    transaction.commit()?;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE word (text TEXT) STRICT;";
    const SECOND: &str = "ALTER TABLE word ADD COLUMN length INTEGER;
        UPDATE word SET length = length(text);";

    fn memory() -> Connection {
        Connection::open_in_memory().expect("memory is there")
    }

    #[test]
    fn an_older_file_takes_the_steps_that_it_lacks() {
        let mut connection = memory();
        migrate(&mut connection, &[FIRST]).unwrap().unwrap();
        connection
            .execute("INSERT INTO word VALUES ('four')", [])
            .unwrap();
        let steps = [FIRST, SECOND];
        assert_eq!(state(&connection, &steps), Ok(Ok(State::Behind(1))));
        migrate(&mut connection, &steps).unwrap().unwrap();
        assert_eq!(state(&connection, &steps), Ok(Ok(State::Current)));
        let length: i64 = connection
            .query_row("SELECT length FROM word", [], |row| row.get(0))
            .unwrap();
        assert_eq!(length, 4);
        // Once more is fine.
        migrate(&mut connection, &steps).unwrap().unwrap();
    }

    #[test]
    fn a_step_that_fails_leaves_everything_as_it_was() {
        let mut connection = memory();
        migrate(&mut connection, &[FIRST]).unwrap().unwrap();
        let steps = [FIRST, SECOND, "CREATE TABLE word (text TEXT);"];
        migrate(&mut connection, &steps).unwrap_err();
        assert_eq!(state(&connection, &steps), Ok(Ok(State::Behind(1))));
        connection.prepare("SELECT length FROM word").unwrap_err();
    }

    #[test]
    fn what_is_newer_or_of_others_is_left_alone() {
        let mut connection = memory();
        migrate(&mut connection, &[FIRST, SECOND]).unwrap().unwrap();
        assert_eq!(migrate(&mut connection, &[FIRST]), Ok(Err(Unfit::Newer(2))));
        let mut connection = memory();
        connection.execute_batch(FIRST).unwrap();
        assert_eq!(migrate(&mut connection, &[FIRST]), Ok(Err(Unfit::Foreign)));
    }
}
