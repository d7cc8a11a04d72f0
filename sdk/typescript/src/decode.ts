import { type AudioFormat, isRaw, type Samples, sampleBytes, type Sound } from "./audio.js";
import { AudioError } from "./errors.js";
import { parseWav } from "./wav.js";

/** What a file holds. */
export interface Decoded {
  /** Of all channels, interleaved. */
  readonly samples: Samples;
  /** In Hz, 8000 to 48000. */
  readonly sampleRate: number;
  /** Default 1. */
  readonly channels?: number;
}

/** Makes samples of the contents of a file. What it throws ends the stream. */
export type Decoder = (file: Uint8Array) => Decoded | Promise<Decoded>;

const OPUS_HZ = 48_000;
/** Rates that servers take; a file of another one is sent as it is, for the server to say so. */
const SLOWEST_HZ = 8_000;
const FASTEST_HZ = 48_000;

/**
 * A recording as samples, so that its stream can be taken up again: by `decoder`, else by the browser. It stays as it is
 * where there is neither, and where the browser does not know it.
 */
export async function decoded(sound: Sound & { format: AudioFormat }, decoder: Decoder | undefined): Promise<Sound & { format: AudioFormat }> {
  if (isRaw(sound.format)) return sound;
  const found = decoder === undefined ? await byBrowser(sound.data) : await decoder(sound.data);
  if (found === undefined) return sound;
  const { samples, sampleRate, channels = 1 } = found;
  if (samples.length % channels !== 0) throw new AudioError(`${samples.length} decoded samples do not fill ${channels} channels`);
  const { encoding, data } = sampleBytes(samples);
  return { data, format: { encoding, sampleRate, channels } };
}

/** At the file's own rate, so that nothing is resampled twice. */
async function byBrowser(data: Uint8Array): Promise<Decoded | undefined> {
  const rate = rateOf(data);
  if (rate === undefined || rate < SLOWEST_HZ || rate > FASTEST_HZ || typeof OfflineAudioContext === "undefined") return undefined;
  try {
    // It takes the buffer away.
    const audio = await new OfflineAudioContext(1, 1, rate).decodeAudioData(data.slice().buffer);
    return { samples: interleaved(audio), sampleRate: rate, channels: audio.numberOfChannels };
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

function interleaved(audio: AudioBuffer): Float32Array {
  const { length, numberOfChannels: channels } = audio;
  const samples = new Float32Array(length * channels);
  for (let channel = 0; channel < channels; channel += 1) {
    audio.getChannelData(channel).forEach((sample, place) => {
      samples[place * channels + channel] = sample;
    });
  }
  return samples;
}

/** What the header says; undefined where it is none of a file that servers know. */
function rateOf(data: Uint8Array): number | undefined {
  const text = (at: number, length: number) => String.fromCharCode(...data.subarray(at, at + length));
  // RFC 9639, section 8.2: twenty bits behind the mark, the head of the first block, and its sizes.
  if (text(0, 4) === "fLaC" && data.length >= 22) {
    const [high = 0, middle = 0, low = 0] = data.subarray(18, 21);
    return (high << 12) | (middle << 4) | (low >> 4);
  }
  // RFC 7845, section 5.1: the first packet, behind a page's head with one segment. Opus is decoded at this rate always.
  if (text(0, 4) === "OggS") return text(28, 8) === "OpusHead" ? OPUS_HZ : undefined;
  return parseWav(data)?.sampleRate;
}
