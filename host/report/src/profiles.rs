//! Profiles in the terminal: how much there is of what, and which functions have most of it by
//! themselves. The page draws them whole.

use std::collections::HashMap;

use orch_model::Profile;

use crate::figure::human_value;
use crate::table::Table;

/// Functions that are named.
const NAMED: usize = 3;

/// A row for each profile.
pub(crate) fn profiles(profiles: &[Profile]) -> Table {
    let mut table = Table::new(vec!["profile", "total", "mostly in"]).right(1);
    for profile in profiles {
        let (total, functions) = sums(&profile.stacks);
        let mostly = functions.iter().take(NAMED).map(|(name, weight)| {
            let share = 100.0 * *weight as f64 / total.max(1) as f64;
            format!("{name} {share:.0} %")
        });
        table.row(vec![
            profile.name.clone(),
            human_value(total as f64, &profile.unit),
            mostly.collect::<Vec<_>>().join(", "),
        ]);
    }
    table
}

/// All that there is, and what each function has without those that it calls, the largest first.
fn sums(stacks: &str) -> (u64, Vec<(&str, u64)>) {
    let mut functions: HashMap<&str, u64> = HashMap::new();
    let mut total: u64 = 0;
    for line in stacks.lines() {
        let Some((stack, weight)) = line.rsplit_once(' ') else {
            continue;
        };
        let weight = weight.parse().unwrap_or_default();
        let name = stack.rsplit(';').next().unwrap_or(stack);
        let own = functions.entry(name).or_default();
        *own = own.saturating_add(weight);
        total = total.saturating_add(weight);
    }
    let mut functions: Vec<_> = functions.into_iter().collect();
    functions.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
    (total, functions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_by_what_they_have_themselves() {
        let stacks = "main;parse;read 6\nmain;read 2\nmain 1\nodd\nmain x\n";
        let expected = vec![("read", 8), ("main", 1)];
        assert_eq!(sums(stacks), (9, expected));
        assert_eq!(sums(""), (0, Vec::new()));
        assert_eq!(sums(&format!("a {0}\nb {0}", u64::MAX)).0, u64::MAX);
    }
}
