//! The graphs that everybody is given: tasks that each copy a file, and who needs whom.

use clap::ValueEnum;

/// How tasks need each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// None needs another.
    Flat,
    /// Each needs the one before it.
    Chain,
    /// Layers of the square root of their number; each needs three of the layer before it.
    Layered,
    /// All but the last need nothing; the last needs all.
    FanIn,
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Shape::Flat => "flat",
            Shape::Chain => "chain",
            Shape::Layered => "layered",
            Shape::FanIn => "fan-in",
        })
    }
}

/// A graph of tasks, in an order in which each stands behind what it needs.
#[derive(Clone, Debug)]
pub struct Graph {
    /// By task, the tasks that it needs.
    pub needs: Vec<Vec<usize>>,
}

impl Graph {
    /// A graph of so many tasks.
    pub fn new(shape: Shape, tasks: usize) -> Self {
        let width = (tasks as f64).sqrt().ceil().max(1.0) as usize;
        let needs = (0..tasks).map(|task| match shape {
            Shape::Flat => Vec::new(),
            Shape::Chain => task.checked_sub(1).into_iter().collect(),
            Shape::Layered => match task.checked_sub(width) {
                None => Vec::new(),
                Some(above) => {
                    let first = above / width * width;
                    let mut needs: Vec<_> = (0..3)
                        .map(|step| first + (above + step) % width)
                        .filter(|need| *need < task)
                        .collect();
                    needs.sort_unstable();
                    needs.dedup();
                    needs
                }
            },
            Shape::FanIn if task + 1 == tasks => (0..task).collect(),
            Shape::FanIn => Vec::new(),
        });
        Self {
            needs: needs.collect(),
        }
    }

    /// How many tasks.
    pub fn len(&self) -> usize {
        self.needs.len()
    }

    /// A task that no other needs: the last.
    pub fn leaf(&self) -> Option<usize> {
        self.len().checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_stands_behind_what_it_needs() {
        for shape in [Shape::Flat, Shape::Chain, Shape::Layered, Shape::FanIn] {
            for tasks in [0, 1, 2, 3, 10, 99, 100] {
                let graph = Graph::new(shape, tasks);
                assert_eq!(graph.len(), tasks);
                for (task, needs) in graph.needs.iter().enumerate() {
                    assert!(needs.iter().all(|need| *need < task), "{shape} {tasks}");
                }
            }
        }
    }
}
