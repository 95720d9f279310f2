// Sound as numbers: peaks to draw, 16-bit PCM WAV to send, and the length of a WAV. No browser needed.

/** The house's rate for prompts, Hz. */
export const HOUSE_RATE = 16_000

/** The loudest sample of each slice, 0 to 1; `perSecond` slices a second. */
export function peaksOf(samples: Float32Array, rate: number, perSecond: number): number[] {
  const slice = Math.max(1, Math.round(rate / perSecond))
  const peaks: number[] = []
  for (let at = 0; at < samples.length; at += slice) {
    let most = 0
    const end = Math.min(samples.length, at + slice)
    for (let i = at; i < end; i += 1) most = Math.max(most, Math.abs(samples[i] ?? 0))
    peaks.push(Math.min(1, most))
  }
  return peaks
}

/** One channel as WAV, 16 bit (RIFF, format 1). */
export function encodeWav(samples: Float32Array, rate: number): ArrayBuffer {
  const bytes = samples.length * 2
  const buffer = new ArrayBuffer(44 + bytes)
  const view = new DataView(buffer)
  const text = (at: number, word: string) => [...word].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)))
  text(0, 'RIFF')
  view.setUint32(4, 36 + bytes, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, rate, true)
  view.setUint32(28, rate * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  view.setUint32(40, bytes, true)
  samples.forEach((value, i) => {
    const clipped = Math.max(-1, Math.min(1, value))
    view.setInt16(44 + i * 2, Math.round(clipped * (clipped < 0 ? 0x8000 : 0x7fff)), true)
  })
  return buffer
}

/** Whether the bytes are a PCM WAV, which the house takes as it is. */
export function isPcmWav(bytes: ArrayBuffer): boolean {
  if (bytes.byteLength < 44) return false
  const view = new DataView(bytes)
  const word = (at: number) => String.fromCharCode(...new Uint8Array(bytes, at, 4))
  return word(0) === 'RIFF' && word(8) === 'WAVE' && word(12) === 'fmt ' && view.getUint16(20, true) === 1
}

/** One channel of a 16-bit PCM WAV as a WAV of its own; undefined when it is none or has no such channel. */
export function channelOf(wav: ArrayBuffer, channel: number): ArrayBuffer | undefined {
  if (!isPcmWav(wav)) return undefined
  const view = new DataView(wav)
  const word = (at: number) => String.fromCharCode(...new Uint8Array(wav, at, 4))
  const channels = view.getUint16(22, true)
  const rate = view.getUint32(24, true)
  if (view.getUint16(34, true) !== 16 || channel < 0 || channel >= channels) return undefined
  let at = 12
  while (at + 8 <= wav.byteLength && word(at) !== 'data') at += 8 + view.getUint32(at + 4, true) + (view.getUint32(at + 4, true) % 2)
  if (at + 8 > wav.byteLength) return undefined
  const bytes = Math.min(view.getUint32(at + 4, true), wav.byteLength - at - 8)
  const frames = Math.floor(bytes / (channels * 2))
  const out = encodeWav(new Float32Array(0), rate)
  const whole = new ArrayBuffer(44 + frames * 2)
  new Uint8Array(whole).set(new Uint8Array(out))
  const into = new DataView(whole)
  into.setUint32(4, 36 + frames * 2, true)
  into.setUint32(40, frames * 2, true)
  for (let i = 0; i < frames; i += 1) into.setInt16(44 + i * 2, view.getInt16(at + 8 + (i * channels + channel) * 2, true), true)
  return whole
}

/** Cuts silence from both ends, keeping a little before and after; all silence is left as it is. */
export function trim(samples: Float32Array, rate: number, below = 0.01, keepMs = 80): Float32Array {
  let first = samples.findIndex((v) => Math.abs(v) > below)
  if (first < 0) return samples
  let last = samples.length - 1
  while (last > first && Math.abs(samples[last] ?? 0) <= below) last -= 1
  const keep = Math.round((rate * keepMs) / 1000)
  first = Math.max(0, first - keep)
  return samples.slice(first, Math.min(samples.length, last + keep + 1))
}
