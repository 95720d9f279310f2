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
  await vi.waitFor(() => expect(board.connected).toBe(false))
  expect(asked).toHaveBeenCalledTimes(1)
  board.stop()
  asked.mockRestore()
})
