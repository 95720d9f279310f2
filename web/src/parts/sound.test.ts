// A fault is a word that says what to do, and never hides behind a good score.
import { expect, test } from 'vitest'
import type { BoardCall, SeatSound } from '@/api/board'
import { grade, worst } from './sound'

const sound = (mos: number | null, fault: SeatSound['fault'] = null): SeatSound => ({ mos, loss: 0, jitter_ms: 1, round_trip_ms: null, fault })
const call = (...sounds: (SeatSound | null)[]) => ({ seats: sounds.map((sound, leg) => ({ leg, sound })) }) as unknown as BoardCall

test('the score has its word, and a fault is never good', () => {
  expect([4.4, 4, 3.9, 3.6, 3.5, 3.1, 3, 1].map((mos) => grade(sound(mos)))).toEqual(['good', 'good', 'fair', 'fair', 'poor', 'poor', 'bad', 'bad'])
  expect(grade(sound(4.4, 'silence'))).toBe('bad')
  expect(grade(sound(null, 'nothing'))).toBe('bad')
  expect(grade(sound(4.2, 'jitter'))).toBe('poor')
  expect(grade(sound(2, 'loss'))).toBe('bad')
})

test('a call says how its worst seat is heard, and nothing when all are heard well', () => {
  expect(worst(call(sound(4.4), sound(3.7), null))).toBe(null)
  expect(worst(call())).toBe(null)
  const bad = sound(4.4, 'silence')
  expect(worst(call(sound(3.2), bad, sound(4.4)))).toBe(bad)
})
