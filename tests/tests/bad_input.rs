//! No block of the page about bad input is out of the tests' sight.

use orch_tests::tree;

/// What a test says to hold a block against the program.
const HELD: &str = "as_documented(";

#[test]
fn every_block_of_the_page_is_held_against_the_program() {
    let sources: String = tree::texts(&["rs"])
        .into_iter()
        .filter(|text| text.path.starts_with("tests/program/"))
        .map(|text| text.content)
        .collect();
    let held: Vec<&str> = sources
        .split(HELD)
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
        .collect();
    let page = std::fs::read_to_string(tree::root().join("docs/bad-input.md"))
        .expect("the page can be read");
    let mut blocks = 0;
    for part in page.split("\n### ").skip(1) {
        let heading = part.lines().next().unwrap_or_default();
        let here = part.matches("\n```console\n").count();
        assert!(
            here == 1,
            "`{heading}` has {here} blocks: give each a heading"
        );
        assert!(
            held.contains(&heading),
            "no test says `{HELD}\"{heading}\")`: the block may have become untrue"
        );
        blocks += here;
    }
    assert_eq!(
        page.matches("```console").count(),
        blocks,
        "blocks without a heading"
    );
    assert!(blocks > 0, "the page shows nothing");
}
