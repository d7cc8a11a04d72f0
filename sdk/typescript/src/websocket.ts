import { create, type DescMessage, type DescMethodUnary, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { ServerError, UndertoneError, UsageError } from "./errors.js";
import {
  ControlSchema,
  type StreamingRecognizeRequest,
  StreamingRecognizeRequestSchema,
  type StreamingRecognizeResponse,
  StreamingRecognizeResponseSchema,
} from "./generated/undertone/v1/recognizer_pb.js";
import { pause } from "./retry.js";
import { serverError } from "./status.js";
import { type Call, CLOSED, headersOf, MOST_REPLIES, Queue, type Transport, type TransportOptions } from "./transport.js";
import { callOverWeb } from "./web.js";

const PROTOCOL = "undertone.v1";
const KEY_PROTOCOL = "undertone.key.";
/** What a protocol may be named (RFC 9110, section 5.6.2), without the rarer signs. */
const TOKEN = /^[\w.~-]+$/;
const NORMAL_CLOSE = 1000;
/** Closes of streams that failed have this much more than a gRPC code. */
const FIRST_FAILURE = 4000;
/** Above this the sender waits; a browser does not say when there is room again, so it is looked for. */
const MOST_BUFFERED_BYTES = 256 * 1024;
const LOOK_SECONDS = 0.02;

/** What is used of the browser's `WebSocket`, so that another one may stand in for it. */
export type WebSocketLike = Pick<WebSocket, "binaryType" | "bufferedAmount" | "readyState" | "send" | "close"> & {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
};

/** How to open connections. */
export interface WebSocketOptions extends TransportOptions {
  /** In place of the global one, which Node.js has from version 22 on. */
  readonly WebSocket?: new (url: string, protocols: string[]) => WebSocketLike;
}

/**
 * Streams over WebSockets, one connection each, and unary calls in gRPC-web. `url` is the server's HTTP address, with `ws`,
 * `wss`, `http` or `https`.
 */
export class WebSocketTransport implements Transport {
  readonly #base: string;
  readonly #options: WebSocketOptions;
  readonly #protocols: string[];
  readonly #open = new Set<WebSocketCall>();
  #isClosed = false;

  constructor(url: string, options: WebSocketOptions = {}) {
    const { protocol, host, pathname } = parse(url);
    this.#base = `${protocol.replace("ws", "http")}//${host}${pathname.replace(/\/$/, "")}`;
    this.#options = options;
    this.#protocols = [PROTOCOL];
    if (options.apiKey !== undefined) {
      if (!TOKEN.test(options.apiKey)) throw new UsageError("apiKey is empty, or holds signs that no key has, as the line break at a file's end");
      this.#protocols.push(KEY_PROTOCOL + options.apiKey);
    }
  }

  open(): Call {
    if (this.#isClosed) throw new UndertoneError(CLOSED);
    const make = this.#options.WebSocket ?? (globalThis.WebSocket as WebSocketOptions["WebSocket"]);
    if (!make) throw new UsageError("there is no WebSocket here, as in Node.js before 22: give one, as that of the package ws");
    const call = new WebSocketCall(new make(`${this.#base.replace("http", "ws")}/v1/stream`, this.#protocols));
    this.#open.add(call);
    call.whenOver(() => this.#open.delete(call));
    return call;
  }

  async unary<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageShape<Input>,
    signal: AbortSignal | undefined,
  ): Promise<MessageShape<Output>> {
    if (this.#isClosed) throw new UndertoneError(CLOSED);
    return callOverWeb(this.#base, headersOf(this.#options), method, request, signal);
  }

  close(): void {
    this.#isClosed = true;
    for (const call of this.#open) call.cancel();
  }
}

function parse(url: string): URL {
  // `localhost:8151` is a URL, too: of the scheme `localhost`.
  if (!URL.canParse(url) || !/^(http|ws)s?:$/.test(new URL(url).protocol)) {
    throw new UsageError(`${JSON.stringify(url)} is no address: give http://HOST:PORT or https://HOST:PORT`);
  }
  return new URL(url);
}

class WebSocketCall implements Call {
  /** A browser goes on reading, whoever waits; what is too much ends the call, and the stream is taken up again. */
  readonly replies = new Queue<StreamingRecognizeResponse>(MOST_REPLIES, () =>
    this.#cancel(new ServerError("UNAVAILABLE", `${MOST_REPLIES} replies wait, and nobody reads them`)),
  );
  readonly #socket: WebSocketLike;
  readonly #opened: Promise<void>;
  #failure: ServerError | undefined;
  #over = false;
  #tellOver: () => void = () => undefined;

  constructor(socket: WebSocketLike) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    this.#opened = new Promise((resolve) => {
      socket.onopen = () => resolve();
      socket.onclose = (event: CloseEvent) => {
        resolve();
        this.#end(event);
      };
    });
    // What is wrong is told by the close that follows; browsers say nothing more here.
    socket.onerror = () => undefined;
    socket.onmessage = (event: MessageEvent) => this.#take(event.data);
  }

  whenOver(tell: () => void): void {
    this.#tellOver = tell;
  }

  async send(message: StreamingRecognizeRequest): Promise<void> {
    await this.#opened;
    while (!this.#over && this.#socket.bufferedAmount > MOST_BUFFERED_BYTES) await pause(LOOK_SECONDS);
    if (!this.#over && this.#socket.readyState === 1) {
      this.#socket.send(toBinary(StreamingRecognizeRequestSchema, message) as Uint8Array<ArrayBuffer>);
    }
  }

  finish(): void {
    const control = create(ControlSchema, { action: { case: "finish", value: {} } });
    void this.send(create(StreamingRecognizeRequestSchema, { message: { case: "control", value: control } }));
  }

  cancel(): void {
    this.#cancel(new ServerError("CANCELLED", "the call was cancelled"));
  }

  #cancel(reason: ServerError): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.close(NORMAL_CLOSE);
    this.replies.end(reason);
    this.#tellOver();
  }

  #take(data: unknown): void {
    if (this.#over) return;
    try {
      if (data instanceof ArrayBuffer) {
        this.replies.push(fromBinary(StreamingRecognizeResponseSchema, new Uint8Array(data)));
      } else if (typeof data === "string") {
        this.#failure = readFailure(data);
      }
    } catch {
      this.#cancel(new ServerError("INTERNAL", "what came over the WebSocket is no message of undertone.v1"));
    }
  }

  #end({ code, reason }: CloseEvent): void {
    this.#over = true;
    if (code !== NORMAL_CLOSE) this.#failure ??= closed(code, reason);
    this.replies.end(this.#failure);
    this.#tellOver();
  }
}

/** What a close stands for in front of which the server said nothing. */
function closed(code: number, reason: string): ServerError {
  const sentence = `the connection broke off (WebSocket ${code}${reason ? `: ${reason}` : ""})`;
  const isOfGrpc = code > FIRST_FAILURE && code < FIRST_FAILURE + 100;
  return isOfGrpc ? serverError(code - FIRST_FAILURE, sentence) : new ServerError("UNAVAILABLE", sentence);
}

/** The last word of a server about a stream that failed. */
function readFailure(text: string): ServerError {
  const told = JSON.parse(text) as { code: number; message: string; status: string };
  const status = Uint8Array.from(atob(told.status), (letter) => letter.charCodeAt(0));
  return serverError(told.code, told.message, status);
}
