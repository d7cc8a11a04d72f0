//! The states of a batch of streams are gathered and scattered without a word to the allocator, as a host sees it.

use core::ptr;
use undertone_plugin_abi::{
    ABI_MAJOR, ABI_MINOR, ClassifierSpec, ClassifierTable, Entry, Host, Instance, Item, Plugin,
    STREAM_STATE_EXTENSION, StateBuffer, Status, StreamStateTable, Text, TextBuffer,
};
use undertone_plugin_graph::{Configuration, Inputs, Outputs, Runner, Scorer};
use undertone_plugin_sdk::{ClassifierEntry, ClassifierPlugin, Failure, Shape, StateShape};

const STREAMS: usize = 8;
/// Frames of an update, stream by stream: two steps or three, which do not go in one batch.
const FRAMES: [usize; 3] = [4, 4, 6];
const DIM: usize = 3;
const CONFIGURATION: &str = r#"{
    "graph": "/nowhere", "input": "frames", "output": "scores", "dim": 3, "labels": ["sum", "calls"], "step_frames": 2,
    "states": [{"in": "sum", "out": "sum_after", "shape": [3]}, {"in": "calls", "out": "calls_after", "shape": [1, 2]}]
}"#;

/// A plugin whose graph is [`Summing`].
struct Sums(Configuration);

impl undertone_plugin_sdk::Plugin for Sums {
    const NAME: &'static str = "sums";
    const VERSION: &'static str = "1.0.0";

    fn open(_: undertone_plugin_sdk::Host, configuration: &str) -> Result<Self, Failure> {
        Configuration::read(configuration).map(Self)
    }
}

impl ClassifierPlugin for Sums {
    type Instance = Scorer<Summing>;

    fn shape(&self) -> Shape {
        self.0.shape()
    }

    fn new_instance(&self) -> Result<Self::Instance, Failure> {
        Ok(Scorer::new(Summing::default(), &self.0))
    }

    fn states(&self) -> Vec<StateShape> {
        self.0.state_shapes()
    }
}

/// Adds up the frames of a stream in one state, and its calls in the other. It keeps what it allocates.
#[derive(Debug, Default)]
struct Summing {
    sums: Vec<f32>,
    calls: Vec<f32>,
    scores: Vec<f32>,
}

impl Runner for Summing {
    type Error = &'static str;

    fn run(&mut self, inputs: Inputs<'_>, take: impl FnOnce(Outputs<'_>)) -> Result<(), Self::Error> {
        let Self { sums, calls, scores } = self;
        sums.clear();
        sums.extend_from_slice(&inputs.states[0]);
        calls.clear();
        calls.extend(inputs.states[1].iter().map(|calls| calls + 1.0));
        scores.clear();
        let frames = inputs.frames.chunks_exact(inputs.time * DIM);
        for ((sums, frames), calls) in sums.chunks_exact_mut(DIM).zip(frames).zip(calls.chunks_exact(2)) {
            for frame in frames.chunks_exact(DIM) {
                sums.iter_mut().zip(frame).for_each(|(sum, value)| *sum += value);
            }
            scores.extend([sums.iter().sum(), calls[0]]);
        }
        take(Outputs { scores, states: &[sums, calls] });
        Ok(())
    }
}

/// A host without any service.
static HOST: Host = Host {
    size: size_of::<Host>() as u32,
    abi_major: ABI_MAJOR,
    abi_minor: ABI_MINOR,
    reserved: 0,
    name: Text::new("test"),
    get_service: None,
};

/// The plugin with an instance, as a host has them.
struct Opened {
    entry: Entry,
    plugin: *mut Plugin,
    instance: *mut Instance,
}

impl Opened {
    fn new() -> Self {
        let entry = ClassifierEntry::<Sums>::ENTRY;
        let (mut plugin, mut instance, mut error) = (ptr::null_mut(), ptr::null_mut(), no_words());
        let create = entry.create_plugin.expect("the contract asks for it");
        // SAFETY: the arguments are what the contract says.
        let created = unsafe { create(&HOST, Text::new(CONFIGURATION), &mut plugin, &mut error) };
        assert_eq!(created, Status::OK);
        let table = table(&entry);
        let create = table.create_instance.expect("the contract asks for it");
        // SAFETY: as above.
        assert_eq!(unsafe { create(plugin, &mut instance, &mut error) }, Status::OK);
        let size = size_of::<ClassifierSpec>() as u32;
        let spec = ClassifierSpec { size, usual_batch: STREAMS as u32, max_frames: 100 };
        let activate = table.activate.expect("the contract asks for it");
        // SAFETY: as above.
        assert_eq!(unsafe { activate(instance, &spec, &mut error) }, Status::OK);
        Self { entry, plugin, instance }
    }

    fn advance(&self, streams: &mut Streams) {
        let get = self.entry.get_extension.expect("the contract asks for it");
        // SAFETY: the contract gives this table to the name.
        let states = unsafe { &*get(Text::new(STREAM_STATE_EXTENSION)).cast::<StreamStateTable>() };
        let advance = states.advance.expect("the contract asks for it");
        let (items, buffers, mut error) = (&mut streams.items, &mut streams.buffers, no_words());
        // SAFETY: items and buffers point into `streams`; a host without services is asked nothing about the call.
        let done = unsafe {
            advance(self.instance, ptr::null(), items.as_mut_ptr(), buffers.as_mut_ptr(), STREAMS, &mut error)
        };
        assert_eq!(done, Status::OK);
        assert!(items.iter().all(|item| item.status == Status::OK));
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let table = table(&self.entry);
        let deactivate = table.deactivate.expect("the contract asks for it");
        let destroy = table.destroy_instance.expect("the contract asks for it");
        // SAFETY: it is active and is given back once, before its plugin.
        unsafe { (deactivate(self.instance), destroy(self.instance)) };
        let destroy = self.entry.destroy_plugin.expect("the contract asks for it");
        // SAFETY: as above.
        unsafe { destroy(self.plugin) };
    }
}

fn table(entry: &Entry) -> &ClassifierTable {
    // SAFETY: it is a classifier's, and constant.
    unsafe { &*entry.classifier }
}

fn no_words() -> TextBuffer {
    TextBuffer { data: ptr::null_mut(), capacity: 0, length: 0 }
}

/// What a host lends for a call.
struct Streams {
    scores: Vec<f32>,
    items: Vec<Item>,
    buffers: Vec<StateBuffer>,
    /// What the pointers point at besides.
    _lent: (Vec<f32>, Vec<f32>, Vec<TextBuffer>),
}

impl Streams {
    /// All frames of stream `n` hold `n`.
    fn new() -> Self {
        let most = DIM * FRAMES.into_iter().max().expect("there are some");
        let frames: Vec<f32> = (0..STREAMS * most).map(|place| (place / most) as f32).collect();
        let (mut scores, mut states) = (vec![0.0; STREAMS * 2], vec![0.0; STREAMS * (DIM + 2)]);
        let mut words: Vec<_> = (0..STREAMS).map(|_| no_words()).collect();
        let rooms = frames.chunks_exact(most).zip(scores.chunks_exact_mut(2)).zip(&mut words);
        let mut items = Vec::new();
        for (stream, ((frames, scores), words)) in rooms.enumerate() {
            items.push(Item {
                frames: frames.as_ptr(),
                frame_count: FRAMES[stream % FRAMES.len()],
                dim: DIM,
                scores: scores.as_mut_ptr(),
                label_count: scores.len(),
                status: Status::FAILED,
                error: ptr::from_mut(words),
            });
        }
        let buffer = |values: &mut [f32]| StateBuffer { values: values.as_mut_ptr(), length: values.len() };
        let tensors = states.chunks_exact_mut(DIM + 2).map(|state| state.split_at_mut(DIM));
        let buffers = tensors.flat_map(|(sum, calls)| [buffer(sum), buffer(calls)]).collect();
        Self { scores, items, buffers, _lent: (frames, states, words) }
    }
}

#[test]
fn a_batch_of_streams_gets_its_states_and_gives_them_back_without_an_allocation() {
    const CALLS: usize = 10;
    let (opened, mut streams) = (Opened::new(), Streams::new());
    opened.advance(&mut streams);
    let counted = allocation_counter::measure(|| (1..CALLS).for_each(|_| opened.advance(&mut streams)));
    assert_eq!(counted.count_total, 0);
    // It did go on from call to call, each stream from its own states.
    for (stream, scores) in streams.scores.chunks_exact(2).enumerate() {
        let values = CALLS * FRAMES[stream % FRAMES.len()] * DIM;
        assert_eq!(scores, [(values * stream) as f32, CALLS as f32], "stream {stream}");
    }
}
