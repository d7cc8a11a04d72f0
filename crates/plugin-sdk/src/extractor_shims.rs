//! The functions of the contract for an [`ExtractorPlugin`].
//!
//! Every SAFETY note below relies on the same rule: arguments are what the contract says they are, borrowed
//! for the call, and an instance is used by one call at a time.

use crate::extractor::{ExtractorInstance, ExtractorPlugin, FrameWriter, Layout};
use crate::guard::{Guarded, catch, report};
use crate::memory::slice_of;
use crate::plugin::Opened;
use crate::{EndReason, Failure};
use core::marker::PhantomData;
use undertone_plugin_abi::{
    ExtractorDescription, ExtractorSpec, ExtractorTable, FrameBuffer, Host, Instance, Plugin, Samples,
    Status, Text, TextBuffer,
};

/// A layout with the texts that point into it.
pub(crate) struct Description {
    layout: Layout,
    columns: Vec<Text>,
}

impl Description {
    fn of<P: ExtractorPlugin>(plugin: &P) -> Result<Self, Failure> {
        let layout = plugin.layout();
        if layout.columns.is_empty() || layout.hop_samples == 0 || layout.window_samples == 0 {
            return Err(Failure::failed("the plugin describes frames without columns, hop or window"));
        }
        // A String keeps its bytes in place when it moves, so the texts stay good beside the layout.
        let columns = layout.columns.iter().map(|name| Text::new(name)).collect();
        Ok(Self { layout, columns })
    }

    fn dim(&self) -> usize {
        self.columns.len()
    }

    fn write(&self, description: &mut ExtractorDescription) {
        let layout = &self.layout;
        description.sample_rate_hz = layout.sample_rate_hz;
        description.dim = u32::try_from(self.dim()).unwrap_or(u32::MAX);
        description.hop_samples = layout.hop_samples;
        description.window_samples = layout.window_samples;
        description.look_ahead_frames = layout.look_ahead_frames;
        description.fingerprint = Text::new(&layout.fingerprint);
        description.columns = self.columns.as_ptr();
    }
}

type State<P> = Opened<P, Description>;

struct Shell<I> {
    guarded: Guarded<I>,
    dim: usize,
}

type ShellOf<P> = Shell<<P as ExtractorPlugin>::Instance>;

pub(crate) struct Shims<P>(PhantomData<P>);

impl<P: ExtractorPlugin> Shims<P> {
    pub(crate) const TABLE: ExtractorTable = ExtractorTable {
        size: size_of::<ExtractorTable>() as u32,
        reserved: 0,
        describe: Some(Self::describe),
        create_instance: Some(Self::create_instance),
        activate: Some(Self::activate),
        max_frames_for: Some(Self::max_frames_for),
        push: Some(Self::push),
        finish: Some(Self::finish),
        extract: Some(Self::extract),
        reset: Some(Self::reset),
        deactivate: Some(Self::deactivate),
        destroy_instance: Some(Self::destroy_instance),
    };

    pub(crate) unsafe extern "C" fn create_plugin(
        host: *const Host,
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
        description: *mut ExtractorDescription,
        error: *mut TextBuffer,
    ) -> Status {
        // SAFETY: see above.
        let (opened, out, error) = unsafe { (&*plugin.cast::<State<P>>(), &mut *description, &mut *error) };
        if (out.size as usize) < size_of::<ExtractorDescription>() {
            return Failure::failed("the host's description is too short").report(error);
        }
        opened.description.write(out);
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
            let shell: ShellOf<P> = Shell { guarded, dim: opened.description.dim() };
            // SAFETY: see above.
            unsafe { *instance = Box::into_raw(Box::new(shell)).cast() };
            Ok(())
        })
    }

    unsafe extern "C" fn activate(
        instance: *mut Instance,
        spec: *const ExtractorSpec,
        error: *mut TextBuffer,
    ) -> Status {
        // SAFETY: see above.
        let (shell, spec, error) = unsafe { (Self::shell(instance), &*spec, &mut *error) };
        shell.guarded.run(error, |inner| inner.activate(spec.usual_push_samples as usize))
    }

    unsafe extern "C" fn max_frames_for(instance: *mut Instance, samples: usize) -> usize {
        // SAFETY: see above.
        let shell = unsafe { Self::shell(instance) };
        shell.guarded.attempt(|inner| inner.max_frames_for(samples)).unwrap_or(0)
    }

    unsafe extern "C" fn push(
        instance: *mut Instance,
        samples: Samples,
        frames: *mut FrameBuffer,
        error: *mut TextBuffer,
    ) -> Status {
        // SAFETY: see above.
        unsafe {
            let samples = slice_of(samples.data, samples.length);
            Self::write(instance, frames, error, |inner, frames| inner.push(samples, frames))
        }
    }

    unsafe extern "C" fn finish(
        instance: *mut Instance,
        frames: *mut FrameBuffer,
        error: *mut TextBuffer,
    ) -> Status {
        // SAFETY: see above.
        unsafe { Self::write(instance, frames, error, |inner, frames| inner.finish(frames)) }
    }

    unsafe extern "C" fn extract(
        instance: *mut Instance,
        samples: Samples,
        frames: *mut FrameBuffer,
        error: *mut TextBuffer,
    ) -> Status {
        // SAFETY: see above.
        unsafe {
            let samples = slice_of(samples.data, samples.length);
            Self::write(instance, frames, error, |inner, frames| {
                inner.reset(EndReason::RESET)?;
                inner.push(samples, frames)?;
                inner.finish(frames)?;
                inner.reset(EndReason::FINISHED)
            })
        }
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
        let _ = shell.guarded.attempt(ExtractorInstance::deactivate);
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

    /// # Safety
    /// The pointers are those of a call.
    unsafe fn write(
        instance: *mut Instance,
        frames: *mut FrameBuffer,
        error: *mut TextBuffer,
        work: impl FnOnce(&mut P::Instance, &mut FrameWriter<'_>) -> Result<(), Failure>,
    ) -> Status {
        // SAFETY: the caller's promise; `dim` is what describe tells the host.
        unsafe {
            let shell = Self::shell(instance);
            let mut writer = FrameWriter::new(&mut *frames, shell.dim);
            shell.guarded.run(&mut *error, |inner| work(inner, &mut writer))
        }
    }
}
