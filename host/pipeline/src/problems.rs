//! Collects what is wrong with a pipeline, bounded: a file with a million mistakes gives
//! a screenful and a count. What the mistakes are is not known here.

use orch_model::Diagnostic;

/// More than anybody reads at once.
const SHOWN: usize = 100;

/// The problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    shown: Vec<Diagnostic>,
    first_hidden: Option<Diagnostic>,
    hidden: usize,
}

impl Problems {
    /// Notes one.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        if self.shown.len() < SHOWN {
            self.shown.push(diagnostic);
        } else {
            self.hidden += 1;
            self.first_hidden.get_or_insert(diagnostic);
        }
    }

    /// Notes one that is costly to word: `make` is called only if it will be shown.
    pub fn add_with(&mut self, make: impl FnOnce() -> Diagnostic) {
        if self.first_hidden.is_none() {
            self.add(make());
        } else {
            self.hidden += 1;
        }
    }

    /// All of them in the order of the file, at most a hundred and a count of the rest.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        let start = |diagnostic: &Diagnostic| diagnostic.places.first().map(|p| p.span.start);
        self.shown.sort_by_key(start);
        if let Some(first) = self.first_hidden {
            let span = first.places.into_iter().next().map(|place| place.span);
            let noun = if self.hidden == 1 {
                "problem"
            } else {
                "problems"
            };
            self.shown.push(
                Diagnostic::error(
                    format!("and {} more {noun}", self.hidden),
                    span.unwrap_or_default(),
                )
                .standing_for(self.hidden)
                .hint("the rest is shown once these are mended"),
            );
        }
        self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_are_shown_in_order_and_the_rest_counted() {
        let mut problems = Problems::default();
        for at in (0..1000).rev() {
            problems.add_with(|| Diagnostic::error("wrong", at..at + 1));
        }
        let shown = problems.finish();
        assert_eq!(shown.len(), 101);
        assert!(shown[..100].is_sorted_by_key(|d| d.places[0].span.start));
        assert_eq!(shown[100].message, "and 900 more problems");
        assert_eq!(shown.iter().map(|d| d.problems).sum::<usize>(), 1000);
    }
}
