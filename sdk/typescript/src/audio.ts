import { create } from "@bufbuild/protobuf";
import { AudioError } from "./errors.js";
import { AudioEncoding, AudioFormatSchema, type AudioFormat as WireFormat } from "./generated/undertone/v1/recognizer_pb.js";
import { ALAW, FLOAT, MULAW, parseWav, PCM } from "./wav.js";

/** How bytes are to be understood. `flac`, `ogg_opus` and `wav` are containers that tell rate and channels themselves. */
export type Encoding = "linear16" | "float32" | "mulaw" | "alaw" | "flac" | "ogg_opus" | "wav";

/** Encoding, rate in Hz (8000 to 48000) and channels (interleaved, mixed down to one; default 1). */
export interface AudioFormat {
  readonly encoding: Encoding;
  readonly sampleRate?: number;
  readonly channels?: number;
}

/** Samples: 16-bit, or floats in [-1, 1]. */
export type Samples = Int16Array | Float32Array;

/** A recording: the contents of a file (WAV, FLAC, Ogg Opus), or samples of one channel with their `sampleRate`. */
export type Recording = Uint8Array | ArrayBuffer | Blob | Samples;

/** Bytes and what they are; without a format where the server is to tell from the first bytes. */
export interface Sound {
  readonly data: Uint8Array;
  readonly format: AudioFormat | undefined;
}

const WIRE: Record<Encoding, AudioEncoding> = {
  linear16: AudioEncoding.LINEAR16,
  float32: AudioEncoding.FLOAT32,
  mulaw: AudioEncoding.MULAW,
  alaw: AudioEncoding.ALAW,
  flac: AudioEncoding.FLAC,
  ogg_opus: AudioEncoding.OGG_OPUS,
  wav: AudioEncoding.WAV,
};
const SAMPLE_BYTES: Partial<Record<Encoding, number>> = { linear16: 2, float32: 4, mulaw: 1, alaw: 1 };
const WAV_ENCODINGS: readonly [number, number, Encoding][] = [
  [PCM, 16, "linear16"],
  [FLOAT, 32, "float32"],
  [MULAW, 8, "mulaw"],
  [ALAW, 8, "alaw"],
];

/** Bytes of raw audio per second; 0 for a container. */
export function bytesPerSecond(format: AudioFormat): number {
  return bytesPerFrame(format) * (format.sampleRate ?? 0);
}

/** Bytes of one sample of each channel; 0 for a container. */
export function bytesPerFrame({ encoding, channels = 1 }: AudioFormat): number {
  return (SAMPLE_BYTES[encoding] ?? 0) * channels;
}

/** Whether the bytes have no header, so that a stream of them can be taken up in its middle. */
export function isRaw(format: AudioFormat): boolean {
  return format.encoding in SAMPLE_BYTES;
}

export function toWire(format: AudioFormat): WireFormat {
  return create(AudioFormatSchema, {
    encoding: WIRE[format.encoding],
    sampleRateHertz: format.sampleRate ?? 0,
    channels: isRaw(format) ? (format.channels ?? 1) : 0,
  });
}

/** The encoding of samples, and their bytes, little-endian. */
export function sampleBytes(samples: Samples): { encoding: Encoding; data: Uint8Array } {
  const encoding = samples instanceof Int16Array ? "linear16" : "float32";
  const view = new DataView(new ArrayBuffer(samples.byteLength));
  samples.forEach((sample, place) => {
    if (encoding === "linear16") view.setInt16(place * 2, sample, true);
    else view.setFloat32(place * 4, sample, true);
  });
  return { encoding, data: new Uint8Array(view.buffer) };
}

export function isSamples(source: unknown): source is Samples {
  return source instanceof Int16Array || source instanceof Float32Array;
}

/** The recording as it would be sent whole. */
export async function readRecording(
  source: Recording,
  format: AudioFormat | undefined,
  sampleRate: number | undefined,
): Promise<Sound> {
  if (isSamples(source)) {
    if (sampleRate === undefined) throw new AudioError("samples do not tell their rate: give sampleRate, in Hz");
    const { encoding, data } = sampleBytes(source);
    return { data, format: { encoding, sampleRate } };
  }
  if (sampleRate !== undefined) throw new AudioError("sampleRate is for samples; give format for bytes without a header");
  if (source instanceof Uint8Array) return { data: source, format };
  if (source instanceof ArrayBuffer) return { data: new Uint8Array(source), format };
  if (source instanceof Blob) return { data: new Uint8Array(await source.arrayBuffer()), format };
  throw new AudioError("a recording is a Blob, an ArrayBuffer, a Uint8Array, an Int16Array or a Float32Array");
}

/** The recording as bytes without a header where that loses nothing, so that its stream can be taken up again. */
export function streamable({ data, format }: Sound): { data: Uint8Array; format: AudioFormat } {
  if (format !== undefined) return { data, format };
  const wav = parseWav(data);
  const known = WAV_ENCODINGS.find(([code, bits]) => wav?.code === code && wav.bits === bits);
  if (wav !== undefined && known !== undefined) {
    return { data: wav.data, format: { encoding: known[2], sampleRate: wav.sampleRate, channels: wav.channels } };
  }
  return { data, format: { encoding: container(data) } };
}

function container(data: Uint8Array): Encoding {
  const mark = String.fromCharCode(...data.subarray(0, 4));
  const marks: Record<string, Encoding> = { fLaC: "flac", OggS: "ogg_opus", RIFF: "wav" };
  const encoding = marks[mark];
  if (encoding === undefined) {
    throw new AudioError("the bytes are neither WAV, FLAC nor Ogg Opus; say what they are with format");
  }
  return encoding;
}
