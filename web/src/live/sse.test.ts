// The stream may be cut anywhere; comments and other fields are passed over.
import { expect, test } from 'vitest'
import { LONGEST_EVENT, SseReader } from './sse'

const stream = ': hello\r\nevent: board\r\ndata: {"a":1}\r\n\r\nid: 3\ndata: x\ndata: y\n\n'

test.each([1, 2, 3, 7, 1000])('in pieces of %i', (size) => {
  const reader = new SseReader()
  const events = []
  for (let at = 0; at < stream.length; at += size) events.push(...reader.push(stream.slice(at, at + size)))
  expect(events).toEqual([
    { event: 'board', data: '{"a":1}' },
    { event: 'message', data: 'x\ny' },
  ])
})

test('an event that is too long is dropped and the next one is read', () => {
  const reader = new SseReader()
  const line = `data: ${'x'.repeat(LONGEST_EVENT / 2)}\n`
  expect(reader.push(`${line}${line}${line}\n`)).toEqual([])
  expect(reader.push('data: ok\n\n')).toEqual([{ event: 'message', data: 'ok' }])
})
