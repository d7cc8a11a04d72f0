import { type DescMessage, type DescMethodUnary, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { ServerError } from "./errors.js";
import { codeOfHttp, serverError } from "./status.js";

const FRAME_HEAD_BYTES = 5;
/** The flag of the frame that holds the trailers. */
const TRAILERS = 0x80;
const UNKNOWN = 2;

/** A unary call in gRPC-web, which browsers can make. `url` is the server's HTTP address. */
export async function callOverWeb<Input extends DescMessage, Output extends DescMessage>(
  url: string,
  headers: Readonly<Record<string, string>>,
  method: DescMethodUnary<Input, Output>,
  request: MessageShape<Input>,
  signal: AbortSignal | undefined,
): Promise<MessageShape<Output>> {
  const { response, body } = await reach(`${url}/${method.parent.typeName}/${method.name}`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/grpc-web+proto", "x-grpc-web": "1" },
    body: framed(toBinary(method.input, request)),
    signal: signal ?? null,
  });
  const { message, trailers } = read(body);
  const told = (name: string) => trailers.get(name) ?? response.headers.get(name) ?? "";
  if (told("grpc-status") === "") throw unlikeGrpc(response);
  if (told("grpc-status") !== "0") throw failure(told);
  return fromBinary(method.output, message);
}

async function reach(url: string, init: RequestInit): Promise<{ response: Response; body: Uint8Array }> {
  try {
    const response = await fetch(url, { ...init, cache: "no-store", credentials: "same-origin" });
    return { response, body: new Uint8Array(await response.arrayBuffer()) };
  } catch {
    init.signal?.throwIfAborted();
    throw new ServerError("UNAVAILABLE", "the server does not answer");
  }
}

function framed(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(FRAME_HEAD_BYTES + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, FRAME_HEAD_BYTES);
  return frame;
}

function read(body: Uint8Array): { message: Uint8Array; trailers: Map<string, string> } {
  let message: Uint8Array = new Uint8Array();
  const trailers = new Map<string, string>();
  for (let at = 0; at + FRAME_HEAD_BYTES <= body.length; ) {
    const length = new DataView(body.buffer, body.byteOffset + at + 1, 4).getUint32(0);
    const part = body.subarray(at + FRAME_HEAD_BYTES, at + FRAME_HEAD_BYTES + length);
    if (((body[at] ?? 0) & TRAILERS) === 0) {
      message = part;
    } else {
      for (const line of new TextDecoder().decode(part).split("\r\n")) {
        const colon = line.indexOf(":");
        if (colon > 0) trailers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
      }
    }
    at += FRAME_HEAD_BYTES + length;
  }
  return { message, trailers };
}

function failure(told: (name: string) => string): ServerError {
  const code = Number(told("grpc-status"));
  return serverError(Number.isNaN(code) ? UNKNOWN : code, unescaped(told("grpc-message")), bytes(told("grpc-status-details-bin")));
}

/** Signs that headers cannot hold stand in them by their numbers. */
function unescaped(sentence: string): string {
  try {
    return decodeURIComponent(sentence);
  } catch {
    return sentence;
  }
}

function bytes(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** An answer that is not gRPC, as something in front of the server may give. */
function unlikeGrpc({ status, statusText }: Response): ServerError {
  return new ServerError(codeOfHttp(status), `the server answered ${status} ${statusText}`.trim());
}
