//! One point of a learning curve.

use super::line::{Line, decimal, optional_decimal};
use super::run::RunId;
use super::table::Row;

/// How a fold's network stood after an epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Epoch {
    /// The fold.
    pub fold: u32,
    /// The epoch, counted as the trainer counts.
    pub epoch: u32,
    /// Mean training loss.
    pub loss: f64,
    /// Share of training clips named right.
    pub training_accuracy: f64,
    /// Share of validation clips named right, where there are some.
    pub validation_accuracy: Option<f64>,
}

impl Row for Epoch {
    type Key = (u32, u32);
    const COLUMNS: &'static [&'static str] =
        &["fold", "epoch", "loss", "training_accuracy", "validation_accuracy"];

    fn key(&self) -> Self::Key {
        (self.fold, self.epoch)
    }

    fn subject(&self) -> String {
        format!("epoch {} of fold {}", self.epoch, self.fold)
    }

    fn read(line: &Line<'_>, _run: RunId) -> Result<Self, String> {
        Ok(Self {
            fold: line.value("fold")?,
            epoch: line.value("epoch")?,
            loss: line.amount("loss")?,
            training_accuracy: line.share("training_accuracy")?,
            validation_accuracy: line.optional_share("validation_accuracy")?,
        })
    }

    fn fields(&self, _run: RunId) -> Vec<String> {
        vec![
            self.fold.to_string(),
            self.epoch.to_string(),
            decimal(self.loss),
            decimal(self.training_accuracy),
            optional_decimal(self.validation_accuracy),
        ]
    }
}
