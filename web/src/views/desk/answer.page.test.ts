// The window's accept key while one invitation gives way to the next.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { whole } from '@/api/board'
import { useBoard } from '@/live/board'
import { house } from '@/testing/house'
import { mount, settled } from '@/testing/mount'
import { useAnswer } from './answer'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }))
afterEach(() => void vi.useRealTimers())

const invite = (call: string) => whole({ invite: { call, leg: 1, desk: null, service: null, operator: null, case: null, lang: 'zh-CN', whisper: { zh: '', en: '' }, since: 0 } })
const early = { code: 'wrong_stage', title: 'wrong stage', detail: '' }
async function rings() {
  const asked = house()
  let answer!: ReturnType<typeof useAnswer>
  await mount({
    setup: () => void (answer = useAnswer()),
    render: () => null,
  })
  useBoard().board = invite('one')
  void answer.accept()
  await settled()
  await asked[0]!.answer(early, 409)
  return { asked, answer }
}

test('too early is tried again while the call rings', async () => {
  const { asked, answer } = await rings()
  await vi.advanceTimersByTimeAsync(300)
  await settled()
  expect(asked.map((q) => q.path)).toEqual(['/calls/one/accept', '/calls/one/accept'])
  await asked[1]!.answer({ status: 'done' })
  expect(answer.busy.value).toBe(false)
})

test('the key is for the next call once that one rings', async () => {
  const { asked, answer } = await rings()
  useBoard().board = invite('two')
  await vi.advanceTimersByTimeAsync(300)
  await settled()
  await asked[1]!.answer(early, 409)
  expect(answer.busy.value).toBe(false)
  void answer.accept()
  await settled()
  expect(asked.map((q) => q.path)).toEqual(['/calls/one/accept', '/calls/one/accept', '/calls/two/accept'])
})
