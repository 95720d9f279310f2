// Half hours up to closing time.
import { expect, test } from 'vitest'
import { atTime, halfHours } from './until'

const at = (h: number, m = 0) => Date.UTC(2026, 10, 30, h - 8, m)

test('the next half hours end with the office hours', () => {
  expect(halfHours(at(16, 10), at(17, 30))).toEqual([at(16, 30), at(17), at(17, 30)])
  expect(halfHours(at(9), null)).toHaveLength(6)
  expect(halfHours(at(9, 29), at(17))[0]).toBe(at(9, 30))
})

test('a time of today', () => {
  expect(atTime(at(14), '15:00')).toBe(at(15))
  expect(atTime(at(14), '13:00')).toBeNull()
  expect(atTime(at(14), 'x')).toBeNull()
})
