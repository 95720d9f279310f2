// Whose matters stand in the ledger.
import { expect, test } from 'vitest'
import type { LedgerItem } from '@/api/ledger'
import { ownersOf, typedCase } from './items'

const item = (owner: string, owner_name: string): LedgerItem => ({
  id: '1', case_no: null, owner, owner_name, title: '', why: '', listed_at: 0, listed_by: '', review_at: 0, overdue: false, reviews: [], struck_at: null, struck_by: null, struck_why: null,
})

test('each owner once; one without name by its code', () => {
  const names = ownersOf([item('SLJ', '水利局'), item('GAJ', '公安分局'), item('GAJ', '公安分局'), item('X-1', '')]).map((one) => one.name)
  expect(names).toHaveLength(3)
  expect(new Set(names)).toEqual(new Set(['公安分局', '水利局', 'X-1']))
})

test('a case number as people write it', () => {
  expect(typedCase('2611 3000 0017')).toBe('261130000017')
  expect(typedCase(' 2611-3000-0017 ')).toBe('261130000017')
  expect(typedCase('26113000001')).toBe(null)
  expect(typedCase('')).toBe(null)
})
