// The admin's pages while one goes on to another year or version before the house has answered, and while the house is away.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Config, Rehearsal } from '@/api/config'
import { whole } from './logic/path'
import { useSession } from '@/stores/session'
import { house } from '@/testing/house'
import { mount, settled } from '@/testing/mount'
import Calendar from './calendar/Calendar.vue'
import Versions from './versions/Versions.vue'
import Webhooks from './webhooks/Webhooks.vue'
import { useDraft } from './draft'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'Date'], now: Date.UTC(2026, 10, 30, 4) }))
afterEach(() => void vi.useRealTimers())

const gone = { code: 'gone', title: 'gone', detail: 'gone away' }
const year = (of: number) => ({ year: of, noticed: false, days: [{ date: `${of}-01-01`, kind: 'holiday', name: `new year ${of}` }] })

test('the days of the year before do not stand in this one', async () => {
  const asked = house()
  const page = await mount(Calendar)
  await page.click('→')
  expect(asked.map((q) => q.path)).toEqual(['/calendar/2026', '/calendar/2027'])
  await asked[1]!.answer(year(2027))
  for (const late of [() => asked[0]!.answer(year(2026)), () => asked[0]!.answer(gone, 500)]) {
    await late()
    expect(page.labels().filter((label) => label.includes('new year'))).toEqual([expect.stringContaining('new year 2027')])
    expect(page.text()).not.toContain('gone away')
  }
})

const hook = (name: string) => ({ name, host: 'h', types: [], acked: 1, head: 9, waiting: 0, tries: 0, next_at: null, last_at: null, last_error: null, refused: 0 })

test('subscribers stay in sight while the house is away for a moment, and that it is away is told', async () => {
  const asked = house()
  const page = await mount(Webhooks)
  await asked[0]!.answer({ webhooks: [hook('town')] })
  vi.advanceTimersByTime(10_000)
  await asked[1]!.fail()
  expect(page.text()).toContain('town')
  expect(page.says('app.unreachable')).toBe(true)
  vi.advanceTimersByTime(10_000)
  await asked[2]!.answer({ webhooks: [hook('district')] })
  expect(page.text()).toContain('district')
  expect(page.says('app.unreachable')).toBe(false)
})

test('a slow house is waited for, not asked ever anew', async () => {
  const asked = house()
  const page = await mount(Webhooks)
  vi.advanceTimersByTime(20_000)
  expect(asked).toHaveLength(1)
  await asked[0]!.answer({ webhooks: [hook('town')] })
  expect(page.text()).toContain('town')
})

const version = (id: string) => ({ id, at: 0, author: '', comment: `comment ${id}`, hash: '' })
const opened = (id: string) => ({ ...version(id), diff: [{ file: 'desks.toml', unified: `--- a\n+++ b\n@@ -1 +1 @@\n-was\n+now ${id}\n` }] })
async function versions() {
  const asked = house()
  const page = await mount(Versions)
  await asked[0]!.answer({ versions: [version('one'), version('two')] })
  return { page, asked }
}

test('a version that can’t be opened is told at its place, and takes nothing from the one that is opened then', async () => {
  const { page, asked } = await versions()
  await page.click('comment one')
  await page.click('comment two')
  await asked[2]!.answer(opened('two'))
  await asked[1]!.answer(gone, 500)
  expect(page.text()).toContain('now two')
  expect(page.text()).not.toContain('gone away')
  await page.click('comment one')
  await asked[3]!.answer(gone, 500)
  expect(page.text()).toContain('gone away')
  await page.click('app.again')
  await asked[4]!.answer(opened('one'))
  expect(page.text()).toContain('now one')
  expect(page.text()).not.toContain('gone away')
})

test('the last rehearsal says nothing of a draft that was edited while it was asked for', async () => {
  const asked = house()
  await mount({ render: () => null })
  useSession().me = { user: 'root', name: '', role: 'admin' } as never
  const draft = useDraft()
  const state = { by: 'root', since: 0, based_on: '1', stale: false }
  const config: Config = { version: '1', author: '', at: 0, comment: '', draft: state, files: [], model: whole({} as never), faults: [], diff: [], rehearsed: { ok: true, at: 0 } }
  draft.published = config
  draft.draft = config
  const last = draft.lastRehearsal()
  const edited = draft.edit([])
  await settled()
  await asked[1]!.answer({ faults: [], diff: [] })
  await asked[2]!.answer({ ...config, rehearsed: null })
  await edited
  await asked[0]!.answer({ running: false, share: 1, result: { ok: true } as Rehearsal })
  await last
  expect(draft.rehearsal).toBe(null)
})
