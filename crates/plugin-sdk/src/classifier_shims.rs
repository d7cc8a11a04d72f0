//! The functions of the contract for a [`ClassifierPlugin`].
//!
//! Every SAFETY note below relies on the same rule: arguments are what the contract says they are, borrowed
//! for the call, and an instance is used by one call at a time.

use crate::classifier::{ClassifierInstance, ClassifierLimits, ClassifierPlugin, Item, Shape, StateShape};
use crate::guard::{Guarded, catch, report};
use crate::plugin::Opened;
use crate::{Call, EndReason, Failure, Host};
use core::marker::PhantomData;
use undertone_plugin_abi::{
    self as abi, ClassifierDescription, ClassifierSpec, ClassifierTable, Instance, Plugin, Status, Text,
    TextBuffer,
};

pub(crate) type State<P> = Opened<P, Description>;

/// What the plugin says about itself, asked for once.
pub(crate) struct Description {
    shape: Shape,
    pub(crate) states: Vec<StateShape>,
}

impl Description {
    fn of<P: ClassifierPlugin>(plugin: &P) -> Result<Self, Failure> {
        Ok(Self { shape: plugin.shape(), states: plugin.states() })
    }
}

pub(crate) struct Shell<I> {
    pub(crate) guarded: Guarded<I>,
    pub(crate) host: Host,
    /// State tensors of each stream.
    pub(crate) tensors: usize,
}

pub(crate) type ShellOf<P> = Shell<<P as ClassifierPlugin>::Instance>;

pub(crate) struct Shims<P>(PhantomData<P>);

impl<P: ClassifierPlugin> Shims<P> {
    pub(crate) const TABLE: ClassifierTable = ClassifierTable {
        size: size_of::<ClassifierTable>() as u32,
        reserved: 0,
        describe: Some(Self::describe),
        create_instance: Some(Self::create_instance),
        activate: Some(Self::activate),
        classify: Some(Self::classify),
        reset: Some(Self::reset),
        deactivate: Some(Self::deactivate),
        destroy_instance: Some(Self::destroy_instance),
    };

    pub(crate) unsafe extern "C" fn create_plugin(
        host: *const abi::Host,
        configuration: Text,
        plugin: *mut *mut Plugin,
        error: *mut TextBuffer,
    ) -> Status {
        // SAFETY: see above.
        let error = unsafe { &mut *error };
        report(error, || {
            // SAFETY: see above.
            let opened: State<P> = unsafe { Opened::open(host, configuration, Description::of)? };
            // SAFETY: see above.
            unsafe { *plugin = Box::into_raw(Box::new(opened)).cast() };
            Ok(())
        })
    }

    pub(crate) unsafe extern "C" fn destroy_plugin(plugin: *mut Plugin) {
        // SAFETY: create_plugin made it from a box of this type. A panic while dropping leaks what was left.
        let _ = catch(|| drop(unsafe { Box::from_raw(plugin.cast::<State<P>>()) }));
    }

    unsafe extern "C" fn describe(
        plugin: *const Plugin,
        description: *mut ClassifierDescription,
        error: *mut TextBuffer,
    ) -> Status {
        // SAFETY: see above.
        let (opened, out, error) = unsafe { (&*plugin.cast::<State<P>>(), &mut *description, &mut *error) };
        if (out.size as usize) < size_of::<ClassifierDescription>() {
            return Failure::failed("the host's description is too short").report(error);
        }
        out.dim = opened.description.shape.dim;
        out.label_count = opened.description.shape.labels;
        Status::OK
    }

    unsafe extern "C" fn create_instance(
        plugin: *const Plugin,
        instance: *mut *mut Instance,
        error: *mut TextBuffer,
    ) -> Status {
        // SAFETY: see above.
        let (opened, error) = unsafe { (&*plugin.cast::<State<P>>(), &mut *error) };
        report(error, || {
            let guarded = Guarded::new(opened.plugin.new_instance()?);
            let shell: ShellOf<P> =
                Shell { guarded, host: opened.host, tensors: opened.description.states.len() };
            // SAFETY: see above.
            unsafe { *instance = Box::into_raw(Box::new(shell)).cast() };
            Ok(())
        })
    }

    unsafe extern "C" fn activate(
        instance: *mut Instance,
        spec: *const ClassifierSpec,
        error: *mut TextBuffer,
    ) -> Status {
        // SAFETY: see above.
        let (shell, spec, error) = unsafe { (Self::shell(instance), &*spec, &mut *error) };
        let limits =
            ClassifierLimits { usual_batch: spec.usual_batch as usize, max_frames: spec.max_frames as usize };
        shell.guarded.run(error, |inner| inner.activate(limits))
    }

    unsafe extern "C" fn classify(
        instance: *mut Instance,
        call: *const abi::Call,
        items: *mut abi::Item,
        count: usize,
        error: *mut TextBuffer,
    ) -> Status {
        // SAFETY: see above.
        let (shell, items, error) =
            unsafe { (Self::shell(instance), Item::from_call(items, count), &mut *error) };
        let call = Call::new(&shell.host, call);
        shell.guarded.run(error, |inner| inner.classify(call, items))
    }

    unsafe extern "C" fn reset(instance: *mut Instance, reason: EndReason, error: *mut TextBuffer) -> Status {
        // SAFETY: see above.
        let (shell, error) = unsafe { (Self::shell(instance), &mut *error) };
        shell.guarded.run(error, |inner| inner.reset(reason))
    }

    unsafe extern "C" fn deactivate(instance: *mut Instance) {
        // SAFETY: see above.
        let shell = unsafe { Self::shell(instance) };
        // A panic here poisons the instance, which is all that can be said about it.
        let _ = shell.guarded.attempt(ClassifierInstance::deactivate);
    }

    unsafe extern "C" fn destroy_instance(instance: *mut Instance) {
        // SAFETY: create_instance made it from a box of this type. A panic while dropping leaks what was
        // left.
        let _ = catch(|| drop(unsafe { Box::from_raw(instance.cast::<ShellOf<P>>()) }));
    }

    /// # Safety
    /// `instance` came from create_instance and is used by this call only.
    unsafe fn shell<'a>(instance: *mut Instance) -> &'a mut ShellOf<P> {
        // SAFETY: the caller's promise.
        unsafe { &mut *instance.cast::<ShellOf<P>>() }
    }
}
