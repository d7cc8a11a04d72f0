import {
  type AudioFormat,
  bytesPerFrame,
  bytesPerSecond,
  isRaw,
  isSamples,
  type Recording,
  readRecording,
  type Samples,
  sampleBytes,
  streamable,
} from "./audio.js";
import { decoded, type Decoder } from "./decode.js";
import { AudioError } from "./errors.js";
import { pause } from "./retry.js";

/** Some bytes in the stream's format, cut anywhere; or some samples of one channel. */
export type Chunk = Uint8Array | Samples;

/** A recording, or audio that comes bit by bit. A `Microphone` is such a source, and tells its own format. */
export type Source = Recording | ((Iterable<Chunk> | AsyncIterable<Chunk>) & { readonly format?: AudioFormat });

/** A stream's format and its bytes. */
export interface Feed {
  readonly format: AudioFormat;
  readonly chunks: AsyncGenerator<Uint8Array>;
}

export interface SourceOptions {
  readonly format?: AudioFormat | undefined;
  readonly sampleRate?: number | undefined;
  /** Send a recording as if it were being spoken. */
  readonly realtime?: boolean | undefined;
  /** Whether the stream is to be taken up again, for which it has to have no header. */
  readonly resume?: boolean | undefined;
  readonly decode?: Decoder | undefined;
}

const CHUNK_SECONDS = 0.1;
const CONTAINER_CHUNK_BYTES = 32 * 1024;

/** Takes `source` as a stream. */
export async function openSource(source: Source, options: SourceOptions): Promise<Feed> {
  if (isRecording(source)) {
    const whole = streamable(await readRecording(source, options.format, options.sampleRate));
    const wanted = options.realtime || (options.resume ?? true);
    const sound = wanted ? await decoded(whole, options.decode) : whole;
    if (options.realtime && !isRaw(sound.format)) throw new AudioError(`a file of ${sound.format.encoding} has no pace: give samples, or decode`);
    return { format: sound.format, chunks: cut(sound.data, sound.format, options.realtime ?? false) };
  }
  if (source === null || typeof source !== "object" || !(Symbol.iterator in source || Symbol.asyncIterator in source)) {
    throw new AudioError("a source is a recording, or an iterable of chunks");
  }
  if (options.realtime) throw new AudioError("realtime is for recordings; what comes bit by bit has a pace of its own");
  const samples = options.sampleRate === undefined ? undefined : samplesFormat(options.sampleRate);
  const format = options.format ?? source.format ?? samples;
  if (format === undefined) throw new AudioError("give format, or sampleRate for floats of one channel");
  return { format, chunks: converted(source, format) };
}

function samplesFormat(sampleRate: number): AudioFormat {
  return { encoding: "float32", sampleRate };
}

function isRecording(source: Source): source is Recording {
  return source instanceof Uint8Array || source instanceof ArrayBuffer || source instanceof Blob || isSamples(source);
}

async function* cut(data: Uint8Array, format: AudioFormat, realtime: boolean): AsyncGenerator<Uint8Array> {
  const frames = Math.floor((format.sampleRate ?? 0) * CHUNK_SECONDS);
  const size = isRaw(format) ? Math.max(1, frames * bytesPerFrame(format)) : CONTAINER_CHUNK_BYTES;
  const begun = performance.now();
  for (let start = 0; start < data.length; start += size) {
    const chunk = data.subarray(start, start + size);
    if (realtime) {
      const spoken = (start + chunk.length) / bytesPerSecond(format);
      await pause(Math.max(0, spoken - (performance.now() - begun) / 1000));
    }
    yield chunk;
  }
}

async function* converted(
  chunks: Iterable<Chunk> | AsyncIterable<Chunk>,
  format: AudioFormat,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    if (chunk instanceof Uint8Array) {
      yield chunk;
      continue;
    }
    if (!isSamples(chunk)) throw new AudioError("a chunk is a Uint8Array, an Int16Array or a Float32Array");
    const { encoding, data } = sampleBytes(chunk);
    if (encoding !== format.encoding || (format.channels ?? 1) !== 1) {
      throw new AudioError(
        `a chunk holds ${encoding} samples of one channel, but the stream's format is ${format.encoding}` +
          ` in ${format.channels ?? 1}`,
      );
    }
    yield data;
  }
}
