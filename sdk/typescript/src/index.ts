import { Client, type ClientOptions } from "./client.js";
import { type WebSocketOptions, WebSocketTransport } from "./websocket.js";

export type { AudioFormat, Encoding, Recording, Samples } from "./audio.js";
export { type CallOptions, Client, type ClientOptions, collect, type StreamOptions } from "./client.js";
export type { Decoded, Decoder } from "./decode.js";
export {
  AudioError,
  type Code,
  type FieldViolation,
  ServerError,
  StreamBroken,
  UndertoneError,
  UsageError,
} from "./errors.js";
export type { AudioWarning, Ended, Event, Limits, Resumed, SpeechEdge, Started } from "./events.js";
export type { Endpointing, Options } from "./options.js";
export type { Final, Interim, ModelRef, Participation, Recognition, Result, TimeParts, Trigger, Utterance } from "./results.js";
export type { Retry } from "./retry.js";
export type { Chunk, Source } from "./source.js";
export type { EventStream } from "./stream.js";
export type { Call, Transport, TransportOptions } from "./transport.js";
export { codeOfHttp } from "./status.js";
export { type WebSocketLike, type WebSocketOptions, WebSocketTransport } from "./websocket.js";

/** A client over WebSockets, for browsers: `connect("http://127.0.0.1:8151")`. */
export function connect(url: string, options: WebSocketOptions & ClientOptions = {}): Client {
  return new Client(new WebSocketTransport(url, options), options);
}
