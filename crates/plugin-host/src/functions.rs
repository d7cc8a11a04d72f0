//! The functions of a library, none of them null.

use undertone_plugin_abi::{
    Call, ClassifierDescription, ClassifierSpec, ClassifierTable, EndReason, ExtractorDescription,
    ExtractorSpec, ExtractorTable, FrameBuffer, Host, Instance, Item, Plugin, Samples, StateBuffer,
    StateTensor, Status, StreamStateTable, Text, TextBuffer,
};

/// Declares the functions of a table; `checked` names the first one that is null.
macro_rules! functions {
    ($(#[$doc:meta])* $name:ident of $table:ty { $($(#[$field_doc:meta])* $field:ident: $function:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name {
            $($(#[$field_doc])* pub(crate) $field: $function,)+
        }

        impl $name {
            pub(crate) fn checked(table: &$table) -> Result<Self, &'static str> {
                Ok(Self { $($field: table.$field.ok_or(stringify!($field))?,)+ })
            }
        }
    };
}

functions! {
    /// What every library has.
    EntryFunctions of undertone_plugin_abi::Entry {
        get_extension: unsafe extern "C" fn(Text) -> *const core::ffi::c_void,
        create_plugin: unsafe extern "C" fn(*const Host, Text, *mut *mut Plugin, *mut TextBuffer) -> Status,
        destroy_plugin: unsafe extern "C" fn(*mut Plugin),
    }
}

functions! {
    /// What extractors have.
    ExtractorFunctions of ExtractorTable {
        describe: unsafe extern "C" fn(*const Plugin, *mut ExtractorDescription, *mut TextBuffer) -> Status,
        create_instance: unsafe extern "C" fn(*const Plugin, *mut *mut Instance, *mut TextBuffer) -> Status,
        activate: unsafe extern "C" fn(*mut Instance, *const ExtractorSpec, *mut TextBuffer) -> Status,
        max_frames_for: unsafe extern "C" fn(*mut Instance, usize) -> usize,
        push: unsafe extern "C" fn(*mut Instance, Samples, *mut FrameBuffer, *mut TextBuffer) -> Status,
        finish: unsafe extern "C" fn(*mut Instance, *mut FrameBuffer, *mut TextBuffer) -> Status,
        extract: unsafe extern "C" fn(*mut Instance, Samples, *mut FrameBuffer, *mut TextBuffer) -> Status,
        reset: unsafe extern "C" fn(*mut Instance, EndReason, *mut TextBuffer) -> Status,
        deactivate: unsafe extern "C" fn(*mut Instance),
        destroy_instance: unsafe extern "C" fn(*mut Instance),
    }
}

functions! {
    /// What classifiers have.
    ClassifierFunctions of ClassifierTable {
        describe: unsafe extern "C" fn(*const Plugin, *mut ClassifierDescription, *mut TextBuffer) -> Status,
        create_instance: unsafe extern "C" fn(*const Plugin, *mut *mut Instance, *mut TextBuffer) -> Status,
        activate: unsafe extern "C" fn(*mut Instance, *const ClassifierSpec, *mut TextBuffer) -> Status,
        classify: unsafe extern "C" fn(*mut Instance, *const Call, *mut Item, usize, *mut TextBuffer) -> Status,
        reset: unsafe extern "C" fn(*mut Instance, EndReason, *mut TextBuffer) -> Status,
        deactivate: unsafe extern "C" fn(*mut Instance),
        destroy_instance: unsafe extern "C" fn(*mut Instance),
    }
}

functions! {
    /// What classifiers that carry state have beside.
    StreamFunctions of StreamStateTable {
        count: unsafe extern "C" fn(*const Plugin) -> u32,
        describe: unsafe extern "C" fn(*const Plugin, u32, *mut StateTensor, *mut TextBuffer) -> Status,
        advance: unsafe extern "C" fn(
            *mut Instance, *const Call, *mut Item, *mut StateBuffer, usize, *mut TextBuffer
        ) -> Status,
    }
}
