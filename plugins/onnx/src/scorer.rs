//! One worker's session.

use crate::configuration::Configuration;
use crate::stepper::Stepper;
use ort::session::Session;
use ort::value::TensorRef;
use undertone_plugin_sdk::{Call, ClassifierInstance, ClassifierLimits, Failure, Item, StreamItems};

/// One worker's session.
pub(crate) struct Scorer {
    session: Session,
    input: String,
    output: String,
    stepper: Stepper,
}

impl Scorer {
    pub(crate) fn new(session: Session, configuration: &Configuration) -> Self {
        let Configuration { input, output, .. } = configuration;
        let stepper = Stepper::new(configuration);
        Self { session, input: input.clone(), output: output.clone(), stepper }
    }

    fn score(&mut self, item: &mut Item) -> ort::Result<()> {
        let shape = [1, item.frame_count(), item.dim()];
        let input = TensorRef::from_array_view((shape, item.frames()))?;
        let outputs = self.session.run(ort::inputs![self.input.as_str() => input])?;
        let (_, scores) = outputs[self.output.as_str()].try_extract_tensor::<f32>()?;
        item.set_scores(scores);
        Ok(())
    }
}

impl ClassifierInstance for Scorer {
    /// ONNX Runtime allocates when it runs; its arena keeps what it got.
    fn activate(&mut self, _limits: ClassifierLimits) -> Result<(), Failure> {
        Ok(())
    }

    /// One run per item: sums over a batch are not rounded as those of one item are, and an item's scores
    /// must not depend on its neighbours.
    fn classify(&mut self, call: Call<'_>, items: &mut [Item]) -> Result<(), Failure> {
        for item in items {
            if call.is_cancelled() {
                return Err(Failure::Cancelled);
            }
            if let Err(why) = self.score(item) {
                item.fail(&Failure::failed(&why));
            }
        }
        Ok(())
    }

    fn advance(&mut self, call: Call<'_>, items: StreamItems<'_>) -> Result<(), Failure> {
        self.stepper.advance(&mut self.session, call, items)
    }
}
