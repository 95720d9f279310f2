// The live board: what the role may see of the house right now (SSE `board` events of GET /board).

export type AgentState = 'off' | 'ready' | 'break' | 'ringing' | 'talking' | 'wrap_up'
export type SeatKind = 'citizen' | 'operator' | 'desk' | 'liaison' | 'supervisor' | 'emergency'
export type SeatState = 'invited' | 'ringing' | 'whisper' | 'private' | 'joined' | 'held' | 'listening' | 'coaching'
export type Stage =
  | 'greeting' | 'queue' | 'talk' | 'consult' | 'ringing' | 'three' | 'talk_desk' | 'recover' | 'debrief' | 'survey' | 'message' | 'ending' | 'errand'

export interface Pair {
  zh: string
  en: string
}

export interface Me {
  staff: string
  state: AgentState
  since: number | null
  /** The call that this person sits in or is rung for. */
  call: string | null
  wrap_until: number | null
  /** The call whose outcome is still owed. */
  outcome_due: string | null
}

export interface BoardSeat {
  leg: number
  seat: SeatKind
  party_ref: string
  /** The person's, else the window's. */
  name: string
  desk_name?: string | null
  state: SeatState
  since: number
  muted: boolean
  held: boolean
  /** 0..1; nothing when not measured. */
  level: number | null
  /** How what comes from there sounded in the last five seconds. */
  sound?: SeatSound | null
}

export interface SeatSound {
  /** 1 to 4.5; nothing when nothing came. */
  mos: number | null
  /** Not heard, 0 to 1. */
  loss: number
  jitter_ms: number
  round_trip_ms: number | null
  fault: 'nothing' | 'silence' | 'loss' | 'jitter' | null
}

export interface Declined {
  desk: string | null
  staff: string | null
  /** `serving`, `wrong_window`, `will_call_back`; nothing when none was given. */
  reason: string | null
  at: number
}

export interface BoardCall {
  id: string
  stage: Stage
  caller_masked: string
  lang: string
  offered_at: number
  answered_at: number | null
  queued_at: number | null
  position: number | null
  /** Code of the service. */
  service: string | null
  service_name?: string | null
  desk: string | null
  case: string | null
  urgent: boolean
  /** Who did not want to come. */
  declined?: Declined[]
  seats: BoardSeat[]
}

export interface BoardOperator {
  staff: string
  name: string
  phone: string
  state: AgentState
  since: number
  call: string | null
}

export interface DeskMember {
  staff: string
  name: string
  reachable: boolean
  busy: boolean
}

export interface BoardDesk {
  no: string
  name: string
  unit: string
  unit_name: string
  open: boolean
  opens_at: number | null
  closes_at: number | null
  closed_until: number | null
  closed_reason: string | null
  /** Members who could take a call now. */
  free: number
  members: DeskMember[]
  unreachable_since: number | null
}

export interface Alarm extends Pair {
  code: string
  since: number
  target: string | null
}

export interface Invite {
  call: string
  leg: number
  desk: string | null
  service: string | null
  operator: string | null
  operator_name?: string | null
  case: string | null
  lang: string
  whisper: Pair
  since: number
}

export interface Board {
  at: number
  me: Me | null
  calls: BoardCall[]
  queue: { waiting: number; longest_ms: number }
  operators: BoardOperator[]
  desks: BoardDesk[]
  today: {
    offered: number
    answered: number
    within_15: number
    within_30: number
    abandoned: number
    bridges_tried: number
    bridged: number
    by_desk: { no: string; tried: number; bridged: number }[]
  }
  alarms: Alarm[]
  invite: Invite | null
  trunks: { name: string; up: boolean }[]
}

/** Fills what a role does not get with nothing, so that views need no guards. */
export function whole(read: Partial<Board>): Board {
  return {
    at: read.at ?? Date.now(),
    me: read.me ?? null,
    calls: read.calls ?? [],
    queue: read.queue ?? { waiting: 0, longest_ms: 0 },
    operators: read.operators ?? [],
    desks: read.desks ?? [],
    today: read.today ?? {
      offered: 0, answered: 0, within_15: 0, within_30: 0, abandoned: 0, bridges_tried: 0, bridged: 0, by_desk: [],
    },
    alarms: read.alarms ?? [],
    invite: read.invite ?? null,
    trunks: read.trunks ?? [],
  }
}
