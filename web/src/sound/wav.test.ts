// Peaks, WAV and trimming by numbers.
import { expect, test } from 'vitest'
import { encodeWav, isPcmWav, peaksOf, trim } from './wav'

const tone = (n: number, loud: number) => Float32Array.from({ length: n }, (_, i) => loud * Math.sin(i / 3))

test('a WAV says its rate and length, and clips what is too loud', () => {
  const wav = encodeWav(Float32Array.from([0, 2, -2, 0.5]), 16_000)
  const view = new DataView(wav)
  expect(wav.byteLength).toBe(52)
  expect(view.getUint32(24, true)).toBe(16_000)
  expect([view.getInt16(46, true), view.getInt16(48, true), view.getInt16(50, true)]).toEqual([32_767, -32_768, 16_384])
  expect(isPcmWav(wav)).toBe(true)
  expect(isPcmWav(new ArrayBuffer(100))).toBe(false)
})

test('peaks follow the loudness, one a slice', () => {
  const samples = new Float32Array(1600)
  samples[900] = -0.75
  expect(peaksOf(samples, 16_000, 100)).toEqual([0, 0, 0, 0, 0, 0.75, 0, 0, 0, 0])
})

test('silence goes from both ends, a little stays', () => {
  const samples = new Float32Array(16_000)
  samples.set(tone(1600, 0.5), 8000)
  const cut = trim(samples, 16_000)
  expect(cut.length).toBeGreaterThan(1600)
  expect(cut.length).toBeLessThan(1600 + 2 * 1280 + 2)
  expect(trim(new Float32Array(100), 16_000)).toHaveLength(100)
})
