import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { type Code, type FieldViolation, ServerError } from "./errors.js";

/** By their numbers. */
const CODES: readonly Code[] = [
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
];

/** What an answer over plain HTTP stands for, such as one of the server's `/api/v1` or of something in front of it. */
export function codeOfHttp(status: number): Code {
  if (status === 400) return "INVALID_ARGUMENT";
  if (status === 401) return "UNAUTHENTICATED";
  if (status === 403) return "PERMISSION_DENIED";
  if (status === 429) return "RESOURCE_EXHAUSTED";
  return [502, 503, 504].includes(status) ? "UNAVAILABLE" : "UNKNOWN";
}

/** An error from its code and the encoded `google.rpc.Status` that came with it, if one did. */
export function serverError(code: number, sentence: string, status?: Uint8Array): ServerError {
  const { violations, retryAfter, resource } = readDetails(status);
  return new ServerError(CODES[code] ?? "UNKNOWN", sentence || "there is no further word", violations, retryAfter, resource);
}

/** What a server says about an error, but for code and sentence. */
interface Details {
  readonly violations: FieldViolation[];
  retryAfter?: number;
  resource?: string;
}

/** As far as they can be read. */
function readDetails(status: Uint8Array | undefined): Details {
  const found: Details = { violations: [] };
  try {
    const all = status === undefined ? [] : fields(status).bytes(3).map(fields);
    for (const detail of all) readDetail(detail.text(1).replace(/^.*\//, ""), fields(detail.bytes(2)[0] ?? new Uint8Array()), found);
  } catch {
    // The code and the sentence say what is wrong.
  }
  return found;
}

function readDetail(type: string, own: ReturnType<typeof fields>, found: Details): void {
  if (type === "google.rpc.BadRequest") {
    for (const violation of own.bytes(1)) {
      const wrong = fields(violation);
      found.violations.push({ field: wrong.text(1), description: wrong.text(2) });
    }
  } else if (type === "google.rpc.RetryInfo") {
    const delay = fields(own.bytes(1)[0] ?? new Uint8Array());
    found.retryAfter = delay.number(1) + delay.number(2) / 1e9;
  } else if (type === "google.rpc.ResourceInfo") {
    found.resource = own.text(2);
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
