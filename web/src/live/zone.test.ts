// Times in the house's zone on a computer elsewhere: all tests run as if in New York (vite.config.ts).
import { afterEach, expect, test } from 'vitest'
import { i18n } from '@/i18n'
import { afterDay, atClock, fromLocal, setZone, toDay, toLocal, zone } from './zone'

/** 2026-11-30 09:42 in Shanghai, 20:42 of the day before in New York. */
const MORNING = Date.UTC(2026, 10, 30, 1, 42)
afterEach(() => setZone('Asia/Shanghai'))

test('this computer stands elsewhere', () => {
  expect(new Date(MORNING).getHours()).toBe(20)
})

test('a moment in the house and back', () => {
  expect(toDay(MORNING)).toBe('2026-11-30')
  expect(toLocal(MORNING)).toBe('2026-11-30T09:42')
  expect(fromLocal('2026-11-30T09:42')).toBe(MORNING)
  expect(fromLocal('2026-11-30')).toBe(Date.UTC(2026, 10, 29, 16))
  expect(afterDay('2026-11-30')).toBe(Date.UTC(2026, 10, 30, 16))
  expect(atClock(MORNING, '15:00')).toBe(Date.UTC(2026, 10, 30, 7))
})

test.each(['', 'x', '2026-13-01', '2026-02-30', '2026-11-30T25:00'])('%s is no moment', (text) => {
  expect(fromLocal(text)).toBeUndefined()
})

test('a zone with summer time', () => {
  setZone('Europe/Berlin')
  expect(toLocal(Date.UTC(2026, 9, 25, 0, 30))).toBe('2026-10-25T02:30')
  expect(fromLocal('2026-10-25')).toBe(Date.UTC(2026, 9, 24, 22))
  expect(afterDay('2026-10-25')).toBe(Date.UTC(2026, 9, 25, 23))
  // 02:30 does not exist on the day that the clock jumps.
  expect(fromLocal('2026-03-29T02:30')).toBe(Date.UTC(2026, 2, 29, 1, 30))
})

test('a zone that nobody knows is not taken, nor is none', () => {
  setZone('Asia/Yantai')
  expect(zone.value).toBe('Asia/Shanghai')
  setZone(undefined)
  expect(zone.value).toBe('Asia/Shanghai')
})

test('the words of a moment are in the zone, and follow it', () => {
  expect(i18n.global.d(MORNING, 'time')).toBe('09:42')
  setZone('UTC')
  expect(i18n.global.d(MORNING, 'time')).toBe('01:42')
})
