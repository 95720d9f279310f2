// Lists of several pages while lines come and go, filters change and looks are under way.
import { defineComponent, h, ref } from 'vue'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { get } from '@/api/client'
import { house, type Question } from '@/testing/house'
import { mount } from '@/testing/mount'
import { usePages } from './pages'

const EVERY = 5_000
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'Date'] }))
afterEach(() => void vi.useRealTimers())

const filter = ref('')
const List = defineComponent(() => {
  const { rows, more, error, busy, read, again, onward } = usePages(async (before, signal) => {
    const page = await get<{ rows: string[]; next: string | null }>('/list', { of: filter.value, before: before === null ? null : String(before) }, signal)
    return page
  }, (row) => row, EVERY)
  const button = (text: string, onClick: () => unknown) => h('button', { onClick }, text)
  const find = () => {
    filter.value = 'other'
    return again()
  }
  return () => h('div', [
    h('p', `rows ${rows.value?.join(',') ?? 'none'} more ${more.value} busy ${busy.value} error ${error.value !== null}`),
    button('onward', onward), button('find', find), button('read', read),
  ])
})
const page = (rows: string, next: string | null) => ({ rows: rows.split(''), next })
async function list() {
  filter.value = ''
  const asked = house()
  const shown = await mount(List)
  await asked[0]!.answer(page('hgf', 'f'))
  const take = (): Question => asked.splice(0).at(-1)!
  take()
  return { shown, asked, take }
}
const tick = () => vi.advanceTimersByTime(EVERY)

test('older lines of another filter are not put under the lines of this one', async () => {
  const { shown, asked } = await list()
  await shown.click('onward')
  await shown.click('find')
  expect(asked.map((q) => q.path)).toEqual(['/list?before=f', '/list?of=other'])
  await asked[1]!.answer(page('zy', null))
  await asked[0]!.answer(page('edc', 'c'))
  expect(shown.text()).toContain('rows z,y more false busy false')
})

test('a look at the filter before does not come over this one, nor does its end of the list', async () => {
  const { shown, asked } = await list()
  tick()
  await shown.click('find')
  await asked[1]!.answer(page('zy', 'y'))
  await asked[0]!.answer(page('hgf', null))
  expect(shown.text()).toContain('rows z,y more true')
})

test('a look reads all pages that are shown: what moved to the second page is not lost', async () => {
  const { shown, take } = await list()
  await shown.click('onward')
  await take().answer(page('edc', 'c'))
  expect(shown.text()).toContain('rows h,g,f,e,d,c more true')
  tick()
  await take().answer(page('ihg', 'g'))
  const second = take()
  expect(second.path).toBe('/list?before=g')
  await second.answer(page('fed', 'd'))
  expect(shown.text()).toContain('rows i,h,g,f,e,d more true')
})

test('a look does not come between a press on more and its lines', async () => {
  const { shown, asked } = await list()
  await shown.click('onward')
  tick()
  expect(asked).toHaveLength(1)
  expect(shown.text()).toContain('busy true')
  await asked[0]!.answer(page('fed', null))
  expect(shown.text()).toContain('rows h,g,f,e,d more false busy false')
})

test('a look that fails takes nothing away, a read that fails is told beside what is shown', async () => {
  const { shown, take } = await list()
  tick()
  await take().fail()
  expect(shown.text()).toContain('rows h,g,f more true busy false error false')
  await shown.click('read')
  await take().fail()
  expect(shown.text()).toContain('rows h,g,f more true busy false error true')
})

test('whoever reads far back is left in peace', async () => {
  const { shown, asked, take } = await list()
  for (const [rows, next] of [['e', 'e'], ['d', 'd'], ['c', 'c'], ['b', 'b']] as const) {
    await shown.click('onward')
    await take().answer(page(rows, next))
  }
  tick()
  expect(asked).toHaveLength(0)
  await shown.click('find')
  await take().answer(page('z', null))
  tick()
  expect(asked).toHaveLength(1)
})
