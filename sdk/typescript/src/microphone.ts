import type { AudioFormat } from "./audio.js";
import { AudioError } from "./errors.js";

/** Blocks of the audio thread, 128 frames each, that make a chunk: about 85 ms at 48 kHz. */
const BLOCKS_PER_CHUNK = 32;
const NAME = "undertone-capture";
/** The module that runs in the audio thread, and gathers blocks of the first channel into chunks. */
export const CAPTURE_MODULE = `
registerProcessor("${NAME}", class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.chunk = [];
  }
  process([[block]]) {
    if (block !== undefined) this.chunk.push(block.slice());
    if (this.chunk.length >= ${BLOCKS_PER_CHUNK}) {
      const samples = new Float32Array(this.chunk.reduce((sum, own) => sum + own.length, 0));
      let at = 0;
      for (const own of this.chunk) { samples.set(own, at); at += own.length; }
      this.chunk = [];
      this.port.postMessage(samples, [samples.buffer]);
    }
    return true;
  }
});`;

export interface MicrophoneOptions {
  /** What the browser is asked for: a device, echo cancellation and the like. One channel by default, as it was spoken. */
  readonly audio?: MediaTrackConstraints;
  /** Captured in place of the microphone. */
  readonly stream?: MediaStream;
  /**
   * Address of a file that holds `CAPTURE_MODULE`, for pages whose Content-Security-Policy lets no script come from a blob,
   * which it does otherwise.
   */
  readonly module?: string;
  /** Chunks that may wait while nobody takes them; then the oldest are dropped and counted. Default 64. */
  readonly held?: number;
}

/**
 * What is spoken into the microphone, in a browser, captured through an AudioWorklet: a source for `Client.stream`.
 * Browsers open it only for secure pages, and behind something that the user did.
 */
export class Microphone implements AsyncIterable<Float32Array> {
  /** Chunks that nobody took in time. */
  droppedChunks = 0;
  readonly #context: AudioContext;
  readonly #stream: MediaStream;
  readonly #most: number;
  readonly #held: Float32Array[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  private constructor(context: AudioContext, stream: MediaStream, most: number) {
    this.#context = context;
    this.#stream = stream;
    this.#most = most;
  }

  /** Asks the user, and begins to listen. */
  static async open(options: MicrophoneOptions = {}): Promise<Microphone> {
    const wanted = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const audio = { ...wanted, ...options.audio };
    const stream = options.stream ?? (await navigator.mediaDevices.getUserMedia({ audio }).catch(refused));
    const microphone = new Microphone(new AudioContext(), stream, options.held ?? 64);
    try {
      await microphone.#listen(options.module);
    } catch (error) {
      // Nobody is left listened to without knowing.
      await microphone.close();
      refused(error);
    }
    return microphone;
  }

  async #listen(module: string | undefined): Promise<void> {
    await addCapture(this.#context, module);
    const capture = new AudioWorkletNode(this.#context, NAME, { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    capture.port.onmessage = ({ data }: MessageEvent<Float32Array>) => this.#take(data);
    this.#context.createMediaStreamSource(this.#stream).connect(capture);
    // A device that is pulled out, or a permission that is taken back, is the end.
    for (const track of this.#stream.getTracks()) track.addEventListener("ended", () => void this.close());
    await this.#context.resume();
  }

  /** What the chunks are: floats of one channel, at the rate of the sound card. */
  get format(): AudioFormat {
    return { encoding: "float32", sampleRate: this.#context.sampleRate };
  }

  /** Stops listening; who iterates gets what was heard, and then the end. So it does when the device goes away. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const track of this.#stream.getTracks()) track.stop();
    await this.#context.close();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Float32Array> {
    while (true) {
      const chunk = this.#held.shift();
      if (chunk !== undefined) {
        yield chunk;
      } else if (this.#closed) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #take(chunk: Float32Array): void {
    if (this.#held.length >= this.#most) {
      this.#held.shift();
      this.droppedChunks += 1;
    }
    this.#held.push(chunk);
    this.#wake?.();
  }
}

async function addCapture(context: AudioContext, module: string | undefined): Promise<void> {
  if (module !== undefined) return context.audioWorklet.addModule(module);
  const made = URL.createObjectURL(new Blob([CAPTURE_MODULE], { type: "text/javascript" }));
  try {
    await context.audioWorklet.addModule(made);
  } catch (error) {
    throw new AudioError(`its module was not loaded: ${error instanceof Error ? error.message : error}; where a page's policy lets no script come from a blob, give module`);
  } finally {
    URL.revokeObjectURL(made);
  }
}

function refused(reason: unknown): never {
  throw new AudioError(`the microphone cannot be opened: ${reason instanceof Error ? reason.message : reason}`);
}
