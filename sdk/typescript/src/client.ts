import { create, type DescMessage, type DescMethodUnary, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { isRaw, readRecording, type Recording } from "./audio.js";
import { StreamBroken } from "./errors.js";
import { RecognizeRequestSchema } from "./generated/undertone/v1/recognizer_pb.js";
import { type Options, toConfig } from "./options.js";
import { type Interim, type ModelRef, type Participation, type Recognition, readRecognition, type Utterance } from "./results.js";
import { mayPass, pause, type Retry, RetryPolicy } from "./retry.js";
import { Session } from "./session.js";
import { openSource, type Source } from "./source.js";
import { EventStream } from "./stream.js";
import type { Transport } from "./transport.js";

const ONE_MESSAGE_BYTES = 3 * 1024 * 1024;
const REPLAY_BYTES = 64 * 1024 * 1024;

/** How a client behaves, whatever its way to the server. */
export interface ClientOptions {
  readonly retry?: Retry;
}

/** What a stream takes beside what can be asked. */
export interface StreamOptions extends Options {
  /** Send a recording as if it were being spoken. */
  readonly realtime?: boolean;
  /** Take the stream up again when it breaks off. By default wherever the audio has no header. */
  readonly resume?: boolean;
  /** Audio that may wait for its acknowledgement; then the source waits. Default 64 MiB. */
  readonly replayBytes?: number;
}

/** How a method is called. */
export interface CallOptions {
  /** Ends the call: `AbortSignal.timeout(5000)` is a deadline. */
  readonly signal?: AbortSignal;
}

/** Methods that only read: called twice they do no more than once. */
const READING = /^(Assign|Get|List|Query)/;

/** A client of one server. */
export class Client {
  readonly #transport: Transport;
  readonly #retry: RetryPolicy;

  constructor(transport: Transport, options: ClientOptions = {}) {
    this.#transport = transport;
    this.#retry = new RetryPolicy(options.retry);
  }

  /** Everything that is said about a recording. Above 3 MiB, and over a WebSocket, it is sent as a stream. */
  async recognize(recording: Recording, options: Options = {}): Promise<Recognition> {
    const sound = await readRecording(recording, options.format, options.sampleRate);
    const recognize = this.#transport.recognize?.bind(this.#transport);
    if (recognize === undefined || sound.data.length > ONE_MESSAGE_BYTES) {
      return collect(this.stream(recording, options));
    }
    const config = toConfig(options, sound.format, false);
    const request = create(RecognizeRequestSchema, { config, audio: sound.data });
    return readRecognition(await this.#again(() => recognize(request, options.signal), options.signal));
  }

  /**
   * Calls a method of the server's other services, in the messages of `@undertone/client/v1`:
   * `client.call(Models.method.listModels, {})`. What only reads is tried again like a recording; what changes something is
   * called once, since it may have been done although its reply was lost.
   */
  async call<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    { signal }: CallOptions = {},
  ): Promise<MessageShape<Output>> {
    const message = create(method.input, request);
    const attempts = READING.test(method.name) ? this.#retry.attempts : 1;
    return this.#again(() => this.#transport.unary(method, message, signal), signal, attempts);
  }

  /**
   * The events of a stream; nothing is sent before the first one is asked for. When the connection breaks or the server
   * goes away, the stream is taken up again.
   */
  stream(source: Source, options: StreamOptions = {}): EventStream {
    const manner = {
      transport: this.#transport,
      retry: this.#retry,
      replayBytes: options.replayBytes ?? REPLAY_BYTES,
      signal: options.signal,
    };
    return new EventStream(manner, async () => {
      const feed = await openSource(source, options);
      const config = toConfig(options, feed.format, options.resume ?? isRaw(feed.format));
      return { feed, session: new Session(config) };
    });
  }

  /** Calls, and calls again while that may help. */
  async #again<Reply>(call: () => Promise<Reply>, signal: AbortSignal | undefined, attempts = this.#retry.attempts): Promise<Reply> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await call();
      } catch (error) {
        signal?.throwIfAborted();
        if (!mayPass(error) || tries >= attempts) throw error;
        await pause(this.#retry.delay(tries, error), signal);
      }
    }
  }

  /** Closes the connection; streams that are open end. */
  close(): void {
    this.#transport.close();
  }
}

/** Everything that a stream tells, as the answer about a recording. Throws `StreamBroken` if it ends early. */
export async function collect(stream: EventStream): Promise<Recognition> {
  const utterances: Utterance[] = [];
  const warnings: string[] = [];
  let updates: Interim[] = [];
  let streamId = "";
  let model: ModelRef = { name: "", version: "" };
  let participation: Participation | undefined;
  let duration = 0;
  for await (const event of stream) {
    if (event.type === "started") {
      ({ streamId, model, participation } = event);
    } else if (event.type === "interim") {
      // An utterance that is heard again after a break repeats its updates.
      updates = updates.filter((own) => own.utterance !== event.utterance || own.end < event.end);
      updates.push(event);
    } else if (event.type === "final") {
      const { utterance } = event;
      utterances.push({ ...event, updates: updates.filter((own) => own.utterance === utterance) });
      updates = updates.filter((own) => own.utterance !== utterance);
    } else if (event.type === "warning") {
      warnings.push(event.message);
    } else if (event.type === "ended") {
      if (event.reason !== "finished") throw new StreamBroken("the server ended the stream before it had heard everything");
      duration = event.audioDuration;
    }
  }
  return { streamId, model, utterances, duration, warnings, participation };
}
