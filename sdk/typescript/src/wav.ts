export const PCM = 1;
export const FLOAT = 3;
export const ALAW = 6;
export const MULAW = 7;
const EXTENSIBLE = 0xfffe;

/** What the header of a WAV file says, and its samples. */
export interface Wav {
  readonly code: number;
  readonly bits: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly data: Uint8Array;
}

/** Reads the header; undefined where it is not plain, and the server should look itself. */
export function parseWav(bytes: Uint8Array): Wav | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || name(0) !== "RIFF" || name(8) !== "WAVE") return undefined;
  let format: Omit<Wav, "data"> | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    if (name(at) === "fmt " && size >= 16 && start + size <= bytes.length) {
      const code = view.getUint16(start, true);
      format = {
        code: code === EXTENSIBLE && size >= 26 ? view.getUint16(start + 24, true) : code,
        channels: view.getUint16(start + 2, true),
        sampleRate: view.getUint32(start + 4, true),
        bits: view.getUint16(start + 14, true),
      };
    } else if (name(at) === "data") {
      if (format === undefined) return undefined;
      const frame = Math.max(1, (format.channels * format.bits) >> 3);
      // A recorder that was cut off has not written how much there is: then the samples go on to the end.
      const length = Math.floor(Math.min(size, bytes.length - start) / frame) * frame;
      return { ...format, data: bytes.subarray(start, start + length) };
    }
    at = start + size + (size % 2);
  }
  return undefined;
}
