// Mock: cases and their steps.
import type { CasePage } from '../../src/api/cases'
import { CASES } from '../data/cases'
import { go, house, units } from '../house'
import { json, refuse, type Asked, type Route } from '../types'

const made: Record<string, unknown>[] = []
/** What each tab has done with its cases. */
const done = new Map<string, CasePage>()
const kept = (asked: Asked, no: string): CasePage | undefined => done.get(`${asked.tab}/${no}`) ?? CASES.find((c) => c.no === no)
const isClosed = (c: CasePage) => ['archived', 'settled_on_spot', 'settled_three_way'].includes(c.state)

/** As the role may see it: a window without who asks, and with its own steps. */
function shown(asked: Asked, page: CasePage): CasePage {
  const role = house(asked.tab).session?.role
  if (role === 'auditor') return { ...page, steps: [] }
  const own = new Set(['received', 'returned', 'called_back', 'echo1', 'echo2', 'ask_extension', 'reported'])
  return role === 'desk' ? { ...page, applicant_masked: '', steps: page.steps.filter((s) => own.has(s)) } : page
}

const NEXT: Record<string, string> = { hand_over: 'handed_over', received: 'accepted', returned: 'returned', echo1: 'in_progress', called_back: 'in_progress', reported: 'reported', settle_on_spot: 'settled_on_spot', give_up: 'archived', answer_extension: 'in_progress' }

function step(asked: Asked) {
  const page = kept(asked, asked.params['no']!)
  if (!page) return refuse(404, 'no_such_case', '没有这件工单。', 'No such case.')(asked)
  const { step: what, flag, on } = asked.body as { step: string; flag?: string; on?: boolean }
  if (what === 'reported' && !page.echoes.some((e) => e.no === 2 && e.at)) return refuse(409, 'tell_the_citizen_first', '请先将办理结果告知群众', 'tell the citizen the result first, then report')(asked)
  const now = Date.now()
  const next = { ...page, ...(flag ? { [flag]: on } : { state: NEXT[what] ?? page.state }), log: [...page.log, { no: 99, at: now, who: house(asked.tab).session?.staff ?? '1001', kind: 'state', what: `state=${NEXT[what] ?? page.state}`, source: 'fact' as const }] }
  done.set(`${asked.tab}/${page.no}`, next)
  return json(shown(asked, next))
}

function find(asked: Asked) {
  const q = asked.query
  const on = (name: string) => q.get(name) === 'true'
  const now = Date.now()
  const desk = house(asked.tab).session?.role === 'desk'
  const found = CASES.map((c) => kept(asked, c.no)!).filter((c) =>
    (!on('open') || !isClosed(c)) && (!on('urgent') || c.urgent) && (!on('supervised') || c.supervised) && (!on('blocked') || c.blocked) && (!on('overdue') || (c.next != null && c.next.due_at < now))
    && (!q.get('state') || c.state === q.get('state')) && (!q.get('unit') || c.unit === q.get('unit')) && (!q.get('q') || c.title.includes(q.get('q')!) || c.no.startsWith(q.get('q')!)))
  return json({ cases: found.slice(0, desk ? 6 : 50).map((c) => shown(asked, c)), next: null })
}

export const routes: Route[] = [
  ['GET', '/units', () => json({ units: [...units].map(([code, name]) => ({ code, name, kind: 'department' })) })],
  ['POST', '/cases', (asked) => {
    const no = `2611300000${String(41 + made.length).padStart(2, '0')}`
    made.push({ ...asked.body, no })
    return json({ no, query_code: '4827' }, 201)
  }],
  ['GET', '/cases', find],
  ['GET', '/cases/:no', (asked) => {
    const page = kept(asked, asked.params['no']!)
    return page ? json(shown(asked, page)) : refuse(404, 'no_such_case', '没有这件工单。', 'No such case.')(asked)
  }],
  ['POST', '/cases/:no/step', step],
  ['POST', '/cases/:no/connect', (asked) => {
    go(house(asked.tab), 'connect')
    return json({ call: '01JDZ4Q6B3K7T2M9X5R8W1N0CX' }, 202)
  }],
  ['POST', '/cases/:no/unmask', () => json({ name: '张建国', phone: '13800001234' })],
  ['POST', '/cases/:no/note', () => ({ status: 204 })],
  ['POST', '/cases/:no/attach', () => ({ status: 204 })],
]
