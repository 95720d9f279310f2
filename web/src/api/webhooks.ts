// Who is told of what happens: the subscribers of CloudEvents and how far each has come.
import { get, post } from './client'

export interface Webhook {
  name: string
  host: string
  types: string[]
  /** The last event that it has taken. */
  acked: number
  /** The last event there is. */
  head: number
  waiting: number
  /** Tries of the event that is next, in a row. */
  tries: number
  next_at: number | null
  last_at: number | null
  last_error: string | null
  /** Events that it refused for good. */
  refused: number
}

export const webhooks = (signal?: AbortSignal) => get<{ webhooks: Webhook[] }>('/webhooks', {}, signal)
/** Sends again from this position on. */
export const replay = (name: string, from: number) => post<void>(`/webhooks/${encodeURIComponent(name)}/replay`, { from })
