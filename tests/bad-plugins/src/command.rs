//! Faults that happen when an item asks for them; until then the answers are right.

use crate::harm::{crash, hang, leak};
use crate::{Behaviour, escape};
use undertone_plugin_sdk::{Failure, Item};

/// An item of which the first value of any frame is above this asks for the fault.
const COMMAND: f32 = 0.9;
/// What a leak takes at a time.
const MIB: usize = 1 << 20;

/// Does what `behaviour` does on command, if `item` asks for it.
pub(crate) fn obey(behaviour: Behaviour, item: &Item) -> Result<(), Failure> {
    let asks = item.frames().iter().step_by(item.dim().max(1)).any(|&value| value > COMMAND);
    if !asks {
        return Ok(());
    }
    match behaviour {
        Behaviour::SegfaultOnCommand => crash(),
        Behaviour::AbortOnCommand => std::process::abort(),
        Behaviour::ExitOnCommand => std::process::exit(7),
        Behaviour::HangOnCommand => hang(),
        Behaviour::LeakOnCommand => loop {
            leak(MIB);
        },
        Behaviour::PanicOnCommand => panic!("asked to"),
        Behaviour::EscapeOnCommand => return escape::report(),
        _ => {}
    }
    Ok(())
}
