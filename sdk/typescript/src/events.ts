import type { RecognitionConfig } from "./generated/undertone/v1/recognizer_pb.js";
import type { Final, Interim, ModelRef, Participation } from "./results.js";

/** What the server allows a stream; times in seconds. */
export interface Limits {
  readonly maxMessageBytes: number;
  readonly maxAudio: number;
  readonly idleTimeout: number;
  readonly resumeWithin: number;
  readonly maxDuration: number;
}

/** First: what the server understood. */
export interface Started {
  readonly type: "started";
  /** Identifier under which the stream's predictions are stored, a UUID. */
  readonly streamId: string;
  readonly model: ModelRef;
  /** The labels of all results, in their order. */
  readonly labels: readonly string[];
  /** Seconds behind an update's end that the model must hear before it can send the update. */
  readonly lookAhead: number;
  readonly limits: Limits;
  /** Whether the stream is taken up again when it breaks off. */
  readonly resumable: boolean;
  /** The configuration with every default filled in. */
  readonly config: RecognitionConfig | undefined;
  /** The stream's part in an experiment; undefined: in none. */
  readonly participation: Participation | undefined;
}

/** The stream broke off and was taken up again; updates of the utterance under way are repeated. */
export interface Resumed {
  readonly type: "resumed";
  readonly streamId: string;
  /** Seconds of audio that will not be heard again. */
  readonly audioFrom: number;
  /** How it broke off, in a sentence. */
  readonly reason: string;
}

/** Somebody began (`speech_begin`) or stopped (`speech_end`) speaking at `offset`, in seconds. */
export interface SpeechEdge {
  readonly type: "speech_begin" | "speech_end";
  readonly offset: number;
}

/** Something about the audio that you should know. */
export interface AudioWarning {
  readonly type: "warning";
  readonly kind: "gap" | "clipping" | "low_level" | "too_short" | "unknown";
  /** A sentence for a person. */
  readonly message: string;
  /** Where, in seconds. */
  readonly offset: number;
}

/** Last: totals of the stream. */
export interface Ended {
  readonly type: "ended";
  readonly reason: "finished" | "idle_timeout" | "drained" | "longest" | "unknown";
  /** Seconds of audio heard. */
  readonly audioDuration: number;
  /** Final results sent. */
  readonly utterances: number;
  readonly updatesSent: number;
  /** Updates left out because they were read too slowly. */
  readonly updatesDropped: number;
  /** Updates left out because the server was behind. */
  readonly updatesThinned: number;
}

/** Whatever a stream tells, told apart by `type`. */
export type Event = Started | Resumed | SpeechEdge | Interim | Final | AudioWarning | Ended;
