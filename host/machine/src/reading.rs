//! What the script printed, as facts: an [`Observation`] by the names of the contract
//! (`wit/roles.wit`), and some more.

use std::collections::{BTreeMap, BTreeSet};

use orch_model::{Observation, SystemVersion};

use crate::auxiliary_vector::AuxiliaryVector;

/// The script's last line; an answer without it was cut.
const END: (&str, &str) = ("end", "orch");

/// A list of more bytes would be cut, and a cut list says that something is not there.
const LONGEST_LIST_BYTES: usize = 200 << 10;

/// The facts in what the script printed; none if it did not get to its end.
pub fn read(printed: &[u8]) -> Option<Observation> {
    let said = Said::read(&String::from_utf8_lossy(printed));
    (said.line(END.0) == Some(END.1)).then(|| said.observation())
}

/// The lines by name.
struct Said(BTreeMap<String, Vec<String>>);

impl Said {
    fn read(text: &str) -> Self {
        let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
        // A login may print a greeting before: what is no pair of ours is not looked for.
        for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
            let value = value.trim_end_matches('\r').to_owned();
            lines.entry(name.to_owned()).or_default().push(value);
        }
        Self(lines)
    }

    fn lines(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    fn line(&self, name: &str) -> Option<&str> {
        self.lines(name).first().map(|line| line.trim())
    }

    fn observation(&self) -> Observation {
        let mut seen = Observation::default();
        let mut set = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                seen.set(name, &value);
            }
        };
        for name in ["system", "machine", "kernel"] {
            set(name, self.line(name).map(str::to_owned));
        }
        for name in ["device-tree-model", "device-tree-compatible"] {
            let texts = self.line(name).map(|line| line.trim_end_matches(','));
            set(name, texts.map(str::to_owned));
        }
        let vector = AuxiliaryVector::of_text(&self.lines("auxv").join(" "));
        let pages = vector.page_bytes.or_else(|| self.number("page-bytes"));
        set("page-bytes", pages.map(|bytes| bytes.to_string()));
        set("hwcap", vector.hwcap.map(|bits| format!("{bits:x}")));
        set("hwcap2", vector.hwcap2.map(|bits| format!("{bits:x}")));
        let kinds = one_of_each_kind(self.lines("cpuinfo"));
        for (name, title) in [
            ("cpu-implementer", "CPU implementer"),
            ("cpu-part", "CPU part"),
        ] {
            set(name, value_of(&kinds, title));
        }
        set("cpuinfo", Some(kinds));
        let cores = self
            .count("cpu-online")
            .or_else(|| self.number("processors"));
        set("cores", cores.map(|count| count.to_string()));
        set(
            "numa-nodes",
            self.count("node-online").map(|count| count.to_string()),
        );
        let memory = self
            .number("memory-kib")
            .and_then(|kib| kib.checked_mul(1024));
        set("memory-bytes", memory.map(|bytes| bytes.to_string()));
        if let Some((name, version)) = libc(self.lines("libc-said")) {
            set("libc-name", Some(name.to_owned()));
            set("libc", Some(version.to_string()));
        }
        set("loaders", list(self.lines("loader")));
        set("libraries", list(self.lines("library")));
        seen
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.line(name)?.parse().ok()
    }

    /// How many there are in ranges such as `0-3,8`.
    fn count(&self, name: &str) -> Option<u64> {
        let mut count: u64 = 0;
        for range in self.line(name)?.split(',') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
            count += u64::from(last.checked_sub(first)?) + 1;
        }
        Some(count)
    }
}

/// The text of `/proc/cpuinfo` with one processor of each kind: the second that differs from
/// one before only in its number and in what it does just now is left out.
fn one_of_each_kind(lines: &[String]) -> String {
    const OWN: [&str; 8] = [
        "processor",
        "core id",
        "apicid",
        "initial apicid",
        "physical id",
        "cpu MHz",
        "bogomips",
        "BogoMIPS",
    ];
    let is_own = |line: &&String| {
        let name = line.split(':').next().unwrap_or_default().trim();
        OWN.contains(&name)
    };
    let mut kinds = BTreeSet::new();
    let kept = lines
        .split(|line| line.trim().is_empty())
        .filter(|block| !block.is_empty())
        .filter(|block| {
            let kind: Vec<&String> = block.iter().filter(|line| !is_own(line)).collect();
            kinds.insert(kind)
        });
    kept.map(|block| block.join("\n"))
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// The value of a line of `/proc/cpuinfo`.
fn value_of(cpuinfo: &str, title: &str) -> Option<String> {
    cpuinfo.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == title).then(|| value.trim().to_owned())
    })
}

/// The C library by what its programs say of themselves: `glibc 2.36` (`getconf`),
/// `ldd (Debian GLIBC 2.36-9) 2.36`, or `musl libc (x86_64)` with `Version 1.2.3` below.
fn libc(lines: &[String]) -> Option<(&'static str, SystemVersion)> {
    let last_word = |line: &str| SystemVersion::leading(line.split_whitespace().last()?);
    let mut lines = lines.iter().map(|line| line.trim());
    while let Some(line) = lines.next() {
        if let Some(version) = line.strip_prefix("glibc ") {
            return Some(("glibc", SystemVersion::leading(version)?));
        }
        if line.starts_with("ldd (") && line.to_lowercase().contains("libc") {
            return Some(("glibc", last_word(line)?));
        }
        if line.starts_with("musl libc") {
            let version = lines.next()?.strip_prefix("Version ")?;
            return Some(("musl", SystemVersion::leading(version)?));
        }
    }
    None
}

/// Different names with commas between.
fn list(names: &[String]) -> Option<String> {
    let names: BTreeSet<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| !name.contains(','))
        .collect();
    let text = names.into_iter().collect::<Vec<_>>().join(",");
    (text.len() <= LONGEST_LIST_BYTES).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_and_a_greeting_passed_over() {
        let seen = read(
            b"Welcome! x=y\r\nsystem=Linux\r\nmachine=aarch64\ncpu-online=0-2,4\nauxv= zz\n\
              page-bytes=65536\ndevice-tree-model=Board,\ncpuinfo=processor\t: 0\n\
              cpuinfo=CPU part\t: 0xd0b\ncpuinfo=\ncpuinfo=processor\t: 1\n\
              cpuinfo=CPU part\t: 0xd0b\ncpuinfo=\ncpuinfo=processor\t: 2\n\
              cpuinfo=CPU part\t: 0xd05\nlibrary=libb.so.1\nlibrary=liba.so.1\n\
              library=liba.so.1\nlibc-said=ldd (Debian GLIBC 2.31-13) 2.31\nend=orch\n",
        )
        .unwrap();
        for (name, value) in [
            ("system", "Linux"),
            ("cores", "4"),
            ("page-bytes", "65536"),
            ("device-tree-model", "Board"),
            ("cpu-part", "0xd0b"),
            ("libraries", "liba.so.1,libb.so.1"),
            ("libc-name", "glibc"),
            ("libc", "2.31"),
        ] {
            assert_eq!(seen.fact(name), Some(value), "{name}");
        }
        let cpuinfo = seen.fact("cpuinfo").unwrap();
        assert_eq!(cpuinfo.matches("processor").count(), 2, "{cpuinfo}");
    }

    #[test]
    fn a_cut_answer_is_none() {
        assert_eq!(read(b"system=Linux\nmachine=aarch64\n"), None);
        assert_eq!(read(b""), None);
    }

    #[test]
    fn each_c_library_is_known_by_its_own_words() {
        let said = |text: &str| libc(&text.lines().map(str::to_owned).collect::<Vec<_>>());
        for (text, name, version) in [
            ("glibc 2.36\nldd (x) 1", "glibc", SystemVersion(2, 36, 0)),
            (
                "ldd (Ubuntu GLIBC 2.27-3) 2.27",
                "glibc",
                SystemVersion(2, 27, 0),
            ),
            ("ldd (GNU libc) 2.28", "glibc", SystemVersion(2, 28, 0)),
            (
                "musl libc (armhf)\nVersion 1.2.5\nUsage",
                "musl",
                SystemVersion(1, 2, 5),
            ),
        ] {
            assert_eq!(said(text), Some((name, version)), "{text}");
        }
        assert_eq!(said("sh: ldd: not found"), None);
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_machine_prints_is_read_or_not(
            lines in proptest::collection::vec(
                "(cpu-online|auxv|cpuinfo|libc-said|library|loader|memory-kib|x)=.{0,40}", 0..40),
        ) {
            let text = lines.join("\n") + "\nend=orch\n";
            proptest::prop_assert!(read(text.as_bytes()).is_some());
        }
    }
}
