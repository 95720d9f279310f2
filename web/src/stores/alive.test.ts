// Who is taken to be at work.
import { expect, test, vi } from 'vitest'

vi.stubGlobal('window', { addEventListener: () => {}, matchMedia: () => ({}) })
vi.stubGlobal('location', { search: '' })
vi.stubGlobal('sessionStorage', { getItem: () => null, setItem: () => {} })
const { inUse } = await import('./alive')

test('hands on the page, or a phone on duty', () => {
  expect(inUse(true, 'admin', null)).toBe(true)
  expect(inUse(false, 'admin', null)).toBe(false)
  expect(inUse(false, 'operator', 'ready')).toBe(true)
  expect(inUse(false, 'operator', 'break')).toBe(false)
  expect(inUse(false, 'desk', 'ready')).toBe(true)
  expect(inUse(false, 'supervisor', 'ready')).toBe(false)
})
