//! Where the inputs and outputs of tasks lie, and whether they are right.

use std::path::Path;

use crate::file::{read, remove_tree, write};

/// How a graph's files are spread over folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// All inputs in one folder, all outputs in another.
    Folders,
    /// A package for each task, which holds its input and its output.
    Packages,
}

impl Layout {
    /// A task's input, below the folder of the graph.
    pub fn input(self, task: usize) -> String {
        match self {
            Layout::Folders => format!("in/{task}.txt"),
            Layout::Packages => format!("packages/t{task}/in.txt"),
        }
    }

    /// A task's output, below the folder of the graph: a copy of its input.
    pub fn output(self, task: usize) -> String {
        match self {
            Layout::Folders => format!("made/{task}.txt"),
            Layout::Packages => format!("packages/t{task}/out.txt"),
        }
    }

    /// Writes the inputs of so many tasks.
    pub fn write_inputs(self, tasks: usize, folder: &Path) -> Result<(), String> {
        for task in 0..tasks {
            self.change_input(task, &format!("{task}\n"), folder)?;
        }
        self.keep_output_folder(folder)
    }

    /// Gives a task another input.
    pub fn change_input(self, task: usize, text: &str, folder: &Path) -> Result<(), String> {
        write(&folder.join(self.input(task)), text)
    }

    /// Removes what tasks have made.
    pub fn remove_outputs(self, tasks: usize, folder: &Path) -> Result<(), String> {
        match self {
            Layout::Folders => {
                remove_tree(&folder.join("made"))?;
                self.keep_output_folder(folder)
            }
            Layout::Packages => {
                (0..tasks).try_for_each(|task| remove_tree(&folder.join(self.output(task))))
            }
        }
    }

    /// Whether each output is a copy of its input; says which is not.
    pub fn check(self, tasks: usize, folder: &Path) -> Result<(), String> {
        for task in 0..tasks {
            let wanted = read(&folder.join(self.input(task)))?;
            let found = read(&folder.join(self.output(task)))?;
            if wanted != found {
                return Err(format!("`{}` is not what it must be", self.output(task)));
            }
        }
        Ok(())
    }

    /// `cp` makes no folders.
    fn keep_output_folder(self, folder: &Path) -> Result<(), String> {
        match self {
            Layout::Folders => crate::file::create_folder(&folder.join("made")),
            Layout::Packages => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_that_is_no_copy_is_found() {
        for layout in [Layout::Folders, Layout::Packages] {
            let folder = tempfile::tempdir().unwrap();
            let folder = folder.path();
            layout.write_inputs(2, folder).unwrap();
            assert!(
                layout
                    .check(2, folder)
                    .unwrap_err()
                    .contains("could not read")
            );
            for task in 0..2 {
                std::fs::write(folder.join(layout.output(task)), format!("{task}\n")).unwrap();
            }
            assert_eq!(layout.check(2, folder), Ok(()));
            layout.change_input(1, "changed\n", folder).unwrap();
            let why = layout.check(2, folder).unwrap_err();
            assert_eq!(
                why,
                format!("`{}` is not what it must be", layout.output(1))
            );
            layout.remove_outputs(2, folder).unwrap();
            assert!(!folder.join(layout.output(0)).exists());
        }
    }
}
