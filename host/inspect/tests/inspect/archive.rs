//! Static libraries: their members' machines, long names, and archives that were made to hurt.

use orch_inspect::{ArtifactFacts, Member, compare, inspect};

use crate::elf::{AARCH64, Elf, X86_64};
use crate::target;

/// Code that is not linked yet.
fn object_file(machine: u16) -> Vec<u8> {
    const RELOCATABLE: u16 = 1;
    let mut file = Elf::of(machine);
    file.kind = RELOCATABLE;
    file.bytes()
}

/// A member's header: name, size, and the two bytes that end it.
fn header(name: &str, size: &str) -> Vec<u8> {
    format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).into_bytes()
}

/// An archive of these members, with names in GNU's table where they are long.
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut names = String::new();
    let mut bodies = Vec::new();
    for (name, content) in members {
        let short = match name.len() {
            ..16 => format!("{name}/"),
            _ => {
                let at = names.len();
                names += &format!("{name}/\n");
                format!("/{at}")
            }
        };
        bodies.extend(header(&short, &content.len().to_string()));
        bodies.extend_from_slice(content);
        if content.len() % 2 == 1 {
            bodies.push(b'\n');
        }
    }
    if names.len() % 2 == 1 {
        names.push('\n');
    }
    let mut archive = b"!<arch>\n".to_vec();
    if !names.is_empty() {
        archive.extend(header("//", &names.len().to_string()));
        archive.extend(names.into_bytes());
    }
    archive.extend(bodies);
    archive
}

fn problems(archive: &[u8], triple: &str) -> Vec<String> {
    match inspect(archive) {
        Ok(facts) => compare(&facts, &target(triple)),
        Err(why) => vec![why],
    }
}

const LONG: &str = "a-name-that-does-not-fit-into-sixteen-bytes.o";

#[test]
fn every_member_is_held_against_the_target() {
    let (arm, intel) = (object_file(AARCH64), object_file(X86_64));
    let fits = archive(&[("one.o", &arm), (LONG, &arm)]);
    let Ok(ArtifactFacts::Archive(facts)) = inspect(&fits) else {
        panic!("it is an archive")
    };
    assert_eq!((facts.members, facts.kinds.len()), (2, 1));
    assert!(
        matches!(&facts.kinds[0].member, Member::Object { machine, .. } if machine == "aarch64")
    );
    let triple = "aarch64-unknown-linux-gnu";
    assert!(problems(&fits, triple).is_empty());

    let mixed = archive(&[("one.o", &arm), (LONG, &intel), ("notes", b"hello")]);
    assert_eq!(
        problems(&mixed, triple),
        [
            format!("has the member `{LONG}` for x86_64, but the target is aarch64 ({triple})"),
            "has the member `notes`, which is neither ELF, Mach-O, PE, WebAssembly nor a static \
             library: it begins with `hello`"
                .to_owned(),
        ]
    );
    let windows = problems(&fits, "aarch64-pc-windows-gnullvm");
    assert!(
        windows[0].contains("in ELF, but the target's object files are COFF"),
        "{windows:?}"
    );
    let bitcode = archive(&[("one.o", b"BC\xc0\xde....")]);
    assert!(problems(&bitcode, triple)[0].contains("in LLVM's bitcode"));
}

#[test]
fn what_is_no_library_is_said() {
    let triple = "x86_64-unknown-linux-gnu";
    let nested = archive(&[("one.a", &archive(&[]))]);
    for (archive, said) in [
        (b"!<arch>\n".to_vec(), "without members"),
        (b"!<thin>\n".to_vec(), "thin archive"),
        (nested, "is no object file: static library, 0 members"),
    ] {
        let problems = problems(&archive, triple);
        assert!(problems[0].contains(said), "{problems:?}");
    }
}

#[test]
fn archives_that_were_made_to_hurt_are_errors() {
    let whole = archive(&[
        ("one.o", &object_file(X86_64)),
        (LONG, &object_file(X86_64)),
    ]);
    for end in 0..whole.len() {
        let _ = inspect(&whole[..end]); // Cut anywhere: an error or fewer members, no panic.
    }
    let with = |member: Vec<u8>| [b"!<arch>\n".to_vec(), member].concat();
    for (what, bytes) in [
        ("a size beyond the end", with(header("a/", "9999999999"))),
        ("a size that is no number", with(header("a/", "-1"))),
        ("a name beyond the table", with(header("/99999999", "0"))),
        ("a name in no table", with(header("/0", "0"))),
        (
            "a name longer than its member",
            with(header("#1/4294967295", "8")),
        ),
        (
            "a header that is cut",
            with(header("a/", "0")[..59].to_vec()),
        ),
    ] {
        assert!(inspect(&bytes).is_err(), "{what}");
    }
    // Members without content as far as a name's table goes back and forth.
    let many = with(header("a/", "0").repeat(50_000));
    assert!(inspect(&many).is_ok());
}
