// The office's pages while the reader goes on to another month, unit or tab before the house has answered.
import { expect, test } from 'vitest'
import type { LedgerItem } from '@/api/ledger'
import { useSession } from '@/stores/session'
import { house } from '@/testing/house'
import { mount, settled } from '@/testing/mount'
import Ledger from './Ledger.vue'
import Notice from './Notice.vue'
import Notices from './Notices.vue'

const gone = { code: 'gone', title: 'gone', detail: 'gone away' }
const line = (unit: string, month = '2026-10') => ({ month, unit, unit_name: `unit ${unit}`, stage: 'draft' as const, made_at: 0, edited_by: null, signed_by: null, sent_by: null })
const notice = (unit: string) => ({ ...line(unit), work: `work of ${unit}`, problems: '', advice: '', figures: null })
const lead = { user: 'lead', name: '', role: 'supervisor' as const, staff: '', phone: '', idle_seconds: 900 }
async function notices() {
  const asked = house()
  const page = await mount(Notice, { path: '/cases/notices/:month/:unit', at: '/cases/notices/2026-10/a' })
  useSession().me = lead as never
  await settled()
  return { page, asked }
}

test('the notice of the unit before is not shown, and so not signed, as this one’s', async () => {
  const { page, asked } = await notices()
  await page.go('/cases/notices/2026-10/b')
  await asked[1]!.answer(notice('b'))
  await asked[0]!.answer(notice('a'))
  expect(page.text()).toContain('unit b')
  expect(page.text()).not.toContain('unit a')
})

test('a question that was asked about one notice is not answered for the next', async () => {
  const { page, asked } = await notices()
  await asked[0]!.answer(notice('a'))
  await page.click('sign')
  expect(page.says('office.notice.sign_sure')).toBe(true)
  await page.go('/cases/notices/2026-10/b')
  expect(page.says('office.notice.sign_sure')).toBe(false)
})

test('what is typed into a notice stays when it can’t be read anew', async () => {
  const { page, asked } = await notices()
  await asked[0]!.answer(notice('a'))
  await page.write('office.notice.text.work', 'first')
  await page.submit()
  await asked[1]!.answer(null)
  await page.write('office.notice.text.work', 'second, while it is read anew')
  await asked[2]!.answer(gone, 500)
  expect(page.text()).toContain('gone away')
  expect(page.value('office.notice.text.work')).toBe('second, while it is read anew')
})

test('a month that can’t be read takes nothing from the next', async () => {
  const asked = house()
  const page = await mount(Notices)
  await page.write('office.notice.month', '2026-09')
  await asked[1]!.answer({ notices: [line('b')] })
  await asked[0]!.answer(gone, 500)
  expect(page.text()).toContain('unit b')
  expect(page.text()).not.toContain('gone away')
})

const item = (title: string): LedgerItem => ({
  id: title, case_no: null, owner: 'u', owner_name: '', title, why: '', listed_at: 0, listed_by: '', review_at: 0, overdue: false, reviews: [],
  struck_at: null, struck_by: null, struck_why: null,
})
const items = (title: string) => ({ items: [item(title)], listed: 2, struck: 1 })

test('a tab that can’t be read takes nothing from the other', async () => {
  const asked = house()
  const page = await mount(Ledger)
  await page.click('struck')
  await asked[1]!.answer(items('struck matter'))
  await asked[0]!.answer(gone, 500)
  expect(page.text()).toContain('struck matter')
  expect(page.text()).not.toContain('gone away')
})

test('what was read before stays in sight when it can’t be read anew', async () => {
  const asked = house()
  const page = await mount(Ledger)
  await asked[0]!.answer(items('open matter'))
  await page.click('struck')
  await asked[1]!.answer(items('struck matter'))
  await page.click('office.ledger.open')
  await asked[2]!.fail()
  expect(page.text()).toContain('open matter')
  expect(page.says('app.unreachable')).toBe(true)
})
