//! Which looks of a snapshot each unit of a run rests on, and so what a change reaches.
//!
//! On disk it is four sets of [`Lists`], behind the looks that they number: for each question
//! the looks of its answer, the first being what everything rests on; for each unit the
//! questions about what it reads; those about what it leaves; the units that it needs.

use std::collections::HashMap;

use crate::lists::{Lists, push_lists};
use crate::look_file::Entry;
use crate::question::Question;
use crate::seen::Looked;

/// The question that every unit has asked.
const EVERYBODYS: usize = 0;

/// Where each walks through what others walk through too, there would be more to keep than is
/// saved.
const MOST_NUMBERS: usize = 1_000_000;

/// A unit of a run: a task or a build, which is done, or known to be done, as a whole.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// All that it has asked about the project's files.
    pub questions: Vec<Question>,
    /// Those that it needs, by number.
    pub needs: Vec<usize>,
}

/// What units rest on, read where it lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Footing<'a> {
    answers: Lists<'a>,
    reads: Lists<'a>,
    leaves: Lists<'a>,
    needs: Lists<'a>,
}

impl<'a> Footing<'a> {
    /// Reads what stands behind so many looks; `None` if it cannot have been written so.
    pub fn read(mut bytes: &'a [u8], looks: usize) -> Option<Self> {
        let footing = Self {
            answers: Lists::take(&mut bytes)?,
            reads: Lists::take(&mut bytes)?,
            leaves: Lists::take(&mut bytes)?,
            needs: Lists::take(&mut bytes)?,
        };
        let (questions, units) = (footing.answers.len(), footing.units());
        let is_sound = bytes.is_empty()
            && footing.leaves.len() == units
            && footing.needs.len() == units
            && footing.answers.are_below(looks)
            && footing.reads.are_below(questions)
            && footing.leaves.are_below(questions)
            && footing.needs.are_below(units);
        is_sound.then_some(footing)
    }

    /// How many units there are.
    pub fn units(&self) -> usize {
        self.reads.len()
    }

    /// The looks on which everything rests.
    pub fn everybodys(&self) -> impl Iterator<Item = usize> + use<'a> {
        self.answers.get(EVERYBODYS)
    }

    /// The units that a unit needs.
    pub fn needs(&self, unit: usize) -> impl Iterator<Item = usize> + use<'a> {
        self.needs.get(unit)
    }

    /// The units that some changes reach, in their order: whoever reads or leaves one of the
    /// changed looks, whoever needs such a unit, and whoever reads what such a unit leaves.
    /// `None` if nothing is left to rely on.
    pub fn reached(&self, mut is_changed: Vec<bool>) -> Option<Vec<usize>> {
        if self.units() == 0 || self.everybodys().any(|look| is_changed[look]) {
            return None;
        }
        let mut is_reached = vec![false; self.units()];
        // Most stand behind those that they need, so the second pass finds little.
        loop {
            let before = is_reached.iter().filter(|reached| **reached).count();
            for unit in 0..self.units() {
                if !is_reached[unit] && self.is_reached(unit, &is_changed, &is_reached) {
                    is_reached[unit] = true;
                    self.looks_of(&self.leaves, unit)
                        .for_each(|look| is_changed[look] = true);
                }
            }
            let reached = (0..self.units()).filter(|unit| is_reached[*unit]);
            let reached: Vec<usize> = reached.collect();
            if reached.len() == before {
                return (!reached.is_empty()).then_some(reached);
            }
        }
    }

    fn is_reached(&self, unit: usize, is_changed: &[bool], is_reached: &[bool]) -> bool {
        let mut looks = self
            .looks_of(&self.reads, unit)
            .chain(self.looks_of(&self.leaves, unit));
        looks.any(|look| is_changed[look]) || self.needs.get(unit).any(|need| is_reached[need])
    }

    fn looks_of(
        &self,
        questions: &Lists<'a>,
        unit: usize,
    ) -> impl Iterator<Item = usize> + use<'a> {
        let answers = self.answers;
        let questions = questions.get(unit);
        questions.flat_map(move |question| answers.get(question))
    }
}

/// Puts looks, and what rests on them, together.
#[derive(Debug)]
pub(crate) struct Builder<'a> {
    /// Each look once.
    pub looks: Vec<Looked<'a>>,
    known: HashMap<Looked<'a>, u32>,
    answers: Vec<Vec<u32>>,
    asked: HashMap<&'a Question, u32>,
    reads: Vec<Vec<u32>>,
    leaves: Vec<Vec<u32>>,
    needs: Vec<Vec<u32>>,
    /// By their numbers in an earlier footing, what was taken over from it.
    kept_looks: HashMap<usize, u32>,
    kept_answers: HashMap<usize, u32>,
}

impl<'a> Builder<'a> {
    /// For so many units, beginning with what everything rests on.
    pub fn new(units: usize, everybodys: impl Iterator<Item = Looked<'a>>) -> Self {
        let mut builder = Self {
            looks: Vec::new(),
            known: HashMap::new(),
            answers: Vec::new(),
            asked: HashMap::new(),
            reads: vec![Vec::new(); units],
            leaves: vec![Vec::new(); units],
            needs: vec![Vec::new(); units],
            kept_looks: HashMap::new(),
            kept_answers: HashMap::new(),
        };
        builder.answer(everybodys);
        builder
    }

    /// Puts a unit there with its questions, to which `answer` knows the answers. Says whether
    /// it knows all of them.
    #[must_use]
    pub fn put<L: Iterator<Item = Looked<'a>>>(
        &mut self,
        unit: usize,
        questions: &'a [Question],
        needs: impl Iterator<Item = usize>,
        answer: impl Fn(&'a Question) -> Option<L>,
    ) -> bool {
        for question in questions {
            let number = match self.asked.get(question) {
                Some(number) => *number,
                None => {
                    let Some(looks) = answer(question) else {
                        return false;
                    };
                    let number = self.answer(looks);
                    self.asked.insert(question, number);
                    number
                }
            };
            match question {
                Question::Inputs(_) => self.reads[unit].push(number),
                Question::Places(_) => self.leaves[unit].push(number),
            }
        }
        self.needs[unit] = numbers(needs);
        true
    }

    /// Takes a unit over from an earlier footing, the looks of which are `entries`.
    pub fn keep(&mut self, unit: usize, footing: &Footing<'a>, entries: &[Entry<'a>]) {
        let reads = footing.reads.get(unit);
        let reads = reads.map(|answer| self.kept_answer(answer, footing, entries));
        self.reads[unit] = reads.collect();
        let leaves = footing.leaves.get(unit);
        let leaves = leaves.map(|answer| self.kept_answer(answer, footing, entries));
        self.leaves[unit] = leaves.collect();
        self.needs[unit] = numbers(footing.needs(unit));
    }

    /// Prepares for a unit that is put there anew after all others were kept: what looks as it
    /// did and is kept for them is not kept twice.
    pub fn expect(&mut self, unit: usize, footing: &Footing<'a>, entries: &[Entry<'a>]) {
        let reads = footing.looks_of(&footing.reads, unit);
        for look in reads.chain(footing.looks_of(&footing.leaves, unit)) {
            if let Some(number) = self.kept_looks.get(&look) {
                self.known.insert(entries[look].looked(), *number);
            }
        }
    }

    /// Whether it would cost more to keep than it saves.
    pub fn is_too_large(&self) -> bool {
        self.answers.iter().map(Vec::len).sum::<usize>() > MOST_NUMBERS
    }

    /// Lets everything rest on everything: a change of anything reaches all.
    pub fn merged(&self) -> Self {
        Self::new(0, self.looks.iter().copied())
    }

    /// Lets everything rest on what was looked at for no unit's sake.
    pub fn put_rest(&mut self, all: impl Iterator<Item = Looked<'a>>) {
        for looked in all {
            if !self.known.contains_key(&looked) {
                let number = self.number(looked);
                self.answers[EVERYBODYS].push(number);
            }
        }
    }

    /// What is to stand behind the looks.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for lists in [&self.answers, &self.reads, &self.leaves, &self.needs] {
            push_lists(&mut bytes, lists);
        }
        bytes
    }

    fn answer(&mut self, looks: impl Iterator<Item = Looked<'a>>) -> u32 {
        let numbers = looks.map(|looked| self.number(looked)).collect();
        self.answers.push(numbers);
        number(self.answers.len() - 1)
    }

    fn number(&mut self, looked: Looked<'a>) -> u32 {
        *self.known.entry(looked).or_insert_with(|| {
            self.looks.push(looked);
            number(self.looks.len() - 1)
        })
    }

    fn kept_answer(&mut self, answer: usize, footing: &Footing<'a>, entries: &[Entry<'a>]) -> u32 {
        if let Some(kept) = self.kept_answers.get(&answer) {
            return *kept;
        }
        let mut kept_look = |look: usize| {
            *self.kept_looks.entry(look).or_insert_with(|| {
                self.looks.push(entries[look].looked());
                number(self.looks.len() - 1)
            })
        };
        let looks = footing.answers.get(answer);
        let looks = looks.map(&mut kept_look).collect();
        self.answers.push(looks);
        let kept = number(self.answers.len() - 1);
        self.kept_answers.insert(answer, kept);
        kept
    }
}

fn numbers(all: impl Iterator<Item = usize>) -> Vec<u32> {
    all.map(number).collect()
}

fn number(position: usize) -> u32 {
    u32::try_from(position).expect("what is kept of one project is counted in 32 bits")
}
