//! The functions of the extension "undertone.stream-state/1" for a [`ClassifierPlugin`].
//!
//! Every SAFETY note below relies on the same rule: arguments are what the contract says they are, borrowed
//! for the call, and an instance is used by one call at a time.

use crate::classifier_shims::{ShellOf, State};
use crate::memory::str_of;
use crate::streaming::StreamItems;
use crate::{Call, ClassifierInstance, ClassifierPlugin, Failure};
use core::ffi::c_void;
use core::marker::PhantomData;
use core::ptr;
use undertone_plugin_abi::{
    self as abi, Instance, Plugin, STREAM_STATE_EXTENSION, StateBuffer, StateTensor, Status,
    StreamStateTable, Text, TextBuffer,
};

pub(crate) struct Shims<P>(PhantomData<P>);

impl<P: ClassifierPlugin> Shims<P> {
    const TABLE: StreamStateTable = StreamStateTable {
        size: size_of::<StreamStateTable>() as u32,
        reserved: 0,
        count: Some(Self::count),
        describe: Some(Self::describe),
        advance: Some(Self::advance),
    };

    pub(crate) unsafe extern "C" fn get_extension(id: Text) -> *const c_void {
        // SAFETY: see above.
        match unsafe { str_of(id) } {
            Some(STREAM_STATE_EXTENSION) => const { ptr::from_ref(&Self::TABLE) }.cast(),
            _ => ptr::null(),
        }
    }

    unsafe extern "C" fn count(plugin: *const Plugin) -> u32 {
        // SAFETY: see above.
        let opened = unsafe { &*plugin.cast::<State<P>>() };
        u32::try_from(opened.description.states.len()).unwrap_or(u32::MAX)
    }

    unsafe extern "C" fn describe(
        plugin: *const Plugin,
        index: u32,
        tensor: *mut StateTensor,
        error: *mut TextBuffer,
    ) -> Status {
        // SAFETY: see above.
        let (opened, out, error) = unsafe { (&*plugin.cast::<State<P>>(), &mut *tensor, &mut *error) };
        if (out.size as usize) < size_of::<StateTensor>() {
            return Failure::failed("the host's description is too short").report(error);
        }
        let Some(state) = opened.description.states.get(index as usize) else {
            return Failure::refused("there is no such state tensor").report(error);
        };
        out.length = state.length;
        out.name = Text { data: state.name.as_ptr().cast(), length: state.name.len() };
        Status::OK
    }

    unsafe extern "C" fn advance(
        instance: *mut Instance,
        call: *const abi::Call,
        items: *mut abi::Item,
        states: *mut StateBuffer,
        count: usize,
        error: *mut TextBuffer,
    ) -> Status {
        // SAFETY: see above.
        let (shell, error) = unsafe { (&mut *instance.cast::<ShellOf<P>>(), &mut *error) };
        // SAFETY: see above; an instance knows how many tensors its plugin declared.
        let items = unsafe { StreamItems::from_call(items, states, count, shell.tensors) };
        let call = Call::new(&shell.host, call);
        shell.guarded.run(error, |inner| inner.advance(call, items))
    }
}
