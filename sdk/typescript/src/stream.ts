import { create } from "@bufbuild/protobuf";
import { bytesPerSecond, isRaw } from "./audio.js";
import { ServerError, StreamBroken } from "./errors.js";
import type { Event } from "./events.js";
import {
  type Control,
  ControlSchema,
  type StreamingRecognizeRequest,
  StreamingRecognizeRequestSchema,
} from "./generated/undertone/v1/recognizer_pb.js";
import { type Mark, type Piece, Replay } from "./replay.js";
import { mayPass, pause, type RetryPolicy } from "./retry.js";
import { Drained, Session } from "./session.js";
import type { Feed } from "./source.js";
import type { Call, Transport } from "./transport.js";

const KEEPALIVES_PER_TIMEOUT = 3;
const FIRST_IDLE_SECONDS = 5;

/** How a stream is carried. */
export interface Manner {
  readonly transport: Transport;
  readonly retry: RetryPolicy;
  /** Audio that may wait for its acknowledgement. */
  readonly replayBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** What is sent, and what it means. */
interface Opened {
  readonly feed: Feed;
  readonly session: Session;
}

/** The events of a stream, in order: `started` first, `ended` last. Leaving the loop early ends the call. */
export class EventStream implements AsyncIterable<Event> {
  readonly #manner: Manner;
  readonly #open: () => Promise<Opened>;
  readonly #replay: Replay;
  #changed = signalOf();
  #room = signalOf();
  #sourceError: unknown;
  #taken = false;

  constructor(manner: Manner, open: () => Promise<Opened>) {
    this.#manner = manner;
    this.#open = open;
    this.#replay = new Replay(manner.replayBytes);
  }

  /** Asks for an update about the utterance so far. */
  flush(): void {
    this.#say(create(ControlSchema, { action: { case: "flush", value: {} } }));
  }

  /** Ends the utterance behind the audio that was taken from the source so far. */
  endUtterance(): void {
    this.#say(create(ControlSchema, { action: { case: "endUtterance", value: {} } }));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event> {
    if (this.#taken) throw new StreamBroken("a stream is iterated over once");
    this.#taken = true;
    const opened = await this.#open();
    const { feed, session } = opened;
    const patience = new Patience(this.#manner.retry);
    const pump = this.#pump(feed);
    try {
      while (!session.over) {
        try {
          yield* this.#call(opened, patience);
        } catch (error) {
          if (!session.over) await this.#beforeNextCall(error, patience, opened);
        }
      }
    } finally {
      this.#replay.finished = true;
      this.#room.give();
      // A source that is waited for is left where it is; it ends with what is iterated over.
      void feed.chunks.return(undefined).catch(() => undefined);
      void pump;
    }
  }

  #say(control: Control): void {
    this.#replay.mark(control);
    this.#changed.give();
  }

  /** Waits for as long as it is sensible to, or throws. */
  async #beforeNextCall(error: unknown, patience: Patience, { session, feed }: Opened): Promise<void> {
    const ours = error instanceof ServerError || error instanceof Drained || error instanceof StreamBroken;
    if (!ours) throw error;
    const delay = patience.delay(error, session);
    if (delay === undefined) {
      const isWord = error instanceof ServerError && !(session.hasStarted && mayBeResumed(error));
      throw isWord ? error : new StreamBroken(`${error.message}; the stream cannot be taken up again${why(session, feed)}`, { cause: error });
    }
    await pause(delay, this.#manner.signal);
    session.broke(error);
    this.#replay.forget(session.position);
    this.#replay.forgetFlushes();
  }

  async *#call({ session, feed }: Opened, patience: Patience): AsyncGenerator<Event> {
    this.#manner.signal?.throwIfAborted();
    const call = this.#manner.transport.open();
    const over = { yes: false };
    const abort = () => call.cancel();
    this.#manner.signal?.addEventListener("abort", abort, { once: true });
    const writing = this.#write(call, session, over);
    try {
      for await (const reply of call.replies) {
        const event = session.take(reply);
        // An acknowledgement is no event, and tells that the server is there all the same.
        patience.progress(session.position);
        this.#replay.forget(session.position);
        this.#room.give();
        if (event?.type === "started" || event?.type === "resumed") {
          this.#replay.holdAtLeast(session.acknowledgedWithin * bytesPerSecond(feed.format));
          // The writer learns how long it may be silent.
          this.#changed.give();
        }
        if (event !== undefined) yield event;
      }
      if (!session.over) throw new StreamBroken("the stream ended without a last word");
    } catch (error) {
      this.#manner.signal?.throwIfAborted();
      if (this.#sourceError !== undefined) throw this.#sourceError;
      throw error;
    } finally {
      over.yes = true;
      this.#changed.give();
      this.#manner.signal?.removeEventListener("abort", abort);
      call.cancel();
      await writing;
    }
  }

  /** Sends what is held, then what comes. */
  async #write(call: Call, session: Session, over: { readonly yes: boolean }): Promise<void> {
    await call.send(session.opening());
    let number = this.#replay.first;
    let sequence = 0n;
    while (!over.yes) {
      this.#sent(number, session);
      const item = this.#replay.item(number);
      if (item !== undefined) {
        if ("data" in item) sequence += 1n;
        await call.send(message(item, sequence));
        number += 1;
      } else if (this.#sourceError !== undefined) {
        call.cancel();
        return;
      } else if (this.#replay.finished) {
        call.finish();
        return;
      } else if (!(await this.#changed.wait(idleSeconds(session)))) {
        const keepalive = create(ControlSchema, { action: { case: "keepalive", value: {} } });
        if (!over.yes) await call.send(message({ start: 0, control: keepalive }, 0n));
      }
    }
  }

  #sent(number: number, session: Session): void {
    // A stream that will not be taken up again needs nothing a second time. Before it has started, nobody knows.
    if (session.hasStarted && !session.canResume) {
      this.#replay.forgetItems(number);
      this.#room.give();
    }
  }

  /** Brings the source's audio, as long as there is room. */
  async #pump(feed: Feed): Promise<void> {
    try {
      for await (const chunk of feed.chunks) {
        while (!this.#replay.hasRoom && !this.#replay.finished) await this.#room.wait();
        if (this.#replay.finished) return;
        this.#replay.add(chunk);
        this.#changed.give();
      }
      this.#replay.finished = true;
    } catch (error) {
      this.#sourceError = error ?? new StreamBroken("the source failed without a word");
    } finally {
      this.#changed.give();
    }
  }
}

/** How long a stream goes on trying. */
class Patience {
  #position = 0;
  #tries = 0;
  #since = performance.now();

  constructor(readonly retry: RetryPolicy) {}

  /** Something was told; patience is new once more was acknowledged. */
  progress(position: number): void {
    if (this.#tries === 0 || position > this.#position) {
      this.#tries = 0;
      this.#since = performance.now();
    }
    this.#position = position;
  }

  /** Seconds before the next call; undefined when there is no point in one. */
  delay(error: Error, session: Session): number | undefined {
    this.#tries += 1;
    const delay = this.retry.delay(this.#tries, error);
    if (!session.hasStarted) return mayPass(error) && this.#tries < this.retry.attempts ? delay : undefined;
    if (!session.canResume || !mayBeResumed(error)) return undefined;
    const elapsed = (performance.now() - this.#since) / 1000;
    return elapsed + delay <= (session.limits?.resumeWithin ?? 0) ? delay : undefined;
  }
}

/** What would have let it go on. */
function why({ hasStarted, canResume }: Session, { format }: Feed): string {
  if (!hasStarted || canResume || isRaw(format)) return "";
  return `, since a file of ${format.encoding} is understood from its beginning only: give decode, or samples`;
}

/** Whether the stream goes on elsewhere or later. What the server itself objects to stays wrong. */
function mayBeResumed(error: Error): boolean {
  if (!(error instanceof ServerError)) return true;
  const ofTheTransport = /RST_STREAM|Stream removed/.test(error.sentence);
  return ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "CANCELLED"].includes(error.code) || ofTheTransport;
}

function idleSeconds(session: Session): number {
  const timeout = session.limits?.idleTimeout;
  return timeout === undefined ? FIRST_IDLE_SECONDS : Math.max(timeout / KEEPALIVES_PER_TIMEOUT, 0.05);
}

function message(item: Piece | Mark, sequence: bigint): StreamingRecognizeRequest {
  const said =
    "data" in item
      ? ({ case: "audio", value: { data: item.data, sequence } } as const)
      : ({ case: "control", value: item.control } as const);
  return create(StreamingRecognizeRequestSchema, { message: said });
}

/** Wakes whoever waits; what was given before is not forgotten. */
function signalOf() {
  let given = false;
  let wake: (() => void) | undefined;
  return {
    give(): void {
      given = true;
      wake?.();
    },
    /** False when nothing was given for so many seconds. */
    async wait(seconds?: number): Promise<boolean> {
      if (!given) {
        let timer: ReturnType<typeof setTimeout> | undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (seconds !== undefined) timer = setTimeout(resolve, seconds * 1000);
        });
        clearTimeout(timer);
        wake = undefined;
      }
      const news = given;
      given = false;
      return news;
    },
  };
}
