import { create } from "@bufbuild/protobuf";
import { type AudioFormat, toWire } from "./audio.js";
import type { Decoder } from "./decode.js";
import { duration } from "./durations.js";
import { type RecognitionConfig, RecognitionConfigSchema } from "./generated/undertone/v1/recognizer_pb.js";

/** When an utterance begins and ends; times in seconds. What is left out takes the server's default, shown in `Started`. */
export interface Endpointing {
  /** False: the whole stream is one utterance, split at `maxUtterance`. */
  readonly enabled?: boolean;
  /** Less speech is no utterance. */
  readonly minSpeech?: number;
  /** Silence that ends an utterance. */
  readonly hangover?: number;
  /** Audio before the first detected speech that belongs to the utterance. */
  readonly preRoll?: number;
  /** A longer utterance is split. */
  readonly maxUtterance?: number;
  /** Voice-activity probability above which a frame is speech, 0 to 1. */
  readonly threshold?: number;
}

/** What can be asked, of a recording and of a stream. */
export interface Options {
  /** `NAME` or `NAME@VERSION`; when not given, the model of an experiment that takes the stream, else the server's default. */
  readonly model?: string;
  /** Whether updates are sent while an utterance is being spoken. */
  readonly interim?: boolean;
  /** Seconds of audio between updates. */
  readonly hop?: number;
  readonly endpointing?: Endpointing;
  /** Your key for the person or device; hashed by the server when it is so configured. */
  readonly subject?: string;
  /** Your own labels, recorded with the stream. */
  readonly labels?: Readonly<Record<string, string>>;
  /** How much more probable another label must be, 0 to 1, before `shown` changes to it. */
  readonly hysteresis?: number;
  /** The experiment that chooses the model, by `subject`; without it and without a model, whichever takes the stream. */
  readonly experiment?: string;
  /** For testers: the arm of `experiment`, whatever `subject` would get. Left out of the analysis. */
  readonly arm?: string;
  /** What the bytes are, where they have no header. */
  readonly format?: AudioFormat;
  /** Of samples, in Hz. */
  readonly sampleRate?: number;
  /**
   * Makes samples of a FLAC or Ogg file that is sent as a stream, which then can be taken up again. Browsers have one of
   * their own.
   */
  readonly decode?: Decoder;
  /** Ends the call, and with it the stream. */
  readonly signal?: AbortSignal;
}

export function toConfig(options: Options, audio: AudioFormat | undefined, resumable: boolean): RecognitionConfig {
  const { endpointing } = options;
  const time = (value: number | undefined) => (value === undefined ? undefined : duration(value));
  return create(RecognitionConfigSchema, {
    audio: audio === undefined ? undefined : toWire(audio),
    model: options.model ?? "",
    interimResults: options.interim ?? false,
    interimHop: time(options.hop),
    endpointing: endpointing && {
      enabled: endpointing.enabled,
      threshold: endpointing.threshold,
      minSpeech: time(endpointing.minSpeech),
      hangover: time(endpointing.hangover),
      preRoll: time(endpointing.preRoll),
      maxUtterance: time(endpointing.maxUtterance),
    },
    subjectKey: options.subject ?? "",
    labels: { ...options.labels },
    hysteresis: options.hysteresis ?? 0,
    experiment: options.experiment ?? "",
    arm: options.arm ?? "",
    resumable,
  });
}
