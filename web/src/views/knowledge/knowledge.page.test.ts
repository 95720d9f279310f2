// The information base while a keeper clicks, types and imports faster than the house answers.
import { expect, test } from 'vitest'
import { house, type Question } from '@/testing/house'
import { mount } from '@/testing/mount'
import Entries from './Entries.vue'
import EntryForm from './EntryForm.vue'
import Synonyms from './Synonyms.vue'

const gone = { code: 'gone', title: 'gone', detail: 'gone away' }
const hit = (id: string) => ({ id, title: `title ${id}`, snippet: '', service: null, service_name: null, desks: [], updated_at: 0, source: '', score: 1, why: '' })
const entry = (id: string) => ({ ...hit(id), body: `body of ${id}`, keywords: [] })
async function entries() {
  const asked = house()
  const page = await mount(Entries, { props: { keeper: true, asked: '' } })
  await page.write('knowledge.search', 'passport')
  await expect.poll(() => asked.length).toBe(1)
  await asked[0]!.answer({ took_us: 1, hits: [hit('a'), hit('b')] })
  return { page, asked }
}

test('of two entries the one that was chosen last is read, and a failure of the other is not told', async () => {
  for (const late of [(q: Question) => q.answer(entry('a')), (q: Question) => q.answer(gone, 404)]) {
    const { page, asked } = await entries()
    await page.click('title a')
    await page.click('title b')
    await asked[2]!.answer(entry('b'))
    await late(asked[1]!)
    expect(page.text()).toContain('body of b')
    expect(page.text()).not.toMatch(/body of a|gone away/)
  }
})

test('what is done to an entry is never done to the one that was chosen before', async () => {
  const { page, asked } = await entries()
  await page.click('title a')
  await asked[1]!.answer(entry('a'))
  expect(page.says('knowledge.remove')).toBe(true)
  await page.click('title b')
  expect(page.says('knowledge.remove')).toBe(false)
})

test('an entry that was being read does not take the place of a new one', async () => {
  const { page, asked } = await entries()
  await page.click('title a')
  await page.click('knowledge.add')
  await asked[1]!.answer(entry('a'))
  await page.click('app.cancel')
  expect(page.text()).not.toContain('body of a')
})

test('codes are offered for what is written now', async () => {
  const asked = house()
  const page = await mount(EntryForm, { props: { entry: null, title: '' } })
  await page.write('knowledge.service_code', '1')
  await page.write('knowledge.service_code', '12')
  await asked[1]!.answer({ services: [{ code: '12', name: 'marriage', desks: [] }] })
  await asked[0]!.answer({ services: [{ code: '1', name: 'water', desks: [] }] })
  expect(page.text()).toContain('marriage')
  expect(page.text()).not.toContain('water')
})

test('words that are written while others are saved stay', async () => {
  const asked = house()
  const page = await mount(Synonyms)
  await asked[0]!.answer({ synonyms: [['a', 'b']] })
  await page.write('knowledge.synonyms_mean', 'a、b、c')
  await page.submit()
  await page.write('knowledge.synonyms_mean', 'a、b、c、d')
  await asked[1]!.answer(null)
  for (const again of asked.slice(2)) await again.answer({ synonyms: [['a', 'b', 'c']] })
  expect(page.value('knowledge.synonyms_mean')).toBe('a、b、c、d')
})
