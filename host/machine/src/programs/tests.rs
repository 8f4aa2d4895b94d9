//! Programs of this machine, and scripts that stand for others.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

struct Rig {
    folder: tempfile::TempDir,
    programs: Programs,
}

impl Rig {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let root = folder.path().canonicalize().expect("it is there");
        let path = format!("{0}/kit/bin:{0}/home/bin:/usr/bin:/bin", root.display());
        let settings = ProgramSettings {
            path,
            home: Some(root.join("home")),
            shown: &["usr", "bin"],
            memory: root.join("memory"),
        };
        Self {
            folder,
            programs: Programs::new(settings),
        }
    }

    fn script(&self, path: &str, text: &str) -> PathBuf {
        let file = self.folder.path().canonicalize().unwrap().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        file
    }

    fn said(&self, name: &str) -> String {
        let facts = self.programs.facts(name, VersionArgument::DoubleDash);
        facts.expect("it answers").said
    }

    fn digest(&self, name: &str) -> Digest {
        self.programs.digest(name).unwrap().expect("it is there")
    }
}

#[test]
fn a_program_says_its_version_and_another_content_is_another_program() {
    let rig = Rig::new();
    rig.script("kit/bin/tool", "echo tool 1.2.3 \"$@\"; echo and more >&2");
    assert_eq!(rig.said("tool"), "tool 1.2.3 --version\nand more\n");
    let first = rig.digest("tool");
    rig.script("kit/bin/tool", "echo tool 1.2.4");
    assert_eq!(rig.said("tool"), "tool 1.2.4\n");
    assert_ne!(rig.digest("tool"), first);
}

#[test]
fn a_program_that_is_not_there_is_absent() {
    let facts = Rig::new()
        .programs
        .facts("no-such-program", VersionArgument::Word);
    assert_eq!(facts, Err(Refusal::Absent));
}

#[test]
fn what_a_program_says_is_bounded() {
    let rig = Rig::new();
    rig.script("kit/bin/tool", "head -c 100000 /dev/zero | tr '\\0' a");
    assert_eq!(rig.said("tool").len(), SAID_BYTES);
}

#[test]
fn the_libraries_of_a_program_are_part_of_it() {
    let file = Path::new("/bin/sh").canonicalize().unwrap();
    let ldd = Path::new("/usr/bin/ldd");
    let whole = Content::read(&file, Some(ldd)).unwrap();
    let looks = whole.looks.expect("nobody writes these files now");
    assert!(
        looks
            .iter()
            .any(|(file, _)| file.to_string_lossy().contains("libc")),
        "{looks:?}"
    );
    assert_ne!(whole.digest, Content::read(&file, None).unwrap().digest);
}

#[test]
fn what_is_remembered_is_not_asked_again() {
    let rig = Rig::new();
    let asked = |rig: &Rig| {
        rig.programs
            .facts("ls", VersionArgument::DoubleDash)
            .unwrap()
    };
    let first = asked(&rig);
    let text = fs::read_to_string(&rig.programs.settings.memory).expect("it was kept");
    let other = text.replace("GNU", "NUG");
    assert_ne!(
        text, other,
        "`ls` comes from coreutils: apt-get install coreutils"
    );
    fs::write(&rig.programs.settings.memory, other).unwrap();
    let again = Programs::new(rig.programs.settings.clone());
    let remembered = again.facts("ls", VersionArgument::DoubleDash).unwrap();
    assert_eq!(remembered.digest, first.digest);
    assert!(remembered.said.contains("NUG"), "{}", remembered.said);
}

#[test]
fn a_program_is_shown_in_its_own_tree_or_where_all_is_shown() {
    let rig = Rig::new();
    let root = rig.folder.path().canonicalize().unwrap();
    rig.script("kit/bin/tool", "");
    rig.script("home/bin/private", "");
    let link = root.join("home/bin/list");
    symlink("/usr/bin/ls", &link).unwrap();
    let place = |name: &str| rig.programs.place(name);
    assert_eq!(place("tool"), Ok(Place::Tree(root.join("kit"))));
    assert_eq!(place("ls"), Ok(Place::Shown("/usr/bin/ls".into())));
    assert_eq!(place("list"), Ok(Place::Shown("/usr/bin/ls".into())));
    let refused = place("private").unwrap_err();
    assert!(
        refused.message.contains("not for actions to see"),
        "{refused:?}"
    );
}
