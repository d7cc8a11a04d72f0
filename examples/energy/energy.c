// The smallest extractor: the energy of a frame in decibels, one value every 10 ms.
//
//   cc -std=c11 -O2 -fPIC -shared -o libundertone_plugin_energy.so energy.c -lm
//
// Its configuration is {"recipe":"energy"} or, as a bundle writes it, {"recipe":{}}. Functions other than the entry are
// static, so that the library exports one symbol.

#include "undertone_plugin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME "energy"
#define WINDOW 400
#define HOP 160
// What the frames depend on; a model that was trained on these frames names it. Changes with the computation.
#define FINGERPRINT NAME "/1 window=400 hop=160 floor=1e-10"

#define TEXT(words) {(words), sizeof(words) - 1}
#define SIZE_OF(table) ((uint32_t)sizeof(table))

// One stream. The samples that the next frame needs are held until it is complete.
struct UndertoneInstance {
  float samples[WINDOW];
  size_t held;
};

// All plugins are alike, so one for all of them will do. It never changes.
struct UndertonePlugin {
  char nothing;
};
static struct UndertonePlugin the_plugin;

// Hands as many of the words to the host as it has room for.
static UndertoneStatus because(UndertoneTextBuffer *error, UndertoneStatus status, const char *words) {
  size_t length = strlen(words);
  error->length = length < error->capacity ? length : error->capacity;
  memcpy(error->data, words, error->length);
  return status;
}

static bool equals(UndertoneText text, const char *words) {
  // Spaces between the parts of JSON mean nothing.
  size_t at = 0;
  for (size_t i = 0; i < text.length; i++) {
    if (strchr(" \t\r\n", text.data[i]) != NULL && text.data[i] != '\0') continue;
    if (words[at] == '\0' || words[at] != text.data[i]) return false;
    at++;
  }
  return words[at] == '\0';
}

static const void *get_extension(UndertoneText id) {
  (void)id;
  return NULL;
}

static UndertoneStatus create_plugin(const UndertoneHost *host, UndertoneText configuration, UndertonePlugin **plugin,
                                     UndertoneTextBuffer *error) {
  (void)host;
  if (!equals(configuration, "{\"recipe\":\"" NAME "\"}") && !equals(configuration, "{\"recipe\":{}}")) {
    return because(error, UndertoneStatus_REFUSED, "the recipe is \"" NAME "\" or {}, there is no other");
  }
  *plugin = &the_plugin;
  return UndertoneStatus_OK;
}

static void destroy_plugin(UndertonePlugin *plugin) { (void)plugin; }

static UndertoneStatus describe(const UndertonePlugin *plugin, UndertoneExtractorDescription *description,
                                UndertoneTextBuffer *error) {
  static const UndertoneText columns[] = {TEXT("energy_db")};
  (void)plugin;
  if (description->size < sizeof *description) {
    return because(error, UndertoneStatus_FAILED, "the host's description is too short");
  }
  description->sample_rate_hz = 16000;
  description->dim = 1;
  description->hop_samples = HOP;
  description->window_samples = WINDOW;
  description->look_ahead_frames = 0;
  description->fingerprint = (UndertoneText)TEXT(FINGERPRINT);
  description->columns = columns;
  return UndertoneStatus_OK;
}

static UndertoneStatus create_instance(const UndertonePlugin *plugin, UndertoneInstance **instance,
                                       UndertoneTextBuffer *error) {
  (void)plugin;
  UndertoneInstance *made = calloc(1, sizeof *made);
  if (made == NULL) return because(error, UndertoneStatus_FAILED, "there is no memory for an instance");
  *instance = made;
  return UndertoneStatus_OK;
}

static UndertoneStatus reset(UndertoneInstance *instance, UndertoneEndReason reason, UndertoneTextBuffer *error) {
  (void)reason;
  (void)error;
  instance->held = 0;
  return UndertoneStatus_OK;
}

static UndertoneStatus activate(UndertoneInstance *instance, const UndertoneExtractorSpec *spec,
                                UndertoneTextBuffer *error) {
  (void)spec;
  return reset(instance, UndertoneEndReason_RESET, error);
}

// Fewer than WINDOW samples are held, so the first new one may complete a frame; then one comes with every HOP.
static size_t max_frames_for(UndertoneInstance *instance, size_t samples) {
  (void)instance;
  return samples / HOP + 1;
}

static float energy_db(const float *samples) {
  double sum = 0.0;
  for (size_t i = 0; i < WINDOW; i++) sum += (double)samples[i] * samples[i];
  return (float)(10.0 * log10(sum / WINDOW + 1e-10));
}

static UndertoneStatus push(UndertoneInstance *instance, UndertoneSamples samples, UndertoneFrameBuffer *frames,
                            UndertoneTextBuffer *error) {
  for (size_t i = 0; i < samples.length; i++) {
    instance->samples[instance->held++] = samples.data[i];
    if (instance->held < WINDOW) continue;
    if (frames->length == frames->capacity) {
      return because(error, UndertoneStatus_FAILED, "there are more frames than max_frames_for promised");
    }
    frames->values[frames->length++] = energy_db(instance->samples);
    instance->held = WINDOW - HOP;
    memmove(instance->samples, instance->samples + HOP, instance->held * sizeof(float));
  }
  return UndertoneStatus_OK;
}

// No frame waits for later ones.
static UndertoneStatus finish(UndertoneInstance *instance, UndertoneFrameBuffer *frames, UndertoneTextBuffer *error) {
  (void)instance;
  (void)frames;
  (void)error;
  return UndertoneStatus_OK;
}

static UndertoneStatus extract(UndertoneInstance *instance, UndertoneSamples samples, UndertoneFrameBuffer *frames,
                               UndertoneTextBuffer *error) {
  reset(instance, UndertoneEndReason_RESET, error);
  UndertoneStatus status = push(instance, samples, frames, error);
  reset(instance, UndertoneEndReason_FINISHED, error);
  return status;
}

static void deactivate(UndertoneInstance *instance) { (void)instance; }

static void destroy_instance(UndertoneInstance *instance) { free(instance); }

static const UndertoneExtractorTable extractor = {
    .size = SIZE_OF(UndertoneExtractorTable),
    .describe = describe,
    .create_instance = create_instance,
    .activate = activate,
    .max_frames_for = max_frames_for,
    .push = push,
    .finish = finish,
    .extract = extract,
    .reset = reset,
    .deactivate = deactivate,
    .destroy_instance = destroy_instance,
};

const UndertoneEntry undertone_plugin_entry = {
    .size = SIZE_OF(UndertoneEntry),
    .abi_major = UNDERTONE_ABI_MAJOR,
    .abi_minor = UNDERTONE_ABI_MINOR,
    .name = TEXT(NAME),
    .version = TEXT("1.0.0"),
    .get_extension = get_extension,
    .create_plugin = create_plugin,
    .destroy_plugin = destroy_plugin,
    .extractor = &extractor,
};
