//! Plugins that are loaded, run, swapped and given back again and again, and watched by valgrind.

mod site;
mod watch;
mod work;

pub use site::{prepare, prepare_faulty};
pub use watch::{Amount, Found, has_valgrind, watch};
pub use work::{ENGINES, soak};
