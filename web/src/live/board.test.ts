// The board's stream and the session: whoever is signed out by the house is told, also where nobody touches the page.
import { createPinia, setActivePinia } from 'pinia'
import { expect, test, vi } from 'vitest'

vi.stubGlobal('location', { search: '' })
vi.stubGlobal('sessionStorage', { getItem: () => null, setItem: () => {} })
vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {} })
const { whenSignedOut } = await import('@/api/client')
const { useBoard } = await import('./board')

test('a stream that is refused because nobody is signed in tells the whole page, and asks no more', async () => {
  const refused = () => Promise.resolve(new Response('{"code":"no_session"}', { status: 401, headers: { 'Content-Type': 'application/problem+json' } }))
  const asked = vi.spyOn(globalThis, 'fetch').mockImplementation(refused)
  setActivePinia(createPinia())
  const signedOut = new Promise<void>((told) => whenSignedOut(told))
  const board = useBoard()
  board.start()
  await signedOut
  await expect.poll(() => board.connected).toBe(false)
  expect(asked).toHaveBeenCalledTimes(1)
  board.stop()
  asked.mockRestore()
})

/** Streams that the board asked for: each is open until it is broken off. */
function streams() {
  const asked: { tell: (event: string) => void; signal: AbortSignal }[] = []
  const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation((_, init) => {
    let out!: ReadableStreamDefaultController<Uint8Array>
    const body = new ReadableStream<Uint8Array>({ start: (control) => void (out = control) })
    const signal = init!.signal!
    asked.push({ tell: (event) => out.enqueue(new TextEncoder().encode(event)), signal })
    return asked.length === 1 ? Promise.reject(new TypeError('network')) : Promise.resolve(new Response(body))
  })
  return { asked, end: () => fetched.mockRestore() }
}

test('signed out and in again while the board waited to ask anew: there is one stream, not two', async () => {
  vi.useFakeTimers()
  const { asked, end } = streams()
  setActivePinia(createPinia())
  const board = useBoard()
  board.start()
  await vi.advanceTimersByTimeAsync(0)
  expect(asked).toHaveLength(1)
  // It could not be reached and waits.
  board.stop()
  board.start()
  await vi.advanceTimersByTimeAsync(20_000)
  expect(asked.filter((stream) => !stream.signal.aborted)).toHaveLength(2)
  expect(asked).toHaveLength(2)
  board.stop()
  expect(asked[1]!.signal.aborted).toBe(true)
  end()
  vi.useRealTimers()
})

test('a stream that was left says nothing to the next one’s board', async () => {
  const { asked, end } = streams()
  setActivePinia(createPinia())
  const board = useBoard()
  asked.push({ tell: () => {}, signal: new AbortController().signal })
  board.start()
  await expect.poll(() => board.connected).toBe(true)
  const left = asked.at(-1)!
  board.stop()
  expect([board.connected, board.known]).toEqual([false, false])
  left.tell('event: board\ndata: {"at":1}\n\n')
  board.start()
  await expect.poll(() => board.connected).toBe(true)
  expect(board.known).toBe(false)
  asked.at(-1)!.tell('event: board\ndata: {"at":2}\n\n')
  await expect.poll(() => board.known).toBe(true)
  expect(board.board.at).toBe(2)
  board.stop()
  end()
})
