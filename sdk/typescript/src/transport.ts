import type { DescMessage, DescMethodUnary, MessageShape } from "@bufbuild/protobuf";
import { UsageError } from "./errors.js";
import type {
  RecognizeRequest,
  RecognizeResponse,
  StreamingRecognizeRequest,
  StreamingRecognizeResponse,
} from "./generated/undertone/v1/recognizer_pb.js";

/** A call of `StreamingRecognize` that is open. */
export interface Call {
  /** Sends a message; resolves when there is room for the next one. That the call is over, its replies tell. */
  send(message: StreamingRecognizeRequest): Promise<void>;
  /** No more messages will come. */
  finish(): void;
  /** Ends the call here. */
  cancel(): void;
  /** The replies; throws a `ServerError` when the call fails. */
  readonly replies: AsyncIterable<StreamingRecognizeResponse>;
}

/** A way to a server. */
export interface Transport {
  open(): Call;
  /** A unary call, made once; rejects with a `ServerError` when it fails. */
  unary<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageShape<Input>,
    signal: AbortSignal | undefined,
  ): Promise<MessageShape<Output>>;
  /** A recording in one message, where the way has such calls. */
  recognize?(request: RecognizeRequest, signal: AbortSignal | undefined): Promise<RecognizeResponse>;
  /** Ends the calls that are open; from now on there are none. */
  close(): void;
}

/** What every way takes. */
export interface TransportOptions {
  /** Sent with every call. Where there are no headers, as in a browser, it goes with the name of the protocol. */
  readonly apiKey?: string;
  /** Asked with every call for the W3C trace context that it belongs to. Streams over WebSockets have no place for it. */
  readonly traceparent?: () => string | undefined;
}

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The headers of a call that begins now. */
export function headersOf({ apiKey, traceparent }: TransportOptions): Record<string, string> {
  const context = traceparent?.();
  if (context !== undefined && !TRACEPARENT.test(context)) {
    throw new UsageError(`${context} is no trace context, as 00-TRACE-SPAN-01 in lower-case hex`);
  }
  return {
    ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    ...(context !== undefined && { traceparent: context }),
  };
}

/** Of calls that are made behind `close`. */
export const CLOSED = "this client is closed";

/** Replies that may wait to be read. */
export const MOST_REPLIES = 1024;

/** Values that are awaited one by one. What nobody awaits yet is held, up to a bound. */
export class Queue<Value> implements AsyncIterable<Value> {
  readonly #held: Value[] = [];
  #waiting: (() => void) | undefined;
  #end: { readonly error?: Error } | undefined;

  /** `full` is called when `limit` values are held: no more may come. `room` is called when half of them were taken. */
  constructor(
    readonly limit: number,
    readonly full: () => void,
    readonly room: () => void = () => undefined,
  ) {}

  push(value: Value): void {
    this.#held.push(value);
    if (this.#held.length === this.limit) this.full();
    this.#waiting?.();
  }

  /** Nothing more will come; an error is thrown behind what is held. The first end counts. */
  end(error?: Error): void {
    this.#end ??= error === undefined ? {} : { error };
    this.#waiting?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Value> {
    while (true) {
      const value = this.#held.shift();
      if (value !== undefined) {
        if (this.#held.length === this.limit / 2) this.room();
        yield value;
      } else if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#waiting = resolve;
        });
      }
    }
  }
}
