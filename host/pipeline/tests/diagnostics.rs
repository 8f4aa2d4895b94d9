//! Every message about a pipeline, whole: each `diagnostics/*.toml` has what is said
//! about it beside it as `*.err`. `UPDATE_EXPECT=1 cargo test -p orch-pipeline` makes
//! them again.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use orch_model::{Diagnostic, Severity, SourceText};

#[test]
fn messages_are_as_they_were_agreed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the folder of goldens is there")
        .map(|entry| entry.expect("a folder can be listed").path())
        .collect();
    files.sort();
    for file in &files {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => check(file),
            Some("err") => assert!(
                file.with_extension("toml").exists(),
                "{} has no pipeline beside it",
                file.display()
            ),
            _ => panic!("{} is no golden", file.display()),
        }
    }
}

fn check(file: &Path) {
    let source = orch_pipeline::read(
        "pipeline.toml",
        std::fs::read(file).expect("a golden can be read"),
    )
    .expect("a golden is text");
    let parsed = orch_pipeline::parse(&source);
    let errors = parsed
        .diagnostics
        .iter()
        .any(|d| d.severity == Severity::Error);
    assert_eq!(parsed.pipeline.is_none(), errors, "{}", file.display());
    let mut text = String::new();
    for diagnostic in &parsed.diagnostics {
        assert_shape(diagnostic, file);
        draw(&mut text, diagnostic, &source);
    }
    expect_file![file.with_extension("err")].assert_eq(&text);
}

/// What every message has in common.
fn assert_shape(diagnostic: &Diagnostic, file: &Path) {
    let message = &diagnostic.message;
    assert!(!message.ends_with('.'), "{}: {message}", file.display());
    assert!(!message.contains('\n'), "{}: {message}", file.display());
    assert!(
        !message.starts_with(|first: char| first.is_uppercase()),
        "{}: {message}",
        file.display()
    );
    assert!(
        !diagnostic.places.is_empty(),
        "{}: {message}",
        file.display()
    );
}

/// As plain as can be; how a terminal shows it is the report's affair.
fn draw(text: &mut String, diagnostic: &Diagnostic, source: &SourceText) {
    let kind = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    writeln!(text, "{kind}: {}", diagnostic.message).unwrap();
    for place in &diagnostic.places {
        let before = &source.text[..place.span.start];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before[start..].chars().count();
        let shown = source.text[start..].lines().next().unwrap_or_default();
        let length = source.text[place.span.clone()]
            .lines()
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            .max(1);
        writeln!(text, "  --> {}:{line}:{}", source.name, column + 1).unwrap();
        writeln!(text, "   | {shown}").unwrap();
        let carets = format!(
            "   | {}{} {}",
            " ".repeat(column),
            "^".repeat(length),
            place.label
        );
        writeln!(text, "{}", carets.trim_end()).unwrap();
    }
    if let Some(hint) = &diagnostic.hint {
        writeln!(text, "hint: {hint}").unwrap();
    }
    text.push('\n');
}
