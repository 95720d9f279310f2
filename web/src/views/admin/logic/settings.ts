// The settings that forms show: kind, range and default of each, as the files' comments say. Words: i18n, settings.*.
import type { Plain } from '@/api/model'

export type SettingKind = 'text' | 'number' | 'flag' | 'choice' | 'texts' | 'prompts'

export interface Setting {
  key: string
  kind: SettingKind
  /** Numbers: range and unit. */
  min?: number
  max?: number
  unit?: 's' | 'ms' | 'min' | 'day' | 'mib' | 'call' | 'times' | 'place'
  choices?: readonly string[]
  /** What holds when nothing is written; undefined: nothing does. */
  usual?: Plain
  /** It may be left out (all may where the file gives a default). */
  optional?: boolean
}

/** Settings that belong together; `id` names their words. */
export interface Group {
  id: string
  file: string
  /** The way inside the file. */
  at: string[]
  settings: Setting[]
}

const n = (key: string, min: number, max: number, usual: number | undefined, unit?: Setting['unit']): Setting => ({ key, kind: 'number', min, max, optional: true, ...(usual === undefined ? {} : { usual }), ...(unit ? { unit } : {}) })
const flag = (key: string, usual: boolean): Setting => ({ key, kind: 'flag', usual, optional: true })
const text = (key: string, usual?: string): Setting => ({ key, kind: 'text', optional: true, ...(usual === undefined ? {} : { usual }) })
const texts = (key: string, usual?: string[]): Setting => ({ key, kind: 'texts', optional: true, ...(usual ? { usual } : {}) })
const choice = (key: string, choices: readonly string[], usual?: string): Setting => ({ key, kind: 'choice', choices, optional: true, ...(usual === undefined ? {} : { usual }) })

/** A trunk's settings, in the order in which one thinks of them. */
export const TRUNK: { id: string; settings: Setting[] }[] = [
  { id: 'who', settings: [texts('nets'), flag('digest', false), text('certificate')] },
  {
    id: 'way',
    settings: [
      text('proxy'),
      choice('transport', ['udp', 'tcp', 'tls']),
      text('user'),
      flag('register', false),
      n('expires', 60, 86_400, 3600, 's'),
      n('qualify', 0, 3600, 30, 's'),
      n('order', 0, 100, 1),
      n('weight', 1, 1000, 10),
      n('channels', 1, 10_000, 30, 'call'),
      n('calls_per_second', 1, 10_000, undefined, 'call'),
    ],
  },
  {
    id: 'numbers',
    settings: [
      text('caller'),
      choice('identity', ['from', 'p-asserted', 'both'], 'from'),
      flag('trusted', false),
      choice('form', ['as-is', 'e164', 'national', 'local'], 'as-is'),
      text('strip', ''),
      text('add', ''),
      text('in_strip', ''),
      text('in_add', ''),
    ],
  },
  {
    id: 'sound',
    settings: [
      texts('codecs', ['pcma', 'pcmu']),
      choice('dtmf', ['auto', 'rfc4733', 'info'], 'auto'),
      choice('media', ['clear', 'srtp']),
      text('advertised'),
    ],
  },
  {
    id: 'sessions',
    settings: [
      flag('early_media', true),
      choice('prack', ['off', 'supported', 'required'], 'supported'),
      n('session_timer', 0, 86_400, 1800, 's'),
      n('min_se', 6, 3600, 90, 's'),
    ],
  },
]

/** Our numbers, and whom we may call. */
export const NUMBERS: Group[] = [
  { id: 'numbers', file: 'routing.toml', at: [], settings: [{ key: 'numbers', kind: 'texts' }, texts('unit_access', []), texts('allowed_outside', [])] },
  { id: 'place', file: 'routing.toml', at: ['place'], settings: [text('country', '86'), text('area', '0535')] },
]

/** What a menu says; its keys have a table of their own. */
export const MENU_SAY: Setting = { key: 'say', kind: 'prompts' }

/** What is keyed in a menu that asks for digits. */
export const DIGITS: Setting[] = [
  { key: 'field', kind: 'choice', choices: ['case', 'query_code', 'desk', 'call_back_number'] },
  n('min', 1, 20, undefined),
  n('max', 1, 20, undefined),
]

/** The page of limits and clocks. */
export const LIMITS: Group[] = [
  {
    id: 'limits',
    file: 'routing.toml',
    at: ['limits'],
    settings: [
      n('max_calls', 1, 10_000, 500, 'call'),
      n('retry_after', 1, 3600, 30, 's'),
      n('english_wait', 10, 600, 60, 's'),
      n('call_back_due', 60, 86_400, 600, 's'),
      n('media_lost_hang_up', 5, 300, 30, 's'),
      n('journal_wait_ms', 100, 30_000, 2000, 'ms'),
    ],
  },
  {
    id: 'greeting',
    file: 'menus.toml',
    at: ['greeting'],
    settings: [
      choice('profile', ['direct', 'menu'], 'direct'),
      { key: 'opening', kind: 'prompts' },
      { key: 'then', kind: 'prompts', optional: true },
      n('music_after', 0, 120, 8, 's'),
      n('announce_after', 5, 300, 20, 's'),
      n('announce_every', 10, 300, 30, 's'),
      n('offer_after', 10, 600, 60, 's'),
      n('offer_position', 1, 100, 5, 'place'),
      n('offer_window', 3, 30, 10, 's'),
      text('night'),
    ],
  },
  {
    id: 'keys',
    file: 'menus.toml',
    at: ['keys'],
    settings: [n('first_digit', 2, 30, 6, 's'), n('inter_digit', 1, 15, 3, 's'), n('code_digit', 1, 10, 2, 's'), n('rating', 2, 30, 6, 's'), n('menu_time', 10, 300, 40, 's')],
  },
  { id: 'message', file: 'menus.toml', at: ['message'], settings: [n('max', 10, 600, 180, 's'), n('min', 1, 30, 3, 's'), n('silence', 2, 60, 5, 's')] },
  {
    id: 'operators',
    file: 'routing.toml',
    at: ['operators'],
    settings: [n('ring', 5, 120, 20, 's'), n('wrap_up', 0, 600, 30, 's'), n('recall', 1, 120, 10, 's'), n('recover_ring', 5, 120, 20, 's'), n('recover_offer', 5, 300, 30, 's')],
  },
  {
    id: 'desks',
    file: 'routing.toml',
    at: ['desks'],
    settings: [
      n('ring', 5, 120, 20, 's'),
      n('attempts', 1, 10, 3, 'times'),
      n('hunt', 10, 300, 60, 's'),
      n('wait', 0, 120, 20, 's'),
      n('whisper', 3, 60, 10, 's'),
      n('whisper_times', 1, 5, 2, 'times'),
      n('still_trying', 5, 120, 15, 's'),
      n('debrief', 0, 600, 60, 's'),
      n('last_bridge', 0, 3600, 300, 's'),
    ],
  },
  {
    id: 'guard',
    file: 'hotline.toml',
    at: ['guard'],
    settings: [
      texts('scanners', []),
      n('free_guesses', 1, 10, 3, 'times'),
      n('guesses', 2, 100, 10, 'times'),
      n('user_guesses', 5, 1000, 30, 'times'),
      n('probes', 5, 10_000, 50, 'times'),
      n('knocks', 1, 10_000, 20, 'times'),
      n('window', 10, 86_400, 600, 's'),
      n('lock', 10, 86_400, 900, 's'),
      n('messages_per_second', 10, 100_000, 300),
      n('calls_per_second', 0, 100_000, 0, 'call'),
      texts('first_callers', []),
    ],
  },
  {
    id: 'outbound',
    file: 'routing.toml',
    at: ['outbound'],
    settings: [
      n('per_minute', 1, 10_000, 60, 'call'),
      n('per_day', 1, 1_000_000, 5000, 'call'),
      n('per_desk', 1, 1_000_000, 500, 'call'),
      n('per_number', 1, 1_000_000, 200, 'call'),
      n('denied', 1, 1000, 5, 'times'),
      flag('stop', true),
    ],
  },
]

/** What is promised: promises.toml. */
export const PROMISES: Group[] = [
  { id: 'handover', file: 'promises.toml', at: ['handover'], settings: [n('within_minutes', 5, 1440, 60, 'min'), n('tries', 1, 9, 3, 'times'), n('gap', 10, 3600, 60, 's')] },
  { id: 'call_back', file: 'promises.toml', at: ['call_back'], settings: [n('within_minutes', 2, 1440, 10, 'min'), n('warn_minutes', 1, 1439, 8, 'min')] },
  { id: 'check', file: 'promises.toml', at: ['check'], settings: [n('after_minutes', 10, 1440, 60, 'min'), n('grace_minutes', 1, 240, 10, 'min')] },
  {
    id: 'case',
    file: 'promises.toml',
    at: ['case'],
    settings: [n('echo1_days', 1, 30, 1, 'day'), n('work_days', 1, 90, 5, 'day'), n('echo3_days', 1, 30, 1, 'day'), n('extensions', 0, 5, 1, 'times'), n('extension_days', 1, 90, 10, 'day'), n('rounds', 1, 5, 2)],
  },
  {
    id: 'citizen',
    file: 'promises.toml',
    at: ['citizen'],
    settings: [n('tries', 1, 9, 3, 'times'), n('gap_minutes', 5, 720, 30, 'min'), text('morning', '09:00'), text('afternoon', '14:00'), text('quiet', '21:00-08:00')],
  },
  { id: 'calls', file: 'promises.toml', at: ['calls'], settings: [n('ring', 10, 120, 30, 's')] },
  { id: 'urgent', file: 'promises.toml', at: ['urgent'], settings: [n('within_minutes', 1, 60, 5, 'min'), n('ring', 5, 120, 20, 's'), n('rounds', 1, 5, 2, 'times')] },
  { id: 'ledger', file: 'promises.toml', at: ['ledger'], settings: [n('review_days', 1, 250, 20, 'day')] },
  { id: 'reach', file: 'promises.toml', at: ['reach'], settings: [flag('on', true), text('hours', '00:00-24:00')] },
]

/** What is kept, and how long: shown only as far as the configuration has it. */
export const RETENTION: Group[] = [
  {
    id: 'trace',
    file: 'hotline.toml',
    at: ['trace'],
    settings: [n('days', 0, 365, 7, 'day'), n('most_mib', 128, 1_000_000, 4096, 'mib'), text('folder'), text('pcap', 'off'), text('hep', 'off'), n('hep_id', 0, 4_294_967_295, 2001)],
  },
]

/** What is wrong with a value at once, before the server looks; nothing when fine. */
export function outOfRange(setting: Setting, value: Plain | undefined): boolean {
  if (setting.kind !== 'number' || value === undefined) return false
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = setting
  return typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max
}
