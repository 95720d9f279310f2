// Where an escalation leads.
import { expect, test } from 'vitest'
import { aboutOf, byUrgency } from './owner'

test('to its case, its notice, or the list that it stands in', () => {
  expect(aboutOf({ case_no: '261130000017', owner: 'case/1f' }, true).to).toBe('/cases/261130000017')
  expect(aboutOf({ case_no: null, owner: 'notice/2026-10/ZHZF' }, true)).toMatchObject({ to: '/cases/notices/2026-10/ZHZF', month: '2026-10' })
  expect(aboutOf({ case_no: null, owner: 'notice/2026-10/ZHZF' }, false).to).toBeNull()
  expect(aboutOf({ case_no: null, owner: 'ledger/9' }, true).to).toBe('/cases/ledger')
  expect(aboutOf({ case_no: null, owner: 'call/01K0000000000000000000000' }, true)).toMatchObject({ to: '/box/01K0000000000000000000000', text: 'cases.esc.rated' })
  expect(aboutOf({ case_no: null, owner: 'callback/9' }, true).to).toBe('/cases/callbacks')
  expect(aboutOf({ case_no: null, owner: 'reach/2026-10/ZHZF' }, true)).toMatchObject({ to: null, text: 'cases.esc.reach' })
})

test('what cannot wait first, then the oldest; what was seen last', () => {
  const e = (at: number, news: string, seen_at: number | null = null) => ({ at, news, seen_at })
  const all = [e(1, 'due_soon'), e(2, 'due_soon', 9), e(5, 'nobody_acknowledged'), e(3, 'returned'), e(4, 'no_call_back')]
  expect(byUrgency(all).map((x) => x.at)).toEqual([4, 5, 1, 3, 2])
})
