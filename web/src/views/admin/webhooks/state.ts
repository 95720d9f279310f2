// How a subscriber is, in one word.
import type { Webhook } from '@/api/webhooks'

export type State = 'good' | 'waiting' | 'failing' | 'paused'
export const TONE: Record<State, string> = { good: 'good', waiting: 'info', failing: 'bad', paused: 'warn' }
/** The last moment that a date can tell, UTC ms: whoever is tried later than that is not tried any more. */
const LAST = 8.64e15

/** Paused: it wants nothing until a replay (HTTP 410). Failing: the event that is next was tried in vain. */
export function stateOf(hook: Pick<Webhook, 'waiting' | 'tries' | 'next_at'>): State {
  if ((hook.next_at ?? 0) > LAST) return 'paused'
  if (hook.tries > 0) return 'failing'
  return hook.waiting > 0 ? 'waiting' : 'good'
}

/** A position that can be sent from, as it was typed; nothing when it is none. */
export function positionOf(text: string, head: number): number | null {
  if (!/^\d{1,15}$/.test(text.trim())) return null
  const position = Number(text.trim())
  return position >= 1 && position <= head ? position : null
}

/** What went wrong, as the house writes it, told apart: the text's key and what is filled in; nothing for words that are not known. */
export function faultOf(text: string): { key: string; more: Record<string, string> } | null {
  const forms: [RegExp, string, string?][] = [
    [/^HTTP 410\b/, 'gone'], [/^HTTP (3\d\d)\b/, 'redirect', 'status'], [/^HTTP (\d{3})$/, 'status', 'status'], [/^no answer within (\d+) s$/, 'late', 's'],
    [/^can't connect\b/, 'connect'], [/^the connection broke\b/, 'broken'],
  ]
  for (const [form, key, slot] of forms) {
    const found = form.exec(text)
    if (found) return { key, more: slot ? { [slot]: found[1] ?? '' } : {} }
  }
  return null
}
