// What a notice waits for next.
import type { NoticeLine } from '@/api/notices'

export const STEPS = ['wait', 'edit', 'sign', 'send', 'done'] as const
/** Its day; an editor; a signature; somebody who sends it; nothing any more. */
export type Step = (typeof STEPS)[number]

export const TONE: Record<Step, string> = { wait: '', edit: 'warn', sign: 'accent', send: 'info', done: 'good' }

export function stepOf(notice: Pick<NoticeLine, 'stage' | 'edited_by'>): Step {
  switch (notice.stage) {
    case 'planned': return 'wait'
    case 'draft': return notice.edited_by ? 'sign' : 'edit'
    case 'signed': return 'send'
    case 'sent': return 'done'
  }
}

export function counted(list: Pick<NoticeLine, 'stage' | 'edited_by'>[]): Record<Step, number> {
  const counts: Record<Step, number> = { wait: 0, edit: 0, sign: 0, send: 0, done: 0 }
  for (const one of list) counts[stepOf(one)] += 1
  return counts
}
