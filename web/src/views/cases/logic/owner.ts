// What an escalation is about, and the page of it: a case, a notice, the ledger, a missed call.

export interface About {
  /** Where it stands; nothing: no page for it. */
  to: string | null
  /** The text's key of the link, when it is no case. */
  text: string
  month: string
}

/** `owner` is as the house writes it: `case/HEX`, `call/ULID`, `notice/2026-10/UNIT`, `ledger/HEX`, `callback/HEX`, `reach/2026-10/UNIT`. */
export function aboutOf(e: { case_no: string | null; owner: string }, leads: boolean): About {
  if (e.case_no) return { to: `/cases/${e.case_no}`, text: '', month: '' }
  const [what = '', month = '', unit = ''] = e.owner.split('/')
  if (what === 'notice') return { to: leads && month && unit ? `/cases/notices/${month}/${encodeURIComponent(unit)}` : null, text: 'cases.esc.notice', month }
  if (what === 'ledger') return { to: '/cases/ledger', text: 'cases.esc.ledger', month: '' }
  if (what === 'call') return { to: leads && month ? `/box/${month}` : null, text: 'cases.esc.rated', month: '' }
  if (what === 'callback') return { to: '/cases/callbacks', text: 'cases.esc.missed', month: '' }
  return { to: null, text: 'cases.esc.reach', month: '' }
}

/** News that can't wait for the next look. */
export const AT_ONCE: ReadonlySet<string> = new Set(['nobody_acknowledged', 'no_call_back', 'nobody_took_it'])

/** What waits first: what can't wait, then the oldest; what somebody has seen to comes last, latest first. */
export function byUrgency<T extends { news: string; at: number; seen_at: number | null }>(all: readonly T[]): T[] {
  const rank = (e: T) => (e.seen_at !== null ? 2 : AT_ONCE.has(e.news) ? 0 : 1)
  return [...all].sort((a, b) => rank(a) - rank(b) || (rank(a) === 2 ? b.at - a.at : a.at - b.at))
}
