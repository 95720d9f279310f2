// Time line and ladder by numbers.
import { expect, test } from 'vitest'
import { arrows, columns, kindOf, label, size } from './ladder'
import { lastBefore, scaleOf, share, since, ticks } from './time'

const message = (from: string, to: string, line: string) => ({ at: 0, from, to, line, text: '' })

test('arrows go from column to column, in rows', () => {
  const ladder = { parties: ['trunk', 'house'], messages: [message('trunk', 'house', 'INVITE sip:89000@hotline SIP/2.0'), message('house', 'op1', 'INVITE sip:op1@x SIP/2.0'), message('house', 'trunk', 'SIP/2.0 200 OK')] }
  expect(columns(ladder)).toEqual(['trunk', 'house', 'op1'])
  const [first, second, third] = arrows(ladder)
  expect(first && first.x1 < first.x2).toBe(true)
  expect(third && third.x1 > third.x2).toBe(true)
  expect(second && first && second.y > first.y).toBe(true)
  expect(size(ladder).height).toBeGreaterThan(third?.y ?? 0)
})

test('first lines are named and sorted by what they mean', () => {
  expect([label('INVITE sip:89000@hotline SIP/2.0'), label('SIP/2.0 180 Ringing')]).toEqual(['INVITE', '180 Ringing'])
  expect(['BYE sip:x SIP/2.0', 'SIP/2.0 183 Session Progress', 'SIP/2.0 200 OK', 'SIP/2.0 486 Busy Here'].map(kindOf)).toEqual(['request', 'provisional', 'good', 'bad'])
})

test('a script in a first line stays a short text', () => {
  expect(label('<script>alert(1)</script> sip:x SIP/2.0')).toBe('<script>alert(1)</script>')
})

test('the scale holds everything, ticks are round', () => {
  const scale = scaleOf([10_000, null, 70_000, undefined])
  expect(scale.from).toBeLessThan(10_000)
  expect(share(scale, 10_000)).toBeGreaterThan(0)
  expect(share(scale, 1e9)).toBe(1)
  const found = ticks(scale, 10_000, 8)
  expect(found.length).toBeLessThanOrEqual(9)
  expect(found.every((t) => (t - 10_000) % 1000 === 0)).toBe(true)
  expect(scaleOf([])).toEqual({ from: 0, to: 1000 })
})

test('time since the beginning, and what stood at a moment', () => {
  expect([since(1000, 8240), since(1000, 66_000), since(1000, 500)]).toEqual(['0:07.2', '1:05.0', '−0:00.5'])
  expect([lastBefore([5, 9, 12], 10), lastBefore([5], 4)]).toEqual([1, -1])
})
