// The page of one call while the reader goes from call to call faster than the house answers.
import { expect, test } from 'vitest'
import type { Box } from '@/api/box'
import { house } from '@/testing/house'
import { mount } from '@/testing/mount'
import BoxPage from './Box.vue'

const box = (id: string): Box => ({
  call: {
    id, direction: 'in', did: '89000', trunk: null, phone: null, sip_call_id: '', caller_masked: '', diverted_masked: '', lang: 'zh-CN', config_version: '1',
    offered_at: 1_800_000_000_000, answered_at: null, ended_at: null, notice_played_at: null, wait_ms: 0, queue_ms: 0, operator_id: null, operator_name: null, outcome: null,
    cause: null, case_no: null, urgent: false,
  },
  verdict: { zh: `verdict of ${id}`, en: '' },
  ladder: { parties: [], messages: [] },
  seats: [], events: [], decisions: [], digits_masked: [], quality: [], recordings: [], exports: {},
})
const none = { code: 'no_such_call', title: 'no such call', detail: 'no such call' }

/** From call `one` on to call `two`; both are asked for, neither is answered. */
async function twoCalls() {
  const asked = house()
  const page = await mount(BoxPage, { path: '/box/:call', at: '/box/one' })
  await page.go('/box/two')
  expect(asked.map((q) => q.path)).toEqual(['/calls/one/box', '/calls/two/box'])
  return { page, one: asked[0]!, two: asked[1]! }
}

test('a refusal of the call before comes last: the call stays on the page', async () => {
  const { page, one, two } = await twoCalls()
  await two.answer(box('two'))
  expect(page.text()).toContain('verdict of two')
  await one.answer(none, 404)
  expect(page.text()).toContain('verdict of two')
  expect(page.text()).not.toContain('no such call')
})

test('a refusal of the call before comes first: nothing is told until this call is answered', async () => {
  const { page, one, two } = await twoCalls()
  await one.answer(none, 404)
  expect(page.text()).not.toContain('no such call')
  await two.answer(box('two'))
  expect(page.text()).toContain('verdict of two')
})

test('the call before comes last: it is not shown as this one', async () => {
  const { page, one, two } = await twoCalls()
  await two.answer(box('two'))
  await one.answer(box('one'))
  expect(page.text()).toContain('verdict of two')
  expect(page.text()).not.toContain('verdict of one')
})

test('what nobody waits for any more is broken off, also when the page is left', async () => {
  const { page, one, two } = await twoCalls()
  expect([one.signal?.aborted, two.signal?.aborted]).toEqual([true, false])
  page.unmount()
  expect(two.signal?.aborted).toBe(true)
})

test('this call is not there: said, and tried again when asked', async () => {
  const { page, two } = await twoCalls()
  await two.answer(none, 404)
  expect(page.text()).toContain('no such call')
  const asked = house()
  await page.click('app.again')
  await asked[0]!.answer(box('two'))
  expect(page.text()).toContain('verdict of two')
  expect(page.text()).not.toContain('no such call')
})
