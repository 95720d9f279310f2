// Accepting and declining: the phone in the page is answered and the window's key 1 is pressed in one go.
import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import * as calls from '@/api/calls'
import { Problem } from '@/api/problem'
import { useBoard } from '@/live/board'
import { attempt, failed, told } from '@/parts/notice'
import { usePhone } from '@/phone/phone'
import { useSession } from '@/stores/session'

/** The whisper starts when the phone's answer has reached the house: until then `wrong_stage` is no refusal. */
const TRIES = 20
const BETWEEN = 300

export function useAnswer() {
  const { t } = useI18n()
  const board = useBoard()
  const phone = usePhone()
  const session = useSession()
  const busy = ref(false)

  async function once(call: string) {
    for (let n = 1; ; n++) {
      try {
        return await calls.accept(call, session.me?.staff ?? null)
      } catch (problem) {
        const early = problem instanceof Problem && problem.code === 'wrong_stage'
        // Another call rings: the key is for that one now.
        const next = board.board.invite?.call ?? call
        if (!early || n >= TRIES || next !== call) throw problem
        await new Promise((done) => setTimeout(done, BETWEEN))
      }
    }
  }

  async function accept() {
    const call = board.board.invite?.call
    if (!call || busy.value) return
    busy.value = true
    try {
      if (phone.call?.state === 'ringing') await phone.answer()
      await once(call)
    } catch (problem) {
      failed(problem)
    } finally {
      busy.value = false
    }
  }

  async function decline(reason: calls.DeclineReason) {
    const call = board.board.invite?.call
    if (!call || busy.value) return
    busy.value = true
    if (await attempt(() => calls.decline(call, reason, session.me?.staff ?? null))) told(t('desk.declined'))
    // The reason did not get through: at least the phone says no.
    else phone.hangUp()
    busy.value = false
  }

  async function recall() {
    const call = board.mine?.id ?? board.board.calls[0]?.id
    if (call) await attempt(() => calls.recall(call), t('desk.recalled'))
  }

  return { busy, accept, decline, recall }
}
