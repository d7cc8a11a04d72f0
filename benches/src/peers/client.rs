//! What is asked of all servers beside the load.

use anyhow::{Context, Result, ensure};
use tokio::runtime::Runtime;
use undertone_proto::inference as wire;
use wire::grpc_inference_service_client::GrpcInferenceServiceClient;
use wire::model_infer_request::InferInputTensor;

/// Logits of two servers may differ by so much.
const TOLERANCE: f32 = 1e-3;

/// A client of the Open Inference Protocol.
pub(super) struct Client {
    runtime: Runtime,
}

/// A tensor `[1, frames, dim]`, and where it goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probe<'p> {
    pub(super) model: &'p str,
    pub(super) input: &'p str,
    pub(super) output: &'p str,
    pub(super) dim: usize,
    pub(super) values: &'p [f32],
}

impl Client {
    pub(super) fn new() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime })
    }

    /// Whether the server at `url` can be asked about `model`.
    pub(super) fn is_ready(&self, url: &str, model: &str) -> bool {
        let asked = async {
            let mut client = GrpcInferenceServiceClient::connect(url.to_owned()).await?;
            let request = wire::ModelReadyRequest { name: model.to_owned(), version: String::new() };
            anyhow::Ok(client.model_ready(request).await?.into_inner().ready)
        };
        self.runtime.block_on(asked).unwrap_or(false)
    }

    /// What the model says about the probe.
    pub(super) fn logits(&self, url: &str, probe: Probe<'_>) -> Result<Vec<f32>> {
        let bytes: Vec<u8> = probe.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let shape = [1, probe.values.len() / probe.dim, probe.dim].map(|length| length as i64).to_vec();
        let input = InferInputTensor {
            name: probe.input.into(),
            datatype: "FP32".into(),
            shape,
            ..InferInputTensor::default()
        };
        let request = wire::ModelInferRequest {
            model_name: probe.model.into(),
            inputs: vec![input],
            raw_input_contents: vec![bytes.into()],
            ..wire::ModelInferRequest::default()
        };
        let response = self.runtime.block_on(async {
            let mut client = GrpcInferenceServiceClient::connect(url.to_owned()).await?;
            anyhow::Ok(client.model_infer(request).await?.into_inner())
        })?;
        values_of(&response, probe.output)
    }
}

fn values_of(response: &wire::ModelInferResponse, name: &str) -> Result<Vec<f32>> {
    let place = response.outputs.iter().position(|output| output.name == name);
    let place = place.with_context(|| format!("there is no output {name}"))?;
    if let Some(raw) = response.raw_output_contents.get(place) {
        return Ok(raw.as_chunks().0.iter().map(|&value| f32::from_le_bytes(value)).collect());
    }
    let contents = response.outputs[place].contents.as_ref();
    Ok(contents.context("the output holds no values")?.fp32_contents.clone())
}

/// Fails when two servers do not say the same, for then they did not do the same work.
pub(super) fn agree(ours: &[f32], theirs: &[f32], peer: &str) -> Result<()> {
    let close = |(a, b): (&f32, &f32)| (a - b).abs() <= TOLERANCE;
    ensure!(
        ours.len() == theirs.len() && ours.iter().zip(theirs).all(close),
        "{peer} says {theirs:?} where Undertone says {ours:?}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_that_do_not_say_the_same_are_not_compared() {
        assert!(agree(&[1.0, -2.0], &[1.0005, -2.0], "peer").is_ok());
        for other in [vec![1.1, -2.0], vec![1.0], vec![f32::NAN, -2.0]] {
            assert!(agree(&[1.0, -2.0], &other, "peer").unwrap_err().to_string().contains("peer says"));
        }
    }
}
