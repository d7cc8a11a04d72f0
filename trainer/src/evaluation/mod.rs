//! How well a network does on clips it never learnt from.

mod calibration;
mod decision;
mod figures;
mod report;

pub use calibration::{expected_calibration_error, fit_temperature};
pub use decision::{Answer, Trial, answers};
pub use figures::{Figures, Outcome};
pub use report::Report;
