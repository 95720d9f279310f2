// Timers, shares and case numbers.
import { expect, test } from 'vitest'
import { caseNo, clock, days, percent } from './words'

test('a timer', () => {
  expect(clock(-5)).toBe('0:00')
  expect(clock(65_999)).toBe('1:05')
  expect(clock(3_723_000)).toBe('1:02:03')
})

test('99.6 percent is not all', () => {
  expect(percent(996, 1000)).toBe(99)
  expect(percent(1000, 1000)).toBe(100)
  expect(percent(0, 0)).toBeNull()
})

test('days and numbers', () => {
  expect(days(0, 86_400_000 * 3 - 1)).toBe(2)
  expect(caseNo('261130000017')).toBe('2611 3000 0017')
  expect(caseNo('12')).toBe('12')
})
