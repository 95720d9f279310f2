// How a subscriber is.
import { expect, test } from 'vitest'
import { positionOf, stateOf } from './state'

test('a subscriber that fails is not merely behind', () => {
  expect(stateOf({ waiting: 0, tries: 0 })).toBe('good')
  expect(stateOf({ waiting: 3, tries: 0 })).toBe('waiting')
  expect(stateOf({ waiting: 3, tries: 2 })).toBe('failing')
})

test('positions from the first event to the last', () => {
  expect(positionOf('1', 40)).toBe(1)
  expect(positionOf(' 40 ', 40)).toBe(40)
  for (const text of ['0', '41', '-1', '1.5', '', '1e1']) expect(positionOf(text, 40), text).toBe(null)
})
