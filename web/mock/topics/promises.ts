// Mock: hand-overs, follow-ups, escalations, missed calls.
import { ASKS, BAD, CALLBACKS, ESCALATIONS, HANDOVERS, OWN_UNITS, UNIT_NEWS } from '../data/office'
import { house } from '../house'
import { json, type Asked, type Route } from '../types'

const done = { status: 204 }
/** What each tab has done, by its own name for it. */
const gone = new Set<string>()
const did = (asked: Asked, what: string) => gone.has(`${asked.tab}/${what}`)
const note = (asked: Asked, what: string) => {
  gone.add(`${asked.tab}/${what}`)
  return done
}
const who = (asked: Asked) => house(asked.tab).session?.staff ?? '1009'

function handovers(asked: Asked) {
  const desk = house(asked.tab).session?.role === 'desk'
  const all = asked.query.get('state') !== 'open'
  const unit = asked.query.get('unit')
  const open = (h: (typeof HANDOVERS)[number]) => !h.refused_at && !h.call_back?.ending
  return json({ handovers: HANDOVERS.filter((h) => (all || open(h)) && (!unit || h.unit === unit) && (!desk || OWN_UNITS.has(h.unit))), next: null })
}

export const routes: Route[] = [
  ['GET', '/handovers', handovers],
  ['GET', '/followups', () => json({ asks: ASKS, bad: BAD })],
  ['GET', '/escalations', (asked) => json({
    escalations: (house(asked.tab).session?.role === 'desk' ? UNIT_NEWS : ESCALATIONS).map((e) => (did(asked, `seen/${e.id}`) ? { ...e, seen_at: Date.now(), seen_by: who(asked) } : e)).filter((e) => asked.query.get('all') === 'true' || !e.seen_at),
  })],
  ['POST', '/escalations/:id/seen', (asked) => note(asked, `seen/${asked.params['id']}`)],
  ['GET', '/callbacks', (asked) => json({ callbacks: CALLBACKS.filter((c) => (asked.query.get('state') === 'all' || ['new', 'calls', 'person'].includes(c.state)) && !did(asked, `reached/${c.call}`)), next: null })],
  ['POST', '/callbacks/:call/reached', (asked) => note(asked, `reached/${asked.params['call']}`)],
]
