import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ServerError, serverError } from "./errors.js";
import {
  ControlSchema,
  type StreamingRecognizeRequest,
  StreamingRecognizeRequestSchema,
  type StreamingRecognizeResponse,
  StreamingRecognizeResponseSchema,
} from "./generated/undertone/v1/recognizer_pb.js";
import { pause } from "./retry.js";
import { type Call, MOST_REPLIES, Queue, type Transport, type TransportOptions } from "./transport.js";

const PROTOCOL = "undertone.v1";
const KEY_PROTOCOL = "undertone.key.";
/** What a protocol may be named (RFC 9110, section 5.6.2), without the rarer signs. */
const TOKEN = /^[\w.~-]+$/;
const NORMAL_CLOSE = 1000;
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

/** Streams over WebSockets, one connection each. `url` is the server's HTTP address, with `ws`, `wss`, `http` or `https`. */
export class WebSocketTransport implements Transport {
  readonly #url: string;
  readonly #protocols: string[];
  readonly #make: new (url: string, protocols: string[]) => WebSocketLike;
  readonly #open = new Set<WebSocketCall>();

  constructor(url: string, options: WebSocketOptions = {}) {
    const address = parse(url);
    address.protocol = address.protocol.replace("http", "ws");
    address.pathname = `${address.pathname.replace(/\/$/, "")}/v1/stream`;
    this.#url = address.href;
    this.#protocols = [PROTOCOL];
    if (options.apiKey !== undefined) {
      if (!TOKEN.test(options.apiKey)) throw new RangeError("this is no API key");
      this.#protocols.push(KEY_PROTOCOL + options.apiKey);
    }
    this.#make = options.WebSocket ?? (WebSocket as unknown as new (url: string, protocols: string[]) => WebSocketLike);
  }

  open(): Call {
    const call = new WebSocketCall(new this.#make(this.#url, this.#protocols));
    this.#open.add(call);
    call.whenOver(() => this.#open.delete(call));
    return call;
  }

  close(): void {
    for (const call of this.#open) call.cancel();
  }
}

function parse(url: string): URL {
  // `localhost:8151` is a URL, too: of the scheme `localhost`.
  if (!URL.canParse(url) || !/^(http|ws)s?:$/.test(new URL(url).protocol)) {
    throw new RangeError(`${JSON.stringify(url)} is no address: give http://HOST:PORT or https://HOST:PORT`);
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
    if (data instanceof ArrayBuffer) {
      this.replies.push(fromBinary(StreamingRecognizeResponseSchema, new Uint8Array(data)));
    } else if (typeof data === "string") {
      this.#failure = readFailure(data);
    }
  }

  #end({ code, reason }: CloseEvent): void {
    this.#over = true;
    if (this.#failure === undefined && code !== NORMAL_CLOSE) {
      const sentence = `the connection broke off (WebSocket ${code}${reason ? `: ${reason}` : ""})`;
      this.#failure = new ServerError("UNAVAILABLE", sentence);
    }
    this.replies.end(this.#failure);
    this.#tellOver();
  }
}

/** The last word of a server about a stream that failed. */
function readFailure(text: string): ServerError {
  const told = JSON.parse(text) as { code: number; message: string; status: string };
  const status = Uint8Array.from(atob(told.status), (letter) => letter.charCodeAt(0));
  return serverError(told.code, told.message, status);
}
