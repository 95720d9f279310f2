// Of several reads the newest counts, in whatever order they are answered.
import { effectScope } from 'vue'
import { afterEach, expect, test, vi } from 'vitest'
import { useNewest } from './newest'

afterEach(() => vi.useRealTimers())

/** A reader, and questions that are answered by hand. */
function reader() {
  const scope = effectScope()
  const newest = scope.run(useNewest)!
  const taken: string[] = []
  const asked: { signal: AbortSignal; answer: (text: string) => void; refuse: (why: Error) => void }[] = []
  const ask = (signal: AbortSignal) => new Promise<string>((answer, refuse) => asked.push({ signal, answer, refuse }))
  const take = (text: string) => void taken.push(text)
  return { scope, newest, taken, asked, read: () => newest.read(ask, take), look: (tell = true) => newest.look(ask, take, tell) }
}

test('an answer of the read before is not taken, before or after the newest', async () => {
  for (const order of [[0, 1], [1, 0]]) {
    const { read, asked, taken, newest } = reader()
    const reads = [read(), read()]
    for (const n of order) asked[n]!.answer(`answer ${n}`)
    expect(await Promise.all(reads)).toEqual([false, true])
    expect(taken).toEqual(['answer 1'])
    expect([newest.busy.value, newest.error.value]).toEqual([false, null])
  }
})

test('a failure of the read before is not told, before or after the newest', async () => {
  for (const first of [true, false]) {
    const { read, asked, taken, newest } = reader()
    const reads = [read(), read()]
    if (first) asked[0]!.refuse(new Error('of before'))
    asked[1]!.answer('now')
    if (!first) asked[0]!.refuse(new Error('of before'))
    await Promise.all(reads)
    expect([taken, newest.error.value]).toEqual([['now'], null])
  }
})

test('the read before is broken off, and nobody waits for it', async () => {
  const { read, asked, newest } = reader()
  void read()
  const last = read()
  expect(asked.map((q) => q.signal.aborted)).toEqual([true, false])
  expect(newest.busy.value).toBe(true)
  asked[1]!.refuse(new Error('why'))
  await last
  expect(newest.busy.value).toBe(false)
  expect(newest.error.value).toEqual(new Error('why'))
  void read()
  expect(newest.error.value).toBe(null)
})

test('nothing is taken or told when the page is gone', async () => {
  const { scope, read, asked, taken, newest } = reader()
  const one = read()
  scope.stop()
  expect(asked[0]!.signal.aborted).toBe(true)
  asked[0]!.answer('late')
  expect(await one).toBe(false)
  expect([taken, newest.error.value, newest.busy.value]).toEqual([[], null, false])
  // An order that is done only now wants to read on.
  expect(await read()).toBe(false)
  expect([asked.length, newest.busy.value]).toEqual([1, false])
})

test('a look gives way to a read under way, and to a look that is not answered yet', async () => {
  vi.useFakeTimers({ now: 1_800_000_000_000 })
  const { read, look, asked, taken, newest } = reader()
  const first = read()
  await look()
  expect(asked).toHaveLength(1)
  asked[0]!.answer('read')
  await first
  const quiet = look()
  expect(newest.busy.value).toBe(false)
  await look()
  expect(asked).toHaveLength(2)
  // Half a minute without an answer: this one is lost.
  vi.advanceTimersByTime(30_000)
  const next = look()
  expect(asked).toHaveLength(3)
  asked[1]!.answer('lost')
  asked[2]!.answer('look')
  expect(await Promise.all([quiet, next])).toEqual([false, true])
  expect(taken).toEqual(['read', 'look'])
})

test('a read does not wait for a look, whose answer is older than what was asked for', async () => {
  const { read, look, asked, taken } = reader()
  const quiet = look()
  const wanted = read()
  asked[1]!.answer('after the order')
  asked[0]!.answer('before the order')
  await Promise.all([quiet, wanted])
  expect(taken).toEqual(['after the order'])
})

test('a look that fails is told where that is wanted, and takes nothing away', async () => {
  const { look, asked, taken, newest } = reader()
  for (const [tell, told] of [[false, null], [true, new Error('gone')]] as const) {
    const quiet = look(tell)
    asked.at(-1)!.refuse(new Error('gone'))
    await quiet
    expect(newest.error.value).toEqual(told)
  }
  const back = look(false)
  asked.at(-1)!.answer('back')
  await back
  expect([taken, newest.error.value]).toEqual([['back'], null])
})
