// Keeps the session while somebody works: the house ends it when nothing was asked for some time. A phone on duty counts as work:
// an operator or a window that waits for the next call must not be signed out and become unreachable.
import { onBeforeUnmount, onMounted } from 'vue'
import * as api from '@/api/session'
import type { AgentState } from '@/api/board'
import { useBoard } from '@/live/board'
import { useSession } from './session'

const ON_DUTY: AgentState[] = ['ready', 'ringing', 'talking', 'wrap_up']
/** So many times within the idle time. */
const TIMES = 4
const TOUCHES = ['pointerdown', 'keydown', 'wheel'] as const

/** Whether the session is in use. */
export function inUse(touched: boolean, role: string | null, state: AgentState | null): boolean {
  if (touched) return true
  return (role === 'operator' || role === 'desk') && state !== null && ON_DUTY.includes(state)
}

export function useAlive() {
  const session = useSession()
  const board = useBoard()
  let touched = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const touch = () => (touched = true)

  async function beat() {
    const me = session.me
    if (me && inUse(touched, me.role, board.me?.state ?? null)) {
      touched = false
      // A refusal signs out through the client; no answer is tried again with the next beat.
      // Whoever signed out meanwhile, or as somebody else, stays so.
      await api.session().then((now) => session.me === me && session.take(now), () => {})
    }
    timer = setTimeout(() => void beat(), ((session.me?.idle_seconds ?? 900) / TIMES) * 1000)
  }

  onMounted(() => {
    for (const what of TOUCHES) window.addEventListener(what, touch, { passive: true, capture: true })
    timer = setTimeout(() => void beat(), 60_000)
  })
  onBeforeUnmount(() => {
    clearTimeout(timer)
    for (const what of TOUCHES) window.removeEventListener(what, touch, { capture: true })
  })
}
