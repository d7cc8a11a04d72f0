//! What the tests at the boundaries share: real parts, started for one test and gone after it.
#![forbid(unsafe_code)]

mod answers;
mod asking;
pub mod board;
mod columns;
mod corpus;
pub mod crowd;
mod history;
mod loud;
mod outliving;
mod persistent;
mod plain_copy;
mod planned;
mod postgres;
mod process;
mod server;
mod shipped;
mod small_disk;
pub mod soak;

pub use answers::{answer, closing, opening};
pub use asking::{ask, float_bytes, float_config, stream_of};
pub use columns::Columns;
pub use corpus::{corpus, real_clip, shipped_clip};
pub use history::{HISTORY_EXPERIMENT, HISTORY_LABEL, History};
pub use loud::{LOUD, compile_energy, write_loud};
pub use outliving::{Outlived, outlive};
pub use persistent::PersistentStream;
pub use plain_copy::PlainCopy;
pub use planned::Planned;
pub use postgres::PrivatePostgres;
pub use process::ServerProcess;
pub use server::{
    TestServer, bad_plugin, copy_tree, example_plugins, link_files, repository, settings as server_settings,
    stage,
};
pub use shipped::{CNN, CNN_VERSION, LSTM, LSTM_VERSION, shipped_bundle};
pub use small_disk::SmallDisk;
