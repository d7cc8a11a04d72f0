import { type DescMessage, type DescMethodUnary, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import { ServerError, UndertoneError, UsageError } from "./errors.js";
import {
  Recognizer,
  type RecognizeRequest,
  type RecognizeResponse,
  type StreamingRecognizeRequest,
  StreamingRecognizeRequestSchema,
  type StreamingRecognizeResponse,
  StreamingRecognizeResponseSchema,
} from "./generated/undertone/v1/recognizer_pb.js";
import { serverError } from "./status.js";
import { type Call, CLOSED, headersOf, MOST_REPLIES, Queue, type Transport, type TransportOptions } from "./transport.js";

const DETAILS_KEY = "grpc-status-details-bin";
const CHANNEL: grpc.ChannelOptions = {
  // Answers about long recordings are as long as they are; the server bounds what it takes.
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  // A server that is being replaced is back within a second or two.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2000,
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
};

/** How to trust the server, and to be trusted. PEM. */
export interface Tls {
  /** Who may vouch for the server; left out: those whom Node.js trusts. */
  readonly ca?: Buffer;
  /** The client's own certificate, for mTLS. */
  readonly certificate?: Buffer;
  readonly privateKey?: Buffer;
  /** The name in the server's certificate, where it is not the address. */
  readonly serverName?: string;
}

export interface GrpcOptions extends TransportOptions {
  readonly tls?: Tls;
  /** Sent with every call. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Calls over gRPC. `address` is `HOST:PORT`, with `http://` or, for TLS, `https://` in front of it. */
export class GrpcTransport implements Transport {
  readonly #client: grpc.Client;
  readonly #options: GrpcOptions;
  readonly #open = new Set<Duplex>();
  #isClosed = false;

  constructor(address: string, options: GrpcOptions = {}) {
    const [, scheme = "http", target = ""] = /^(?:(https?):\/\/)?([^/]+)\/?$/.exec(address) ?? [];
    if (target === "") throw new UsageError(`${address} is no address: give HOST:PORT, or a URL with http or https`);
    checkHeaders(options);
    const { tls } = options;
    const secure = tls !== undefined || scheme === "https";
    const credentials = secure ? trust(tls ?? {}) : grpc.credentials.createInsecure();
    const name = tls?.serverName;
    this.#client = new grpc.Client(target, credentials, {
      ...CHANNEL,
      ...(name === undefined ? {} : { "grpc.ssl_target_name_override": name }),
    });
    this.#options = options;
  }

  open(): Call {
    this.#checkOpen();
    const call = this.#client.makeBidiStreamRequest(
      `/${Recognizer.typeName}/StreamingRecognize`,
      encoder(StreamingRecognizeRequestSchema),
      decoder(StreamingRecognizeResponseSchema),
      this.#metadata(),
    );
    this.#open.add(call);
    call.on("status", () => this.#open.delete(call));
    return new GrpcCall(call);
  }

  recognize(request: RecognizeRequest, signal: AbortSignal | undefined): Promise<RecognizeResponse> {
    return this.unary(Recognizer.method.recognize, request, signal);
  }

  unary<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageShape<Input>,
    signal: AbortSignal | undefined,
  ): Promise<MessageShape<Output>> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      this.#checkOpen();
      const call = this.#client.makeUnaryRequest(
        `/${method.parent.typeName}/${method.name}`,
        encoder(method.input),
        decoder(method.output),
        request,
        this.#metadata(),
        (error, reply) => {
          signal?.removeEventListener("abort", abort);
          if (reply === undefined) reject(fromGrpc(error));
          else resolve(reply);
        },
      );
      const abort = () => call.cancel();
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const call of this.#open) call.cancel();
    this.#client.close();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new UndertoneError(CLOSED);
  }

  #metadata(): grpc.Metadata {
    const metadata = new grpc.Metadata();
    const all = { ...this.#options.metadata, ...headersOf(this.#options) };
    for (const [key, value] of Object.entries(all)) metadata.set(key, value);
    return metadata;
  }
}

/** What no call can carry is refused at once. A key is not shown here either. */
function checkHeaders({ apiKey, metadata = {} }: GrpcOptions): void {
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new UsageError("apiKey is empty, or holds what no header can carry, as the line break at a file's end");
  }
  for (const [key, value] of Object.entries(metadata)) {
    if (!/^[\w.-]+(?<!-bin)$/i.test(key) || !/^[\x20-\x7e]*$/.test(value)) {
      throw new UsageError(`metadata ${JSON.stringify(key)}: keys are of letters, digits, _, - and ., without -bin at their end, values of visible ASCII signs`);
    }
  }
}

function trust({ ca, certificate, privateKey }: Tls): grpc.ChannelCredentials {
  if ((certificate === undefined) !== (privateKey === undefined)) throw new UsageError("mTLS takes both: certificate and privateKey");
  try {
    return grpc.credentials.createSsl(ca, privateKey, certificate);
  } catch (error) {
    throw new UsageError(`the certificates cannot be used: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

type Duplex = grpc.ClientDuplexStream<StreamingRecognizeRequest, StreamingRecognizeResponse>;

class GrpcCall implements Call {
  readonly replies: Queue<StreamingRecognizeResponse>;
  readonly #call: Duplex;
  #over = false;
  #hasEnded = false;
  #isFine = false;
  #drained: (() => void) | undefined;

  constructor(call: Duplex) {
    this.#call = call;
    // Replies that nobody reads wait at the server, which leaves updates out.
    this.replies = new Queue(MOST_REPLIES, () => call.pause(), () => call.resume());
    call.on("data", (reply: StreamingRecognizeResponse) => this.replies.push(reply));
    // Both come, in any order, when a call ends well; the last replies are in front of the end.
    call.on("end", () => {
      this.#hasEnded = true;
      this.#close(this.#isFine);
    });
    call.on("status", ({ code }) => {
      this.#isFine = code === grpc.status.OK;
      this.#close(this.#isFine && this.#hasEnded);
    });
    call.on("error", (error: grpc.ServiceError) => this.#close(true, fromGrpc(error)));
    call.on("drain", () => this.#drained?.());
  }

  async send(message: StreamingRecognizeRequest): Promise<void> {
    if (this.#over || this.#call.write(message)) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
  }

  finish(): void {
    if (!this.#over) this.#call.end();
  }

  cancel(): void {
    if (!this.#over) this.#call.cancel();
  }

  #close(isLast: boolean, error?: Error): void {
    this.#over = true;
    this.#drained?.();
    if (isLast) this.replies.end(error);
  }
}

function fromGrpc(error: grpc.ServiceError | null): ServerError {
  if (error === null) return new ServerError("UNKNOWN", "the call ended without a reply");
  const status = error.metadata?.get(DETAILS_KEY)[0];
  return serverError(error.code, error.details || error.message, status instanceof Buffer ? status : undefined);
}

function encoder<Schema extends DescMessage>(schema: Schema) {
  return (message: MessageShape<Schema>) => Buffer.from(toBinary(schema, message));
}

function decoder<Schema extends DescMessage>(schema: Schema) {
  return (bytes: Buffer) => fromBinary(schema, bytes);
}
