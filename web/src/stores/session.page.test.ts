// Who is signed in, while answers of the one before are still on their way.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { get } from '@/api/client'
import type { Session } from '@/api/session'
import { house } from '@/testing/house'
import { mount, settled } from '@/testing/mount'
import { useAlive } from './alive'
import { useSession } from './session'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }))
afterEach(() => void vi.useRealTimers())

const person = (user: string) => ({ user, name: user, role: 'supervisor', staff: '', phone: '', zone: 'Asia/Shanghai', idle_seconds: 900, must_change: false, must_enrol: false }) as unknown as Session
const nobody = { code: 'no_session', title: 'signed out', detail: '' }
async function page() {
  const asked = house()
  const shown = await mount({ setup: useAlive, render: () => null })
  const session = useSession()
  session.take(person('first'))
  return { asked, shown, session }
}

test('whoever signed out stays so when the last sign of life is answered late', async () => {
  const { asked, session } = await page()
  window.dispatchEvent(new Event('keydown'))
  vi.advanceTimersByTime(60_000)
  expect(asked.map((q) => q.path)).toEqual(['/session'])
  const out = session.signOut()
  await asked[1]!.answer(null)
  await out
  await asked[0]!.answer(person('first'))
  expect(session.me).toBe(null)
  session.take(person('second'))
  expect(session.me?.user).toBe('second')
})

test('a sign of life is taken while one is signed in', async () => {
  const { asked, session } = await page()
  window.dispatchEvent(new Event('keydown'))
  vi.advanceTimersByTime(60_000)
  await asked[0]!.answer({ ...person('first'), name: 'new name' })
  expect(session.me?.name).toBe('new name')
})

test('that the session before is over does not sign out the next', async () => {
  const { asked, session } = await page()
  const [one, two, three] = [get('/a'), get('/b'), get('/c')].map((all) => all.catch(() => {}))
  await settled()
  await asked[0]!.answer(nobody, 401)
  await one
  expect([session.me, session.ended]).toEqual([null, true])
  session.take(person('second'))
  await asked[1]!.answer(nobody, 401)
  await two
  expect(session.me?.user).toBe('second')
  const four = get('/d').catch(() => {})
  await settled()
  await asked[3]!.answer(nobody, 401)
  await four
  expect(session.me).toBe(null)
  void three
})
