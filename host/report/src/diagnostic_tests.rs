//! Goldens of diagnostics: what a person sees, whole.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::escape::is_dangerous;

const PIPELINE: &str = "version = 1
name = \"sensor-agent\"

[target.pi5]
platform = \"pi5\"

[build.agent]
with = \"go\"
package = \"./cmd/agent\"
targets = [\"pi5\", \"pi6\"]
";

fn source(text: &str) -> SourceText {
    SourceText {
        name: "pipeline.toml".into(),
        text: text.into(),
    }
}

fn span_of(text: &str, piece: &str) -> std::ops::Range<usize> {
    let start = text.find(piece).expect("the piece is in the text");
    start..start + piece.len()
}

fn check(text: &str, diagnostics: &[Diagnostic], expected: Expect) {
    let style = Style {
        color: false,
        width: 80,
    };
    expected.assert_eq(&render_diagnostics(&source(text), diagnostics, style));
}

fn unknown_target() -> Diagnostic {
    Diagnostic::error(
        "build `agent` wants target `pi6`, which no plugin offers",
        span_of(PIPELINE, "\"pi6\""),
    )
    .hint("did you mean `pi5`? `orch target list` shows all")
}

#[test]
fn one_place() {
    check(
        PIPELINE,
        &[unknown_target()],
        expect![[r#"
            error: build `agent` wants target `pi6`, which no plugin offers
              --> pipeline.toml:10:19
               |
            10 | targets = ["pi5", "pi6"]
               |                   ^^^^^
            hint: did you mean `pi5`? `orch target list` shows all
        "#]],
    );
}

#[test]
fn a_label_stands_behind_the_caret() {
    let diagnostic = unknown_target().label("no such target");
    check(
        PIPELINE,
        &[diagnostic],
        expect![[r#"
            error: build `agent` wants target `pi6`, which no plugin offers
              --> pipeline.toml:10:19
               |
            10 | targets = ["pi5", "pi6"]
               |                   ^^^^^ no such target
            hint: did you mean `pi5`? `orch target list` shows all
        "#]],
    );
}

#[test]
fn several_places_and_several_problems() {
    let twice = Diagnostic::error("target `pi5` is declared twice", span_of(PIPELINE, "pi5]"))
        .label("here")
        .also(span_of(PIPELINE, "\"pi5\", "), "and used here")
        .also(span_of(PIPELINE, "name"), "in this project");
    let warning = Diagnostic::warning("no lock", 0..0).hint("run `orch lock`");
    check(
        PIPELINE,
        &[twice, warning, unknown_target()],
        expect![[r#"
            error: target `pi5` is declared twice
              --> pipeline.toml:4:9
               |
             2 | name = "sensor-agent"
               | ---- in this project
             3 |
             4 | [target.pi5]
               |         ^^^^ here
            ...
            10 | targets = ["pi5", "pi6"]
               |            ------- and used here

            warning: no lock
             --> pipeline.toml:1:1
              |
            1 | version = 1
              | ^
            hint: run `orch lock`

            error: build `agent` wants target `pi6`, which no plugin offers
              --> pipeline.toml:10:19
               |
            10 | targets = ["pi5", "pi6"]
               |                   ^^^^^
            hint: did you mean `pi5`? `orch target list` shows all

            error: 3 problems in pipeline.toml
        "#]],
    );
}

#[test]
fn places_far_apart() {
    let text = format!("first = 1\n{}last = 2\n", "\n".repeat(3000));
    let diagnostic =
        Diagnostic::error("they differ", span_of(&text, "last")).also(0..5, "from this");
    check(
        &text,
        &[diagnostic],
        expect![[r#"
            error: they differ
                --> pipeline.toml:3002:1
                 |
            3002 | last = 2
                 | ^^^^
             ::: pipeline.toml:1:1
              |
            1 | first = 1
              | ----- from this
        "#]],
    );
}

#[test]
fn no_place() {
    let diagnostic = Diagnostic {
        places: Vec::new(),
        ..unknown_target()
    };
    check(
        PIPELINE,
        &[diagnostic],
        expect![[r#"
            error: build `agent` wants target `pi6`, which no plugin offers
             --> pipeline.toml
            hint: did you mean `pi5`? `orch target list` shows all
        "#]],
    );
}

#[test]
fn an_empty_file_and_the_end_of_one() {
    check(
        "",
        &[Diagnostic::error("the file is empty", 0..0)],
        expect![[r#"
            error: the file is empty
             --> pipeline.toml:1:1
              |
            1 |
              | ^
        "#]],
    );
    check(
        "a = [1,\n",
        &[Diagnostic::error("the list is not closed", 8..8)],
        expect![[r#"
            error: the list is not closed
             --> pipeline.toml:2:1
              |
            2 |
              | ^
        "#]],
    );
    check(
        "a = [1,",
        &[Diagnostic::error("the list is not closed", 7..7)],
        expect![[r#"
            error: the list is not closed
             --> pipeline.toml:1:8
              |
            1 | a = [1,
              |        ^
        "#]],
    );
    check(
        "a = 1",
        &[Diagnostic::error("a place outside of the text", 700..900)],
        expect![[r#"
            error: a place outside of the text
             --> pipeline.toml:1:6
              |
            1 | a = 1
              |      ^
        "#]],
    );
}

#[test]
fn a_place_over_several_lines_is_marked_on_its_first() {
    let span = span_of(PIPELINE, "[build.agent]\nwith = \"go\"");
    check(
        PIPELINE,
        &[Diagnostic::error("no", span)],
        expect![[r#"
            error: no
             --> pipeline.toml:7:1
              |
            7 | [build.agent]
              | ^^^^^^^^^^^^^
        "#]],
    );
}

#[test]
fn a_line_of_a_megabyte() {
    let text = format!(
        "x = \"{}BAD{}\"\n",
        "y".repeat(500_000),
        "z".repeat(500_000)
    );
    let diagnostic = Diagnostic::error("bad", span_of(&text, "BAD")).label("this");
    check(
        &text,
        &[diagnostic],
        expect![[r#"
            error: bad
             --> pipeline.toml:1:500006
              |
            1 | ...yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyBADzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz...
              |                                   ^^^ this
        "#]],
    );
    let whole = Diagnostic::error("too long", 4..text.len() - 1);
    check(
        &text,
        &[whole],
        expect![[r#"
            error: too long
             --> pipeline.toml:1:5
              |
            1 | x = "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        "#]],
    );
}

#[test]
fn control_characters_and_wide_ones() {
    let text = "key\u{1b}[2J = \"漢字\u{202e}\" # ünï\r\n";
    let diagnostic = Diagnostic::error(
        "control character \u{1b} in a key",
        span_of(text, "\"漢字\u{202e}\""),
    )
    .also(span_of(text, "\u{1b}"), "here");
    check(
        text,
        &[diagnostic],
        expect![[r#"
            error: control character \x1b in a key
             --> pipeline.toml:1:11
              |
            1 | key\x1b[2J = "漢字\u{202e}" # ünï
              |    ---- here ^^^^^^^^^^^^^^
        "#]],
    );
}

#[test]
fn very_many_problems_are_bounded() {
    let text = "k = 1\n".repeat(100_000);
    let mut diagnostics: Vec<Diagnostic> = (0..100_000)
        .map(|line| Diagnostic::warning("unused", line * 6..line * 6 + 1))
        .collect();
    diagnostics.push(Diagnostic::error("the only error", 0..1));
    diagnostics.push(Diagnostic::warning("and 7 more", 0..1).standing_for(7));
    let shown = render_diagnostics(&source(&text), &diagnostics, Style::PLAIN);
    assert!(shown.starts_with("error: the only error\n"), "{shown}");
    assert!(shown.len() < 10_000, "{} bytes", shown.len());
    expect!["error: 100008 problems in pipeline.toml; 50 of them are shown"]
        .assert_eq(shown.lines().last().unwrap());
}

#[test]
fn colours() {
    let style = Style {
        color: true,
        width: 80,
    };
    let text = render_diagnostics(&source(PIPELINE), &[unknown_target()], style);
    expect![[r#"
        ESC[1mESC[91merror:ESC[0m ESC[1mbuild `agent` wants target `pi6`, which no plugin offersESC[0m
          ESC[1mESC[94m-->ESC[0m pipeline.toml:10:19
           ESC[1mESC[94m|ESC[0m
        ESC[1mESC[94m10ESC[0m ESC[1mESC[94m|ESC[0m targets = ["pi5", "pi6"]
           ESC[1mESC[94m|ESC[0m                   ESC[1mESC[91m^^^^^ESC[0m
        ESC[1mESC[96mhint:ESC[0m did you mean `pi5`? `orch target list` shows all
    "#]].assert_eq(&text.replace('\u{1b}', "ESC"));
}

proptest! {
    #[test]
    fn any_place_in_any_text_is_drawn_harmlessly(
        text in "[a-c \n\r\tä漢\u{1b}\u{200d}\u{202e}]{0,60}",
        message in "[a-z\u{1b}\u{9b}]{0,20}",
        spans in proptest::collection::vec((0_usize..200, 0_usize..200), 0..6),
        width in 0_usize..200,
    ) {
        let mut diagnostic = Diagnostic::error(message.clone(), 0..0).label(message.clone()).hint(message);
        for (start, end) in spans {
            diagnostic = diagnostic.also(start..end, "and here");
        }
        let style = Style { color: false, width };
        let shown = render_diagnostics(&source(&text), &[diagnostic], style);
        prop_assert!(!shown.chars().any(|c| is_dangerous(c) && c != '\n'), "{shown:?}");
        prop_assert!(shown.len() < 10_000);
    }
}
