// The configuration's files as JSON: every setting as it is written, none filled in (GET /config).

/** A trunk as trunks.toml has it. Times in seconds. */
export interface Trunk {
  name: string
  nets?: string[]
  digest?: boolean
  certificate?: string
  proxy?: string
  transport?: 'udp' | 'tcp' | 'tls'
  order?: number
  weight?: number
  register?: boolean
  expires?: number
  qualify?: number
  channels?: number
  calls_per_second?: number
  user?: string
  trusted?: boolean
  caller?: string
  identity?: 'from' | 'p-asserted' | 'both'
  form?: 'as-is' | 'e164' | 'national' | 'local'
  strip?: string
  add?: string
  in_strip?: string
  in_add?: string
  codecs?: string[]
  dtmf?: 'auto' | 'rfc4733' | 'info'
  media?: 'srtp' | 'clear'
  advertised?: string
  early_media?: boolean
  prack?: 'off' | 'supported' | 'required'
  session_timer?: number
  min_se?: number
}

/** One of the four emergency services: a number behind a trunk, or a registered phone. */
export interface Emergency {
  key: number
  service: number
  number?: string
  phone?: string
}

export interface Routing {
  numbers?: string[]
  unit_access?: string[]
  allowed_outside?: string[]
  emergency?: Emergency[]
  outbound?: Record<string, Plain>
  place?: Record<string, Plain>
  limits?: Record<string, Plain>
  operators?: Record<string, Plain>
  desks?: Record<string, Plain>
}

/** What is keyed instead of single keys. */
export interface Digits {
  field?: 'case' | 'query_code' | 'desk' | 'call_back_number'
  min?: number
  max?: number
  then?: string
  instead?: Record<string, string>
}

export interface Menu {
  say?: string[]
  nothing?: string
  invalid?: string
  keys?: Record<string, string>
  digits?: Digits
}

export interface Menus {
  root?: string
  greeting?: Record<string, Plain>
  keys?: Record<string, Plain>
  message?: Record<string, Plain>
  menu?: Record<string, Menu>
}

export interface Unit {
  code: string
  name: string
  kind?: 'department' | 'agency'
  contacts?: string[]
}

export interface Desk {
  no: string
  name: string
  unit: string
  members?: string[]
  hunt?: 'sequential' | 'all' | 'longest_idle'
  straight?: boolean
}

export interface Service {
  code: string
  name: string
  desks?: string[]
}

export interface Staff {
  no: string
  name?: string
  role?: 'operator' | 'lead' | 'desk' | 'liaison'
  unit?: string
  phone?: string
  number?: string
}

export interface Operator {
  staff: string
  skills?: string[]
  ready?: boolean
}

export interface Operators {
  shift_leads?: string[]
  operator?: Operator[]
}

/** Weekly hours of a place. */
export interface Pattern {
  place: string
  season?: string
  from?: string
  until?: string
  makeup_as?: string
  weekdays?: string[]
  monday?: string[]
  tuesday?: string[]
  wednesday?: string[]
  thursday?: string[]
  friday?: string[]
  saturday?: string[]
  sunday?: string[]
}

/** A temporary closing or opening. */
export interface Change {
  place: string
  from: string
  until?: string
  span?: string
  open?: boolean
  reason?: string
}

export interface Hours {
  zone?: string
  handover_scope?: string
  pattern?: Pattern[]
  change?: Change[]
}

/** Anything a TOML file can hold. */
export type Plain = string | number | boolean | Plain[] | { [key: string]: Plain }

export interface Model {
  trunks: Trunk[]
  routing: Routing
  menus: Menus
  units: Unit[]
  desks: Desk[]
  services: Service[]
  staff: Staff[]
  operators: Operators
  promises: Record<string, Record<string, Plain>>
  outputs: Record<string, Plain>
  hours: Hours
  years: number[]
  hotline: Record<string, Plain>
}
