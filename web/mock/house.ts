// Mock: one small house per tab, so that each tab can show another moment of a call.
import { readFileSync } from 'node:fs'
import type { Board, BoardCall, BoardDesk, BoardSeat } from '../src/api/board'
import type { Session } from '../src/api/session'

export type Moment =
  | 'idle' | 'break' | 'ringing' | 'talk' | 'consult' | 'bridging' | 'three' | 'talk_desk' | 'recover' | 'wrap_up'
  | 'invite' | 'whisper' | 'desk_talk' | 'board' | 'crowd' | 'connect' | 'connected'

export interface House {
  session: Session | null
  moment: Moment
  since: number
  held: boolean
  muted: boolean
  desk: string
  closed: Record<string, number>
  outcome: boolean
  listeners: Set<() => void>
}

const houses = new Map<string, House>()

export function house(tab: string): House {
  let found = houses.get(tab)
  if (!found) {
    found = { session: null, moment: 'idle', since: Date.now(), held: false, muted: false, desk: '012', closed: {}, outcome: false, listeners: new Set() }
    houses.set(tab, found)
  }
  return found
}

export function go(at: House, moment: Moment) {
  at.moment = moment
  at.since = Date.now()
  if (moment === 'talk' || moment === 'ringing') at.outcome = false
  for (const tell of at.listeners) tell()
}

const lines = (name: string) => readFileSync(new URL(name, `file://${process.cwd()}/../sip-config/`), 'utf8').split('\n')
const field = (line: string, name: string) => new RegExp(`${name} = "([^"]*)"`).exec(line)?.[1] ?? ''
export const units = new Map(lines('units.toml').filter((l) => l.includes('{ code')).map((l) => [field(l, 'code'), field(l, 'name')]))
export const SERVICES = lines('services.toml').filter((l) => l.includes('{ code')).map((l) => ({
  code: field(l, 'code'), name: field(l, 'name'), desks: [...(/desks = \[([^\]]*)\]/.exec(l)?.[1] ?? '').matchAll(/"(\d+)"/g)].map((m) => m[1]!),
}))

const MEMBERS = ['李敏', '赵强', '董桂兰', '傅立新', '邵志强', '欧阳春晓']
/** A time of today in the house's zone, UTC+8. */
const today = (hour: number, minute = 0) => Math.floor((Date.now() + 28_800_000) / 86_400_000) * 86_400_000 - 28_800_000 + (hour * 60 + minute) * 60_000

function desks(at: House): BoardDesk[] {
  return lines('desks.toml').filter((l) => l.includes('{ no =')).map((line, n) => {
    const no = field(line, 'no')
    const members = [...(/members = \[([^\]]*)\]/.exec(line)?.[1] ?? '').matchAll(/"(\d+)"/g)].map((m, i) => ({
      staff: m[1]!, name: MEMBERS[(n + i) % MEMBERS.length]!, reachable: (n + i) % 7 !== 3, busy: (n + i) % 5 === 2,
    }))
    const until = at.closed[no] ?? null
    const open = n % 11 !== 6 && until === null
    return {
      no, name: field(line, 'name'), unit: field(line, 'unit'), unit_name: units.get(field(line, 'unit')) ?? '', open,
      opens_at: open ? null : today(14), closes_at: open ? today(17, 30) : null, closed_until: until, closed_reason: until ? '开会' : null,
      free: open ? members.filter((m) => m.reachable && !m.busy).length : 0, members,
      unreachable_since: n % 23 === 17 ? Date.now() - 3 * 86_400_000 : null,
    }
  })
}

/** How loud the legs of the shown calls are now: who speaks changes every two seconds. */
export function levels(at: House): { at: number; levels: Record<string, number> } {
  const speaks = (Math.floor(Date.now() / 2000) % 3) + 1
  const legs = board(at).calls.slice(0, 30).flatMap((c) => c.seats).filter((s) => s.state === 'joined' || s.state === 'private').map((s) => s.leg)
  return { at: Date.now(), levels: Object.fromEntries(legs.filter((leg) => leg === speaks).map((leg) => [leg, 0.45 + 0.25 * Math.random()])) }
}
let loud = 0
const level = () => Math.abs(Math.sin((loud += 1.7))) * 0.9

function seat(leg: number, kind: BoardSeat['seat'], party_ref: string, name: string, state: BoardSeat['state'], since: number, more: Partial<BoardSeat> = {}): BoardSeat {
  const open = state === 'joined' || state === 'private'
  return { leg, seat: kind, party_ref, name, state, since, muted: false, held: false, level: open ? level() : null, sound: open ? WELL : null, ...more }
}

const WELL: BoardSeat['sound'] = { mos: 4.3, loss: 0.001, jitter_ms: 4, round_trip_ms: 36, fault: null }
const POORLY: BoardSeat['sound'] = { mos: 2.8, loss: 0.082, jitter_ms: 31, round_trip_ms: 180, fault: 'loss' }
const MUTED: BoardSeat['sound'] = { mos: 4.4, loss: 0, jitter_ms: 2, round_trip_ms: 28, fault: 'silence' }

function seats(at: House): BoardSeat[] {
  const t = at.since
  const citizen = seat(1, 'citizen', '', '', at.held ? 'held' : 'joined', t - 41_000, { held: at.held || at.moment === 'consult' })
  const me = seat(2, 'operator', '1001', '王丽', at.moment === 'consult' ? 'private' : 'joined', t - 30_000, { muted: at.muted })
  const desk = (state: BoardSeat['state']) => seat(3, 'desk', at.desk, '李敏', state, t, { desk_name: '户籍一号窗口' })
  switch (at.moment) {
    case 'ringing': return [citizen, seat(2, 'operator', '1001', '王丽', 'ringing', t)]
    case 'talk': return [citizen, me]
    case 'consult': return [citizen, me, desk('private')]
    case 'bridging': return [citizen, me, desk('ringing')]
    case 'three': return [citizen, me, desk('joined')]
    case 'talk_desk':
    case 'desk_talk': return [citizen, desk('joined')]
    case 'recover': return [citizen, seat(2, 'operator', '1001', '王丽', 'ringing', t), desk('joined')]
    case 'invite': return [citizen, me, desk('ringing')]
    case 'whisper': return [citizen, me, desk('whisper')]
    default: return []
  }
}

const STAGE: Partial<Record<Moment, BoardCall['stage']>> = {
  ringing: 'queue', talk: 'talk', consult: 'consult', bridging: 'ringing', three: 'three', talk_desk: 'talk_desk', recover: 'recover',
  invite: 'ringing', whisper: 'ringing', desk_talk: 'three',
}
export const CALL = '01JDZ4Q6B3K7T2M9X5R8W1N0CV'

function call(at: House): BoardCall[] {
  const stage = STAGE[at.moment]
  if (!stage) return []
  return [{
    id: CALL, stage, caller_masked: at.session?.role === 'desk' ? '' : '138****1234', lang: 'zh-CN', offered_at: at.since - 49_000,
    answered_at: at.moment === 'ringing' ? null : at.since - 30_000, queued_at: at.since - 44_000, position: at.moment === 'ringing' ? 1 : null,
    service: null, desk: null, case: at.session?.role === 'desk' ? '261130000017' : null, urgent: false, seats: seats(at),
  }]
}

function crowd(many: number): BoardCall[] {
  const stages: BoardCall['stage'][] = ['talk', 'queue', 'three', 'talk', 'greeting', 'consult', 'talk_desk', 'ringing']
  return Array.from({ length: many }, (_, n) => {
    const stage = stages[n % stages.length]!
    const since = Date.now() - ((n * 37) % 600) * 1000 - 5000
    const all = [seat(1, 'citizen', '', '', 'joined', since, n === 2 ? { sound: POORLY } : n === 7 ? { sound: MUTED } : {})]
    if (!['queue', 'greeting'].includes(stage)) all.push(seat(2, 'operator', String(1001 + (n % 10)), NAMES[n % 10]!, 'joined', since))
    if (['three', 'talk_desk', 'consult'].includes(stage)) all.push(seat(3, 'desk', String(n % 40).padStart(3, '0'), MEMBERS[n % 6]!, 'joined', since, { desk_name: '综合窗口' }))
    return {
      id: `01JDZ4Q6B3K7T2M9X5R8W${String(n).padStart(5, '0')}`, stage, caller_masked: `13${n % 10}****${String(1000 + n * 7).slice(-4)}`, lang: n % 9 === 4 ? 'en' : 'zh-CN',
      offered_at: since, answered_at: stage === 'queue' || stage === 'greeting' ? null : since + 8000, queued_at: since + 2000, position: stage === 'queue' ? 1 + (n >> 3) : null,
      service: null, desk: null, case: null, urgent: n === 9, seats: all,
    }
  })
}

export const NAMES = ['王丽', '刘洋', '张敏', '周婷', '孙浩', '吴静', '郑凯', '何雪', '陈刚', '林芳']
const AGENT = ['talking', 'ready', 'ready', 'wrap_up', 'break', 'talking', 'off', 'ready', 'ready', 'off'] as const

export function board(at: House): Board {
  const role = at.session?.role
  const t = Date.now()
  const wide = role === 'supervisor' || role === 'admin'
  const busy = STAGE[at.moment] !== undefined
  const state = at.moment === 'wrap_up' ? 'wrap_up' : at.moment === 'break' ? 'break' : at.moment === 'ringing' ? 'ringing' : busy ? 'talking' : 'ready'
  const by_desk = ['012', '023', '031', '039', '046', '101', '108'].map((no, n) => ({ no, tried: 18 - n * 2, bridged: Math.max(0, 17 - n * 3) }))
  return {
    at: t,
    me: role === 'operator' || role === 'desk' ? {
      staff: at.session?.staff ?? '', state, since: at.since, call: busy || at.moment === 'wrap_up' ? CALL : null,
      wrap_until: at.moment === 'wrap_up' ? at.since + 30_000 : null, outcome_due: at.moment === 'wrap_up' && !at.outcome ? CALL : null,
    } : null,
    calls: wide ? crowd(at.moment === 'crowd' ? 500 : 23) : call(at),
    queue: wide ? { waiting: 3, longest_ms: 41_000 } : { waiting: 2, longest_ms: 23_000 },
    operators: AGENT.map((s, n) => ({ staff: String(1001 + n), name: NAMES[n]!, phone: `op${n + 1}`, state: s, since: t - (n + 1) * 143_000, call: s === 'talking' ? CALL : null })),
    desks: role === 'desk' ? desks(at).filter((d) => at.session?.desks.includes(d.no)) : desks(at),
    today: { offered: 412, answered: 398, within_15: 383, within_30: 396, abandoned: 9, bridges_tried: 96, bridged: 81, by_desk },
    alarms: wide ? [
      { code: 'desk_unreachable', since: t - 3 * 86_400_000, zh: '窗口 018 出入境三号窗口的话机已 3 天没有注册。', en: 'The phone of window 018 has not registered for 3 days.', target: '018' },
      { code: 'callback_missed', since: t - 620_000, zh: '一件回电超过 10 分钟仍未回。', en: 'A call-back was not made within 10 minutes.', target: null },
    ] : [],
    invite: role === 'desk' && (at.moment === 'invite' || at.moment === 'whisper') ? {
      call: CALL, leg: 3, desk: '012', service: '居民身份证补领', operator: '1001', operator_name: '王丽', case: '261130000017', lang: 'zh-CN', since: at.since,
      whisper: { zh: '热线三方通话：身份证补领，市民已在线。', en: 'Hotline three-way call: replacing an identity card. The citizen is on the line.' },
    } : null,
    trunks: [{ name: 'telecom', up: true }, { name: 'unicom', up: false }],
  }
}
