//! Answers plugins' questions. Grants and recording are wrapped around it by the plugin
//! host; an implementation may assume that the question is allowed.

use orch_model::{Answer, Question, Refusal};

/// Something that can answer a plugin's questions.
pub trait FactSource: Send + Sync {
    /// The answer, of the shape that [`Answer`] states for the question.
    fn answer(&self, question: &Question) -> Result<Answer, Refusal>;
}
