// Who sits here: the session and what its role may open.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { newSession, whenSignedOut } from '@/api/client'
import { Problem } from '@/api/problem'
import * as api from '@/api/session'
import type { Role, Session } from '@/api/session'
import { setZone } from '@/live/zone'

export const useSession = defineStore('session', () => {
  const me = ref<Session | null>(null)
  const asked = ref(false)
  /** Set when the house ended the session (idle, or signed out elsewhere). */
  const ended = ref(false)
  /** The password that was just typed, while it must be changed: it need not be typed again. Never kept elsewhere. */
  const given = ref('')
  const role = computed<Role | null>(() => me.value?.role ?? null)

  whenSignedOut(() => {
    if (me.value) ended.value = true
    me.value = null
  })

  /** Asks the house once who is signed in. */
  async function load() {
    if (asked.value) return
    try {
      take(await api.session())
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      me.value = null
    }
    asked.value = true
  }

  function take(session: Session) {
    if (!me.value) newSession()
    me.value = session
    if (!session.must_change) given.value = ''
    setZone(session.zone)
    asked.value = true
    ended.value = false
  }

  async function signIn(user: string, password: string, code?: string) {
    const session = await api.signIn(user, password, code)
    if (session.must_change) given.value = password
    take(session)
  }

  async function signOut() {
    try {
      await api.signOut()
    } finally {
      me.value = null
      given.value = ''
      ended.value = false
    }
  }

  return { me, role, ended, given, load, take, signIn, signOut }
})
