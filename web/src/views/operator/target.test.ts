// The desk that can take the call comes first.
import { expect, test } from 'vitest'
import type { BoardDesk } from '@/api/board'
import { bestDesk, deskWord, findDesks } from './target'

const desk = (no: string, more: Partial<BoardDesk> = {}): BoardDesk => ({
  no, name: `窗口${no}`, unit: 'GAJ', unit_name: '公安分局', open: true, opens_at: null, closes_at: null, closed_until: null, closed_reason: null,
  free: 1, members: [{ staff: '2001', name: '', reachable: true, busy: false }], unreachable_since: null, ...more,
})
const busy = desk('011', { free: 0 })
const gone = desk('012', { free: 0, members: [{ staff: '2', name: '', reachable: false, busy: false }] })
const closed = desk('013', { open: false })
const free = desk('014')
const all = [busy, gone, closed, free]
const map = new Map(all.map((d) => [d.no, d]))

test('a word for each', () => {
  expect(all.map(deskWord)).toEqual(['busy', 'unreachable', 'closed', 'free'])
})

test('the best of a service', () => {
  expect(bestDesk(['013', '011', '014'], map)).toBe('014')
  expect(bestDesk(['013', '011'], map)).toBe('011')
  expect(bestDesk([], map)).toBe('')
})

test('found by number, name, unit', () => {
  expect(findDesks(all, '公安 013').map((d) => d.no)).toEqual(['013'])
  expect(findDesks(all, '').map((d) => d.no)).toEqual(['014', '011', '012', '013'])
})
