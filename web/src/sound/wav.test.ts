// Peaks, WAV and trimming by numbers.
import { expect, test } from 'vitest'
import { channelOf, encodeWav, isPcmWav, peaksOf, trim } from './wav'

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

test('one channel of several, whatever stands before the sound', () => {
  const wav = new DataView(new ArrayBuffer(44 + 10 + 12))
  new Uint8Array(wav.buffer).set(new Uint8Array(encodeWav(new Float32Array(0), 8000)).slice(0, 36))
  wav.setUint16(22, 2, true)
  for (const [i, c] of [...'LIST'].entries()) wav.setUint8(36 + i, c.charCodeAt(0))
  wav.setUint32(40, 2, true)
  for (const [i, c] of [...'data'].entries()) wav.setUint8(46 + i, c.charCodeAt(0))
  wav.setUint32(50, 12, true)
  for (const [i, v] of [1, -1, 2, -2, 3, -3].entries()) wav.setInt16(54 + i * 2, v, true)
  const second = channelOf(wav.buffer, 1)
  const read = second && new DataView(second)
  expect(read && [read.getUint32(24, true), read.getUint16(22, true), read.getInt16(44, true), read.getInt16(46, true), read.getInt16(48, true)]).toEqual([8000, 1, -1, -2, -3])
  expect(channelOf(wav.buffer, 2)).toBeUndefined()
  expect(channelOf(new ArrayBuffer(10), 0)).toBeUndefined()
})
