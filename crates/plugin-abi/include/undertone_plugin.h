// The contract between Undertone and its plugins.
//
// Generated from crates/plugin-abi by `cargo xtask codegen`: change the Rust types or cbindgen.toml, not this file.
//
// A plugin is a shared library libundertone_plugin_NAME.so that exports one symbol, the constant
// `undertone_plugin_entry` at the end of this file. Everything else is reached from it.
//
// Objects
//   A library makes plugins (one configuration each, shareable between threads); a plugin makes instances (one worker's
//   each, never used from two threads at once). The life of an instance is
//     create -> activate -> (run* -> reset)* -> deactivate -> destroy
//   where run is push, finish, extract or classify. Whatever running needs is allocated in activate.
// Comments
//   Each function says its purpose, the threads it may be called from, the state that the object must be in, who owns what
//   is handed over, how long that lives, and how it may end.
// Growth
//   A host works with a library whose major version is its own and whose minor version is not above its own. Every table
//   starts with its size in bytes and grows at its end only, so a table made for an older minor version is shorter; a
//   field behind the given size does not exist. Optional abilities are asked for by id (get_extension, get_service); an
//   id never changes its meaning.
// Threads
//   [any-thread]          any thread, any number of calls at once
//   [control]             any thread, one such call at a time for one library
//   [instance-exclusive]  one call at a time for one instance, though not always from the same thread
// Memory
//   The host allocates every buffer and the plugin fills it; nobody frees what the other side allocated. Pointers are
//   borrowed for the call unless a comment says otherwise. A pointer to no items may be anything, null too.
// Text
//   UTF-8 with a length and without a closing zero.
// Errors
//   A status other than OK comes with words in the error buffer, which is never null. Nothing unwinds, throws or jumps
//   from one side to the other.
// Null
//   Tables hold no null functions. Only get_extension and get_service answer null, for what they do not know.


#ifndef UNDERTONE_PLUGIN_H
#define UNDERTONE_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Major version of the contract; a host refuses a library with another one.
#define UNDERTONE_ABI_MAJOR 1

// Minor version of the contract; a host refuses a library with a higher one.
#define UNDERTONE_ABI_MINOR 0

// `max_frames_for(n)` is never above `n / hop_samples` plus this many.
#define UNDERTONE_SPARE_FRAMES 4096

// The longest text that a plugin may point at, in bytes; a longer one is not believed.
#define UNDERTONE_MAX_TEXT_BYTES 4096

// The most values of a frame.
#define UNDERTONE_MAX_DIM 65536

// The most tensors of a stream's state.
#define UNDERTONE_MAX_STATE_TENSORS 1024

// The most values of a stream's state, all tensors together.
#define UNDERTONE_MAX_STATE_VALUES 4194304

// The most counters of a library; more are not kept.
#define UNDERTONE_MAX_COUNTERS 32

// The longest name of a counter, in bytes; one with a longer name is not kept.
#define UNDERTONE_MAX_COUNTER_NAME_BYTES 64

// No extractor is shown a sample above this or below its negative; full scale is 1. Above it the power of a frame could leave
// the range of 32-bit floats.
#define UNDERTONE_LOUDEST_SAMPLE 1e6

// One call of classify, to ask the host's cancellation and deadline services about. Only the host knows what
// is inside.
typedef struct UndertoneCall UndertoneCall;

// The working state of one worker or one stream. Only the library knows what is inside.
typedef struct UndertoneInstance UndertoneInstance;

// One configuration of a library, for instance one set of weights. Only the library knows what is inside.
//
// May be used by any number of threads at once. Outlives its instances.
typedef struct UndertonePlugin UndertonePlugin;

// UTF-8 text of `length` bytes, without a closing zero. Borrowed for the call unless a comment says
// otherwise.
typedef struct UndertoneText {
  // First byte; anything when `length` is 0.
  const char *data;
  // Number of bytes.
  size_t length;
} UndertoneText;

// How a call or one item of it ended. Unknown values count as failed.
typedef int32_t UndertoneStatus;
// Done.
#define UndertoneStatus_OK 0
// This input cannot be worked with. The object is as good as before and the same call fails again.
#define UndertoneStatus_REFUSED 1
// The object failed. An instance is not used again, except to be deactivated and destroyed.
#define UndertoneStatus_FAILED 2
// This or an earlier call panicked; the error text is that of the panic. Treated as failed.
#define UndertoneStatus_POISONED 3
// The host's wish to cancel was followed. The object is as good as before.
#define UndertoneStatus_CANCELLED 4

// What a host gives to a library. It and all services live as long as the process.
typedef struct UndertoneHost {
  // Size of this table in bytes.
  uint32_t size;
  // The contract's major version that the host speaks.
  uint32_t abi_major;
  // The contract's minor version that the host speaks.
  uint32_t abi_minor;
  // Zero.
  uint32_t reserved;
  // Name and version of the host, for humans. Static.
  struct UndertoneText name;
  // Purpose: a service of the host, a table that `id` names: "undertone.log/1", "undertone.counters/1",
  // "undertone.cancellation/1", "undertone.deadline/1"; and "undertone.onnxruntime/1", which is ONNX
  // Runtime's `const OrtApiBase *`.
  // Threads: `[any-thread]`.
  // State: none is needed.
  // Ownership: the table is the host's, and constant.
  // Lifetime: the table, as long as the process; `id`, the call.
  // Errors: null when the host has no such service; for ONNX Runtime also when it could not be loaded.
  const void *(*get_service)(const struct UndertoneHost *host, struct UndertoneText id);
} UndertoneHost;

// A buffer of the host that a plugin writes UTF-8 text to, for instance the words of an error.
typedef struct UndertoneTextBuffer {
  // Where to write; owned by the host.
  char *data;
  // Room in bytes; text that is longer is cut between two characters.
  size_t capacity;
  // Set by the plugin: bytes written, never above `capacity`. The host sets it to 0 before the call.
  size_t length;
} UndertoneTextBuffer;

// What an extractor's frames look like. Frame `i` covers the samples from `i * hop_samples` to
// `i * hop_samples + window_samples`, the last one not included, of the stream.
typedef struct UndertoneExtractorDescription {
  // Size of this structure in bytes, set by the host; nothing is written behind it.
  uint32_t size;
  // The sample rate it takes, in Hz; the host has 16000.
  uint32_t sample_rate_hz;
  // Values per frame; 1 to MAX_DIM.
  uint32_t dim;
  // Samples from one frame to the next; at least 1.
  uint32_t hop_samples;
  // Samples that a frame covers; at least 1.
  uint32_t window_samples;
  // How many later frames it must see before it hands one out.
  uint32_t look_ahead_frames;
  // What the frames depend on, all in one: equal fingerprints promise equal frames. Lives as long as the
  // plugin.
  struct UndertoneText fingerprint;
  // Names of the `dim` values of a frame. Live as long as the plugin.
  const struct UndertoneText *columns;
} UndertoneExtractorDescription;

// What an extractor instance will be asked for at most.
typedef struct UndertoneExtractorSpec {
  // Size of this structure in bytes.
  uint32_t size;
  // The samples of one push that buffers should be ready for; more may come and may then cost an
  // allocation.
  uint32_t usual_push_samples;
} UndertoneExtractorSpec;

// Samples between -1 and 1, one channel.
typedef struct UndertoneSamples {
  // First sample.
  const float *data;
  // Number of samples.
  size_t length;
} UndertoneSamples;

// Room of the host that an extractor writes frames to, row by row, `dim` values each.
typedef struct UndertoneFrameBuffer {
  // Where to write; owned by the host.
  float *values;
  // Room, in frames.
  size_t capacity;
  // Set by the plugin: frames written, never above `capacity`. The host sets it to 0 before the call.
  size_t length;
} UndertoneFrameBuffer;

// Why a stream ended. Unknown values count as FAILED.
typedef uint32_t UndertoneEndReason;
// The client finished and got everything.
#define UndertoneEndReason_FINISHED 0
// The client went away or cancelled.
#define UndertoneEndReason_CANCELLED 1
// An idle or maximum duration was over.
#define UndertoneEndReason_TIMED_OUT 2
// The stream failed.
#define UndertoneEndReason_FAILED 3
// The server drained.
#define UndertoneEndReason_DRAINED 4
// The stream goes on, but what was heard so far is to be forgotten.
#define UndertoneEndReason_RESET 5

// The functions of an extractor.
typedef struct UndertoneExtractorTable {
  // Size of this table in bytes.
  uint32_t size;
  // Zero.
  uint32_t reserved;
  // Purpose: says what the plugin's frames look like; always the same for one plugin. Its configuration is
  // the JSON object `{"recipe": ...}` with the name of a recipe or an object of its parameters.
  // Threads: `[any-thread]`.
  // State: none is needed.
  // Ownership: fills `description`, which is the host's.
  // Lifetime: the texts that it points `description` at, as long as the plugin; `description` and `error`, the call.
  // Errors: FAILED.
  UndertoneStatus (*describe)(const struct UndertonePlugin *plugin,
                              struct UndertoneExtractorDescription *description,
                              struct UndertoneTextBuffer *error);
  // Purpose: makes an instance, which serves one stream at a time.
  // Threads: `[any-thread]`.
  // State: none is needed.
  // Ownership: `*instance` is the library's and is given back with destroy_instance; it may borrow from
  // `plugin`.
  // Lifetime: `*instance` until destroy_instance, and never longer than `plugin`.
  // Errors: FAILED; then `*instance` is left as it was.
  UndertoneStatus (*create_instance)(const struct UndertonePlugin *plugin,
                                     struct UndertoneInstance **instance,
                                     struct UndertoneTextBuffer *error);
  // Purpose: allocates what running needs and stands the instance at the start of a stream.
  // Threads: `[instance-exclusive]`.
  // State: created or deactivated; active afterwards.
  // Ownership: `spec` is borrowed for the call.
  // Lifetime: `spec` and `error`, the call; what it allocates, until deactivate.
  // Errors: FAILED.
  UndertoneStatus (*activate)(struct UndertoneInstance *instance,
                              const struct UndertoneExtractorSpec *spec,
                              struct UndertoneTextBuffer *error);
  // Purpose: how many frames a push of `samples` samples, or a finish after it, may give at most, whatever
  // came before; never above `samples / hop_samples + SPARE_FRAMES`.
  // Threads: `[instance-exclusive]`.
  // State: active.
  // Ownership: nothing is handed over.
  // Lifetime: nothing outlives the call.
  // Errors: none.
  size_t (*max_frames_for)(struct UndertoneInstance *instance, size_t samples);
  // Purpose: takes the next samples and writes every frame that became complete: as many as have their whole
  // window within the samples so far, but for the last `look_ahead_frames`. The host gives a stream up that
  // got more or fewer. How a stream is cut into calls never changes its frames.
  // Threads: `[instance-exclusive]`.
  // State: active, and not finished since activate or reset.
  // Ownership: `samples`, `frames` and `error` are borrowed for the call. `frames` has room for
  // max_frames_for frames.
  // Lifetime: `samples`, `frames` and `error`, the call.
  // Errors: REFUSED or FAILED; frames of a call that did not end with OK are not used.
  UndertoneStatus (*push)(struct UndertoneInstance *instance,
                          struct UndertoneSamples samples,
                          struct UndertoneFrameBuffer *frames,
                          struct UndertoneTextBuffer *error);
  // Purpose: the stream has no more samples: writes the frames that were waiting for later ones, and no others.
  // Threads: `[instance-exclusive]`.
  // State: active; afterwards only reset and deactivate follow.
  // Ownership: as in push. `frames` has room for max_frames_for(0) frames.
  // Lifetime: `frames` and `error`, the call.
  // Errors: as in push.
  UndertoneStatus (*finish)(struct UndertoneInstance *instance,
                            struct UndertoneFrameBuffer *frames,
                            struct UndertoneTextBuffer *error);
  // Purpose: all frames of a whole clip in one call. Equals a reset, one push of `samples`, a finish and a
  // reset.
  // Threads: `[instance-exclusive]`.
  // State: active; stands at the start of a stream afterwards.
  // Ownership: as in push. `frames` has room for max_frames_for(samples) and max_frames_for(0) frames
  // together.
  // Lifetime: `samples`, `frames` and `error`, the call.
  // Errors: as in push.
  UndertoneStatus (*extract)(struct UndertoneInstance *instance,
                             struct UndertoneSamples samples,
                             struct UndertoneFrameBuffer *frames,
                             struct UndertoneTextBuffer *error);
  // Purpose: tells why the stream ended, and stands the instance at the start of another one.
  // Threads: `[instance-exclusive]`.
  // State: active, and stays so.
  // Ownership: nothing is handed over.
  // Lifetime: `error`, the call; what was heard so far ends with it.
  // Errors: FAILED.
  UndertoneStatus (*reset)(struct UndertoneInstance *instance,
                           UndertoneEndReason reason,
                           struct UndertoneTextBuffer *error);
  // Purpose: gives back what activate allocated.
  // Threads: `[instance-exclusive]`.
  // State: active; created afterwards.
  // Ownership: nothing is handed over.
  // Lifetime: what activate allocated ends with this call.
  // Errors: none.
  void (*deactivate)(struct UndertoneInstance *instance);
  // Purpose: gives an instance back.
  // Threads: `[instance-exclusive]`.
  // State: any but active.
  // Ownership: takes `instance`, which is not used again.
  // Lifetime: `instance` ends with this call.
  // Errors: none.
  void (*destroy_instance)(struct UndertoneInstance *instance);
} UndertoneExtractorTable;

// What a classifier takes and gives.
typedef struct UndertoneClassifierDescription {
  // Size of this structure in bytes, set by the host; nothing is written behind it.
  uint32_t size;
  // Values per frame; at least 1.
  uint32_t dim;
  // Scores per item; at least 1.
  uint32_t label_count;
} UndertoneClassifierDescription;

// What a classifier instance will be asked for at most.
typedef struct UndertoneClassifierSpec {
  // Size of this structure in bytes.
  uint32_t size;
  // The items of one call that buffers should be ready for; more may come and may then cost an allocation.
  uint32_t usual_batch;
  // No item has more frames.
  uint32_t max_frames;
} UndertoneClassifierSpec;

// One utterance to score, and where its scores go.
typedef struct UndertoneItem {
  // The frames, row by row, `frame_count * dim` values.
  const float *frames;
  // Number of frames; at least 1.
  size_t frame_count;
  // Values per frame, as described.
  size_t dim;
  // Where to write the scores (logits), `label_count` values, all of them finite; owned by the host.
  float *scores;
  // Number of scores, as described.
  size_t label_count;
  // Set by the plugin: how this item ended; whatever it is, the instance is still good. The host sets it
  // to FAILED before the call.
  UndertoneStatus status;
  // Where the words go when `status` is not OK; never null.
  struct UndertoneTextBuffer *error;
} UndertoneItem;

// The functions of a classifier.
typedef struct UndertoneClassifierTable {
  // Size of this table in bytes.
  uint32_t size;
  // Zero.
  uint32_t reserved;
  // Purpose: says what the plugin takes and gives; always the same for one plugin. Its configuration is
  // the JSON object `{"graph": path, "input": name, "output": name, "dim": number, "labels": [names]}`;
  // the path is absolute.
  // Threads: `[any-thread]`.
  // State: none is needed.
  // Ownership: fills `description`, which is the host's.
  // Lifetime: `description` and `error`, the call.
  // Errors: FAILED.
  UndertoneStatus (*describe)(const struct UndertonePlugin *plugin,
                              struct UndertoneClassifierDescription *description,
                              struct UndertoneTextBuffer *error);
  // Purpose: makes an instance, which serves one worker.
  // Threads: `[any-thread]`.
  // State: none is needed.
  // Ownership: `*instance` is the library's and is given back with destroy_instance; it may borrow from
  // `plugin`.
  // Lifetime: `*instance` until destroy_instance, and never longer than `plugin`.
  // Errors: FAILED; then `*instance` is left as it was.
  UndertoneStatus (*create_instance)(const struct UndertonePlugin *plugin,
                                     struct UndertoneInstance **instance,
                                     struct UndertoneTextBuffer *error);
  // Purpose: allocates what running needs.
  // Threads: `[instance-exclusive]`.
  // State: created or deactivated; active afterwards.
  // Ownership: `spec` is borrowed for the call.
  // Lifetime: `spec` and `error`, the call; what it allocates, until deactivate.
  // Errors: FAILED.
  UndertoneStatus (*activate)(struct UndertoneInstance *instance,
                              const struct UndertoneClassifierSpec *spec,
                              struct UndertoneTextBuffer *error);
  // Purpose: scores `count` items. Every item gets its own status, and its scores do not depend on its
  // neighbours.
  // Threads: `[instance-exclusive]`.
  // State: active, and stays so.
  // Ownership: everything is borrowed for the call. The plugin writes the scores, statuses and errors of
  // items, nothing else of them. `call` is only for asking the host's services.
  // Lifetime: `items`, all that they point at, `call` and `error`, the call.
  // Errors: OK when every item has its status, even when all of them failed; otherwise no item was scored.
  UndertoneStatus (*classify)(struct UndertoneInstance *instance,
                              const struct UndertoneCall *call,
                              struct UndertoneItem *items,
                              size_t count,
                              struct UndertoneTextBuffer *error);
  // Purpose: tells why the work so far ended. What belongs to a stream is in the host's memory, see the
  // extension "undertone.stream-state/1"; nothing else is carried from call to call.
  // Threads: `[instance-exclusive]`.
  // State: active, and stays so.
  // Ownership: nothing is handed over.
  // Lifetime: `error`, the call.
  // Errors: FAILED.
  UndertoneStatus (*reset)(struct UndertoneInstance *instance,
                           UndertoneEndReason reason,
                           struct UndertoneTextBuffer *error);
  // Purpose: gives back what activate allocated.
  // Threads: `[instance-exclusive]`.
  // State: active; created afterwards.
  // Ownership: nothing is handed over.
  // Lifetime: what activate allocated ends with this call.
  // Errors: none.
  void (*deactivate)(struct UndertoneInstance *instance);
  // Purpose: gives an instance back.
  // Threads: `[instance-exclusive]`.
  // State: any but active.
  // Ownership: takes `instance`, which is not used again.
  // Lifetime: `instance` ends with this call.
  // Errors: none.
  void (*destroy_instance)(struct UndertoneInstance *instance);
} UndertoneClassifierTable;

// What a library exports as the constant `undertone_plugin_entry`. It and all that it points to never
// change.
typedef struct UndertoneEntry {
  // Size of this table in bytes.
  uint32_t size;
  // The contract's major version that the library was built for.
  uint32_t abi_major;
  // The contract's minor version that the library was built for.
  uint32_t abi_minor;
  // Zero.
  uint32_t reserved;
  // The plugin's name, as bundles and file names spell it. Static.
  struct UndertoneText name;
  // The plugin's own version. Static.
  struct UndertoneText version;
  // Purpose: an optional ability of the library, a table that `id` names.
  // Threads: `[any-thread]`.
  // State: none is needed.
  // Ownership: the table is the library's, and constant.
  // Lifetime: the table, as long as the process; `id`, the call.
  // Errors: null when the library has no such ability.
  const void *(*get_extension)(struct UndertoneText id);
  // Purpose: makes a plugin from a configuration, a JSON object whose keys the plugin's kind and
  // documentation name. Everything about the configuration that can be wrong, weights included, is
  // reported here.
  // Threads: `[control]`.
  // State: none is needed.
  // Ownership: `*plugin` is the library's and is given back with destroy_plugin. `host`, `configuration` and
  // `error` are the host's.
  // Lifetime: `*plugin` until destroy_plugin; `host`, as long as the process, so that it may be kept;
  // `configuration` and `error`, the call.
  // Errors: REFUSED for a wrong configuration, FAILED otherwise; then `*plugin` is left as it was.
  UndertoneStatus (*create_plugin)(const struct UndertoneHost *host,
                                   struct UndertoneText configuration,
                                   struct UndertonePlugin **plugin,
                                   struct UndertoneTextBuffer *error);
  // Purpose: gives a plugin back.
  // Threads: `[control]`.
  // State: all instances of the plugin were destroyed.
  // Ownership: takes `plugin`, which is not used again.
  // Lifetime: `plugin` ends with this call.
  // Errors: none.
  void (*destroy_plugin)(struct UndertonePlugin *plugin);
  // The functions of plugins that turn samples into frames; null when this library's do not.
  const struct UndertoneExtractorTable *extractor;
  // The functions of plugins that score frames; null when this library's do not.
  const struct UndertoneClassifierTable *classifier;
} UndertoneEntry;

// A state tensor that a classifier declares: what must be remembered of a stream between two calls.
typedef struct UndertoneStateTensor {
  // Size of this structure in bytes, set by the host; nothing is written behind it.
  uint32_t size;
  // Number of values for one stream; at least 1.
  uint32_t length;
  // Its name. Lives as long as the plugin.
  struct UndertoneText name;
} UndertoneStateTensor;

// The values of one state tensor of one stream, row by row, in memory of the host.
typedef struct UndertoneStateBuffer {
  // First value.
  float *values;
  // Number of values, as described.
  size_t length;
} UndertoneStateBuffer;

// Extension "undertone.stream-state/1" of a library with classifiers that can go on where a stream's last call
// ended, so that a call costs its new frames only. The host keeps the states, one set per stream; one
// instance serves many streams, several in one call.
//
// The configuration of such a plugin has two fields more: `{..., "states": [{"in": name, "out": name, "shape":
// [lengths]}], "step_frames": number}`; the lengths are those of one stream, without the batch.
typedef struct UndertoneStreamStateTable {
  // Size of this table in bytes.
  uint32_t size;
  // Zero.
  uint32_t reserved;
  // Purpose: the number of state tensors; 0 for a plugin that was not configured to carry any.
  // Threads: `[any-thread]`.
  // State: none is needed.
  // Ownership: nothing is handed over.
  // Lifetime: nothing outlives the call.
  // Errors: none.
  uint32_t (*count)(const struct UndertonePlugin *plugin);
  // Purpose: describes the state tensor `index`, which is below count.
  // Threads: `[any-thread]`.
  // State: none is needed.
  // Ownership: fills `tensor`, which is the host's.
  // Lifetime: the name that it points `tensor` at, as long as the plugin; `tensor` and `error`, the call.
  // Errors: REFUSED for an index that does not exist.
  UndertoneStatus (*describe)(const struct UndertonePlugin *plugin,
                              uint32_t index,
                              struct UndertoneStateTensor *tensor,
                              struct UndertoneTextBuffer *error);
  // Purpose: scores `count` items, each the new frames of one stream, as all frames of that stream so far would
  // be scored; takes each item's state up and leaves the state behind its frames in its place. Zeroes are the
  // state at the start of an utterance. Every item gets its own status; its scores and its state depend on its
  // neighbours no more than rounding does. The state of an item whose status is not OK is void.
  // Threads: `[instance-exclusive]`.
  // State: active, and stays so.
  // Ownership: everything is borrowed for the call. `states` holds one buffer per item and tensor, the tensors of
  // the first item first, in their order. The plugin writes the scores, statuses, errors and states, nothing else.
  // `call` is only for asking the host's services.
  // Lifetime: `items`, `states`, all that they point at, `call` and `error`, the call.
  // Errors: OK when every item has its status, even when all of them failed; otherwise no item was scored and
  // every state is void.
  UndertoneStatus (*advance)(struct UndertoneInstance *instance,
                             const struct UndertoneCall *call,
                             struct UndertoneItem *items,
                             struct UndertoneStateBuffer *states,
                             size_t count,
                             struct UndertoneTextBuffer *error);
} UndertoneStreamStateTable;

// How much a line of log matters. Unknown values count as INFO.
typedef uint32_t UndertoneLogLevel;
// Something is broken.
#define UndertoneLogLevel_ERROR 1
// Something is not as it should be.
#define UndertoneLogLevel_WARN 2
// Worth knowing in normal operation.
#define UndertoneLogLevel_INFO 3
// For whoever searches a fault.
#define UndertoneLogLevel_DEBUG 4

// Service "undertone.log/1".
typedef struct UndertoneLogService {
  // Size of this table in bytes.
  uint32_t size;
  // Zero.
  uint32_t reserved;
  // Purpose: writes one line to the host's log; the host adds the plugin's name.
  // Threads: `[any-thread]`.
  // State: none is needed.
  // Ownership: `host` is what create_plugin got; `message` is borrowed for the call.
  // Lifetime: `message`, the call.
  // Errors: none.
  void (*log)(const struct UndertoneHost *host,
              UndertoneLogLevel level,
              struct UndertoneText message);
} UndertoneLogService;

// Service "undertone.counters/1".
typedef struct UndertoneCounterService {
  // Size of this table in bytes.
  uint32_t size;
  // Zero.
  uint32_t reserved;
  // Purpose: adds to a counter of the plugin, which starts at 0. The host keeps at most 32 names per
  // library, of at most 64 bytes each, and ignores others.
  // Threads: `[any-thread]`.
  // State: none is needed.
  // Ownership: `host` is what create_plugin got; `name` is borrowed for the call.
  // Lifetime: `name`, the call.
  // Errors: none.
  void (*add)(const struct UndertoneHost *host, struct UndertoneText name, uint64_t amount);
} UndertoneCounterService;

// Service "undertone.cancellation/1".
typedef struct UndertoneCancellationService {
  // Size of this table in bytes.
  uint32_t size;
  // Zero.
  uint32_t reserved;
  // Purpose: whether nobody waits for this call's result any more; a plugin with much left to do then
  // returns CANCELLED.
  // Threads: `[any-thread]`, while the call lasts.
  // State: none is needed.
  // Ownership: `call` is what the plugin's function got.
  // Lifetime: `call`, until the plugin's function that got it returns.
  // Errors: none.
  bool (*is_cancelled)(const struct UndertoneCall *call);
} UndertoneCancellationService;

// Service "undertone.deadline/1".
typedef struct UndertoneDeadlineService {
  // Size of this table in bytes.
  uint32_t size;
  // Zero.
  uint32_t reserved;
  // Purpose: nanoseconds until this call's result comes too late; 0 when it is late already.
  // Threads: `[any-thread]`, while the call lasts.
  // State: none is needed.
  // Ownership: `call` is what the plugin's function got.
  // Lifetime: `call`, until the plugin's function that got it returns.
  // Errors: none.
  uint64_t (*remaining_nanoseconds)(const struct UndertoneCall *call);
} UndertoneDeadlineService;

#endif  /* UNDERTONE_PLUGIN_H */

// Purpose: the one symbol that a plugin exports; the plugin defines it.
// Threads: [any-thread].
// Ownership: the library's, and constant.
// Lifetime: as long as the process, because libraries are never unloaded.
#ifdef __cplusplus
extern "C"
#else
extern
#endif
const UndertoneEntry undertone_plugin_entry;
