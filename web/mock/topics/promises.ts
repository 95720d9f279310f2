// Mock: hand-overs, follow-ups, escalations, missed calls, ledger, notices, figures, exports, subscribers.
import { ASKS, BAD, CALLBACKS, ESCALATIONS, FIGURES, HANDOVERS, LEDGER, notices, OWN_UNITS, WEBHOOKS } from '../data/office'
import { house } from '../house'
import { json, refuse, type Asked, type Route } from '../types'

const done = { status: 204 }
/** What each tab has done, by its own name for it. */
const gone = new Set<string>()
const did = (asked: Asked, what: string) => gone.has(`${asked.tab}/${what}`)
const note = (asked: Asked, what: string) => {
  gone.add(`${asked.tab}/${what}`)
  return done
}
const who = (asked: Asked) => house(asked.tab).session?.staff ?? '1009'
const file = (type: string, text: string) => ({ type, raw: text })

function handovers(asked: Asked) {
  const desk = house(asked.tab).session?.role === 'desk'
  const all = asked.query.get('state') !== 'open'
  const unit = asked.query.get('unit')
  const open = (h: (typeof HANDOVERS)[number]) => !h.refused_at && !h.call_back?.ending
  return json({ handovers: HANDOVERS.filter((h) => (all || open(h)) && (!unit || h.unit === unit) && (!desk || OWN_UNITS.has(h.unit))), next: null })
}
function stage(asked: Asked) {
  const { month, unit } = asked.params
  const found = notices(month!).find((n) => n.unit === unit)
  if (!found) return null
  if (did(asked, `sent/${month}/${unit}`)) return { ...found, stage: 'sent', signed_by: who(asked), sent_by: who(asked) }
  if (did(asked, `sign/${month}/${unit}`)) return { ...found, stage: 'signed', signed_by: who(asked) }
  return found
}

export const routes: Route[] = [
  ['GET', '/handovers', handovers],
  ['GET', '/followups', () => json({ asks: ASKS, bad: BAD })],
  ['GET', '/escalations', (asked) => json({
    escalations: ESCALATIONS.map((e) => (did(asked, `seen/${e.id}`) ? { ...e, seen_at: Date.now(), seen_by: who(asked) } : e)).filter((e) => asked.query.get('all') === 'true' || !e.seen_at),
  })],
  ['POST', '/escalations/:id/seen', (asked) => note(asked, `seen/${asked.params['id']}`)],
  ['GET', '/callbacks', (asked) => json({ callbacks: CALLBACKS.filter((c) => (asked.query.get('state') === 'all' || ['new', 'calls', 'person'].includes(c.state)) && !did(asked, `reached/${c.call}`)), next: null })],
  ['POST', '/callbacks/:call/reached', (asked) => note(asked, `reached/${asked.params['call']}`)],
  ['GET', '/ledger', (asked) => json({ items: LEDGER.filter((i) => (asked.query.get('open') !== 'true' || !i.struck_at) && !did(asked, `strike/${i.id}`)) })],
  ['POST', '/ledger', () => json({ id: 'l999' }, 201)],
  ['POST', '/ledger/:id/review', () => done],
  ['POST', '/ledger/:id/strike', (asked) => note(asked, `strike/${asked.params['id']}`)],
  ['GET', '/notices', (asked) => json({ notices: notices(asked.query.get('month') ?? '2026-10') })],
  ['GET', '/notices/:month/:unit', (asked) => {
    const found = stage(asked)
    return found ? json(found) : refuse(404, 'no_such_notice', '没有这份通报。', 'No such notice.')(asked)
  }],
  ['PUT', '/notices/:month/:unit', () => done],
  ['POST', '/notices/:month/:unit/sign', (asked) => note(asked, `sign/${asked.params['month']}/${asked.params['unit']}`)],
  ['POST', '/notices/:month/:unit/sent', (asked) => note(asked, `sent/${asked.params['month']}/${asked.params['unit']}`)],
  ['GET', '/notices/:month/:unit/html', () => file('text/html', '<!doctype html><title>通报</title>')],
  ['GET', '/notices/:month/:unit/pdf', () => file('application/pdf', '%PDF-1.7')],
  ['GET', '/figures', () => json(FIGURES)],
  ['GET', '/exports/:file', () => file('text/csv', 'no,title\r\n')],
  ['GET', '/webhooks', () => json({ webhooks: WEBHOOKS })],
  ['POST', '/webhooks/:name/replay', () => done],
]
