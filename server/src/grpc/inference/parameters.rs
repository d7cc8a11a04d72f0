//! Values with names.

use super::status;
use std::collections::HashMap;
use tonic::Status;
use undertone_proto::inference::{InferParameter, infer_parameter::ParameterChoice};

/// Parameters of a request or of a tensor.
pub(super) type Parameters = HashMap<String, InferParameter>;

/// The whole number, not negative, that stands under `name`. `field` says where, for whoever sent something else.
pub(super) fn whole_number(parameters: &Parameters, name: &str, field: &str) -> Result<Option<u64>, Status> {
    let Some(parameter) = parameters.get(name) else { return Ok(None) };
    let number = match parameter.parameter_choice {
        Some(ParameterChoice::Int64Param(number)) => u64::try_from(number).ok(),
        Some(ParameterChoice::Uint64Param(number)) => Some(number),
        _ => None,
    };
    let wrong = || status::bad_field(field, "give a whole number that is not negative");
    number.map(Some).ok_or_else(wrong)
}

/// A text.
pub(super) fn text(value: String) -> InferParameter {
    InferParameter { parameter_choice: Some(ParameterChoice::StringParam(value)) }
}
