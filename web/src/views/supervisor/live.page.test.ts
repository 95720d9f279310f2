// Whether a shift lead is heard is what the board says, in whatever order the orders are answered.
import { expect, test } from 'vitest'
import type { BoardCall, SeatState } from '@/api/board'
import { useSession } from '@/stores/session'
import { house } from '@/testing/house'
import { mount, settled } from '@/testing/mount'
import LiveCalls from './LiveCalls.vue'

const call = (state: SeatState | null): BoardCall => ({
  id: 'one', stage: 'talk', caller_masked: '138****1234', lang: 'zh-CN', offered_at: 0, answered_at: 0, queued_at: null, position: null,
  service: null, desk: null, case: null, urgent: false,
  seats: state ? [{ leg: 4, seat: 'supervisor', party_ref: '1009', name: 'lead', state, since: 0, muted: false, held: false, level: null }] : [],
})

test('listening only is said when it is so', async () => {
  const asked = house()
  const props = { calls: [call(null)], mayListen: true }
  const page = await mount(LiveCalls, { props })
  useSession().me = { user: 'lead', role: 'supervisor', staff: '1009' } as never
  await page.click('138****1234')
  await page.click('whisper')
  await page.click('listen')
  await page.set({ calls: [call('coaching')] })
  // The order to listen was answered first: it was not the last to be carried out.
  await asked[1]!.answer({ status: 'done' })
  await asked[0]!.answer({ status: 'done' })
  await settled()
  expect(page.says('supervisor.now.whisper')).toBe(true)
  await page.set({ calls: [call('listening')] })
  expect(page.says('supervisor.now.listen')).toBe(true)
  await page.set({ calls: [call(null)] })
  expect(page.says('supervisor.now.off')).toBe(true)
})

test('how each seat of the chosen call is heard is said, and in the list only where it is poor', async () => {
  house()
  const heard = (mos: number, fault: 'loss' | null) => ({ mos, loss: fault ? 0.082 : 0, jitter_ms: 3, round_trip_ms: 40, fault })
  const talk = call('listening')
  talk.seats.push({ ...talk.seats[0]!, leg: 5, seat: 'citizen', sound: heard(4.4, null) })
  const page = await mount(LiveCalls, { props: { calls: [talk], mayListen: true } })
  expect(page.says('seat.sound.good')).toBe(false)
  await page.click('138****1234')
  expect(page.says('seat.sound.good')).toBe(true)
  talk.seats.push({ ...talk.seats[0]!, leg: 6, seat: 'desk', sound: heard(2.7, 'loss') })
  const worse = await mount(LiveCalls, { props: { calls: [talk], mayListen: false } })
  expect(worse.says('seat.sound.fault.loss')).toBe(true)
})
