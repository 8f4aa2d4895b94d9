//! What a run costs that finds nothing, or next to nothing, to do, in instructions: those are
//! the same each time, whatever else the machine is doing.

use std::process::Command;

use orch_tests::Project;

use crate::project;

/// Instructions for a task of one input and one output, in a build without optimisations.
/// What is counted is the walk over the snapshot; anything that parses the pipeline, reads a
/// plan or looks a result up costs ten times as much.
const MOST_FOR_A_TASK: u64 = 25_000;

/// The same where one other task is done: beside the look, what is known of the task is
/// written down once more. To look its result up would cost several times as much.
const MOST_BESIDE_A_CHANGE: u64 = 220_000;

fn tasks(count: usize) -> Project {
    let mut text = "version = 1\nname = \"many\"\n".to_owned();
    let mut project = project();
    for task in 0..count {
        text.push_str(&format!(
            "\n[task.t{task}]\ncommand = [\"cp\", \"in/{task}\", \"made/{task}\"]\n\
             inputs = [\"in/{task}\"]\noutputs = [\"made/{task}\"]\n"
        ));
        project = project.file(&format!("in/{task}"), task.to_string());
    }
    project.pipeline(&text)
}

/// Instructions of a run after all was done and something was changed, and what it said.
fn instructions(project: &Project, change: impl Fn(&Project)) -> (u64, String) {
    // Folders that the first run made are looked at by the second.
    for _ in 0..2 {
        project.orch(&["run"]).exits(0);
    }
    change(project);
    let orch = project.command(&["run"]);
    let variables = orch
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(orch.get_program())
        .args(orch.get_args())
        .env_clear()
        .envs(variables)
        .current_dir(project.path())
        .output()
        .expect("valgrind starts; `apt-get install valgrind`");
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let (_, count) = count.unwrap_or_else(|| panic!("valgrind gives no count: {said}"));
    let count = count.trim().parse().expect("it is a number");
    (count, said.into_owned())
}

/// Instructions for each task that a project has more than another.
fn for_each_task(change: impl Fn(&Project), says: impl Fn(usize) -> String) -> u64 {
    let (few, many) = (20, 220);
    let [first, second] = [few, many].map(|count| {
        let (instructions, said) = instructions(&tasks(count), &change);
        assert!(said.contains(&says(count)), "{said}");
        instructions
    });
    let each = second.saturating_sub(first) / (many - few) as u64;
    println!("{first} instructions for {few} tasks, {second} for {many}: {each} for each");
    each
}

#[test]
fn nothing_to_do_costs_a_look_at_each_file_and_no_more() {
    let each = for_each_task(|_| {}, |_| "nothing to do".to_owned());
    assert!(
        each <= MOST_FOR_A_TASK,
        "{each} instructions for each task, at most {MOST_FOR_A_TASK} are meant"
    );
}

#[test]
fn one_thing_to_do_costs_little_for_all_others() {
    let change = |project: &Project| {
        std::fs::write(project.path().join("in/7"), "changed").expect("a file can be written");
    };
    let each = for_each_task(change, |count| format!("1 done, {} cached", count - 1));
    assert!(
        each <= MOST_BESIDE_A_CHANGE,
        "{each} instructions for each other task, at most {MOST_BESIDE_A_CHANGE} are meant"
    );
}
