import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

const CODES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

/** As gRPC spells it. */
export type Code = (typeof CODES)[number];

/** A wrong field of a request. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** Anything that went wrong. */
export class UndertoneError extends Error {
  override name = "UndertoneError";
}

/** The audio that was given cannot be sent; nothing was asked of the server. */
export class AudioError extends UndertoneError {
  override name = "AudioError";
}

/** A stream broke off and could not be taken up again. What it told until then holds. */
export class StreamBroken extends UndertoneError {
  override name = "StreamBroken";
}

/** What a server, or the way to it, answered in place of a result. */
export class ServerError extends UndertoneError {
  override name = "ServerError";

  constructor(
    readonly code: Code,
    /** A sentence for a person, without the code. */
    readonly sentence: string,
    /** The wrong fields, all of them. */
    readonly violations: readonly FieldViolation[] = [],
    /** Seconds after which another try may help; undefined when the server did not say. */
    readonly retryAfter: number | undefined = undefined,
    /** The name of what was not found, if that is the matter. */
    readonly resource: string | undefined = undefined,
  ) {
    super(`${sentence} (${code})`);
  }
}

/** The name of a gRPC code. */
export function codeName(code: number): Code {
  return CODES[code] ?? "UNKNOWN";
}

/** An error from its code and the encoded `google.rpc.Status` that came with it, if one did. */
export function serverError(code: number, sentence: string, status?: Uint8Array): ServerError {
  const violations: FieldViolation[] = [];
  let retryAfter: number | undefined;
  let resource: string | undefined;
  for (const [type, value] of status === undefined ? [] : details(status)) {
    const own = fields(value);
    if (type === "google.rpc.BadRequest") {
      for (const violation of own.bytes(1)) {
        const wrong = fields(violation);
        violations.push({ field: wrong.text(1), description: wrong.text(2) });
      }
    } else if (type === "google.rpc.RetryInfo") {
      const delay = fields(own.bytes(1)[0] ?? new Uint8Array());
      retryAfter = delay.number(1) + delay.number(2) / 1e9;
    } else if (type === "google.rpc.ResourceInfo") {
      resource = own.text(2);
    }
  }
  return new ServerError(codeName(code), sentence || "there is no further word", violations, retryAfter, resource);
}

/** Type and encoded message of every detail; what cannot be read is passed over. */
function details(status: Uint8Array): [string, Uint8Array][] {
  try {
    return fields(status)
      .bytes(3)
      .map(fields)
      .map((any) => [any.text(1).replace(/^.*\//, ""), any.bytes(2)[0] ?? new Uint8Array()]);
  } catch {
    return [];
  }
}

/** The fields of a message whose type is not generated here: those of `google.rpc` that are read are few and small. */
function fields(encoded: Uint8Array) {
  const chunks = new Map<number, Uint8Array[]>();
  const numbers = new Map<number, number>();
  const reader = new BinaryReader(encoded);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === WireType.LengthDelimited) {
      chunks.set(field, [...(chunks.get(field) ?? []), reader.bytes()]);
    } else if (type === WireType.Varint) {
      numbers.set(field, Number(reader.int64()));
    } else {
      reader.skip(type, field);
    }
  }
  return {
    bytes: (field: number) => chunks.get(field) ?? [],
    text: (field: number) => new TextDecoder().decode(chunks.get(field)?.at(-1)),
    number: (field: number) => numbers.get(field) ?? 0,
  };
}
