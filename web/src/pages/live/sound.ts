import type { AudioFormat } from "@undertone/client";
import { Microphone } from "@undertone/client/microphone";
import capture from "virtual:capture";

/** Audio that is to be heard: chunks of samples of one channel, and how to stop them. */
export interface Sound {
  readonly format: AudioFormat;
  readonly chunks: AsyncIterable<Float32Array>;
  /** Whether it comes as fast as it is spoken, so that answers can be late. */
  readonly isPaced: boolean;
  /** Length in seconds, where it is known. */
  readonly length: number | undefined;
  /** What the reader is told that it comes from. */
  readonly name: string;
  stop(): Promise<void>;
}

const FILE_RATE = 16_000;
const CHUNK_SECONDS = 0.1;

/** What is spoken into the microphone from now on. Asks the reader for it. */
export async function microphone(): Promise<Sound> {
  if (!isSecureContext) {
    throw new Error("The microphone cannot be opened: browsers do it on localhost and over TLS only. Recordings can be heard here.");
  }
  const own = await Microphone.open({ module: capture });
  return { format: own.format, chunks: own, isPaced: true, length: undefined, name: "the microphone", stop: () => own.close() };
}

/** How a file is sent. */
export interface Manner {
  /** As fast as it was spoken; otherwise as fast as the server takes it. */
  readonly paced: boolean;
  /** Whether it is played meanwhile. */
  readonly audible: boolean;
}

/** A recording in any format that the browser can decode. */
export async function recording(file: File, manner: Manner): Promise<Sound> {
  const bytes = await file.arrayBuffer();
  const decoder = new OfflineAudioContext(1, 1, FILE_RATE);
  const decoded = await decoder.decodeAudioData(bytes).catch(() => {
    throw new Error(`${file.name} cannot be decoded: it holds no audio that this browser knows.`);
  });
  const samples = mixed(decoded);
  const stopped = new AbortController();
  const player = manner.paced && manner.audible ? play(decoded, stopped.signal) : undefined;
  return {
    format: { encoding: "float32", sampleRate: FILE_RATE },
    chunks: cut(samples, manner.paced, stopped.signal),
    isPaced: manner.paced,
    length: samples.length / FILE_RATE,
    name: file.name,
    stop: async () => {
      stopped.abort();
      await player;
    },
  };
}

function mixed(buffer: AudioBuffer): Float32Array {
  const samples = new Float32Array(buffer.length);
  for (let channel = 0; channel < buffer.numberOfChannels; channel += 1) {
    const own = buffer.getChannelData(channel);
    for (let at = 0; at < own.length; at += 1) samples[at] = (samples[at] ?? 0) + (own[at] ?? 0) / buffer.numberOfChannels;
  }
  return samples;
}

async function* cut(samples: Float32Array, paced: boolean, stopped: AbortSignal): AsyncGenerator<Float32Array> {
  const size = FILE_RATE * CHUNK_SECONDS;
  const begun = performance.now();
  for (let start = 0; start < samples.length && !stopped.aborted; start += size) {
    const chunk = samples.slice(start, start + size);
    const early = ((start + chunk.length) / FILE_RATE) * 1000 - (performance.now() - begun);
    if (paced && early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    yield chunk;
  }
}

async function play(buffer: AudioBuffer, stopped: AbortSignal): Promise<void> {
  const context = new AudioContext();
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(context.destination);
  source.start();
  await new Promise<void>((resolve) => {
    source.onended = () => resolve();
    stopped.addEventListener("abort", () => resolve());
  });
  await context.close();
}
