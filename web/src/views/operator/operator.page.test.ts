// The operator's screen when the next caller is there before the house has answered for the one before.
import { defineComponent, h } from 'vue'
import { expect, test } from 'vitest'
import { whole, type BoardCall } from '@/api/board'
import { useBoard } from '@/live/board'
import { house, type Question } from '@/testing/house'
import { mount, settled } from '@/testing/mount'
import Find from './Find.vue'
import Side from './Side.vue'
import { useWork } from './work'

const call = (id: string): BoardCall => ({
  id, stage: 'talk', caller_masked: '138****1234', lang: 'zh-CN', offered_at: 0, answered_at: 0, queued_at: null, position: null,
  service: null, desk: null, case: null, urgent: false, seats: [],
})
async function rings(id: string) {
  const me = { staff: '1001', state: 'talking' as const, since: 0, call: id, wrap_until: null, outcome_due: null }
  useBoard().board = whole({ me, calls: [call(id)] })
  await settled()
}
/** The screen's part while the call `one` is on. */
async function during(part: object) {
  const asked = house()
  // The orders' own page stays: `work` belongs to the whole screen.
  const page = await mount(defineComponent(() => {
    useWork()
    return () => h(part)
  }))
  await rings('one')
  return { page, asked, work: useWork() }
}
const of = (asked: Question[], path: string) => asked.filter((q) => q.path.includes(path))
const none = { code: 'no_such_call', title: 'no such call', detail: 'no such call' }
const earlier = (title: string) => ({
  cases: [{ no: '261130000001', title, kind: 'request', track: 'case', state: 'open', unit: 'u', unit_name: 'unit', received_at: 0, due_at: null, urgent: false }],
  calls: [],
})

test('what the caller before brought earlier is not told of this one, nor that it could not be read', async () => {
  for (const late of [(q: Question) => q.answer(earlier('of one')), (q: Question) => q.answer(none, 404)]) {
    const { page, asked } = await during(Side)
    await rings('two')
    await page.click('operator.earlier')
    const [one, two] = of(asked, '/earlier')
    await two!.answer(earlier('of two'))
    await late(one!)
    expect(page.text()).toContain('of two')
    expect(page.text()).not.toMatch(/of one|no such call/)
    page.unmount()
  }
})

test('a case that the house opens late belongs to its call, not to the next caller', async () => {
  const { page, asked, work } = await during(Side)
  await page.write('operator.caseTitle', 'street light')
  await page.submit()
  const [sent] = of(asked, '/cases')
  expect(sent?.body).toMatchObject({ call: 'one' })
  await rings('two')
  await sent!.answer({ no: '261130000009', query_code: '1' })
  expect(work.caseNo).toBe('')
})

test('a case that is opened in time goes with the call', async () => {
  const { page, asked, work } = await during(Side)
  await page.write('operator.caseTitle', 'street light')
  await page.submit()
  await of(asked, '/cases')[0]!.answer({ no: '261130000009', query_code: '1' })
  expect(work.caseNo).toBe('261130000009')
})

test('sent twice in one breath it is one case', async () => {
  const { page, asked } = await during(Side)
  await page.write('operator.caseTitle', 'street light')
  await page.submit()
  await page.submit()
  expect(of(asked, '/cases')).toHaveLength(1)
})

test('a case that takes a call in late is not the next caller’s', async () => {
  const { page, asked, work } = await during(Side)
  await page.click('operator.earlier')
  await of(asked, '/earlier')[0]!.answer(earlier('of one'))
  await page.click('operator.attach')
  await rings('two')
  await of(asked, '/attach')[0]!.answer(null)
  expect(work.caseNo).toBe('')
})

test('a pause of the recording that is confirmed late is not shown at the next call', async () => {
  const { asked, work } = await during(Side)
  const paused = work.record(false)
  await settled()
  await rings('two')
  await of(asked, '/recording')[0]!.answer({ status: 'done' })
  await paused
  expect(work.recording).toBe(true)
})

test('a service that is chosen stays chosen when the look for its name is answered late', async () => {
  const { page, asked } = await during(Side)
  await page.write('operator.service', 'marr')
  await of(asked, '/services')[0]!.answer({ services: [{ code: '12', name: 'marriage register', desks: [] }] })
  await page.write('operator.service', 'marri')
  await page.click('marriage register')
  await of(asked, '/services')[1]!.answer({ services: [] })
  await page.submit()
  expect(of(asked, '/cases')[0]?.body).toMatchObject({ service: '12' })
})

const hit = (id: string) => ({ id, title: `title ${id}`, snippet: '', service: null, service_name: null, desks: [], why: '' })
const entry = (id: string) => ({ ...hit(id), body: `body of ${id}`, source: '', updated_at: 0 })
async function found() {
  const all = await during(Find)
  await all.page.write('operator.find', 'passport')
  await expect.poll(() => of(all.asked, '/knowledge?').length).toBe(1)
  await of(all.asked, '/knowledge?')[0]!.answer({ took_us: 1, hits: [hit('a'), hit('b')] })
  return all
}

test('the answer that was opened last is read aloud, whichever comes first', async () => {
  const { page, asked } = await found()
  await page.click('title a')
  await page.click('title b')
  await of(asked, '/knowledge/b')[0]!.answer(entry('b'))
  await of(asked, '/knowledge/a')[0]!.answer(entry('a'))
  expect(page.text()).toContain('body of b')
  expect(of(asked, '/opened').map((q) => q.path)).toEqual(['/knowledge/b/opened'])
})

test('an answer does not open over other words', async () => {
  const { page, asked } = await found()
  await page.click('title a')
  await page.write('operator.find', 'pension')
  await of(asked, '/knowledge/a')[0]!.answer(entry('a'))
  expect(page.text()).not.toContain('body of a')
})
