import { create } from "@bufbuild/protobuf";
import { seconds } from "./durations.js";
import { UndertoneError } from "./errors.js";
import type { AudioWarning, Ended, Event, Limits, Started } from "./events.js";
import {
  type Acknowledgement,
  type RecognitionConfig,
  RecognitionConfigSchema,
  SpeechEvent_Kind,
  type StreamingRecognizeRequest,
  StreamingRecognizeRequestSchema,
  type StreamingRecognizeResponse,
  type StreamLimits,
  type Ended as WireEnded,
  type Started as WireStarted,
  type Warning as WireWarning,
} from "./generated/undertone/v1/recognizer_pb.js";
import { readFinal, readInterim, readModel, readParticipation } from "./results.js";

const WARNINGS: readonly AudioWarning["kind"][] = ["unknown", "gap", "clipping", "low_level", "too_short"];
const REASONS: readonly Ended["reason"][] = ["unknown", "finished", "idle_timeout", "drained", "longest"];

/** The server shuts down and leaves the rest of the stream to whoever takes it up. */
export class Drained extends UndertoneError {
  constructor() {
    super("the server shut down before it had heard everything");
  }
}

/** A stream across its calls: what to open it with, and what its replies mean. Without any input or output. */
export class Session {
  /** Whether the last word was said. */
  over = false;
  #config: RecognitionConfig;
  #started: Started | undefined;
  #acknowledged: Acknowledgement | undefined;
  #brokenBy = "the stream broke off";

  constructor(config: RecognitionConfig) {
    this.#config = config;
  }

  /** Whether the server has taken the stream. */
  get hasStarted(): boolean {
    return this.#started !== undefined;
  }

  /** Whether the server has said how to take the stream up again. */
  get canResume(): boolean {
    return this.#acknowledged !== undefined;
  }

  /** Bytes of audio that will not be needed again. */
  get position(): number {
    return Number(this.#acknowledged?.audioBytes ?? 0);
  }

  /** What the server allows, once it has started. */
  get limits(): Limits | undefined {
    return this.#started?.limits;
  }

  /** Seconds of audio after which the server acknowledges some at the latest; 0 where it acknowledges nothing. */
  get acknowledgedWithin(): number {
    const cut = this.#config.endpointing;
    return this.canResume ? seconds(cut?.preRoll) + seconds(cut?.maxUtterance) + seconds(cut?.hangover) + 2 : 0;
  }

  /** The first message of the next call. */
  opening(): StreamingRecognizeRequest {
    const resumeToken = this.#acknowledged?.resumeToken ?? "";
    const config = create(RecognitionConfigSchema, { ...this.#config, resumeToken });
    return create(StreamingRecognizeRequestSchema, { message: { case: "config", value: config } });
  }

  /** The call is over and the stream is not. It is to be opened again. */
  broke(error: Error): void {
    this.#brokenBy = error.message;
  }

  /** What a reply tells; undefined for what is no news to the caller. Throws `Drained`. */
  take({ message }: StreamingRecognizeResponse): Event | undefined {
    switch (message.case) {
      case "started":
        return this.#start(message.value);
      case "result":
        this.#acknowledge(message.value.acknowledgement);
        return message.value.isFinal ? readFinal(message.value) : readInterim(message.value);
      case "acknowledgement":
        this.#acknowledge(message.value);
        return undefined;
      case "speechEvent": {
        const begin = message.value.kind === SpeechEvent_Kind.BEGIN;
        return { type: begin ? "speech_begin" : "speech_end", offset: seconds(message.value.offset) };
      }
      case "warning":
        return readWarning(message.value);
      case "ended":
        return this.#end(message.value);
      default:
        // A server that is newer than this client may say more.
        return undefined;
    }
  }

  #start(wire: WireStarted): Event {
    const again = this.#started !== undefined;
    this.#acknowledge(wire.acknowledgement);
    this.#config = wire.effectiveConfig ?? this.#config;
    this.#started = {
      type: "started",
      streamId: wire.streamId,
      model: readModel(wire.model),
      labels: wire.labels,
      lookAhead: seconds(wire.lookAhead),
      limits: readLimits(wire.limits),
      resumable: this.canResume,
      config: wire.effectiveConfig,
      participation: readParticipation(wire.participation),
    };
    if (!again) return this.#started;
    const audioFrom = seconds(wire.acknowledgement?.audio);
    return { type: "resumed", streamId: wire.streamId, audioFrom, reason: this.#brokenBy };
  }

  #end(wire: WireEnded): Event {
    this.#acknowledge(wire.acknowledgement);
    const reason = REASONS[wire.reason] ?? "unknown";
    if (reason === "drained" && this.canResume) throw new Drained();
    this.over = true;
    return {
      type: "ended",
      reason,
      audioDuration: seconds(wire.audioDuration),
      utterances: wire.utterances,
      updatesSent: Number(wire.updatesSent),
      updatesDropped: Number(wire.updatesDropped),
      updatesThinned: Number(wire.updatesThinned),
    };
  }

  #acknowledge(own: Acknowledgement | undefined): void {
    this.#acknowledged = own ?? this.#acknowledged;
  }
}

function readLimits(wire: StreamLimits | undefined): Limits {
  return {
    maxMessageBytes: Number(wire?.maxMessageBytes ?? 0),
    maxAudio: seconds(wire?.maxAudio),
    idleTimeout: seconds(wire?.idleTimeout),
    resumeWithin: seconds(wire?.resumeWithin),
    maxDuration: seconds(wire?.maxDuration),
  };
}

function readWarning(wire: WireWarning): AudioWarning {
  const kind = WARNINGS[wire.kind] ?? "unknown";
  return { type: "warning", kind, message: wire.message, offset: seconds(wire.offset) };
}
