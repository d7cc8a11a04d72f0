//! Labelled clips: finding them, splitting them by speaker, turning them into utterances.

mod audio_files;
mod cache;
mod clip;
mod clip_name;
mod csv_line;
mod label;
mod label_folders;
mod list;
mod names;
mod playing;
mod preparation;
mod speaker;
mod split;

pub use cache::prepare_cached;
pub use clip::{Clip, read_clips};
pub use clip_name::ClipName;
pub use names::names;
pub use playing::{Line, Playing};
pub use preparation::{Preparation, Prepared, Utterance, prepare};
pub use speaker::Speaker;
pub use split::{HeldOut, Part, Split};
