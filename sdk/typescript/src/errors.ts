/** As gRPC spells it. */
export type Code =
  | "OK"
  | "CANCELLED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "OUT_OF_RANGE"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "DATA_LOSS"
  | "UNAUTHENTICATED";

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

/** The client was given something that it cannot work with: an address, a setting, an option. Nothing was asked of the server. */
export class UsageError extends UndertoneError {
  override name = "UsageError";
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
