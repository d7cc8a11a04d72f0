//! What all kinds of plugins have in common.

use crate::memory::str_of;
use crate::{Failure, Host};
use undertone_plugin_abi::{self as abi, ABI_MAJOR, Text};

/// One configuration of a plugin, for instance one set of weights. Shared by all threads; its instances do
/// the work.
pub trait Plugin: Sized + Send + Sync + 'static {
    /// The name by which bundles ask for it; the library is named `libundertone_plugin_NAME.so`.
    const NAME: &'static str;
    /// The plugin's own version.
    const VERSION: &'static str;

    /// Reads the configuration, JSON, and checks all that can be wrong with it.
    fn open(host: Host, configuration: &str) -> Result<Self, Failure>;
}

/// A plugin with what the shims need beside it.
pub(crate) struct Opened<P, D> {
    pub(crate) plugin: P,
    pub(crate) host: Host,
    pub(crate) description: D,
}

impl<P: Plugin, D> Opened<P, D> {
    /// # Safety
    /// The arguments are those of create_plugin.
    pub(crate) unsafe fn open(
        host: *const abi::Host,
        configuration: Text,
        describe: impl FnOnce(&P) -> Result<D, Failure>,
    ) -> Result<Self, Failure> {
        // SAFETY: the host passes its table, which lives as long as the process.
        let host: &'static abi::Host =
            unsafe { host.as_ref() }.ok_or_else(|| Failure::refused("the host passed no table"))?;
        if host.abi_major != ABI_MAJOR || (host.size as usize) < size_of::<abi::Host>() {
            return Err(Failure::Refused(format!(
                "the host speaks version {}.{} of the contract, the plugin {ABI_MAJOR}",
                host.abi_major, host.abi_minor
            )));
        }
        // SAFETY: the major version was compared.
        let host = unsafe { Host::new(host) };
        // SAFETY: the configuration is borrowed for the call.
        let configuration = unsafe { str_of(configuration) }
            .ok_or_else(|| Failure::refused("the configuration is not UTF-8"))?;
        let plugin = P::open(host, configuration)?;
        let description = describe(&plugin)?;
        Ok(Self { plugin, host, description })
    }
}
