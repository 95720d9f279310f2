// What the page before was doing: kept for a reload, with the dialog to take over, and forgotten when the house has let it go.
import { beforeEach, expect, test, vi } from 'vitest'
import { forget, keep, KEPT_FOR, kept } from './kept'

const store = new Map<string, string>()
vi.stubGlobal('sessionStorage', {
  getItem: (key: string) => store.get(key) ?? null,
  setItem: (key: string, value: string) => store.set(key, value),
  removeItem: (key: string) => store.delete(key),
})
beforeEach(forget)

test('a call is kept with its dialog, and without one', () => {
  keep('01M8', 'a@b;to-tag=1;from-tag=2')
  expect(kept()).toMatchObject({ call: '01M8', replaces: 'a@b;to-tag=1;from-tag=2' })
  keep('01M8')
  expect(kept()).toMatchObject({ call: '01M8' })
  expect(kept()).not.toHaveProperty('replaces')
})

test('what is too old is forgotten', () => {
  keep('01M8', 'x')
  expect(kept(Date.now() + KEPT_FOR)).toBeNull()
  expect(kept()).toBeNull()
})
