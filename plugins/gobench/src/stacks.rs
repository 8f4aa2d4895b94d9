//! What `go tool pprof -raw` prints, as folded stacks:
//! <https://pkg.go.dev/github.com/google/pprof/profile#Profile.String>.
//!
//! Behind `Samples:` stands a line with what each column counts, and then a line for each stack:
//! its numbers, a colon, and the places that it consists of, the innermost first. Behind `Locations`
//! each place has its function, and those that were inlined into one another on lines of their own,
//! again the innermost first.

use std::collections::{BTreeMap, HashMap};

use orch_plugin::Error;

/// How much is handed over of one profile, in bytes: the stacks that weigh most.
const STACK_BYTES: usize = 256 << 10;

/// What the rest is called.
const OTHERS: &str = "(other stacks)";

/// A profile as it was printed.
#[derive(Debug, Default)]
pub(crate) struct Printed<'a> {
    /// What the columns count: `cpu/nanoseconds`.
    columns: Vec<&'a str>,
    samples: Vec<(Vec<u64>, Vec<&'a str>)>,
    /// The functions of each place, the innermost first.
    places: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Printed<'a> {
    /// Reads what was printed.
    ///
    /// # Errors
    ///
    /// `failed` where a part of it is missing.
    pub(crate) fn read(text: &'a str) -> Result<Self, Error> {
        let unlike = || {
            Error::Failed(
                "what `go tool pprof -raw` printed could not be read, or was too much: profile \
                 fewer benchmarks at once, with `bench` or `packages`, or a service with a shorter \
                 `duration`"
                    .to_owned(),
            )
        };
        let (_, rest) = text.split_once("\nSamples:\n").ok_or_else(unlike)?;
        let (samples, rest) = rest.split_once("Locations\n").ok_or_else(unlike)?;
        let (places, _) = rest.split_once("Mappings").ok_or_else(unlike)?;
        let mut lines = samples.lines();
        let columns = lines.next().ok_or_else(unlike)?.split_whitespace();
        let columns = columns.map(|column| column.trim_end_matches("[dflt]"));
        let mut printed = Self {
            columns: columns.collect(),
            places: functions(places),
            ..Self::default()
        };
        // Labels stand below a sample, with no number before their colon.
        printed.samples = lines.filter_map(sample).collect();
        let known = &printed.places;
        let mut named = printed.samples.iter().flat_map(|(_, places)| places);
        match named.all(|place| known.contains_key(place)) {
            true => Ok(printed),
            false => Err(unlike()),
        }
    }

    /// The stacks by what one column counts, a line each, the heaviest first; none where there is
    /// no such column or nothing in it.
    pub(crate) fn folded(&self, column: &str) -> Option<String> {
        let position = self.columns.iter().position(|known| *known == column)?;
        let mut sums: BTreeMap<String, u64> = BTreeMap::new();
        for (values, places) in &self.samples {
            let weight = values.get(position).copied().unwrap_or_default();
            if weight > 0 {
                *sums.entry(self.stack(places)).or_default() += weight;
            }
        }
        let mut stacks: Vec<_> = sums.into_iter().collect();
        stacks.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
        (!stacks.is_empty()).then(|| heaviest(&stacks))
    }

    /// The functions of a stack, the outermost first.
    fn stack(&self, places: &[&str]) -> String {
        let frames = places.iter().rev().flat_map(|place| {
            let functions = self.places.get(place).map_or(&[][..], Vec::as_slice);
            functions.iter().rev()
        });
        let plain = |c: char| match c {
            ';' => ',',
            c if c.is_control() => ' ',
            c => c,
        };
        let frames = frames.map(|name| name.chars().map(plain).collect::<String>());
        frames.collect::<Vec<_>>().join(";")
    }
}

/// As many stacks as may be handed over, and the weight of the rest.
fn heaviest(stacks: &[(String, u64)]) -> String {
    let mut text = String::new();
    let mut rest = 0;
    for (stack, weight) in stacks {
        match text.len() + stack.len() < STACK_BYTES {
            true => text.push_str(&format!("{stack} {weight}\n")),
            false => rest += weight,
        }
    }
    if rest > 0 {
        text.push_str(&format!("{OTHERS} {rest}\n"));
    }
    text
}

fn sample(line: &str) -> Option<(Vec<u64>, Vec<&str>)> {
    let (values, places) = line.split_once(':')?;
    let values: Result<Vec<u64>, _> = values.split_whitespace().map(str::parse).collect();
    let values = values.ok().filter(|values| !values.is_empty())?;
    Some((values, places.split_whitespace().collect()))
}

/// The functions of each place: `1: 0x43eabe M=1 runtime.nanotime /src/time.go:33:0 s=32`.
fn functions(text: &str) -> HashMap<&str, Vec<&str>> {
    let mut places: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut last = "";
    for line in text.lines() {
        let mut words = line.split_whitespace().peekable();
        if let Some(number) = words.peek().and_then(|word| word.strip_suffix(':'))
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            last = number;
            let address = words.nth(1);
            let name = words.find(|word| !word.starts_with("M="));
            places.entry(last).or_default().extend(name.or(address));
        } else {
            places.entry(last).or_default().extend(words.next());
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAP: &str = "\
PeriodType: space bytes
Period: 524288
Samples:
alloc_objects/count alloc_space/bytes[dflt] inuse_objects/count inuse_space/bytes
         49    1622527          0          0: 7 8 
                bytes:[32768]
          1          3          0          0: 9 8 
          2         10          0          0: 7 8 
Locations
     7: 0x55e124 M=1 main.inner /src/a b.go:667:0 s=666
             main.(*Outer[...]).Call /src/a.go:191:0 s=139
     8: 0x563f0a M=1 main.main /src/main.go:146:0 s=143
     9: 0x99 M=2 
Mappings
1: 0x400000/0x720000/0x0 /a.test  [FN]
";

    #[test]
    fn stacks_are_folded_from_the_outermost_function() {
        let heap = Printed::read(HEAP).unwrap();
        assert_eq!(
            heap.folded("alloc_space/bytes").as_deref(),
            Some("main.main;main.(*Outer[...]).Call;main.inner 1622537\nmain.main;0x99 3\n")
        );
        assert_eq!(heap.folded("inuse_space/bytes"), None);
        assert_eq!(heap.folded("cpu/nanoseconds"), None);
    }

    #[test]
    fn what_was_cut_is_no_profile() {
        for cut in [
            "",
            "Samples:\n",
            &HEAP.replace("     8: ", "\n[… 9 bytes cut …]\n"),
            HEAP.split("Locations").next().unwrap(),
        ] {
            assert!(Printed::read(cut).is_err(), "{cut}");
        }
    }

    #[test]
    fn the_lightest_stacks_are_counted_together() {
        let stacks: Vec<_> = (0..4)
            .map(|weight| ("a".repeat(100_000), weight + 1))
            .collect();
        let text = heaviest(&stacks);
        assert_eq!(text.lines().count(), 3);
        assert!(text.ends_with("(other stacks) 7\n"), "{}", text.len());
    }
}
