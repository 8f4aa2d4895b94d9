//! Lists of numbers that a pipeline writes, such as `[1, 8, 64]` connections.

use std::collections::BTreeSet;

use crate::Problem;

/// What is wrong with a list of counts, each from 1 to `most` and there once. `what` says of what
/// there are so many, in the plural.
pub fn count_problems(setting: &str, what: &str, counts: &[u32], most: u32) -> Vec<Problem> {
    if counts.is_empty() {
        let empty = Problem::new(format!("there is no number of {what}")).at(setting);
        return vec![empty.hint("write a list such as `[1, 8]`, or take the setting away")];
    }
    let mut seen = BTreeSet::new();
    let counts = counts.iter().enumerate();
    let wrong = counts.filter_map(|(position, &count)| {
        let at = |message: String| Some(Problem::new(message).at(format!("{setting}[{position}]")));
        match (1..=most).contains(&count) {
            false => at(format!("{count} {what} are not possible, 1 to {most} are")),
            true if !seen.insert(count) => at(format!("{count} {what} are there twice")),
            true => None,
        }
    });
    wrong.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_that_is_wrong_is_named() {
        let said = |counts: &[u32]| {
            let problems = count_problems("connections", "connections", counts, 10);
            let shown = problems.into_iter().map(|problem| {
                format!(
                    "{}: {}",
                    problem.setting.unwrap_or_default(),
                    problem.message
                )
            });
            shown.collect::<Vec<_>>()
        };
        assert_eq!(said(&[1, 10]), [""; 0]);
        assert_eq!(
            said(&[]),
            ["connections: there is no number of connections"]
        );
        assert_eq!(
            said(&[0, 2, 2, 11]),
            [
                "connections[0]: 0 connections are not possible, 1 to 10 are",
                "connections[2]: 2 connections are there twice",
                "connections[3]: 11 connections are not possible, 1 to 10 are",
            ]
        );
    }
}
