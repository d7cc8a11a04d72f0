import {
  type DescMessage,
  type DescMethodUnary,
  type DescService,
  create,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { ServerError, serverError } from "@undertone/client/errors.js";
import { keyHeaders } from "./key";

const FRAME_HEAD_BYTES = 5;
/** The flag of the frame that holds the trailers. */
const TRAILERS = 0x80;
const UNKNOWN = 2;

/** A unary method of a service, by its name in TypeScript. */
type Unary<Service extends DescService> = {
  [Name in keyof Service["method"]]: Service["method"][Name] extends { methodKind: "unary" } ? Name : never;
}[keyof Service["method"]];

/** Calls a unary method in gRPC-web, at the server that handed this page out. Throws a `ServerError`. */
export async function call<Service extends DescService, Name extends Unary<Service>>(
  service: Service,
  name: Name,
  request: MessageInitShape<Service["method"][Name]["input"]>,
  signal?: AbortSignal,
): Promise<MessageShape<Service["method"][Name]["output"]>> {
  const method = service.method[name as string] as unknown as DescMethodUnary;
  const message = toBinary(method.input, create(method.input, request as MessageInitShape<DescMessage>));
  const response = await reach(`/${service.typeName}/${method.name}`, {
    method: "POST",
    headers: { "content-type": "application/grpc-web+proto", "x-grpc-web": "1", ...keyHeaders() },
    body: framed(message),
    signal: signal ?? null,
  });
  const answer = read(new Uint8Array(await response.arrayBuffer()));
  const status = answer.trailers.get("grpc-status") ?? response.headers.get("grpc-status");
  if (status === null || status === undefined) throw await refused(response);
  if (status !== "0") throw failure(Number(status), answer.trailers, response.headers);
  return fromBinary(method.output, answer.message) as MessageShape<Service["method"][Name]["output"]>;
}

/** `fetch`, with one kind of error when nobody answers. */
export async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, cache: "no-store", credentials: "same-origin" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
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

function failure(code: number, trailers: Map<string, string>, headers: Headers): ServerError {
  const told = (name: string) => trailers.get(name) ?? headers.get(name) ?? "";
  const details = told("grpc-status-details-bin");
  const status = details === "" ? undefined : Uint8Array.from(atob(details.replace(/=+$/, "")), (sign) => sign.charCodeAt(0));
  return serverError(Number.isNaN(code) ? UNKNOWN : code, decodeURIComponent(told("grpc-message")), status);
}

/** An answer that is not gRPC, as something in front of the server may give. */
async function refused(response: Response): Promise<ServerError> {
  return new ServerError(codeOf(response.status), `the server answered ${response.status} ${response.statusText}`.trim());
}

/** The code of an answer over plain HTTP. */
export function codeOf(status: number): ServerError["code"] {
  if (status === 400) return "INVALID_ARGUMENT";
  if (status === 401) return "UNAUTHENTICATED";
  if (status === 403) return "PERMISSION_DENIED";
  if (status === 429) return "RESOURCE_EXHAUSTED";
  return status === 503 ? "UNAVAILABLE" : "UNKNOWN";
}
