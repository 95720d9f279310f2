// Lines by day.
import { expect, test } from 'vitest'
import type { FigureDay } from '@/api/figures'
import { extremes, floorOf, points } from './lines'

const none = { part: 0, whole: 0 }
const day = (date: string, part: number, whole: number): FigureDay => ({ day: date, on_time: { part, whole }, satisfied: none, within_15: none, on_spot: none })

test('a day without anything is a gap, not 0 %', () => {
  expect(points([day('2026-11-01', 0, 0), day('2026-11-02', 0, 4), day('2026-11-03', 2, 3)], 'on_time')).toEqual([null, 0, 66.6])
})

test('the scale begins below the lowest point and the goal', () => {
  expect(floorOf([97, null, 99], 100)).toBe(90)
  expect(floorOf([90], 100)).toBe(80)
  expect(floorOf([null], 80)).toBe(70)
  expect(floorOf([0], 80)).toBe(0)
})

test('lowest and highest in words, the first of equals', () => {
  const days = [day('2026-11-01', 9, 10), day('2026-11-02', 0, 0), day('2026-11-03', 10, 10), day('2026-11-04', 9, 10)]
  expect(extremes(days, 'on_time')).toEqual({ low: '90%', lowDay: '2026-11-01', high: '100%', highDay: '2026-11-03' })
  expect(extremes(days, 'satisfied')).toBe(null)
})
