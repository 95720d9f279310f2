// Clocks, order, facts read back, forms of steps.
import { expect, test } from 'vitest'
import type { CasePromise } from '@/api/promises'
import { byClock, byDue, byReview, inOrder, left, mood } from './clocks'
import { callOf, fields, number, ulid } from './facts'
import { PLACES, placesOf } from './places'
import { isMain, said, type Tongue } from './said'
import { bare, blank, complete, connectable, FIELDS, inTurn, toSend } from './steps'

const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000

test('ten minutes are warned from minute 8 on, and over after the last millisecond', () => {
  const due = 10 * MINUTE
  expect(mood(due, 8 * MINUTE - 1, 0)).toBe('calm')
  expect(mood(due, 8 * MINUTE, 0)).toBe('soon')
  expect(mood(due, due, 0)).toBe('soon')
  expect(mood(due, due + 1, 0)).toBe('over')
  expect(mood(due, due + DAY, 0, 'kept')).toBe('kept')
})

test('without a beginning the last two minutes are warned', () => {
  expect(mood(HOUR, HOUR - 2 * MINUTE - 1)).toBe('calm')
  expect(mood(HOUR, HOUR - 2 * MINUTE)).toBe('soon')
})

test.each([
  [10 * MINUTE, '10:00'], [10 * MINUTE - 1, '10:00'], [10 * MINUTE - 1000, '09:59'], [1, '00:01'], [0, '00:00'], [-1000, '00:01'], [-61_000, '01:01'], [HOUR + 1000, '1:00:01'], [-26 * HOUR, '26:00:00'],
])('%i ms left is %s', (ms, text) => {
  expect(left(1e12 + ms, 1e12).text).toBe(text)
})

test('long ones are told in days', () => {
  expect(left(5 * DAY + 3 * HOUR, 0)).toMatchObject({ unit: 'days', days: 5, hours: 3 })
  expect(left(0, 2 * DAY)).toMatchObject({ unit: 'days', days: 2, hours: 0 })
})

const promise = (more: Partial<CasePromise>): CasePromise => ({
  what: 'work', row: 12, from_at: 0, due_at: 0, provisional: false, ended_at: null, ending: null, why: null, proof: null, call: null, late_at: null, disputed: false, ...more,
})
test('open clocks first, due next first; ended ones behind, the latest first', () => {
  const all = [promise({ row: 1, ending: 'kept', ended_at: 5 }), promise({ row: 2, due_at: 9 }), promise({ row: 3, ending: 'missed', ended_at: 8 }), promise({ row: 4, due_at: 3 })]
  expect(inOrder(all).map((p) => p.row)).toEqual([4, 2, 3, 1])
})

test('cases by what is due next; those without a clock last, newest first', () => {
  const at = (due_at: number) => ({ what: 'work' as const, due_at, provisional: false })
  const all = [{ n: 1, next: null, received_at: 1 }, { n: 2, next: at(9), received_at: 2 }, { n: 3, next: null, received_at: 3 }, { n: 4, next: at(4), received_at: 4 }]
  expect(byDue(all).map((c) => c.n)).toEqual([4, 2, 3, 1])
})

test('hand-overs: the clock that runs out first, then receipts that are awaited', () => {
  const hand = (n: number, more: object) => ({ n, call_back: null, received_at: null as number | null, refused_at: null, planned_at: n, ...more })
  const running = (due_at: number) => ({ received_at: 1, call_back: { due_at, ending: null } })
  const all = [hand(1, { received_at: 1, call_back: { due_at: 3, ending: 'kept' as const } }), hand(2, {}), hand(3, running(20)), hand(4, running(10)), hand(5, {})]
  expect(byClock(all).map((h) => h.n)).toEqual([4, 3, 5, 2, 1])
})

test('the ledger: overdue reviews first, struck ones last', () => {
  const all = [{ n: 1, review_at: 9, struck_at: null }, { n: 2, review_at: 1, struck_at: 5 }, { n: 3, review_at: 2, struck_at: null }, { n: 4, review_at: 1, struck_at: 7 }]
  expect(byReview(all).map((i) => i.n)).toEqual([3, 1, 4, 2])
})

test('pairs of a fact; a text goes to the end whatever stands in it', () => {
  expect(fields('of=callback end=missed why=no_call_back')).toEqual({ of: 'callback', end: 'missed', why: 'no_call_back' })
  expect(fields('days=3 text=隔音屏障 a=b text=c')).toEqual({ days: '3', text: '隔音屏障 a=b text=c' })
  expect(fields('')).toEqual({})
  expect(fields('text=')).toEqual({ text: '' })
  expect(fields('nonsense')).toEqual({})
  expect(number(fields('due=17 on=true'), 'due')).toBe(17)
  expect(number(fields('due=x'), 'due')).toBeNull()
})

test('the hex of a fact is the call of the black box', () => {
  expect(ulid('0')).toBe('00000000000000000000000000')
  expect(ulid('ffffffffffffffffffffffffffffffff')).toBe('7ZZZZZZZZZZZZZZZZZZZZZZZZZ')
  expect(callOf(fields('of=work end=kept proven=0193bf4b996b99f4546e65a5882aa19b'))).toHaveLength(26)
  expect(callOf(fields('of=work end=kept claimed=true'))).toBeNull()
  expect(ulid('not hex')).toBeNull()
})

const tongue: Tongue = { t: (key, slots) => `${key} ${Object.values(slots ?? {}).join(' ')}`.trim(), te: (key) => !key.endsWith('unknown'), at: (ms) => `@${ms}`, unit: (code) => `<${code}>` }
test('facts in words', () => {
  const fact = (kind: string, what: string) => said({ at: 0, who: 'house', kind, what, source: 'fact' }, tongue)
  expect(fact('assigned', 'unit=ZHZF')).toBe('promise.fact.assigned <ZHZF>')
  expect(fact('ended', 'of=work end=missed why=late')).toContain('promise.fact.ended_missed promise.what.work')
  expect(fact('extension_answered', 'text=不同意')).toMatch(/^promise\.fact\.extension_refused .*不同意$/)
  expect(fact('scored', 'of=check first=false by=dtmf')).toMatch(/^promise\.fact\.scored_none/)
  expect(fact('told', 'of=echo1 method=phone claimed=true by=3013 until=99')).toContain('@99')
  expect(fact('flag', 'flag=urgent on=false')).toContain('flag_off')
  expect(fact('tomorrow', 'a=b')).toBe('a=b')
  expect(fact('tried', 'of=check miss=unknown')).toContain('unknown')
})

test('notes as they were written, of this house and of one before', () => {
  expect(said({ at: 0, who: '', kind: 'note', what: 'state=x 是她写的', source: 'log' }, tongue)).toBe('promise.log.note: state=x 是她写的')
  expect(said({ at: 0, who: '', what: 'note', text: '好' }, tongue)).toBe('promise.log.note: 好')
  expect(said({ at: 0, who: '', what: 'state', text: 'state=received source=phone' }, tongue)).toBe('promise.log.state: operator.states.received')
})

test('the short history leaves clocks out but for those that were missed', () => {
  const fact = (kind: string, what: string) => isMain({ at: 0, who: '', kind, what, source: 'fact' })
  expect([fact('promised', ''), fact('ended', 'end=kept'), fact('ended', 'end=missed'), fact('returned', '')]).toEqual([false, false, true, true])
})

test('steps in turn; words that nobody knows are left out', () => {
  expect(inTurn(['flag', 'hand_over', 'dance', 'called_back'])).toEqual(['called_back', 'hand_over', 'flag'])
  expect(Object.keys(FIELDS).sort()).toEqual([...inTurn(Object.keys(FIELDS))].sort())
})

test('a form is complete when the step has what it needs', () => {
  const form = blank(null)
  expect(complete('archive', form)).toBe(true)
  expect(complete('called_back', form)).toBe(false)
  expect(complete('called_back', { ...form, staff: ' 3022 ' })).toBe(true)
  expect(complete('asked', { ...form, first: 'yes', second: 'no' })).toBe(false)
  expect(complete('asked', { ...form, first: 'yes', second: 'no', score: 1 })).toBe(true)
  expect(complete('checked', { ...form, first: 'no' })).toBe(true)
  expect(complete('checked', { ...form, first: 'yes' })).toBe(false)
  expect(complete('answer_extension', { ...form, grant: 'no', reason: '已两次延期' })).toBe(true)
  expect(complete('answer_extension', { ...form, grant: 'yes', reason: '同意' })).toBe(false)
  expect(complete('merge', { ...form, into: '2611 3000 0017' })).toBe(true)
})

test('only the fields of the step are sent', () => {
  const form = { ...blank('2012'), reason: ' 取证 ', days: 3 as const, grant: 'yes' as const, into: '2611 3000 0017', score: 4, first: 'yes' as const, flag: 'urgent' }
  expect(toSend('ask_extension', form, {})).toEqual({ step: 'ask_extension', days: 3, reason: '取证' })
  expect(toSend('answer_extension', form, {})).toEqual({ step: 'answer_extension', days: 3, reason: '取证' })
  expect(toSend('answer_extension', { ...form, grant: 'no' }, {})).toEqual({ step: 'answer_extension', days: null, reason: '取证' })
  expect(toSend('merge', form, {})).toEqual({ step: 'merge', into: '261130000017' })
  expect(toSend('flag', form, { urgent: true })).toEqual({ step: 'flag', flag: 'urgent', on: false })
  expect(toSend('checked', form, {})).toEqual({ step: 'checked', first: true, score: 4 })
  expect(bare('2611-3000 0017')).toBe('261130000017')
})

test('pages by role', () => {
  expect(placesOf('operator').map((p) => p.path)).toEqual(['', 'handovers', 'followups', 'callbacks', 'ledger'])
  expect(placesOf('supervisor')).toHaveLength(PLACES.length)
  expect(placesOf('desk')).toEqual([])
  expect(placesOf(null)).toEqual([])
})

test('connected with whom the unit has, and never with an unknown one', () => {
  expect(connectable({ state: 'accepted', anonymous: false })).toBe(true)
  expect(connectable({ state: 'received', anonymous: false })).toBe(false)
  expect(connectable({ state: 'accepted', anonymous: true })).toBe(false)
})
