// Urgent first, then who waits, then the oldest.
import { expect, test } from 'vitest'
import type { BoardCall, Stage } from '@/api/board'
import { inOrder } from './order'

const call = (id: string, stage: Stage, offered_at: number, more: Partial<BoardCall> = {}): BoardCall => ({
  id, stage, offered_at, caller_masked: `138****${id}`, lang: 'zh-CN', answered_at: null, queued_at: null, position: null, service: null, desk: null, case: null, urgent: false, seats: [], ...more,
})
const all = [call('1', 'talk', 1), call('2', 'queue', 9), call('3', 'queue', 5), call('4', 'talk', 8, { urgent: true }), call('5', 'recover', 7)]

test('the order', () => {
  expect(inOrder(all, '').map((c) => c.id)).toEqual(['4', '5', '3', '2', '1'])
})

test('found by number', () => {
  expect(inOrder(all, '****3').map((c) => c.id)).toEqual(['3'])
})
