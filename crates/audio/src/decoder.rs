//! What every encoding's decoder does.

use crate::AudioError;
use crate::intake::Intake;

/// Turns bytes into interleaved frames for an [`Intake`]. How the bytes are cut never changes them.
pub(crate) trait Decoder: Send {
    /// Takes the next bytes.
    fn push(&mut self, bytes: &[u8], intake: &mut Intake, out: &mut Vec<f32>) -> Result<(), AudioError>;

    /// No more bytes come.
    fn finish(&mut self, intake: &mut Intake, out: &mut Vec<f32>) -> Result<(), AudioError>;
}
