// Shares as they are told.
import { expect, test } from 'vitest'
import { keptOf, moved, percentage, permille, reached, stillOpen } from './share'

const of = (part: number, whole: number) => ({ part, whole })

test('nothing to count is no percentage', () => {
  expect(permille(of(0, 0))).toBe(null)
  expect(percentage(of(0, 0))).toBe(null)
  expect(reached(of(0, 0), 1000)).toBe(null)
  expect(moved(of(1, 1), of(0, 0))).toBe(null)
  expect(moved(of(1, 1), null)).toBe(null)
})

test('rounded down: 100 % means all', () => {
  expect(percentage(of(999_999, 1_000_000))).toBe('99.9%')
  expect(percentage(of(7, 7))).toBe('100%')
  expect(percentage(of(0, 7))).toBe('0%')
  expect(percentage(of(2, 3))).toBe('66.6%')
  expect(percentage(of(1, 2000))).toBe('0%')
})

test('the goal is judged by the counts, not by what is shown', () => {
  expect(reached(of(9_499, 10_000), 950)).toBe(false)
  expect(reached(of(95, 100), 950)).toBe(true)
  expect(reached(of(99_999, 100_000), 1000)).toBe(false)
})

test('promises that ended, and those that run on', () => {
  const tally = { made: 12, kept: 7, missed: 2, void: 1 }
  expect(keptOf(tally)).toEqual(of(7, 9))
  expect(stillOpen(tally)).toBe(2)
  expect(stillOpen({ made: 1, kept: 3, missed: 0, void: 0 })).toBe(0)
})

test('moved since the month before, in tenths', () => {
  expect(moved(of(97, 100), of(95, 100))).toBe(20)
  expect(moved(of(1, 3), of(1, 2))).toBe(-167)
})
