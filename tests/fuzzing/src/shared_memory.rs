//! What a plugin's process may leave in the memory that it shares with the server.

use crate::Target;
use undertone_plugin_host::isolation::fuzzing;

/// The server reads it as every kind of answer.
pub(crate) const TARGET: Target =
    Target { name: "shared_memory", run, corpus: fuzzing::answers, is_understood: |data| run_one(data) > 0 };

fn run(data: &[u8]) {
    run_one(data);
}

/// How many answers are good ones.
fn run_one(data: &[u8]) -> usize {
    fuzzing::read_as_server(data)
}
