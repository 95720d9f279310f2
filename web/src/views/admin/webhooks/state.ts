// How a subscriber is, in one word.
import type { Webhook } from '@/api/webhooks'

export type State = 'good' | 'waiting' | 'failing'
export const TONE: Record<State, string> = { good: 'good', waiting: 'info', failing: 'bad' }

/** Failing: the event that is next was tried in vain. */
export function stateOf(hook: Pick<Webhook, 'waiting' | 'tries'>): State {
  if (hook.tries > 0) return 'failing'
  return hook.waiting > 0 ? 'waiting' : 'good'
}

/** A position that can be sent from, as it was typed; nothing when it is none. */
export function positionOf(text: string, head: number): number | null {
  if (!/^\d{1,15}$/.test(text.trim())) return null
  const position = Number(text.trim())
  return position >= 1 && position <= head ? position : null
}
