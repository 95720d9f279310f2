// How a subscriber is.
import { expect, test } from 'vitest'
import { faultOf, positionOf, stateOf } from './state'

test('a subscriber that fails is not merely behind', () => {
  expect(stateOf({ waiting: 0, tries: 0, next_at: null })).toBe('good')
  expect(stateOf({ waiting: 3, tries: 0, next_at: null })).toBe('waiting')
  expect(stateOf({ waiting: 3, tries: 2, next_at: 1_800_000_000_000 })).toBe('failing')
  expect(stateOf({ waiting: 3, tries: 2, next_at: 2 ** 63 })).toBe('paused')
})

test('positions from the first event to the last', () => {
  expect(positionOf('1', 40)).toBe(1)
  expect(positionOf(' 40 ', 40)).toBe(40)
  for (const text of ['0', '41', '-1', '1.5', '', '1e1']) expect(positionOf(text, 40), text).toBe(null)
})

test('what went wrong, as the house writes it', () => {
  expect(faultOf('HTTP 503')).toEqual({ key: 'status', more: { status: '503' } })
  expect(faultOf('HTTP 410: paused until a replay')).toEqual({ key: 'gone', more: {} })
  expect(faultOf('HTTP 302: redirects are not followed, write the new address')).toEqual({ key: 'redirect', more: { status: '302' } })
  expect(faultOf('no answer within 10 s')).toEqual({ key: 'late', more: { s: '10' } })
  expect(faultOf("can't connect: connection refused")).toEqual({ key: 'connect', more: {} })
  expect(faultOf('the connection broke: reset')).toEqual({ key: 'broken', more: {} })
  expect(faultOf('something else')).toBe(null)
})
