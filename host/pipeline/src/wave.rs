//! Parts of a fleet as a pipeline writes them: so many machines, a percentage, those with a label;
//! and that waves only grow. Which machines those are is not known here.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use orch_model::{Diagnostic, Share, Spanned, Wave};

use crate::problems::Problems;
use crate::shape::{At, Complaint, FromText, Reader, Shape};
use crate::syntax::{Node, shorten};

/// What a label is made of, for hints.
const LABEL_RULE: &str =
    "a label has letters, digits, `-`, `_` and `.`, begins with a letter, and is at most 64 long";

/// The same as a pattern of JSON Schema.
const LABEL_PATTERN: &str = "[A-Za-z][A-Za-z0-9_.-]{0,63}";

/// More machines than any fleet has.
const MOST_MACHINES: u32 = 1_000_000;

/// More waves than anybody waits for.
const MOST_WAVES: usize = 100;

/// A label of machines. It begins with a letter, so that it is no number of machines.
#[derive(Clone, Debug)]
pub(crate) struct LabelText(pub String);

impl FromText for LabelText {
    const WANTED: &'static str = "a label";
    const WANTED_MANY: &'static str = "labels";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        match is_label(text) {
            true => Ok(Self(text.to_owned())),
            false => {
                Err(Complaint::of_key(format!("cannot be `{}`", shorten(text))).hint(LABEL_RULE))
            }
        }
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": format!("^{LABEL_PATTERN}$") })
    }
}

fn is_label(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic());
    begins && text.len() <= 64 && text.chars().all(allowed)
}

/// One entry of `waves`.
#[derive(Clone, Debug)]
pub(crate) struct WaveText(pub Wave);

impl FromText for WaveText {
    const WANTED: &'static str = "a wave such as `\"1\"`, `\"25%\"` or a label";
    const WANTED_MANY: &'static str = "waves";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        let wave = match is_label(text) {
            true => Some(Wave::Label(text.to_owned())),
            false => share(text)
                .filter(|share| !is_none(*share))
                .map(Wave::Share),
        };
        wave.map(Self).ok_or_else(|| {
            Complaint::of_key(format!("cannot hold `{}`", shorten(text)))
                .hint("a wave is a number of machines, a percentage of all, or a label: `\"1\"`, `\"25%\"`, `\"canary\"`")
        })
    }

    fn schema() -> Json {
        let pattern = format!("^([0-9]+|[0-9]+(\\.[0-9]+)? ?%|{LABEL_PATTERN})$");
        json!({ "type": "string", "pattern": pattern })
    }
}

/// How many machines: a whole number, or a percentage of all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShareEntry(pub Share);

impl Shape for ShareEntry {
    fn wanted() -> String {
        "a number of machines, or a percentage of all such as `\"10%\"`".to_owned()
    }

    fn wanted_many() -> String {
        "numbers of machines".to_owned()
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let found = match node.get_ref() {
            DeValue::Integer(digits) => u32::from_str_radix(digits.as_str(), digits.radix())
                .ok()
                .filter(|count| *count <= MOST_MACHINES)
                .map(Share::Count),
            DeValue::String(text) => share(text),
            _ => None,
        };
        if found.is_none() {
            let message = format!("{at} must be {}", Self::wanted());
            let problem = Diagnostic::error(message, node.span());
            reader.problems.add(problem);
        }
        found.map(Self)
    }

    fn schema() -> Json {
        json!({ "anyOf": [
            { "type": "integer", "minimum": 0, "maximum": MOST_MACHINES },
            { "type": "string", "pattern": "^([0-9]+|[0-9]+(\\.[0-9]+)? ?%)$" },
        ] })
    }
}

/// `3`, or `25%` as a fraction; at most all.
fn share(text: &str) -> Option<Share> {
    match text.strip_suffix('%') {
        None => {
            let count = text.parse().ok().filter(|count| *count <= MOST_MACHINES);
            count.map(Share::Count)
        }
        Some(percent) => {
            let percent: f64 = percent.trim_end().parse().ok()?;
            let is_share = (0.0..=100.0).contains(&percent);
            is_share.then_some(Share::Fraction(percent / 100.0))
        }
    }
}

fn is_none(share: Share) -> bool {
    matches!(share, Share::Count(0) | Share::Fraction(0.0))
}

/// Whether a wave is the whole fleet.
fn is_all(wave: &Wave) -> bool {
    matches!(wave, Wave::Share(Share::Fraction(1.0)))
}

/// Complains about waves that bring nothing beyond those before them, and about a last one that is
/// not the whole fleet.
pub(crate) fn check(wanting: &str, waves: &Spanned<Vec<Spanned<Wave>>>, problems: &mut Problems) {
    if waves.len() > MOST_WAVES {
        let message = format!("{wanting} has {} waves", waves.len());
        let hint = format!("at most {MOST_WAVES} are possible");
        problems.add(Diagnostic::error(message, waves.span.clone()).hint(hint));
        return;
    }
    for (at, wave) in waves.iter().enumerate() {
        // Only the fleet knows which is more, a number of machines or a percentage.
        let earlier = waves[..at]
            .iter()
            .rev()
            .find(|earlier| covers(earlier, wave));
        if let Some(earlier) = earlier {
            let message = format!("a wave of {wanting} brings nothing beyond one before it");
            problems.add(
                Diagnostic::error(message, wave.span.clone())
                    .label("this one")
                    .also(earlier.span.clone(), "is covered by this one")
                    .hint("a wave says how far the deploy has gone when it is over, earlier ones counted in: `[\"1\", \"25%\", \"100%\"]`"),
            );
        }
    }
    let (span, hint) = match waves.last() {
        Some(last) if is_all(last) => return,
        Some(last) => (&last.span, "add `\"100%\"` behind it"),
        None => (&waves.span, "write `[\"100%\"]` for all machines at once"),
    };
    let message = format!("the last wave of {wanting} must be the whole fleet");
    problems.add(Diagnostic::error(message, span.clone()).hint(hint));
}

/// Whether nothing is left of a wave behind an earlier one, whatever the fleet is.
fn covers(earlier: &Wave, wave: &Wave) -> bool {
    match (earlier, wave) {
        _ if is_all(earlier) => true,
        (Wave::Label(earlier), Wave::Label(label)) => earlier == label,
        (Wave::Share(Share::Count(earlier)), Wave::Share(Share::Count(count))) => earlier >= count,
        (Wave::Share(Share::Fraction(earlier)), Wave::Share(Share::Fraction(part))) => {
            earlier >= part
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_is_a_number_a_percentage_or_a_label() {
        let wave = |text: &str| WaveText::from_text(text).ok().map(|wave| wave.0);
        let share = |share| Some(Wave::Share(share));
        assert_eq!(wave("1"), share(Share::Count(1)));
        assert_eq!(wave("25%"), share(Share::Fraction(0.25)));
        assert_eq!(wave("12.5 %"), share(Share::Fraction(0.125)));
        assert_eq!(wave("canary"), Some(Wave::Label("canary".into())));
        for text in ["", "0", "0%", "101%", "-1", "NaN%", "1e9", "a b", "%", "é"] {
            assert_eq!(wave(text), None, "{text}");
        }
    }

    #[test]
    fn a_wave_covers_what_can_be_no_more() {
        let covers = |earlier, wave| {
            let wave_of = |text| WaveText::from_text(text).ok().expect("it is a wave").0;
            covers(&wave_of(earlier), &wave_of(wave))
        };
        for (earlier, wave) in [
            ("2", "1"),
            ("2", "2"),
            ("50%", "25%"),
            ("100%", "7"),
            ("a", "a"),
        ] {
            assert!(covers(earlier, wave), "{earlier} {wave}");
        }
        for (earlier, wave) in [
            ("1", "2"),
            ("5", "10%"),
            ("50%", "3"),
            ("a", "b"),
            ("a", "1"),
        ] {
            assert!(!covers(earlier, wave), "{earlier} {wave}");
        }
    }
}
