// Spans of time in the house's zone.
import { expect, test } from 'vitest'
import { setZone } from '@/live/zone'
import { between, daysOf, monthBefore, months } from './period'

setZone('Asia/Shanghai')
/** 1 March 2028, 00:30 in the house; still February where this test runs. */
const NOW = Date.UTC(2028, 1, 29, 16, 30)

test('months go back over the year', () => {
  expect(monthBefore('2027-01')).toBe('2026-12')
  expect(months(NOW, 4)).toEqual(['2028-03', '2028-02', '2028-01', '2027-12'])
})

test('this month, last month with its 29 days, this year', () => {
  expect(daysOf('month', NOW)).toEqual({ first: '2028-03-01', last: '2028-03-01' })
  expect(daysOf('last', NOW)).toEqual({ first: '2028-02-01', last: '2028-02-29' })
  expect(daysOf('year', NOW)).toEqual({ first: '2028-01-01', last: '2028-03-01' })
})

test('both days count, in the house and not here', () => {
  expect(between('2028-02-29', '2028-02-29')).toEqual({ from: Date.UTC(2028, 1, 28, 16), to: Date.UTC(2028, 1, 29, 16) })
})

test('what is no span is none', () => {
  expect(between('2028-03-02', '2028-03-01')).toBe(null)
  expect(between('', '2028-03-01')).toBe(null)
  expect(between('2028-02-30', '2028-03-01')).toBe(null)
})
